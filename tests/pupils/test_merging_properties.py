"""After any series that merges and separates too: coverage equals a recount, and nothing told is lost.

The books of `test_coverage_properties.py`, and one more: what each account said of each pupil, joined the
naive way. A survivor that nobody corrected while others were merged into it says exactly that, in any order
of merging and separating.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from contracts.vocabulary import ActivityId
from services.pupils.model.activity import Activity, Post
from services.pupils.model.attendance import Status
from services.pupils.model.duplicates import Recorded
from services.pupils.model.merging import Fresh, merge, separate, take_in
from services.pupils.model.recording import Change, Decided, retract, retract_merged
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import ConflictError, InvalidError
from tests.pupils.test_coverage_properties import TESTS, TYPES, WHO, SchoolYear, Who, _facts
from tests.pupils.values import desk

BEST: tuple[Status, ...] = ("attended", "excused", "absent")
NAMING = {"careers_fair", "guidance_meeting_l6"}
"""Types for which it matters who is listed by name."""
Said = dict[PupilRef, tuple[Status, bool]]
"""Of each pupil the status, and whether they were listed by name."""


class SchoolYearWithRepeats(SchoolYear):
    """One school's year in which encounters are told more than once."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[ActivityId, Said] = {}
        self.corrected_as_survivor: set[ActivityId] = set()

    @rule(kind=TYPES, tests=TESTS, who=WHO, separate=st.booleans())
    def take_in_an_activity(self, kind: str, tests: tuple[str, ...], who: Who, *, separate: bool) -> None:
        number = next(self.numbers)
        post = Post(_facts(f"activity-{number}", kind, tests), self._given(who))
        fresh = Fresh(ActivityId(f"{number:032d}"), post, separate)
        try:
            taken = take_in(desk(self.register), fresh, Recorded(self.activities.values()))
        except InvalidError:
            return
        self.posts.append((fresh.identity, post))
        self._keep_all(taken.changes)

    @precondition(lambda self: self.posts)
    @rule(data=st.data())
    def retract_an_activity(self, data: st.DataObject) -> None:
        before = self._drawn(data)
        if before.status != "recorded":
            return
        merged = [self.activities[identity] for identity in before.merged]
        self._keep(retract(desk(self.register), before, "duplicate"))
        self._keep_all(tuple(retract_merged(desk(self.register), merged, "duplicate")))

    @precondition(lambda self: len(self.posts) > 1)
    @rule(data=st.data())
    def merge_two(self, data: st.DataObject) -> None:
        one, other = self._drawn(data), self._drawn(data)
        try:
            decided = merge(desk(self.register), one, other)
        except (ConflictError, InvalidError):
            return
        self._keep_all(decided)

    @precondition(lambda self: any(a.status == "merged" for a in self.activities.values()))
    @rule(data=st.data())
    def separate_one(self, data: st.DataObject) -> None:
        merged = [identity for identity, found in self.activities.items() if found.status == "merged"]
        one = self.activities[data.draw(st.sampled_from(merged))]
        assert one.merged_into is not None
        survivor = self.activities[one.merged_into]
        staying = [self.activities[identity] for identity in survivor.merged if identity != one.id]
        before = {cell: reached for cell, (reached, _) in self.told_coverage.items() if reached}
        try:
            decided = separate(desk(self.register), one, survivor, staying)
        except ConflictError:
            # What a survivor was corrected to may hang on the merged one alone; nothing has changed then.
            assert survivor.id in self.corrected_as_survivor
            assert before == self._sheets()
            return
        self._keep_all(decided)

    @invariant()
    def a_survivor_says_what_its_accounts_say(self) -> None:
        for activity in self.activities.values():
            if activity.status != "recorded" or activity.id in self.corrected_as_survivor:
                continue
            assert activity.own is None or activity.merged
            accounts = [self.said[identity] for identity in (activity.id, *activity.merged)]
            said, joined = _said(activity), _joined(accounts)
            if activity.facts.activity_type not in NAMING:
                said, joined = _unnamed(said), _unnamed(joined)
            assert said == joined

    @invariant()
    def survivors_and_merged_ones_know_each_other(self) -> None:
        for activity in self.activities.values():
            for identity in activity.merged:
                assert self.activities[identity].merged_into == activity.id
            if activity.status == "merged":
                assert activity.merged_into is not None
                survivor = self.activities[activity.merged_into]
                assert (survivor.status, survivor.merged.count(activity.id)) == ("recorded", 1)

    @invariant()
    def no_two_that_were_taken_in_count_twice_for_certain(self) -> None:
        for activity in self.activities.values():
            assert not (activity.status == "merged" and activity.merged)

    def _drawn(self, data: st.DataObject) -> Activity:
        identity, _ = data.draw(st.sampled_from(self.posts))
        return self.activities[identity]

    def _keep(self, change: Change) -> None:
        known = self.activities.get(change.after.id)
        super()._keep(change)
        if known is None:
            self.said[change.after.id] = _said(change.after)
        elif self.correcting and known.merged:
            self.corrected_as_survivor.add(known.id)
        elif self.correcting:
            self.said[known.id] = _said(change.after)

    correcting = True
    """Whether a correction is by hand, and not of a merger."""

    def _keep_all(self, decided: tuple[Decided, ...]) -> None:
        self.correcting = False
        for change in decided:
            if isinstance(change, Change):
                self._keep(change)
            else:
                self.said.setdefault(change.after.id, _said(change.after))
                self.activities[change.after.id] = change.after
        self.correcting = True


def _said(activity: Activity) -> Said:
    listed = activity.attendance.listed
    return {ref: (status, ref in listed) for ref, _, status in activity.attendance}


def _unnamed(said: Said) -> Said:
    return {ref: (status, False) for ref, (status, _) in said.items()}


def _joined(accounts: list[Said]) -> Said:
    joined: Said = {}
    for ref in {ref for account in accounts for ref in account}:
        told: list[Any] = [account[ref] for account in accounts if ref in account]
        best = min((status for status, _ in told), key=BEST.index)
        joined[ref] = (best, any(listed for status, listed in told if status == best))
    return joined


SchoolYearWithRepeats.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnySeriesOfRepeats = SchoolYearWithRepeats.TestCase
