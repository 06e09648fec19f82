"""Rectification: somebody asks that something be put right, and is answered within a month."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pupils.model.rectification import answer_by
from tests.conftest import TokenFor
from tests.pupils.conftest import School
from tests.pupils.test_conversations_api import as_somebody, record
from tests.pupils.test_destinations import COLLEGE
from tests.pupils.test_interests import BUILDER

TEXT: Final = "My surname has an e at its end."
ASKED: Final[dict[str, Any]] = {"about": {"kind": "pupil"}, "asked_by": "pupil", "text": TEXT}


async def ask(school: School, ref: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """Hand in a request that must go in; returns the receipt."""
    answer = await school.send("POST", f"/pupils/{ref}/rectifications", json=ASKED | changes)
    assert answer.status_code in {200, 201}, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def answer(school: School, receipt: dict[str, Any], **body: Any) -> Any:  # noqa: ANN401 - httpx's answer
    return await school.send("POST", f"/rectifications/{receipt['rectification_id']}/answer", json=body)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-06-15", "2026-07-15"),
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-08-31", "2026-09-30"),
        ("2026-12-31", "2027-01-31"),
    ],
)
def test_a_request_is_due_on_the_same_day_of_the_next_month_or_its_last(received: str, due: str) -> None:
    assert answer_by(dt.date.fromisoformat(received), 1) == dt.date.fromisoformat(due)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(1, 12))
def test_the_day_is_never_later_than_so_many_months_after(received: dt.date, months: int) -> None:
    due = answer_by(received, months)
    later = (due.year * 12 + due.month) - (received.year * 12 + received.month)
    assert later == months
    assert due.day <= received.day
    assert due.day == received.day or (due + dt.timedelta(days=1)).day == 1


async def test_a_request_is_open_until_it_is_answered_and_shown_with_the_record(school: School) -> None:
    ref = await school.ref(1)
    receipt = await ask(school, ref, received_on="2026-06-01")
    assert (receipt["outcome"], receipt["state"], receipt["due_on"]) == ("recorded", "open", "2026-07-01")

    done = (await answer(school, receipt, outcome="done", text="Spelt with an e now.")).json()

    assert (done["outcome"], done["state"]) == ("answered", "done")
    (shown,) = (await school.get(f"/pupils/{ref}/rectifications"))["rectifications"]
    assert shown == (await school.get(f"/pupils/{ref}/record"))["rectifications"][0]
    assert (shown["text"], shown["state"]) == (TEXT, "done")
    assert shown["answer"]["text"] == "Spelt with an e now."
    assert (await school.get("/rectifications"))["rectifications"] == []


async def test_open_requests_are_listed_by_the_day_on_which_they_are_due(school: School) -> None:
    first, second = await school.ref(1), await school.ref(2)
    await ask(school, first, received_on="2026-06-10")
    await ask(school, second, received_on="2026-05-01", asked_by="parent")
    answered = await ask(school, first, text="And my form is 10B.")
    await answer(school, answered, outcome="refused", text="The roll says 10A.")

    listed = (await school.get("/rectifications"))["rectifications"]

    assert [(one["pupil"], one["due_on"], one["overdue"]) for one in listed] == [
        (second, "2026-06-01", True),
        (first, "2026-07-10", False),
    ]


async def test_the_same_request_and_the_same_answer_again_change_nothing(school: School) -> None:
    ref = await school.ref(1)
    receipt = await ask(school, ref)
    assert (await ask(school, ref))["outcome"] == "unchanged"
    refused = {"outcome": "refused", "text": "It is spelt as on your certificate."}
    assert (await answer(school, receipt, **refused)).json()["outcome"] == "answered"
    assert (await answer(school, receipt, **refused)).json()["outcome"] == "unchanged"

    contradiction = await answer(school, receipt, outcome="done")

    assert contradiction.status_code == 409
    assert len(await school.documents("rectifications")) == 1
    actions = [action for _, action, _ in await school.accesses() if action.startswith("rectification.")]
    assert actions == ["rectification.asked", "rectification.answered"]


async def test_a_request_names_a_part_of_this_pupils_record(school: School) -> None:
    one, other = await school.ref(1), await school.ref(2)
    activity = (
        await school.post(
            {
                "activity_type": "lmi_lesson",
                "title": "Wages",
                "held_on": "2026-03-02",
                "mode": "in_person",
                "attendance": {"pupils": [{"pupil": one}]},
            }
        )
    )["activity_id"]
    conversation = (await record(school))["conversation_id"]
    ids = {"activity": activity, "conversation": conversation}
    for kind, path, field, body in (
        ("interest", "interests", "interest_id", BUILDER),
        ("destination", "destinations", "destination_id", COLLEGE),
        ("intention", "intentions", "destination_id", {"status": "training", "words": "Sail"}),
    ):
        day = {"said_on": "2026-02-03"} if kind == "intention" else {}
        ids[kind] = (await school.send("POST", f"/pupils/{one}/{path}", json=body | day)).json()[field]

    for kind, identity in ids.items():
        about = {"kind": kind, "id": identity}
        assert (await ask(school, one, about=about))["outcome"] == "recorded", kind
        for body, ref in (
            (ASKED | {"about": about}, other),
            (ASKED | {"about": {"kind": kind, "id": "0" * 32}}, one),
            (ASKED | {"about": {"kind": kind}}, one),
        ):
            refused = await school.send("POST", f"/pupils/{ref}/rectifications", json=body)
            assert refused.status_code == 422, kind
            assert refused.json()["problems"][0]["where"] == "about.id"


async def test_a_conversation_that_a_teacher_may_not_read_is_none_to_them(
    school: School, token: TokenFor
) -> None:
    ref = await school.ref(1)
    conversation = (await record(school, visibility="careers_leader"))["conversation_id"]
    teacher = await as_somebody(school, token, "teacher", "teacher")
    about = {"about": {"kind": "conversation", "id": conversation}}

    refused = await teacher.send("POST", f"/pupils/{ref}/rectifications", json=ASKED | about)

    assert refused.status_code == 422
    assert (await ask(school, ref, **about))["outcome"] == "recorded"


async def test_any_teacher_may_be_handed_a_request_but_only_the_leader_reads_and_answers_them(
    school: School, token: TokenFor
) -> None:
    ref = await school.ref(1)
    teacher = await as_somebody(school, token, "teacher", "teacher")
    receipt = await ask(teacher, ref)
    assert (await teacher.send("GET", f"/pupils/{ref}/rectifications")).status_code == 403
    assert (await teacher.send("GET", "/rectifications")).status_code == 403
    assert (await answer(teacher, receipt, outcome="done")).status_code == 403


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"text": ""}, "body.text"),
        ({"text": "x" * 2001}, "body.text"),
        ({"text": "a\x00b"}, "body.text"),
        ({"asked_by": "neighbour"}, "body.asked_by"),
        ({"about": {"kind": "feelings"}}, "body.about.kind"),
        ({"about": {"kind": "pupil", "id": "0" * 32}}, "about.id"),
        ({"received_on": "2026-06-16"}, "received_on"),
        ({"received_on": "2025-06-01"}, "received_on"),
        ({"received_on": "yesterday"}, "body.received_on"),
        ({"due_on": "2027-01-01"}, "body.due_on"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(
    school: School, change: dict[str, Any], where: str
) -> None:
    refused = await school.send("POST", f"/pupils/{await school.ref(1)}/rectifications", json=ASKED | change)
    assert refused.status_code == 422
    assert [problem["where"] for problem in refused.json()["problems"]] == [where]
    assert await school.documents("rectifications") == []


async def test_what_is_2000_characters_long_is_taken(school: School) -> None:
    assert (await ask(school, await school.ref(1), text="x" * 2000))["outcome"] == "recorded"


async def test_a_refusal_has_a_reason_and_what_is_not_there_cannot_be_answered(school: School) -> None:
    receipt = await ask(school, await school.ref(1))
    assert (await answer(school, receipt, outcome="refused")).status_code == 422
    assert (await answer(school, {"rectification_id": "0" * 32}, outcome="done")).status_code == 404
    missing = await school.send("POST", "/pupils/0123456789abcdef/rectifications", json=ASKED)
    assert missing.status_code == 404
