"""A table of one row a pupil and activity: rows are put together, taken, added and refused one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.vocabulary import ActivityId
from services.pupils.api.cells import PARTICIPATIONS_SHAPE, read_bundles
from services.pupils.model.activity import Activity
from services.pupils.model.draft import Identifying
from services.pupils.model.duplicates import Recorded
from services.pupils.model.participations import Rows, Taken, bundle, list_pupils, take
from services.pupils.model.pupil import Enrolled, Pupils, YearPlace
from services.pupils.model.recording import Decided, record, retract
from services.pupils.model.sheets import Register
from services.pupils.rules import la_codes
from services.runtime.errors import FieldProblem
from services.runtime.tables import read_table
from tests.pupils.values import (
    GB5_TESTS,
    ID,
    TALK,
    TODAY,
    YEAR,
    desk,
    given,
    post,
    reached,
    ref,
    register,
    upn,
)

HEADER = "reference,activity_type,title,held_on,mode,hours,employer_id,provider_type,tests_met,upn,status\n"
TESTS = ";".join(GB5_TESTS)


def row(serial: int, status: str = "attended", **changes: str) -> str:
    cells = {
        "reference": "talk-1",
        "activity_type": "employer_talk",
        "title": "Meet the engineers",
        "held_on": "2026-03-02",
        "mode": "in_person",
        "hours": "1",
        "employer_id": "gpg-961",
        "provider_type": "",
        "tests_met": TESTS,
        "upn": upn(serial),
        "status": status,
    }
    return ",".join((cells | changes).values()) + "\n"


def naming(*serials: int, left: int | None = None) -> Identifying:
    pupils = [
        Enrolled(
            ref(1000 + serial),
            f"digest of {upn(serial)}",
            {YEAR: YearPlace(10, "10A", TODAY if serial == left else None)},
        )
        for serial in serials
    ]
    return Identifying(Pupils(pupils), lambda text: f"digest of {text}", la_codes())


def reasons(problems: list[FieldProblem]) -> list[tuple[int | None, str | None, str]]:
    return [(p.row, p.column, p.reason) for p in problems]


def read(*rows: str) -> tuple[list[Any], list[FieldProblem]]:
    table = read_table((HEADER + "".join(rows)).encode(), PARTICIPATIONS_SHAPE)
    bundles, contradicting = bundle(table.rows)
    good, senseless = read_bundles(bundles)
    return good, [*table.problems, *contradicting, *senseless]


def taken(of: Register, *rows: str, known: Activity | None = None) -> Taken:
    (only,), _ = read(*rows)
    return take(desk(of), Rows(ID, only.facts, list_pupils(only, naming(1, 2, 3))), known, Recorded())


def changed(result: Taken) -> Decided:
    (change,) = result.changes
    return change


def test_rows_of_one_reference_are_one_activity() -> None:
    good, problems = read(row(1), row(2, "Absent"), row(3, reference="talk-2"))

    assert problems == []
    assert [(found.facts.reference, len(found.attendees)) for found in good] == [("talk-1", 2), ("talk-2", 1)]
    assert good[0].facts == TALK


def test_rows_without_reference_are_one_activity_if_they_agree() -> None:
    good, problems = read(row(1, reference=""), row(2, reference=""), row(3, reference="", title="Other"))

    assert problems == []
    assert [(found.facts.title, len(found.attendees)) for found in good] == [
        ("Meet the engineers", 2),
        ("Other", 1),
    ]


def test_dates_as_british_spreadsheets_save_them_are_dates() -> None:
    good, _ = read(row(1, held_on="2/3/2026"))

    assert good[0].facts.held_on == TALK.held_on


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"held_on": "2026-02-30"}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"held_on": "31/02/2026"}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"held_on": "last week"}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"hours": "one"}, "hours", "is not a number; write it like 1.5"),
        ({"hours": "-1"}, "hours", "Input should be greater than or equal to 0"),
        ({"hours": "nan"}, "hours", "Input should be a finite number"),
        ({"employer_id": "The Firm"}, "employer_id", "String should match pattern"),
        ({"title": "x" * 201}, "title", "String should have at most 200 characters"),
        ({"tests_met": "x" * 41}, "tests_met", "String should have at most 40 characters"),
    ],
    ids=str,
)
def test_a_bad_cell_of_an_activity_refuses_each_of_its_rows(
    changes: dict[str, str], column: str, reason: str
) -> None:
    good, problems = read(row(1, **changes), row(2, **changes), row(3, reference="talk-2"))

    assert [found.facts.reference for found in good] == ["talk-2"]
    assert [(p.row, p.column) for p in problems] == [(2, column), (3, column)]
    assert all(p.reason.startswith(reason) for p in problems)


def test_a_row_that_differs_from_the_first_of_its_reference_is_refused() -> None:
    good, problems = read(row(1), row(2, title="Other"), row(3))

    assert reasons(problems) == [(3, "title", "differs from row 2, which has the same reference")]
    assert [attendee.row for attendee in good[0].attendees] == [2, 4]


def test_an_unknown_status_is_named() -> None:
    _, problems = read(row(1), row(2, "late"))

    assert reasons(problems) == [(3, "status", "is none of: attended, absent, excused")]


def test_unknown_pupils_are_named_by_row_and_the_others_go_in() -> None:
    (only,), _ = read(row(1), row(9), row(2, upn="A801200005001"))

    listed = list_pupils(only, naming(1))

    assert dict(listed.statuses) == {ref(1001): "attended"}
    assert reasons(listed.problems) == [
        (3, "upn", "no pupil of this school has this UPN; import the roll first"),
        (4, "upn", "the check letter does not fit the other characters"),
    ]


def test_the_same_pupil_twice_is_named_with_the_row_that_was_taken() -> None:
    (only,), _ = read(row(1), row(2), row(1, "absent"))

    listed = list_pupils(only, naming(1, 2))

    assert reasons(listed.problems) == [(4, "upn", "the same pupil is in row 2 for this activity")]
    assert listed.statuses[ref(1001)] == "attended"


def test_a_pupil_who_had_left_is_named() -> None:
    (only,), _ = read(row(1, held_on=TODAY.isoformat()))

    listed = list_pupils(only, naming(1, left=1))

    assert reasons(listed.problems) == [
        (2, "upn", "this pupil was off the roll before the activity was held")
    ]


def test_a_pupil_of_another_academic_year_only_is_named() -> None:
    (only,), _ = read(row(1, held_on="2025-03-03"))

    assert reasons(list_pupils(only, naming(1)).problems) == [
        (2, "upn", "this pupil is not on the roll of 2024/25")
    ]


def test_new_rows_are_recorded_as_one_activity() -> None:
    of = register(1001, 1002)

    result = taken(of, row(1), row(2, "absent"))

    assert (result.recorded, result.unchanged, result.problems) == (2, 0, [])
    assert changed(result).after.figures.year_groups[0].model_dump(include={"attended", "absent"}) == {
        "attended": 1,
        "absent": 1,
    }
    assert reached(of) == {(10, "gb5"): 1}


def test_the_same_rows_again_change_nothing() -> None:
    of = register(1001, 1002)
    first = changed(taken(of, row(1), row(2, "absent")))

    result = taken(of, row(2, "absent"), row(1), known=first.after)

    assert (result.recorded, result.unchanged, result.problems, result.changes) == (0, 2, [], ())


def test_further_rows_are_added_to_what_is_recorded() -> None:
    of = register(1001, 1002, 1003)
    first = record(desk(of), ID, post(TALK, given(listed={1001: "attended"}))).after

    result = taken(of, row(1), row(2), row(3, "excused"), known=first)

    assert (result.recorded, result.unchanged) == (2, 1)
    assert changed(result).before == first
    assert changed(result).after.version == 2
    assert reached(of) == {(10, "gb5"): 2}


def test_a_row_can_be_added_to_an_activity_that_was_posted_for_a_group() -> None:
    of = register(1001, 1101)
    first = record(desk(of), ID, post(TALK, given(11))).after

    result = taken(of, row(1), known=first)

    assert list(changed(result).after.attendance.statuses) == [10, 11]
    assert changed(result).after.attendance.listed == {ref(1001)}


def test_a_row_never_changes_what_is_recorded() -> None:
    of = register(1001, 1002)
    first = record(desk(of), ID, post(TALK, given(listed={1001: "attended"}))).after

    result = taken(of, row(1, "absent"), row(2), known=first)

    assert [(p.row, p.column) for p in result.problems] == [(2, "status")]
    assert ID in result.problems[0].reason
    assert (result.recorded, result.unchanged) == (1, 0)


def test_rows_of_an_activity_that_is_recorded_otherwise_are_all_refused() -> None:
    of = register(1001)
    first = record(desk(of), ID, post(replace(TALK, title="Other"), given(listed={1001: "attended"}))).after

    result = taken(of, row(1), row(2), known=first)

    assert [(p.row, p.column) for p in result.problems] == [(2, "reference"), (3, "reference")]
    assert (result.recorded, result.unchanged, result.changes) == (0, 0, ())


def test_rows_of_a_retracted_activity_are_refused_with_advice() -> None:
    of = register(1001)
    gone = retract(desk(of), record(desk(of), ActivityId(ID), post()).after, "duplicate").after

    result = taken(of, row(1), known=gone)

    assert [(p.row, p.column) for p in result.problems] == [(2, "reference")]
    assert "another reference" in result.problems[0].reason


def test_no_reason_repeats_a_number_or_a_name() -> None:
    (only,), problems = read(row(1), row(9), row(2, title="Secret Name"), row(3, "Secret Name"))
    listed = list_pupils(only, naming(1))

    said = " ".join(p.reason + p.where for p in (*problems, *listed.problems))

    assert "Secret" not in said
    assert upn(9) not in said
