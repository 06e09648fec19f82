"""Which activities are suspected to be the same encounter, and which are certain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.vocabulary import ActivityId, EmployerId
from services.pupils.model.activity import Activity, Mark
from services.pupils.model.attendance import STATUSES, Status
from services.pupils.model.duplicates import (
    HOURS_APART,
    MOST_COMPARED,
    Likeness,
    Recorded,
    compare,
    may_be_same,
    normalised_title,
    suspected,
)
from services.pupils.model.facts import Facts
from services.pupils.model.recording import first_version
from tests.pupils.values import GB5_TESTS, GB7_TESTS, NOW, TALK, desk, given, post, register

PUPILS = (1001, 1002, 1003, 1101)
FAIR = replace(
    TALK, activity_type="careers_fair", title="Careers fair", employer_id=None, tests_met=GB7_TESTS
)
GUIDANCE = replace(TALK, activity_type="guidance_meeting_l6", title="Guidance", employer_id=None)


def activity(number: int, facts: Facts = TALK, listed: Mapping[int, Status] | None = None) -> Activity:
    """An activity of its own, by default for pupils 1001 and 1002; the number tells its age too."""
    there: Mapping[int, Status] = {1001: "attended", 1002: "attended"} if listed is None else listed
    made = first_version(
        desk(register(*PUPILS)), ActivityId(f"{number:032d}"), post(facts, given(listed=there))
    )
    return replace(made, recorded=Mark(NOW + dt.timedelta(minutes=number), "leader"))


def likeness(facts: Facts = TALK, listed: Mapping[int, Status] | None = None, of: Facts = TALK) -> Likeness:
    found = compare(activity(1, of), activity(2, facts, listed))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "from-the-file"},
        {"title": "  MEET the  engineers! "},
        {"hours": None},
        {"hours": 1.0 + HOURS_APART},
        {"tests_met": ()},
        {"in_school_day": True},
    ],
    ids=str,
)
def test_the_same_told_in_another_way_is_certain(changes: dict[str, Any]) -> None:
    assert likeness(replace(TALK, **changes)).certain


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Meet the pilots"},
        {"employer_id": None},
        {"tests_met": ("task_set",)},
    ],
    ids=str,
)
def test_what_is_left_to_judge_is_suspected(changes: dict[str, Any]) -> None:
    assert not likeness(replace(TALK, **changes)).certain


@pytest.mark.parametrize(
    "changes",
    [
        {"held_on": dt.date(2026, 3, 3)},
        {"activity_type": "mock_interview"},
        {"mode": "mixed"},
        {"employer_id": EmployerId("gpg-1501")},
        {"hours": 1.01 + HOURS_APART},
    ],
    ids=str,
)
def test_what_contradicts_is_never_suspected(changes: dict[str, Any]) -> None:
    assert compare(activity(1), activity(2, replace(TALK, **changes))) is None


def test_two_colleges_at_a_fair_are_two_encounters() -> None:
    college, university = (replace(FAIR, provider_type=name) for name in ("fe_college", "university"))

    assert compare(activity(1, college), activity(2, university)) is None


def test_a_session_in_the_school_day_is_not_the_one_after_it() -> None:
    by_day, in_the_evening = (replace(TALK, in_school_day=said) for said in (True, False))

    assert compare(activity(1, by_day), activity(2, in_the_evening)) is None


def test_two_sessions_for_different_forms_are_never_suspected() -> None:
    assert compare(activity(1), activity(2, listed={1003: "attended", 1101: "attended"})) is None


def test_whoever_was_absent_from_one_session_was_not_at_both() -> None:
    assert compare(activity(1), activity(2, listed={1001: "absent", 1003: "attended"})) is None


def test_sessions_that_only_some_attended_both_of_are_left_to_a_person() -> None:
    found = likeness(listed={1002: "attended", 1003: "attended"})

    assert (found.certain, found.in_common) == (False, 1)
    assert "all_pupils_of_one" not in found.reasons


def test_one_who_was_told_absent_by_one_account_still_belongs_to_both() -> None:
    found = likeness(listed={1001: "attended", 1002: "absent", 1003: "attended"})

    assert (found.certain, found.in_common) == (True, 1)


def test_the_reasons_say_what_agrees() -> None:
    found = likeness(replace(TALK, title="Meet the pilots"))

    assert found.reasons == (
        "same_day_and_type",
        "same_employer",
        "same_hours",
        "same_tests",
        "all_pupils_of_one",
    )


def test_guidance_meetings_of_one_day_with_different_pupils_are_not_suspected() -> None:
    others = Recorded(
        activity(number, GUIDANCE, {pupil: "attended"}) for number, pupil in enumerate(PUPILS[1:])
    )

    assert others.like(activity(9, GUIDANCE, {1001: "attended"})) == []


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("Meet the Engineers", "meet the engineers.", True),
        ("Q&A: NHS", "q a nhs", True),
        ("Cafe\u0301 owners", "CAFÉ owners", True),
        ("?!", "?!", True),
        ("?!", "!?", False),
        ("Talk 1", "Talk 2", False),
    ],
)
def test_titles_are_compared_without_case_punctuation_and_spaces(
    one: str, other: str, *, agree: bool
) -> None:
    assert (normalised_title(one) == normalised_title(other)) == agree


def test_the_most_certain_comes_first_and_then_the_oldest() -> None:
    unlike = activity(1, replace(TALK, title="Meet the pilots"))
    others = Recorded([unlike, activity(3), activity(2)])

    found = [pair.first.id[-1] for pair in others.like(activity(4))]

    assert found == ["2", "3", "1"]


def test_one_that_no_longer_counts_is_not_found() -> None:
    others = Recorded([activity(1)])

    others.put(replace(activity(1), status="merged"))

    assert others.like(activity(2)) == []


def test_one_post_is_compared_with_so_many_and_no_more() -> None:
    others = Recorded(activity(number) for number in range(MOST_COMPARED + 5))

    assert len(others.like(activity(999))) == MOST_COMPARED


def test_what_was_sent_as_separate_is_not_paired_with_what_was_there_before() -> None:
    separate = replace(activity(2), sent_as_separate=True)

    pairs = [
        (pair.first.id[-1], pair.second.id[-1]) for pair in suspected([activity(3), separate, activity(1)])
    ]

    assert pairs == [("1", "3"), ("2", "3")]


ANY_FACTS = st.builds(
    replace,
    st.just(TALK),
    title=st.sampled_from(["Meet the engineers", "meet the engineers!", "Pilots"]),
    held_on=st.sampled_from([TALK.held_on, dt.date(2026, 3, 3)]),
    mode=st.sampled_from(["in_person", "in_person", "mixed"]),
    hours=st.sampled_from([None, 1.0, 1.25, 2.0]),
    employer_id=st.sampled_from([None, EmployerId("gpg-961"), EmployerId("gpg-1")]),
    provider_type=st.sampled_from([None, "university"]),
    tests_met=st.sampled_from([(), GB5_TESTS, ("task_set",)]),
    in_school_day=st.sampled_from([None, True, False]),
    match_id=st.sampled_from([None, None, "match-0001", "match-0002"]),
)
ANY_ACTIVITY = st.builds(
    activity,
    st.integers(1, 4),
    ANY_FACTS,
    st.dictionaries(st.sampled_from(PUPILS), st.sampled_from(STATUSES), min_size=1),
)


@any_of(ANY_ACTIVITY, ANY_ACTIVITY)
def test_likeness_is_symmetric_and_nothing_is_like_itself(one: Activity, other: Activity) -> None:
    assert compare(one, other) == compare(other, one)
    assert compare(one, one) is None
    assert may_be_same(one.facts, one.facts)


@any_of(ANY_ACTIVITY, ANY_ACTIVITY)
def test_what_is_certain_agrees_in_everything_that_was_told_by_both(one: Activity, other: Activity) -> None:
    found = compare(one, other)
    if found is None or not found.certain:
        return
    mine, theirs = one.facts, other.facts
    assert (mine.held_on, mine.activity_type, mine.mode) == (
        theirs.held_on,
        theirs.activity_type,
        theirs.mode,
    )
    assert (mine.employer_id, mine.provider_type) == (theirs.employer_id, theirs.provider_type)
    assert len({mine.match_id, theirs.match_id} - {None}) <= 1
    assert one.attended & other.attended
    smaller, larger = sorted((one.concerned, other.concerned), key=len)
    assert smaller <= larger
    fewer, more = sorted((set(mine.tests_met), set(theirs.tests_met)), key=len)
    assert fewer <= more


@any_of(st.lists(ANY_ACTIVITY, max_size=4, unique_by=lambda made: made.id))
def test_searching_finds_what_comparing_everything_finds(activities: list[Activity]) -> None:
    naive = {
        frozenset((one.id, other.id))
        for one in activities
        for other in activities
        if compare(one, other) is not None
    }

    assert {frozenset((pair.first.id, pair.second.id)) for pair in suspected(activities)} == naive
