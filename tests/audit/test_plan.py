"""The action plan in pure code: what a goal must say, how an action moves, and how a plan lies in time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary import AcademicYear, academic_year_days
from services.audit.facts import suggested_actions
from services.audit.frameworks import frameworks
from services.audit.model.days import TERMS, term_days
from services.audit.model.plan import (
    STATUSES,
    Action,
    Effect,
    Goal,
    Report,
    Reporter,
    Status,
    for_criterion,
    goal_problems,
    replaced,
    reported,
    with_goal,
)
from services.audit.model.plan_calendar import (
    PlanAction,
    plan_progress,
    progress_to_tell,
    reminders_of,
    years_of_plan,
)
from services.audit.model.suggestion import SuggestedActions
from services.runtime.errors import ConflictError, ForbiddenError, InvalidError
from services.runtime.versions import Kept, Mark
from tests.conftest import NOW

YEAR: Final = AcademicYear("2025/26")
TODAY: Final = dt.date(2026, 6, 15)
GOAL: Final = Goal(
    specific="Name a Careers Champion in every department.",
    measure="Departments with a Careers Champion",
    unit="departments",
    baseline_value=2.0,
    target_value=9.0,
    owner="head-of-science",
    resource="An hour of each head of department",
    cost_pence=12_000,
    starts_on=dt.date(2025, 9, 1),
    due_on=dt.date(2026, 6, 30),
    criteria=("gb4.1",),
    groups=("send",),
    whole_school_priority=True,
    suggestion="gb4.1-champions",
)
LEADER: Final = Reporter("leader", on_all=True)
OWNER: Final = Reporter("head-of-science", on_all=False)
EFFECT: Final = Effect("All nine have one.", 9.0, ("https://school.test/champions",))


def test_a_smart_goal_has_no_problems() -> None:
    assert goal_problems(GOAL, suggested_actions()) == ()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"due_on": dt.date(2025, 8, 31)}, "due_on"),
        ({"due_on": dt.date(2028, 9, 4)}, "due_on"),
        ({"baseline_value": 9.0}, "target_value"),
        ({"criteria": ("gb4.1", "gb4.1")}, "criteria"),
        ({"suggestion": "gb4.1-magic"}, "suggestion"),
    ],
)
def test_what_keeps_a_goal_from_being_smart_is_named(changes: dict[str, Any], where: str) -> None:
    assert [p.where for p in goal_problems(replace(GOAL, **changes), suggested_actions())] == [where]


def test_an_action_of_one_day_and_one_of_three_years_are_possible() -> None:
    for due_on in (GOAL.starts_on, dt.date(2028, 8, 31)):
        assert goal_problems(replace(GOAL, due_on=due_on), suggested_actions()) == ()


def test_an_owner_reports_until_it_is_done_and_evidence_stays() -> None:
    begun = reported(Action(GOAL), Report("in_progress", None, None), OWNER)
    done = reported(begun, Report("done", EFFECT, None), OWNER)
    again = reported(done, Report("in_progress", None, None), LEADER)

    assert [one.status for one in (begun, done, again)] == ["in_progress", "done", "in_progress"]
    assert (done.effect, again.effect) == (EFFECT, EFFECT)


@pytest.mark.parametrize(
    ("report", "where"),
    [
        (Report("done", None, None), "effect"),
        (Report("superseded", None, None), "reason"),
        (Report("in_progress", None, "because"), "reason"),
    ],
)
def test_done_needs_evidence_and_superseded_a_reason(report: Report, where: str) -> None:
    with pytest.raises(InvalidError) as refused:
        reported(Action(GOAL, effect=None), report, LEADER)
    assert [problem.where for problem in refused.value.problems] == [where]


@pytest.mark.parametrize(
    ("status", "reporter"), [("in_progress", Reporter("other", on_all=False)), ("superseded", OWNER)]
)
def test_others_report_on_nothing_and_owners_supersede_nothing(status: Status, reporter: Reporter) -> None:
    with pytest.raises(ForbiddenError):
        reported(Action(GOAL), Report(status, None, "why"), reporter)


def test_what_is_superseded_stays_as_it_is() -> None:
    old = replaced(Action(GOAL), by="new")
    assert (old.status, old.superseded_by) == ("superseded", "new")
    with pytest.raises(ConflictError):
        reported(old, Report("in_progress", None, None), LEADER)
    with pytest.raises(ConflictError):
        with_goal(old, replace(GOAL, cost_pence=0))
    with pytest.raises(ConflictError):
        replaced(old, by="newer")
    assert with_goal(old, GOAL) == old


def kept(number: int, starts_on: dt.date, due_on: dt.date, status: Status) -> PlanAction:
    goal = replace(GOAL, starts_on=starts_on, due_on=due_on, cost_pence=number, criteria=(f"gb{number}.1",))
    return Kept(f"{number:032x}", 1, Action(goal, status), Mark(NOW, "leader"))


days = st.dates(dt.date(2024, 9, 1), dt.date(2029, 8, 31))
plans = st.lists(st.tuples(days, days, st.sampled_from(STATUSES)), max_size=8).map(
    lambda drawn: [kept(n, min(a, b), max(a, b), s) for n, (a, b, s) in enumerate(drawn, start=1)]
)


@given(plans)
def test_the_three_year_view_equals_a_naive_recount(plan: list[PlanAction]) -> None:
    shown = years_of_plan(plan, YEAR)

    assert [year.academic_year for year in shown] == ["2025/26", "2026/27", "2027/28"]
    standing = [one for one in plan if one.content.status != "superseded"]
    for year in shown:
        first, last = academic_year_days(year.academic_year)
        due = [one for one in standing if first <= one.content.goal.due_on <= last]
        assert year.cost_pence == sum(one.content.goal.cost_pence for one in due)
        assert Counter(identity for term in year.terms for identity in term.due) == Counter(o.id for o in due)
        assert [term.term for term in year.terms] == list(TERMS)
        for term in year.terms:
            begins, ends = term_days(year.academic_year, term.term)
            span = {begins + dt.timedelta(days=n) for n in range((ends - begins).days + 1)}
            running = {
                one.id
                for one in standing
                if any(one.content.goal.starts_on <= day <= one.content.goal.due_on for day in span)
            }
            assert set(term.running) == running


@given(plans, days)
def test_reminders_are_what_is_open_and_overdue_or_due_in_28_days(
    plan: list[PlanAction], today: dt.date
) -> None:
    found = reminders_of(plan, today)
    left = {
        one.id: (one.content.goal.due_on - today).days
        for one in plan
        if one.content.status in {"not_started", "in_progress"}
    }
    assert {one.id for one in found.overdue} == {name for name, count in left.items() if count < 0}
    assert {one.id for one in found.due_soon} == {name for name, count in left.items() if 0 <= count <= 28}
    assert [one.content.goal.due_on for one in found.overdue] == sorted(
        one.content.goal.due_on for one in found.overdue
    )


@given(plans)
def test_every_action_counts_in_exactly_one_year(plan: list[PlanAction]) -> None:
    years = [AcademicYear(f"{start}/{start - 1999}") for start in range(2024, 2029)]
    counted: Counter[Status] = Counter()
    for year in years:
        counted.update(plan_progress(year, plan).actions)
    assert +counted == Counter(one.content.status for one in plan)


def test_progress_names_the_criteria_of_actions_that_stand_and_no_text() -> None:
    day = dt.date(2026, 3, 1)
    plan = [kept(n, day, day, status) for n, status in enumerate(STATUSES, start=1)]

    progress = plan_progress(YEAR, plan)

    assert progress.actions == {"not_started": 1, "in_progress": 1, "done": 1, "superseded": 1}
    assert progress.criteria == ("gb1.1", "gb2.1", "gb3.1")
    assert GOAL.specific not in str(progress)


@given(plans, plans)
def test_progress_is_told_of_the_years_that_differ_and_of_no_other(
    before: list[PlanAction], after: list[PlanAction]
) -> None:
    told = {progress.academic_year: progress for progress in progress_to_tell(before, after)}
    for start in range(2024, 2029):
        year = AcademicYear(f"{start}/{start - 1999}")
        was, now = plan_progress(year, before), plan_progress(year, after)
        assert told.get(year) == (now if was.actions != now.actions else None)


def test_actions_on_a_criterion_are_counted_without_superseded_ones() -> None:
    actions = [Action(GOAL), replaced(Action(GOAL), by="x"), Action(replace(GOAL, criteria=("gb1.1",)))]
    assert for_criterion(actions, "gb4.1") == 1


def test_every_criterion_of_the_framework_has_two_or_three_suggestions() -> None:
    """The criteria of gatsby-2025 (domain §1b), the colleges' own among them."""
    counted = Counter(action.criterion for action in suggested_actions().actions)
    last = {"gb1": 4, "gb2": 2, "gb3": 5, "gb4": 2, "gb5": 2, "gb6": 2, "gb7": 2, "gb8": 3}
    expected = {f"{gb}.{n}" for gb, most in last.items() for n in range(1, most + 1)} | {"gb3.h"}
    expected |= {"gb4.c1", "gb5.c1", "gb5.c2", "gb6.c1", "gb7.c1", "gb8.c1"}
    assert counted.keys() == expected == frameworks()["gatsby-2025"].known_criteria
    assert set(counted.values()) <= {2, 3}


def test_a_suggestion_fills_a_goal() -> None:
    [first, *_] = suggested_actions().for_criteria({"gb4.1"})
    goal = replace(GOAL, specific=first.specific, measure=first.measure, unit=first.unit, suggestion=first.id)
    assert goal_problems(goal, suggested_actions()) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "gb1.1-train"}, "twice"),
        ({"criterion": "gb9.1"}, "do not fit"),
        ({"criterion": "gb2.1"}, "do not fit"),
        ({"sources": ["nowhere"]}, "not one of the file's sources"),
        ({"specific": ""}, "at least 1 character"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(changes: dict[str, Any], reason: str) -> None:
    raw = suggested_actions().model_dump(mode="json")
    raw["actions"][0] |= changes
    with pytest.raises(ValidationError, match=reason):
        SuggestedActions.model_validate(raw)
