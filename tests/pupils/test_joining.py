"""What a survivor has from those merged into it, case by case, and how each is taken out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from contracts.vocabulary import ActivityId, EmployerId
from services.pupils.model.activity import Activity, Own
from services.pupils.model.attendance import MOST_ATTENDEES, Attendance, Given, Groups, Status
from services.pupils.model.duplicates import Recorded
from services.pupils.model.facts import Facts
from services.pupils.model.joining import join, own_after_correction, part, same_content
from services.pupils.model.merging import MOST_MERGED, Entered, Fresh, merge, take_in
from services.pupils.model.recording import record
from services.pupils.model.sheets import PupilRef, Register
from services.pupils.store.activity_documents import (
    activity_document,
    read_activity,
)
from services.runtime.errors import ConflictError, InvalidError
from tests.pupils.values import GB5_TESTS, ID, TALK, YEAR, desk, given, post, reached, ref, register

OTHER = ActivityId("b" * 32)
FAIR = replace(
    TALK, activity_type="careers_fair", employer_id=None, provider_type="fe_college", tests_met=GB5_TESTS
)


def own(facts: Facts = TALK, attendance: Given | None = None) -> Own:
    """An account of a talk, by default for pupil 1001 alone."""
    where = given(listed={1001: "attended"}) if attendance is None else attendance
    activity = record(desk(everybody()), ID, post(facts, where)).after
    return Own(facts, activity.attendance)


def everybody() -> Register:
    return register(1001, 1002, 1003, 1101)


def statuses(attendance: Attendance) -> Mapping[PupilRef, Status]:
    return attendance.status_of()


@pytest.mark.parametrize(
    ("mine", "theirs", "joined"),
    [
        ({"hours": None}, {"hours": 2.0}, {"hours": 2.0}),
        ({"hours": 1.0}, {"hours": 1.25}, {"hours": 1.0}),
        ({"employer_id": None}, {}, {}),
        ({}, {"employer_id": None}, {}),
        ({"in_school_day": None}, {"in_school_day": False}, {"in_school_day": False}),
        ({"tests_met": ()}, {}, {}),
        (
            {"tests_met": ("reflection",)},
            {"tests_met": ("task_set",)},
            {"tests_met": ("reflection", "task_set")},
        ),
        ({}, {"title": "Other", "reference": "other"}, {}),
        ({}, {"activity_type": "job_shadow", "provider_type": "itp"}, {}),
        ({}, {"match_id": "match-0001"}, {"match_id": "match-0001"}),
        ({"employer_id": None}, {"match_id": "match-0001"}, {"match_id": "match-0001"}),
        ({"match_id": "match-0002"}, {"match_id": "match-0001"}, {"match_id": "match-0002"}),
        ({"employer_id": EmployerId("gpg-1")}, {"match_id": "match-0001"}, {"employer_id": "gpg-1"}),
        ({}, {"match_id": "match-0001", "activity_type": "job_shadow"}, {}),
    ],
    ids=str,
)
def test_what_one_left_open_is_taken_over_and_taken_out_again(
    mine: dict[str, Any], theirs: dict[str, Any], joined: dict[str, Any]
) -> None:
    first, second = own(replace(TALK, **mine)), own(replace(TALK, **theirs))

    whole = join(first, second)

    assert whole.facts == replace(TALK, **joined)
    assert part(whole, first, second, []) == first


def test_who_attended_by_one_account_attended() -> None:
    first = own(attendance=given(listed={1001: "absent", 1002: "excused", 1003: "attended"}))
    second = own(attendance=given(listed={1001: "attended", 1002: "absent", 1003: "excused"}))

    whole = join(first, second)

    assert statuses(whole.attendance) == {ref(1001): "attended", ref(1002): "excused", ref(1003): "attended"}
    assert part(whole, first, second, []) == first


def test_being_absent_by_name_does_not_make_a_member_of_a_group_one_who_was_named() -> None:
    """At a fair, being named is the contact that counts (domain §7.3)."""
    by_group = own(FAIR, given(10))
    by_name = own(FAIR, given(listed={1001: "attended", 1002: "absent"}))

    whole = join(by_group, by_name)

    assert whole.attendance.listed == {ref(1001)}
    assert set(statuses(whole.attendance).values()) == {"attended"}


def test_the_members_of_both_accounts_groups_stay_members() -> None:
    first, second = own(FAIR, given(10)), own(FAIR, given(tutor_groups=["11A"]))

    whole = join(first, second)

    assert whole.attendance.groups == Groups((10,), ("11A",))
    assert whole.attendance.listed == frozenset()
    assert part(whole, first, second, []) == first


def test_what_another_account_still_tells_stays() -> None:
    first = own()
    second, third = (
        own(replace(TALK, hours=2.0), given(listed={n: "attended", 1003: "attended"})) for n in (1001, 1002)
    )
    whole = join(join(own(replace(TALK, hours=None)), second), third)

    left = part(whole, Own(replace(TALK, hours=None), first.attendance), second, [third])

    assert set(statuses(left.attendance)) == {ref(1001), ref(1002), ref(1003)}
    assert left.facts.hours == 2.0


def test_what_a_correction_changed_is_the_survivors_own() -> None:
    first, second = own(replace(TALK, hours=None)), own(attendance=given(listed={1002: "attended"}))
    whole = join(first, second)
    survivor = activity(whole, first)
    corrected = own(replace(whole.facts, hours=3.0), given(listed={1001: "attended", 1002: "excused"}))

    mine = own_after_correction(survivor, corrected.facts, corrected.attendance)
    assert mine is not None
    left = part(corrected, mine, second, [])

    assert left.facts.hours == 3.0
    assert statuses(left.attendance) == {ref(1001): "attended", ref(1002): "excused"}


def activity(said: Own, mine: Own | None = None, identity: ActivityId = ID) -> Activity:
    """A recorded activity that says something."""
    made = record(desk(everybody()), identity, post(said.facts, given(10))).after
    return replace(made, facts=said.facts, attendance=said.attendance, own=mine)


def test_what_a_survivor_says_by_itself_is_stored_and_read_back() -> None:
    first = own(replace(TALK, hours=None), given(10, listed={1002: "absent"}))
    whole = join(first, own(attendance=given(11)))
    survivor = replace(activity(whole, first), merged=(OTHER,), sent_as_separate=True)

    read = read_activity(activity_document(survivor))

    assert read == survivor
    assert read.own is not None
    assert same_content(read.own, first)


def test_an_activity_that_was_stored_before_there_were_mergers_is_read() -> None:
    document = activity_document(activity(own()))

    assert not {"merged", "merged_into", "own_facts", "sent_as_separate"} & document.keys()
    read = read_activity(document)
    assert (read.merged, read.merged_into, read.own, read.sent_as_separate) == ((), None, None, False)


def test_a_survivor_takes_so_many_and_no_more() -> None:
    of = everybody()
    full = replace(record(desk(of), ID, post()).after, merged=tuple(map(ActivityId, "x" * MOST_MERGED)))
    before = reached(of)

    taken = take_in(desk(of), Fresh(OTHER, post(replace(TALK, reference="other"))), Recorded([full]))

    assert isinstance(taken, Entered)
    assert taken.suspects == (ID,)
    with pytest.raises(ConflictError, match="takes no more"):
        merge(desk(of), taken.change.after, full)
    assert reached(of) == before


def test_two_that_together_are_too_many_are_not_merged() -> None:
    half = MOST_ATTENDEES // 2 + 1
    first, second = (
        replace(
            record(desk(everybody()), identity, post()).after,
            attendance=Attendance(Groups(), frozenset(refs), {10: {"attended": refs}}),
        )
        for identity, refs in (
            (ID, tuple(ref(number) for number in range(half))),
            (OTHER, tuple(ref(number) for number in range(half, 2 * half))),
        )
    )

    with pytest.raises(InvalidError, match="too large"):
        merge(desk(everybody()), second, first)


@pytest.mark.parametrize(
    "changes", [{"employer_id": EmployerId("gpg-1")}, {"held_on": dt.date(2026, 3, 9)}], ids=str
)
def test_somebody_may_merge_what_only_a_person_can_tell_is_the_same(changes: dict[str, Any]) -> None:
    of = everybody()
    first = record(desk(of), ID, post()).after
    second = record(desk(of), OTHER, post(replace(TALK, reference="other", **changes))).after

    kept, merged = merge(desk(of), second, first)

    assert (kept.after.facts, merged.after.status) == (TALK, "merged")
    assert {
        count for sheet in of.of_year(YEAR) for by in sheet.credits.values() for count in by.values()
    } == {1}
