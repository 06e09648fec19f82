"""Time to match, tenure, churn and who waits, against examples and a naive recount."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from contracts.employers import RelationshipEnd
from services.employers.advising.figures import Figures, figures_of, length_of
from services.employers.advising.handover import Known, adviser_leaves
from services.employers.advising.match import Match
from services.employers.advising.standing import SchoolFacts
from tests.employers.advising.values import RULES, TODAY, adviser, match, school, standing


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def counted(schools: list[SchoolFacts], *matches: Match) -> Figures:
    return figures_of(schools, matches, standing(matches), RULES)


def worked(
    identity: str, urn: str, first: int, last: int | None, because: RelationshipEnd = "completed"
) -> Match:
    """A match that began so many days ago, and ended so many days ago unless it runs."""
    steps = [("proposed", ago(first)), ("active", ago(first))]
    steps += [] if last is None else [("ended", ago(last))]
    return match(identity, ("a1", urn), *steps, because=because)


def test_a_hub_without_a_match_has_no_medians_and_no_churn() -> None:
    found = counted([school(since=None)])

    assert (found.time_to_match.median_days, found.churn.percent, found.waiting) == (None, None, ())


def test_a_second_wait_begins_when_the_first_adviser_leaves() -> None:
    found = counted(
        [school("100001", since=ago(100))],
        worked("m1", "100001", 90, 50),
        worked("m2", "100001", 20, None),
    )

    assert (found.time_to_match.median_days, found.time_to_match.of) == (10, 2)
    assert (found.tenure_ended.median_days, found.tenure_running.median_days) == (40, 20)


def test_a_second_adviser_beside_the_first_ends_no_wait() -> None:
    found = counted(
        [school("100001", since=ago(100), wants=2)],
        worked("m1", "100001", 90, None),
        worked("m2", "100001", 20, None),
    )

    assert (found.time_to_match.median_days, found.time_to_match.of) == (10, 1)


def test_a_proposal_that_came_to_nothing_counts_nowhere() -> None:
    declined = match(
        "m", ("a1", "100001"), ("proposed", ago(5)), ("ended", ago(4)), because="declined_by_school"
    )

    found = counted([school(since=ago(100))], declined)

    assert (found.tenure_ended.of, found.churn.at_work, found.waiting[0].days) == (0, 0, 100)


def test_what_ended_on_the_first_day_of_the_window_is_before_it() -> None:
    found = counted([school()], worked("m1", "100001", 500, 365), worked("m2", "100001", 364, 364))

    assert (found.churn.first_day, found.churn.at_work, found.churn.ended) == (ago(365), 1, 1)


@given(st.lists(st.integers(0, 1_000)))
def test_the_median_is_one_that_half_do_not_exceed(days: list[int]) -> None:
    found = length_of(days)

    assert found.of == len(days)
    if days:
        assert found.median_days in days
        assert sum(one <= (found.median_days or 0) for one in days) * 2 >= len(days)
        assert sum(one >= (found.median_days or 0) for one in days) * 2 >= len(days)


@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.none() | st.integers(0, 900)).map(
            lambda two: (two[0], None if two[1] is None else min(two[0], two[1]))
        ),
        max_size=8,
    )
)
def test_tenure_and_churn_equal_a_recount(spans: list[tuple[int, int | None]]) -> None:
    matches = [worked(f"m{n}", f"10000{n}", first, last) for n, (first, last) in enumerate(spans)]

    found = counted([], *matches)

    at_work = [last for _, last in spans if last is None or last < 365]
    assert found.churn.at_work == len(at_work)
    assert found.churn.ended == sum(last is not None for last in at_work)
    assert found.tenure_running.of == sum(last is None for _, last in spans)
    assert found.tenure_ended == length_of([first - last for first, last in spans if last is not None])


def test_a_handover_is_a_stable_round_that_leaves_other_matches_alone() -> None:
    leaver, busy, free = (
        adviser("a1", "active", capacity_schools=2, hours_a_month=16),
        adviser("a2"),
        adviser("a3"),
    )
    orphaned, kept = school("100001", since=ago(400)), school("100002")
    waiting = school("100003", special=True, since=ago(5))
    matches = (
        worked("m1", "100001", 90, None),
        match("m2", ("a2", "100002"), ("proposed", ago(9)), ("active", ago(9))),
    )

    found = adviser_leaves(
        leaver, Known((leaver, busy, free), (orphaned, kept, waiting), matches, TODAY), RULES
    )

    assert [one.id for one in found.matches] == ["m1"]
    assert found.proposal.blocking == ()
    [change] = found.changes
    assert (change.urn, change.before, change.after) == ("100001", "a1", "a3")
    [left] = found.proposal.schools_left
    assert (left.id, left.barriers) == ("100003", {"send_training_needed": 1, "capacity_used_up": 1})


def test_a_school_that_stated_no_need_is_orphaned_all_the_same() -> None:
    leaver, free = adviser("a1", "active"), adviser("a3")

    found = adviser_leaves(
        leaver,
        Known((leaver, free), (school("100001", since=None),), (worked("m1", "100001", 90, None),), TODAY),
        RULES,
    )

    assert [(change.before, change.after) for change in found.changes] == [("a1", "a3")]
