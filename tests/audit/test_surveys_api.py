"""Stakeholder voice through the routes: planned, answered by link, closed, read, and what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.audit.commands import surveys
from services.audit.model import survey as survey_model
from services.audit.model.question_set import AUDIENCES
from services.audit.model.voice import twelve_months_before
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.audit.schools import Hub, School, school_at
from tests.audit.surveys import APRIL, MARCH, SURVEY, At, answered, links, planned


@pytest.fixture
def at(settings: Settings, store: Store, keys: Path) -> At:
    """The school at a moment."""
    hub = Hub(settings, store, keys)
    return lambda now: school_at(hub, now)


@pytest.fixture
async def school(at: At) -> AsyncIterator[School]:
    """The school in March, while the survey is open."""
    async with at(MARCH) as school:
        yield school


async def test_a_survey_keeps_the_question_set_that_it_was_made_with(school: School) -> None:
    survey = await planned(school)
    again = await school.send("POST", "/surveys", SURVEY)
    other = await school.send("POST", "/surveys", SURVEY | {"closes_on": "2026-04-30"})

    shown = await school.get(f"/surveys/{survey}")

    assert (again.status_code, again.json()["outcome"], other.status_code) == (200, "unchanged", 409)
    assert shown["question_set_version"] == shown["question_set"]["version"] == "pupils-2026.1"
    assert (shown["state"], shown["links"], shown["answers"], shown["response_percent"]) == (
        "open",
        0,
        0,
        None,
    )
    sets = (await school.get("/voice/question-sets"))["question_sets"]
    assert [asked["audience"] for asked in sets] == list(AUDIENCES)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"closes_on": "2026-02-28"}, "closes_on"),
        ({"opens_on": "2026-02-01", "closes_on": "2026-03-01"}, "closes_on"),
        ({"closes_on": "2027-03-02"}, "closes_on"),
        ({"audience": "aliens"}, "body.audience"),
        ({"title": ""}, "body.title"),
        ({"opens_on": "tomorrow"}, "body.opens_on"),
    ],
)
async def test_a_survey_that_makes_no_sense_is_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    assert where in await school.refused("POST", "/surveys", SURVEY | changes)
    assert await school.documents("surveys") == []


async def test_while_a_survey_is_open_nothing_of_its_answers_is_shown(school: School) -> None:
    survey = await answered(school, 12)

    shown = await school.get(f"/surveys/{survey}/results")

    assert (shown["state"], shown["questions"], shown["answers"]) == ("open", None, 12)
    assert "closed" in shown["withheld"]


async def test_a_closed_survey_says_what_was_answered(at: At) -> None:
    async with at(MARCH) as school:
        survey = await answered(school, 10)
    async with at(APRIL) as school:
        shown = await school.get(f"/surveys/{survey}/results")
        log = await school.accesses()

    by_id = {question["question"]: question for question in shown["questions"]}
    assert by_id["know_routes"]["counts"] == {"1": 0, "2": 0, "3": 0, "4": 10, "5": 0, "no_answer": 0}
    assert (by_id["know_routes"]["mean"], by_id["know_routes"]["criteria"]) == (4.0, ["gb2.1", "gb7.1"])
    assert by_id["lessons"]["counts"]["no_answer"] == 10
    assert by_id["more_of"]["texts"] == ["More visits"] * 10
    assert (shown["links"], shown["answers"], shown["response_percent"]) == (11, 10, 90)
    assert ("leader", "survey.read", f"surveys/{survey}/results") in log


async def test_of_nine_answers_nothing_is_shown_but_their_number(at: At) -> None:
    async with at(MARCH) as school:
        survey = await answered(school, 9)
    async with at(APRIL) as school:
        shown = await school.get(f"/surveys/{survey}/results")

    assert (shown["questions"], shown["answers"]) == (None, 9)
    assert "More visits" not in str(shown)


async def test_a_closed_survey_stays_as_it_is(at: At) -> None:
    async with at(MARCH) as school:
        survey = await planned(school)
        change = {"title": "Spring", "opens_on": "2026-03-01", "closes_on": "2026-04-01", "version": 1}
        assert (await school.told("PUT", f"/surveys/{survey}", change))["version"] == 2
        stale = await school.send("PUT", f"/surveys/{survey}", change | {"title": "Other"})
        wrong = await school.refused("PUT", f"/surveys/{survey}", change | {"closes_on": "2026-02-01"})
    async with at(APRIL) as school:
        reopened = await school.send("PUT", f"/surveys/{survey}", change | {"closes_on": "2026-05-01"})
        more = await school.send("POST", f"/surveys/{survey}/links", {"version": 2, "links": 1})

    assert [answer.status_code for answer in (stale, reopened, more)] == [409, 409, 409]
    assert list(wrong) == ["closes_on"]


async def test_limits_of_surveys_and_links_are_kept(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "MOST_SURVEYS", 1)
    monkeypatch.setattr(survey_model, "MOST_LINKS", 3)
    survey = await planned(school)
    await links(school, survey, 2)

    more = await school.send("POST", f"/surveys/{survey}/links", {"version": 2, "links": 2})
    another = await school.send("POST", "/surveys", SURVEY | {"title": "One more"})

    assert (more.status_code, another.status_code) == (409, 409)
    assert len(await school.documents("survey_links")) == 2


async def test_what_changed_is_noted_once_a_survey_is_closed(at: At) -> None:
    note = {"version": 2, "what_changed": "Two more visits a year."}
    async with at(MARCH) as school:
        survey = await answered(school, 10)
        early = await school.send("PUT", f"/surveys/{survey}/what-changed", note)
    async with at(APRIL) as school:
        await school.told("PUT", f"/surveys/{survey}/what-changed", note)
        stale = await school.send(
            "PUT", f"/surveys/{survey}/what-changed", note | {"what_changed": "Nothing"}
        )
        summary = await school.get("/voice/summary")

    assert (early.status_code, stale.status_code) == (409, 409)
    pupils = summary["groups"][0]
    assert (pupils["what_changed"], summary["rounds_with_changes"]) == (note["what_changed"], 1)


async def test_the_summary_says_which_groups_were_heard_in_twelve_months(at: At) -> None:
    async with at(dt.datetime(2025, 4, 1, tzinfo=dt.UTC)) as school:
        old = {"opens_on": "2025-04-01", "closes_on": "2025-04-19"}
        await answered(school, 1, audience="governors", title="Too old", **old)
        await answered(school, 1, audience="advisers", **(old | {"closes_on": "2025-04-20"}))
    async with at(MARCH) as school:
        pupils = await answered(school, 2)
        await planned(school, audience="employers", title="Nobody answered")
        await planned(school, audience="staff", closes_on="2026-05-31")
    async with at(APRIL) as school:
        summary = await school.get("/voice/summary")

    assert {group["audience"]: group["state"] for group in summary["groups"]} == {
        "pupils": "heard",
        "parents_carers": "not_heard",
        "staff": "being_asked",
        "employers": "not_heard",
        "governors": "not_heard",
        "advisers": "heard",
    }
    assert (summary["criterion"], summary["since"]) == ("gb1.4", "2025-04-20")
    # Governors are asked too, but gb1.4 does not name them.
    assert (summary["groups_heard"], summary["groups_named"]) == (2, 5)
    assert (summary["groups"][0]["survey_id"], summary["groups"][0]["closed_on"]) == (pupils, "2026-03-31")


def test_twelve_months_before_a_leap_day_is_the_last_of_february() -> None:
    assert twelve_months_before(dt.date(2028, 2, 29)) == dt.date(2027, 2, 28)


async def test_what_is_not_there_is_not_found(school: School) -> None:
    nowhere = f"/surveys/{'0' * 32}"
    change = {"version": 1, "title": "x", "opens_on": "2026-03-01", "closes_on": "2026-04-01"}
    answers = [
        await school.send("GET", nowhere),
        await school.send("GET", f"{nowhere}/results"),
        await school.send("PUT", nowhere, change),
        await school.send("POST", f"{nowhere}/links", {"version": 1, "links": 1}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4


async def test_teachers_see_no_results_and_governors_plan_no_surveys(school: School) -> None:
    teacher = await school.as_("teacher", "teacher")
    governor = await school.as_("governor", "link_governor")
    assert (await teacher.send("GET", "/voice/summary")).status_code == 403
    assert (await governor.send("GET", "/voice/summary")).status_code == 200
    assert (await governor.send("POST", "/surveys", SURVEY)).status_code == 403
