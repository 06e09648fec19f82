"""Who was there: groups with exceptions, resolved against the sheets."""

from __future__ import annotations

import pytest

from services.pupils.model.attendance import Attendance, Given, resolve
from services.pupils.model.sheets import Register
from services.runtime.errors import InvalidError
from tests.pupils.values import YEAR, given, ref, register


def people(attendance: Attendance) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for pupil, _, status in attendance:
        found.setdefault(status, set()).add(int(pupil, 16))
    return found


def problems(attendance: Given, of: Register) -> list[tuple[str, str]]:
    with pytest.raises(InvalidError) as refused:
        resolve(attendance, YEAR, of)
    return [(p.where, p.reason) for p in refused.value.problems]


def test_a_year_group_is_everybody_on_its_roll() -> None:
    attendance = resolve(given(10), YEAR, register(1001, 1002, 1101))

    assert people(attendance) == {"attended": {1001, 1002}}
    assert attendance.listed == frozenset()
    assert list(attendance.statuses) == [10]


def test_a_tutor_group_is_found_on_its_sheet() -> None:
    attendance = resolve(given(tutor_groups=["10A"]), YEAR, register(1001, 1002, 1003, 1101))

    assert people(attendance) == {"attended": {1001, 1003}}


def test_overlapping_groups_count_nobody_twice() -> None:
    attendance = resolve(given(10, tutor_groups=["10A", "11A"]), YEAR, register(1001, 1002, 1101, 1102))

    assert sorted(int(pupil, 16) for pupil, _, _ in attendance) == [1001, 1002, 1101]


def test_listed_pupils_are_exceptions_or_additions() -> None:
    attendance = resolve(
        given(10, listed={1002: "absent", 1003: "excused", 1101: "attended"}),
        YEAR,
        register(1001, 1002, 1003, 1101, 1102),
    )

    assert people(attendance) == {"attended": {1001, 1101}, "absent": {1002}, "excused": {1003}}
    assert attendance.listed == {ref(1002), ref(1003), ref(1101)}
    assert list(attendance.statuses) == [10, 11]


def test_a_list_alone_is_an_attendance() -> None:
    attendance = resolve(given(listed={1001: "attended"}), YEAR, register(1001, 1002))

    assert people(attendance) == {"attended": {1001}}


def test_groups_without_anybody_on_roll_are_named_by_place() -> None:
    of = register(1001)

    assert problems(given(10, 12, tutor_groups=["10A", "somebody's name"]), of) == [
        ("attendance.year_groups[1]", "nobody of Year 12 is on the roll of 2025/26"),
        ("attendance.tutor_groups[1]", "nobody on the roll of 2025/26 is in this tutor group"),
    ]


def test_a_year_group_whose_pupils_have_all_left_is_nobody() -> None:
    of = register(1001)
    of.take_off(YEAR, ref(1001))

    assert problems(given(10), of)[0][0] == "attendance.year_groups[0]"


def test_an_attendance_of_nobody_is_refused() -> None:
    assert problems(given(), register(1001)) == [("attendance", "names nobody")]


def test_more_attendees_than_any_school_has_are_refused() -> None:
    of = register(*range(1000_000, 1003_001))

    assert problems(given(10_000, 10_001, 10_002, 10_003, 10_004, 10_005, *range(10_006, 10_031)), of) == [
        ("attendance", "names 3,001 pupils; record an activity of more than 3,000 in parts")
    ]


def test_who_left_since_still_belongs_to_a_corrected_activity() -> None:
    of = register(1001, 1002)
    earlier = resolve(given(10), YEAR, of)
    of.take_off(YEAR, ref(1002))

    corrected = resolve(given(10, listed={1001: "absent"}), YEAR, of, earlier)

    assert people(corrected) == {"absent": {1001}, "attended": {1002}}


def test_who_joined_since_does_not_enter_a_corrected_activity_by_the_group() -> None:
    of = register(1001)
    earlier = resolve(given(10), YEAR, of)
    of.place(YEAR, ref(1002), 10, "10B")

    assert people(resolve(given(10), YEAR, of, earlier)) == {"attended": {1001}}
    assert people(resolve(given(10, listed={1002: "attended"}), YEAR, of, earlier)) == {
        "attended": {1001, 1002}
    }


def test_a_former_exception_is_a_member_again_when_it_is_no_longer_listed() -> None:
    of = register(1001, 1002)
    earlier = resolve(given(10, listed={1002: "absent"}), YEAR, of)

    assert people(resolve(given(10), YEAR, of, earlier)) == {"attended": {1001, 1002}}


def test_a_former_addition_goes_when_it_is_no_longer_listed() -> None:
    of = register(1001, 1101)
    earlier = resolve(given(10, listed={1101: "attended"}), YEAR, of)

    assert people(resolve(given(10), YEAR, of, earlier)) == {"attended": {1001}}


def test_other_groups_are_resolved_anew_and_keep_their_leavers() -> None:
    of = register(1001, 1002, 1004, 1101)
    earlier = resolve(given(10), YEAR, of)
    of.take_off(YEAR, ref(1002))
    of.place(YEAR, ref(1003), 10, "10A")

    assert people(resolve(given(10, 11), YEAR, of, earlier)) == {"attended": {1001, 1002, 1003, 1004, 1101}}
    assert people(resolve(given(tutor_groups=["10B", "11A"]), YEAR, of, earlier)) == {
        "attended": {1002, 1004, 1101}
    }


def test_a_pupil_who_moved_keeps_the_year_group_of_the_day() -> None:
    of = register(1001, 1002, 1101)
    earlier = resolve(given(10), YEAR, of)
    of.place(YEAR, ref(1002), 11, "11B")

    corrected = resolve(given(10), YEAR, of, earlier)

    assert {year: sorted(by["attended"]) for year, by in corrected.statuses.items()} == {
        10: [ref(1001), ref(1002)]
    }


def test_what_was_given_can_be_given_again() -> None:
    of = register(1001, 1002)
    attendance = resolve(given(10, listed={1002: "excused"}), YEAR, of)

    assert resolve(attendance.as_given(), YEAR, of) == attendance
