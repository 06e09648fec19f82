"""The states of an adviser and of a match: every step that can be and every one that cannot."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Urn
from services.employers.advising import adviser as adviser_model
from services.employers.advising.adviser import (
    ADVISER_STATES,
    AT_WORK,
    Adviser,
    AdviserId,
    Moving,
    describe,
    follow,
    move,
    register,
)
from services.employers.advising.match import Doing, Match, MatchId, act, propose
from services.runtime.errors import ConflictError, HubError, InvalidError
from tests.employers.advising.values import LONG_AGO, MARK, TODAY, adviser

CAN = {
    "enquiry": {"applied", "ended"},
    "applied": {"inducted", "ended"},
    "inducted": {"available", "ended"},
    "available": {"paused", "ended"},
    "proposed": {"paused", "ended"},
    "introduced": {"paused", "ended"},
    "active": {"paused", "ended"},
    "paused": {"available", "ended"},
    "ended": set(),
}
"""The table of steps that a coordinator can say, written by hand."""
SAID = ("applied", "inducted", "available", "paused", "ended")


def moving(to: str, on: dt.date = TODAY, seen: int = 1) -> Moving:
    return Moving(to, on, "other" if to == "ended" else None, seen)  # type: ignore[arg-type]  # any state


@pytest.mark.parametrize("state", ADVISER_STATES)
@pytest.mark.parametrize("to", SAID)
def test_an_adviser_takes_the_steps_of_the_table_and_no_other(state: str, to: str) -> None:
    before = adviser(state=state)
    if state == to:
        assert move(before, moving(to), TODAY, MARK) is None
    elif to in CAN[state]:
        after = move(before, moving(to), TODAY, MARK)
        assert after is not None
        assert (after.state, after.version) == (to, 2)
        assert after.history[:-1] == before.history
    else:
        with pytest.raises(ConflictError):
            move(before, moving(to), TODAY, MARK)


def test_a_history_that_is_full_takes_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adviser_model, "MOST_STEPS", 1)

    with pytest.raises(ConflictError):
        move(adviser(state="enquiry"), moving("applied"), TODAY, MARK)


@pytest.mark.parametrize(
    ("states", "reached"),
    [
        ([], "available"),
        (["ended", "paused"], "available"),
        (["proposed", "paused"], "proposed"),
        (["introduced", "proposed"], "introduced"),
        (["active", "introduced", "ended"], "active"),
    ],
)
def test_an_adviser_at_work_is_as_far_as_the_furthest_match(states: list[str], reached: str) -> None:
    for state in AT_WORK:
        before = adviser(state=state)
        after = follow(before, states, TODAY, MARK)
        assert (before if after is None else after).state == reached


@pytest.mark.parametrize("state", sorted(set(ADVISER_STATES) - set(AT_WORK)))
def test_matches_move_nobody_who_is_not_at_work(state: str) -> None:
    assert follow(adviser(state=state), ["active"], TODAY, MARK) is None


def test_a_description_that_is_known_changes_nothing_whichever_version_was_seen() -> None:
    before = adviser()

    assert describe(before, before.profile, 7, MARK) is None
    with pytest.raises(ConflictError):
        describe(before, replace(before.profile, hours_a_month=9), 7, MARK)


def a_match() -> Match:
    return propose(MatchId("m"), AdviserId("a1"), Urn("100001"), LONG_AGO, MARK)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["accept", "decline", "introduce", "activate", "pause", "end"]),
            st.sampled_from(["school", "adviser"]),
            st.integers(0, 40),
        ),
        max_size=12,
    )
)
def test_whatever_is_tried_a_match_keeps_its_order_and_both_sides_accept_before_they_meet(
    tried: list[tuple[str, str, int]],
) -> None:
    match = a_match()
    for action, side, day in tried:
        doing = Doing(
            action,  # type: ignore[arg-type]  # one of the actions
            LONG_AGO + dt.timedelta(days=day),
            match.version,
            side if action in {"accept", "decline"} else None,  # type: ignore[arg-type]  # a side
            "withdrawn" if action == "end" else None,
        )
        try:
            after = act(match, doing, TODAY, MARK)
        except HubError:
            continue
        if after is not None:
            assert after.version == match.version + 1
            assert after.history[: len(match.history)] == match.history
            match = after
        assert act(match, replace(doing, seen=-1), TODAY, MARK) is None, "said again, it changes nothing"
    states = [step.state for step in match.history]
    allowed = {
        "proposed": {"introduced", "ended"},
        "introduced": {"active", "ended"},
        "active": {"paused", "ended"},
        "paused": {"active", "ended"},
        "ended": set(),
    }
    assert all(after in allowed[before] for before, after in pairwise(states))
    days = [step.since for step in match.history]
    assert days == sorted(days)
    if "introduced" in states:
        assert set(match.accepted) == {"school", "adviser"}


@pytest.mark.parametrize(
    "doing",
    [
        Doing("accept", TODAY, 1),
        Doing("end", TODAY, 1),
        Doing("end", TODAY, 1, reason="declined_by_adviser"),
        Doing("introduce", TODAY, 1, side="school"),
        Doing("end", TODAY + dt.timedelta(days=1), 1, reason="withdrawn"),
        Doing("end", LONG_AGO - dt.timedelta(days=1), 1, reason="withdrawn"),
    ],
)
def test_words_and_days_that_do_not_fit_are_refused(doing: Doing) -> None:
    with pytest.raises(InvalidError):
        act(a_match(), doing, TODAY, MARK)


def test_an_adviser_begins_with_an_enquiry() -> None:
    begun: Adviser = register(AdviserId("a1"), adviser().profile, LONG_AGO, MARK)

    assert (begun.state, begun.since, begun.version) == ("enquiry", LONG_AGO, 1)
