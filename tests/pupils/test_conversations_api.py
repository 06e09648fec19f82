"""Careers conversations through the routes: recorded once, followed up, shown to those they are for."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
import pytest

from tests.conftest import NOW, TokenFor
from tests.pupils.conftest import School
from tests.pupils.values import URN

SAID: Final = "Wants to work with boats; has not thought about maths."
TALK: Final[dict[str, Any]] = {
    "held_on": "2026-02-10",
    "said": SAID,
    "interests": ["boat building", "sailing"],
    "actions": [
        {"text": "Visit the boatyard's open day", "due_on": "2026-03-01"},
        {"text": "Write to the college", "owner": "leader", "due_on": "2026-02-20"},
    ],
}
DONE: Final = {"outcome": "Went, and asked about apprenticeships", "done_on": "2026-02-28"}


async def record(school: School, serial: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """Record a conversation that must go in; returns the receipt."""
    answer = await school.send(
        "POST", "/conversations", json=TALK | {"pupil": await school.ref(serial)} | changes
    )
    assert answer.status_code in {200, 201}, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def as_somebody(school: School, token: TokenFor, subject: str, role: str) -> School:
    """The same school as another member of staff uses it."""
    headers = {"Authorization": f"Bearer {await token(subject, role, URN)}"}
    client = httpx.AsyncClient(
        transport=school.client._transport, base_url="http://hub.test", headers=headers
    )
    return School(client, school.context)


async def test_a_conversation_is_shown_as_it_was_told(school: School) -> None:
    receipt = await record(school)

    shown = await school.get(f"/conversations/{receipt['conversation_id']}")

    assert receipt["outcome"] == "recorded"
    assert receipt["next_due_on"] == "2026-02-20"
    assert {name: shown[name] for name in ("held_on", "said", "interests")} == {
        name: TALK[name] for name in ("held_on", "said", "interests")
    }
    assert [(a["owner"], a["due_on"], a["done"]) for a in shown["actions"]] == [
        ("pupil", "2026-03-01", None),
        ("leader", "2026-02-20", None),
    ]
    assert (shown["held_by"], shown["visibility"], shown["version"]) == ("leader", "staff", 1)


async def test_the_same_conversation_again_changes_nothing(school: School) -> None:
    first = await record(school)
    ref = await school.ref(1)
    again = await school.send("POST", "/conversations", json=TALK | {"pupil": ref})

    assert again.status_code == 200
    assert again.json() == first | {"outcome": "unchanged"}
    assert len((await school.get(f"/pupils/{ref}/conversations"))["conversations"]) == 1
    # The same words with somebody else are another conversation.
    assert (await record(school, 2))["outcome"] == "recorded"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"held_on": "2026-06-16", "actions": []}, "held_on"),
        ({"held_on": "2024-02-10"}, "held_on"),
        ({"held_on": "10/02/2026"}, "body.held_on"),
        ({"actions": [{"text": "Too early", "due_on": "2026-02-09"}]}, "actions[0].due_on"),
        ({"said": ""}, "body.said"),
        ({"said": "x" * 4_001}, "body.said"),
        ({"said": "hidden \u202e text"}, "body.said"),
        ({"actions": [TALK["actions"][0]] * 11}, "body.actions"),
        ({"interests": ["x"] * 21}, "body.interests"),
        ({"visibility": "everybody"}, "body.visibility"),
        ({"safeguarding_referral": "told me that at home"}, "body.safeguarding_referral"),
        ({"mood": "sad"}, "body.mood"),
    ],
)
async def test_what_makes_no_sense_is_refused_without_being_repeated(
    school: School, changes: dict[str, Any], where: str
) -> None:
    ref = await school.ref(1)
    answer = await school.send("POST", "/conversations", json=TALK | {"pupil": ref} | changes)

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert SAID not in answer.text
    assert await school.documents("conversations") == []


async def test_nobody_unknown_and_nobody_before_joining_is_spoken_with(school: School) -> None:
    answer = await school.send("POST", "/conversations", json=TALK | {"pupil": "0123456789abcdef"})
    assert answer.status_code == 404


async def test_follow_ups_are_listed_until_they_are_done(school: School) -> None:
    identity = (await record(school))["conversation_id"]
    listed = (await school.get("/follow-ups"))["follow_ups"]
    assert [(one["action"], one["due_on"], one["surname"]) for one in listed] == [
        (2, "2026-02-20", "Surname1"),
        (1, "2026-03-01", "Surname1"),
    ]
    assert [one["action"] for one in (await school.get("/follow-ups?owner=leader"))["follow_ups"]] == [2]
    assert (await school.get("/follow-ups?due_before=2026-02-20"))["follow_ups"] == []

    done = await school.send("POST", f"/conversations/{identity}/actions/1/done", json=DONE)

    assert (done.status_code, done.json()["outcome"]) == (200, "done")
    assert [one["action"] for one in (await school.get("/follow-ups"))["follow_ups"]] == [2]
    shown = await school.get(f"/conversations/{identity}")
    assert shown["actions"][0]["done"] == {"on": "2026-02-28", "by": "leader", "outcome": DONE["outcome"]}
    assert shown["version"] == 2


async def test_finishing_again_changes_nothing_and_finishing_otherwise_is_refused(school: School) -> None:
    identity = (await record(school))["conversation_id"]
    path = f"/conversations/{identity}/actions/2/done"
    first = await school.send("POST", path, json={"outcome": "Written"})
    again = await school.send("POST", path, json={"outcome": "Written"})
    other = await school.send("POST", path, json={"outcome": "Not written after all"})

    assert [answer.status_code for answer in (first, again, other)] == [200, 200, 409]
    assert again.json() == first.json() | {"outcome": "unchanged"}
    shown = await school.get(f"/conversations/{identity}")
    assert shown["actions"][1]["done"]["on"] == NOW.date().isoformat()


@pytest.mark.parametrize(
    ("number", "body", "status"),
    [
        (3, DONE, 404),
        (11, DONE, 422),
        (1, DONE | {"done_on": "2026-02-09"}, 422),
        (1, DONE | {"done_on": "2026-06-16"}, 422),
        (1, {}, 422),
    ],
)
async def test_an_action_that_cannot_be_finished_is_left_as_it_is(
    school: School, number: int, body: dict[str, Any], status: int
) -> None:
    identity = (await record(school))["conversation_id"]
    answer = await school.send("POST", f"/conversations/{identity}/actions/{number}/done", json=body)
    assert answer.status_code == status, answer.text
    assert (await school.get(f"/conversations/{identity}"))["version"] == 1


async def test_a_correction_keeps_what_was_told_and_what_was_done(school: School) -> None:
    identity = (await record(school))["conversation_id"]
    await school.send("POST", f"/conversations/{identity}/actions/1/done", json=DONE)
    corrected = TALK | {"said": "Wants to build boats.", "version": 2}

    stale = await school.send("PUT", f"/conversations/{identity}", json=corrected | {"version": 1})
    answer = await school.send("PUT", f"/conversations/{identity}", json=corrected)
    again = await school.send("PUT", f"/conversations/{identity}", json=corrected)

    assert [stale.status_code, answer.status_code, again.status_code] == [409, 200, 200]
    assert (answer.json()["outcome"], again.json()["outcome"]) == ("corrected", "unchanged")
    shown = await school.get(f"/conversations/{identity}")
    assert (shown["said"], shown["version"]) == ("Wants to build boats.", 3)
    assert [action["done"] is not None for action in shown["actions"]] == [True, False]
    kept = await school.documents("conversation_versions")
    assert [(version["version"], version["said"]) for version in kept] == [(1, SAID), (2, SAID)]


async def test_a_confidential_conversation_is_for_its_speaker_and_the_careers_leader(
    school: School, token: TokenFor
) -> None:
    speaker = await as_somebody(school, token, "form tutor", "teacher")
    other = await as_somebody(school, token, "another teacher", "teacher")
    ref = await school.ref(1)
    identity = (await record(speaker, visibility="careers_leader", safeguarding_referral="CPOMS/17"))[
        "conversation_id"
    ]
    for reader in (speaker, school):
        assert (await reader.get(f"/conversations/{identity}"))["safeguarding_referral"] == "CPOMS/17"
        assert len((await reader.get("/follow-ups"))["follow_ups"]) == 2
        assert (await reader.get(f"/pupils/{ref}/conversations"))["withheld"] == 0

    assert (await other.send("GET", f"/conversations/{identity}")).status_code == 404
    done = await other.send("POST", f"/conversations/{identity}/actions/1/done", json=DONE)
    assert done.status_code == 404
    put = await other.send("PUT", f"/conversations/{identity}", json=TALK | {"version": 1})
    assert put.status_code == 404
    assert (await other.get("/follow-ups"))["follow_ups"] == []
    listed = await other.get(f"/pupils/{ref}/conversations")
    assert (listed["conversations"], listed["withheld"]) == ([], 1)
    assert SAID not in json.dumps(listed)
    # Nobody takes the pupil for forgotten.
    assert ref not in [one["pupil"] for one in (await other.get(MISSING))["pupils"]]


MISSING: Final = "/missing/conversations?academic_year=2025/26"


async def test_pupils_with_whom_nobody_spoke_are_listed_by_year(school: School) -> None:
    await record(school, 1)
    await record(school, 101, held_on="2026-01-12", actions=[])

    everybody = await school.get(MISSING)
    year_10 = await school.get(f"{MISSING}&year_group=10&limit=3")

    assert (everybody["on_roll"], everybody["total"]) == (8, 6)
    assert (year_10["on_roll"], year_10["total"], year_10["next_offset"]) == (6, 5, 3)
    assert [pupil["surname"] for pupil in year_10["pupils"]] == ["Surname2", "Surname3", "Surname4"]


async def test_conversations_are_in_the_access_log_and_in_no_event(school: School) -> None:
    told = len(await school.rows())
    ref = await school.ref(1)
    identity = (await record(school))["conversation_id"]
    await school.get(f"/conversations/{identity}")
    await school.get(f"/pupils/{ref}/conversations")
    await school.send("POST", f"/conversations/{identity}/actions/1/done", json=DONE)

    log = await school.accesses()

    assert [(action, resource) for _, action, resource in log[-4:]] == [
        ("conversation.recorded", f"conversations/{identity}"),
        ("conversation.read", f"conversations/{identity}"),
        ("conversations.listed", f"pupils/{ref}/conversations"),
        ("conversation.action_done", f"conversations/{identity}"),
    ]
    assert len(await school.rows()) == told
