"""An evaluation from start to completion, over the real store: who answers what, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from contracts.audit import EvaluationCompleted
from contracts.pupils import RollChanged, YearGroupRoll
from contracts.vocabulary import AcademicYear, EvaluationId, Urn
from services.audit.commands.drafts import give_answers
from services.audit.frameworks import frameworks
from services.audit.model.evidence import LONGEST_LINK
from services.audit.model.sheet import EVIDENCE_A_PART, OPEN_SHEETS, Change
from services.audit.store.sheets import find_sheet
from services.runtime.errors import ConflictError
from services.runtime.uow import Actor, UnitOfWork
from tests.audit.evaluating.conftest import URN, School, problems_of

MISSING_ID = "0" * 32


def roll(year: str = "2025/26", **year_groups: int) -> RollChanged:
    return RollChanged(
        urn=Urn(URN),
        academic_year=AcademicYear(year),
        year_groups=tuple(
            YearGroupRoll(year_group=int(name[1:]), on_roll=number) for name, number in year_groups.items()
        ),
    )


def part_of(page: dict[str, Any], part: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in page["parts"] if one["part"] == part)
    return found


def learners(page: dict[str, Any]) -> dict[int, int]:
    return {row["year_group"]: row["learners"] for row in page["learner_numbers"]["year_groups"]}


async def test_a_new_evaluation_is_of_the_framework_of_the_day_with_the_rolls_numbers(school: School) -> None:
    await school.hear(roll(y7=180, y11=171))

    page = await school.start()

    assert (page["framework_version"], page["state"], page["copied_from"]) == ("gatsby-2025.1", "draft", None)
    assert learners(page) == {7: 180, 11: 171}
    assert page["learner_numbers"]["source"] == "roll"
    assert page["achieved_count"] == 0
    required = {part["part"] for part in page["parts"] if part["required"]}
    assert set(page["missing"]) == required
    assert ("leader", "evaluation.started") in await school.accesses()
    assert await school.told() == []


async def test_a_start_that_is_sent_again_with_its_key_starts_nothing_anew(school: School) -> None:
    headers = {"Idempotency-Key": "summer"}
    body = {"setting": "school", "has_post16": False}

    first = await school.do("POST", "/drafts", json=body, headers=headers)
    again = await school.do("POST", "/drafts", json=body, headers=headers)

    assert again == first
    assert len((await school.do("GET", "/drafts"))["drafts"]) == 1
    other = await school.send("POST", "/drafts", json=body | {"has_post16": True}, headers=headers)
    assert other.status_code == 409


async def test_an_answer_is_kept_with_its_author_and_what_was_there_before(school: School) -> None:
    page = await school.start()
    first = await school.answer(page, {"gb4.1.year_9": "some"}, "history")
    await school.answer(first.json(), {"gb4.1.year_9": "most"}, "science")

    history = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers/gb4.1.year_9", "history")

    assert [(given["answer"], given["by"], given["version"]) for given in history["answers"]] == [
        ("some", "history", 1),
        ("most", "science", 2),
    ]


async def test_people_who_answer_different_parts_at_once_do_not_meet(school: School) -> None:
    page = await school.start()
    parts = [f"gb4.1.year_{year}" for year in (7, 8, 9, 10, 11)]

    answers = await asyncio.gather(
        *(
            school.answer(page, {part: "most"}, "history" if place % 2 else "science")
            for place, part in enumerate(parts)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    after = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers", "history")
    assert [part_of(after, part)["given"]["answer"] for part in parts] == ["most"] * 5


async def test_of_two_who_answer_one_part_the_second_is_told_what_the_first_said(school: School) -> None:
    page = await school.start()
    await school.answer(page, {"gb4.1.year_9": "some"}, "history")

    late = await school.answer(page, {"gb4.1.year_8": "all", "gb4.1.year_9": "most"}, "science")

    assert late.status_code == 409
    reason = problems_of(late)["answers.gb4.1.year_9"]
    assert reason.startswith("was answered 'some' by history at 2026-06-15T10:00:00")
    assert reason.endswith("(version 1)")
    after = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers")
    assert part_of(after, "gb4.1.year_9")["given"]["answer"] == "some"
    assert part_of(after, "gb4.1.year_8")["given"] is None


async def test_the_same_answer_again_changes_nothing(school: School) -> None:
    page = await school.start()
    first = (await school.answer(page, {"gb4.1.year_9": "some"}, "history")).json()

    again = await school.answer(page, {"gb4.1.year_9": "some"}, "science")

    assert again.status_code == 200
    assert again.json() == first


async def test_an_answer_can_be_taken_back_and_is_missing_again(school: School) -> None:
    page = (await school.answer(await school.start(), {"gb8.1.by_16": "all"})).json()
    assert "gb8.1.by_16" not in page["missing"]

    page = (await school.answer(page, {"gb8.1.by_16": None})).json()

    assert "gb8.1.by_16" in page["missing"]
    assert part_of(page, "gb8.1.by_16")["given"] | {"at": ""} == {
        "answer": None, "version": 2, "copied": False, "by": "leader", "at": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "where", "reason"),
    [
        ({"gb8.2.by_18": "all"}, "gb8.2.by_18", "does not apply to a school without Years 12 and 13"),
        ({"gb5.c1.two_a_year": "all"}, "gb5.c1.two_a_year", "is not asked in the setting school"),
        ({"gb5.1.every_year": "overwhelming_majority"}, "gb5.1.every_year", "only with none, a_few"),
        ({"gb5.1.every_year": "not_applicable"}, "gb5.1.every_year", "cannot be answered so"),
        ({"gb5.1.somewhere": "all"}, "gb5.1.somewhere", "is not a part of gatsby-2025.1"),
        ({"gb5.1.every_year": None}, "gb5.1.every_year", "has no answer to take back"),
    ],
)
async def test_an_answer_that_cannot_be_is_refused_and_nothing_is_stored(
    school: School, answers: dict[str, str | None], where: str, reason: str
) -> None:
    page = await school.start()
    body = [{"part": p, "answer": a, "version": 0} for p, a in ({"gb8.1.by_16": "all"} | answers).items()]

    refused = await school.send(
        "PUT", f"/evaluations/{page['evaluation_id']}/answers", json={"answers": body}
    )

    assert refused.status_code == 422
    assert reason in problems_of(refused)[f"answers.{where}"]
    after = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers")
    assert after["version"] == 1


async def test_one_part_cannot_be_answered_twice_in_one_request(school: School) -> None:
    page = await school.start()
    body = [{"part": "gb8.1.by_16", "answer": answer, "version": 0} for answer in ("all", "none")]

    refused = await school.send(
        "PUT", f"/evaluations/{page['evaluation_id']}/answers", json={"answers": body}
    )

    assert problems_of(refused) == {"answers.gb8.1.by_16": "is answered twice"}


async def test_an_evaluation_with_required_parts_missing_is_not_completed_and_they_are_listed(
    school: School,
) -> None:
    page = await school.answered()
    taken_back = (await school.answer(page, {"gb8.1.by_16": None, "gb1.1.backing": None})).json()

    refused = await school.send("POST", f"/evaluations/{page['evaluation_id']}/completion")

    assert refused.status_code == 422
    assert problems_of(refused) == {
        "answers.gb1.1.backing": "is required and not answered",
        "answers.gb8.1.by_16": "is required and not answered",
    }
    assert taken_back["state"] == "draft"
    assert await school.told() == []
    assert (await school.do("GET", "/evaluations"))["evaluations"] == []


async def test_a_complete_evaluation_is_scored_by_its_framework_and_told_without_scores(
    school: School,
) -> None:
    page = await school.answered(gb5_1__every_year="most", gb1_2__tailored="no")

    receipt = await school.complete(page)

    scores = {one["benchmark"]: one["score_percent"] for one in receipt["benchmarks"]}
    assert scores == {
        "gb1": 87,
        "gb2": 100,
        "gb3": 100,
        "gb4": 100,
        "gb5": 91,
        "gb6": 100,
        "gb7": 100,
        "gb8": 100,
    }
    assert (receipt["result"], receipt["completed_on"], receipt["achieved_count"]) == (
        "recorded",
        "2026-06-15",
        6,
    )
    assert (receipt["criteria"]["gb5.1"], receipt["criteria"]["gb5.2"]) == ("in_progress", "unscored")
    [event] = await school.told()
    assert isinstance(event, EvaluationCompleted)
    assert (event.scores, event.shared_with, event.criteria, event.weak_benchmarks) == (None, (), (), ())


async def test_completing_twice_completes_once(school: School) -> None:
    page = await school.answered()
    first = await school.complete(page)

    again = await school.send("POST", f"/evaluations/{page['evaluation_id']}/completion")

    assert again.status_code == 200
    assert again.json() == first | {"result": "unchanged"}
    assert len(await school.told()) == 1


async def test_a_completed_evaluation_no_longer_changes(school: School) -> None:
    page = await school.answered()
    await school.complete(page)
    path = f"/evaluations/{page['evaluation_id']}"
    evidence = {"part": "gb8.1.by_16", "note": "Log of meetings"}

    refused = [
        await school.answer(page, {"gb8.1.by_16": "none"}),
        await school.send("POST", f"{path}/evidence", json=evidence),
        await school.send("PUT", f"{path}/learner-numbers", json={"learners": {"7": 1}}),
        await school.send("POST", f"{path}/discarding"),
    ]

    assert [answer.status_code for answer in refused] == [409] * 4
    assert "is completed and no longer changes" in refused[0].json()["detail"]


async def test_a_second_evaluation_of_the_year_supersedes_the_first_even_with_the_same_answers(
    school: School,
) -> None:
    first = await school.complete(await school.answered())
    second = await school.complete(await school.answered())

    listed = (await school.do("GET", "/evaluations"))["evaluations"]

    assert [(e["evaluation_id"], e["state"]) for e in listed] == [
        (second["evaluation_id"], "completed"),
        (first["evaluation_id"], "superseded"),
    ]


async def test_a_copy_has_the_answers_marked_as_copied_and_the_numbers_of_now(school: School) -> None:
    await school.hear(roll(y7=180, y11=171))
    page = await school.answered(gb5_1__every_year="most")
    await school.do(
        "POST",
        f"/evaluations/{page['evaluation_id']}/evidence",
        json={"part": "gb5.1.every_year", "note": "Log of encounters", "review_on": "2026-09-01"},
    )
    await school.complete(page)
    await school.hear(roll(y7=185, y11=171))

    copied = await school.do("POST", f"/evaluations/{page['evaluation_id']}/copies")

    assert copied["copied_from"] == page["evaluation_id"]
    assert learners(copied) == {7: 185, 11: 171}
    assert copied["copied_unconfirmed"] == len([p for p in page["parts"] if p["given"]])
    every_year = part_of(copied, "gb5.1.every_year")
    assert (every_year["given"]["answer"], every_year["given"]["copied"]) == ("most", True)
    assert [found["note"] for found in every_year["evidence"]] == ["Log of encounters"]
    confirmed = (await school.answer(copied, {"gb5.1.every_year": "most"})).json()
    assert part_of(confirmed, "gb5.1.every_year")["given"]["copied"] is False
    assert confirmed["copied_unconfirmed"] == copied["copied_unconfirmed"] - 1


async def test_a_copy_for_a_school_that_lost_its_sixth_form_leaves_those_answers_behind(
    school: School,
) -> None:
    page = await school.start(has_post16=True)
    framework = frameworks()["gatsby-2025"]
    answers: dict[str, str | None] = {
        part["part"]: [
            a for a in framework.answers_of(framework.by_part[part["part"]]) if a != "not_applicable"
        ][-1]
        for part in page["parts"]
    }
    await school.complete((await school.answer(page, answers)).json())

    copied = await school.do(
        "POST",
        f"/evaluations/{page['evaluation_id']}/copies",
        json={"setting": "school", "has_post16": False},
    )

    assert copied["missing"] == []
    assert "gb8.2.by_18" not in {part["part"] for part in copied["parts"]}
    await school.complete(copied)


async def test_what_cannot_be_copied_is_refused(school: School) -> None:
    draft = await school.start()
    path = f"/evaluations/{draft['evaluation_id']}/copies"

    assert (await school.send("POST", path)).status_code == 409
    assert (await school.send("POST", f"/evaluations/{MISSING_ID}/copies")).status_code == 404


async def test_an_evaluation_of_2018_reads_the_same_after_2025_arrives_and_is_not_copied_into_it(
    school: School,
) -> None:
    school.clock.set("2025-07-10")
    page = await school.answered(gb5_1__every_year="most")
    before = await school.complete(page)
    sheet = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers")
    assert page["framework_version"] == "gatsby-2018.1"

    school.clock.set("2025-09-20")

    after = await school.do("GET", f"/evaluations/{page['evaluation_id']}")
    assert after == {name: value for name, value in before.items() if name != "result"}
    assert await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers") == sheet | {
        "records_of": "2025/26"
    }
    assert (await school.start())["framework"] == "gatsby-2025"
    copied = await school.send("POST", f"/evaluations/{page['evaluation_id']}/copies")
    assert copied.status_code == 409
    assert "gatsby-2025 is in use now" in copied.json()["detail"]


async def test_a_draft_of_a_framework_that_has_closed_meanwhile_keeps_it_and_cannot_be_completed(
    school: School,
) -> None:
    school.clock.set("2025-08-30")
    page = await school.answered()
    school.clock.set("2025-09-01")

    refused = await school.send("POST", f"/evaluations/{page['evaluation_id']}/completion")

    assert refused.status_code == 422
    assert "use gatsby-2025 for that day" in problems_of(refused)["framework"]
    after = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers")
    assert (after["framework"], after["state"]) == ("gatsby-2018", "draft")


async def test_evidence_is_kept_with_author_and_review_date_and_can_be_withdrawn(school: School) -> None:
    page = await school.start()
    path = f"/evaluations/{page['evaluation_id']}/evidence"
    link = {"part": "gb1.3.published", "link": "https://school.example/careers", "review_on": "2026-07-01"}

    with_link = await school.do("POST", path, "history", json=link)
    [evidence] = part_of(with_link, "gb1.3.published")["evidence"]
    assert (evidence["link"], evidence["by"], evidence["review_on"]) == (
        link["link"],
        "history",
        "2026-07-01",
    )
    assert await school.do("POST", path, "history", json=link) == with_link
    school.clock.set("2026-07-01")
    due = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers")
    assert due["evidence_due"] == [evidence["evidence_id"]]

    withdrawn = await school.do("POST", f"{path}/{evidence['evidence_id']}/withdrawal")

    assert part_of(withdrawn, "gb1.3.published")["evidence"][0]["withdrawn"]["by"] == "leader"
    assert withdrawn["evidence_due"] == []
    assert (await school.send("POST", f"{path}/{MISSING_ID}/withdrawal")).status_code == 404


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"link": "ftp://school.example/careers"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "data:text/html,hello"}, "link"),
        ({"link": "http://"}, "link"),
        ({"link": "https://user:secret@school.example/"}, "link"),
        ({"link": "https://school.example/a b"}, "link"),
        ({"link": "https://school.example/" + "a" * LONGEST_LINK}, "body.link"),
        ({"link": "https://school.example/", "note": "as well"}, "link"),
        ({"link": None}, "link"),
        ({"part": "gb8.2.by_18"}, "part"),
        ({"part": "gb1"}, "body.part"),
        ({"review_on": "2026-06-15"}, "review_on"),
        ({"review_on": "soon"}, "body.review_on"),
        ({"link": None, "note": "\x00"}, "body.note"),
    ],
)
async def test_evidence_that_cannot_be_is_refused(school: School, change: dict[str, Any], where: str) -> None:
    page = await school.start()
    sound = {"part": "gb1.3.published", "link": "https://school.example/careers"}

    refused = await school.send("POST", f"/evaluations/{page['evaluation_id']}/evidence", json=sound | change)

    assert refused.status_code == 422
    assert where in problems_of(refused)


async def test_there_is_an_end_to_the_evidence_of_a_part(school: School) -> None:
    page = await school.start()
    path = f"/evaluations/{page['evaluation_id']}/evidence"
    for number in range(EVIDENCE_A_PART):
        await school.do("POST", path, json={"part": "gb1.3.published", "note": f"Note {number}"})

    one_more = await school.send("POST", path, json={"part": "gb1.3.published", "note": "One more"})

    assert one_more.status_code == 409


async def test_there_is_an_end_to_open_drafts_until_one_is_discarded(school: School) -> None:
    pages = [await school.start() for _ in range(OPEN_SHEETS)]
    body = {"setting": "school", "has_post16": False}
    assert (await school.send("POST", "/drafts", json=body)).status_code == 409

    discarded = await school.do("POST", f"/evaluations/{pages[0]['evaluation_id']}/discarding")

    assert discarded["state"] == "discarded"
    assert len((await school.do("GET", "/drafts"))["drafts"]) == OPEN_SHEETS - 1
    await school.start()
    refused = await school.send("POST", f"/evaluations/{pages[0]['evaluation_id']}/completion")
    assert refused.status_code == 409


async def test_learner_numbers_can_be_corrected_and_the_roll_stays_beside_them(school: School) -> None:
    await school.hear(roll(y7=180))
    page = await school.start()
    path = f"/evaluations/{page['evaluation_id']}/learner-numbers"

    corrected = await school.do("PUT", path, json={"learners": {"7": 179, "8": 0}})

    assert (learners(corrected), corrected["learner_numbers"]["source"]) == ({7: 179, 8: 0}, "declared")
    assert corrected["on_roll_now"] == [{"year_group": 7, "learners": 180}]
    assert (await school.send("PUT", path, json={"learners": {"6": 1}})).status_code == 422
    assert (await school.send("PUT", path, json={"learners": {"7": -1}})).status_code == 422


async def test_who_may_do_what(school: School) -> None:
    page = await school.answered()
    path = f"/evaluations/{page['evaluation_id']}"
    start = {"setting": "school", "has_post16": False}

    assert (await school.send("POST", "/drafts", "history", json=start)).status_code == 403
    assert (await school.send("POST", f"{path}/completion", "head")).status_code == 403
    assert (await school.send("GET", f"{path}/answers", "head")).status_code == 200
    # A governor reads what was completed, not what colleagues are still saying.
    assert (await school.send("GET", f"{path}/answers", "governor")).status_code == 403
    assert (await school.send("GET", "/evaluations", "governor")).status_code == 200
    assert (await school.send("GET", f"{path}/answers", "stranger")).status_code == 404
    assert (await school.send("GET", f"/evaluations/{MISSING_ID}/answers")).status_code == 404
    assert (await school.send("GET", f"{path}/answers/gb9.1.nothing")).status_code == 422
    assert (await school.send("GET", f"{path}/answers/gb1.1.nothing")).status_code == 404


async def test_every_reading_of_answers_and_every_change_is_in_the_access_log(school: School) -> None:
    page = await school.start()
    await school.answer(page, {"gb8.1.by_16": "all"}, "history")
    await school.send("GET", f"/evaluations/{page['evaluation_id']}/answers", "science")
    await school.send("GET", "/drafts", "head")

    assert await school.accesses() == [
        ("leader", "evaluation.started"),
        ("history", "evaluation.answered"),
        ("science", "evaluation.answers_read"),
        ("head", "evaluation.drafts_listed"),
    ]


async def test_what_is_answered_while_it_is_completed_is_in_it_or_is_refused(school: School) -> None:
    page = await school.answered()

    completed, answered = await asyncio.gather(
        school.send("POST", f"/evaluations/{page['evaluation_id']}/completion"),
        school.answer(page, {"gb5.1.every_year": "none"}, "history"),
    )

    assert completed.status_code == 201
    gb5 = next(one for one in completed.json()["benchmarks"] if one["benchmark"] == "gb5")
    assert (answered.status_code, gb5["score_percent"]) in {(200, 66), (409, 100)}


async def test_an_answer_from_another_process_that_was_overtaken_by_the_completion_is_refused(
    school: School,
) -> None:
    page = await school.answered()
    identity = EvaluationId(page["evaluation_id"])
    version = part_of(page, "gb5.1.every_year")["version"]
    receipts: list[dict[str, Any]] = []

    async def overtaken(unit: UnitOfWork) -> None:
        await find_sheet(unit, identity)
        if not receipts:
            receipts.append(await school.complete(page))
        await give_answers(unit, identity, [Change("gb5.1.every_year", "none", version)])

    with pytest.raises(ConflictError, match="is completed"):
        await school.context.in_school(Actor("history"), Urn(URN), overtaken)

    assert [receipt["result"] for receipt in receipts] == ["recorded"]
    after = await school.do("GET", f"/evaluations/{identity}")
    assert after["achieved_count"] == 8
    sheet = await school.do("GET", f"/evaluations/{identity}/answers")
    assert part_of(sheet, "gb5.1.every_year")["given"]["answer"] == "all"


async def test_schools_that_complete_at_once_lose_nothing(school: School, token: Any) -> None:  # noqa: ANN401 - a fixture
    """Eight schools, each with its own sheet; what a Hub does on the last day of term."""
    schools = []
    for number in range(8):
        urn = f"1365{number:02d}"
        await token(f"leader-{urn}", "careers_leader", urn)
        one = School(school.client, school.context, school.clock, school.settings, school.keys, urn=urn)
        page = await one.do(
            "POST", "/drafts", f"leader-{urn}", json={"setting": "school", "has_post16": False}
        )
        framework = frameworks()["gatsby-2025"]
        answers: dict[str, str | None] = {
            part["part"]: framework.answers_of(framework.by_part[part["part"]])[number % 2]
            for part in page["parts"]
        }
        answered = await one.answer(page, answers, f"leader-{urn}")
        assert answered.status_code == 200
        schools.append((one, page["evaluation_id"]))

    receipts: list[httpx.Response] = await asyncio.gather(
        *(one.send("POST", f"/evaluations/{e}/completion", f"leader-{one.urn}") for one, e in schools)
    )

    assert [receipt.status_code for receipt in receipts] == [201] * 8
    for (one, identity), receipt in zip(schools, receipts, strict=True):
        [event] = await one.told()
        assert isinstance(event, EvaluationCompleted)
        assert event.evaluation_id == identity == receipt.json()["evaluation_id"]
