"""Reading a roll: every row's mistake by row and column, and none of anybody's data in a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.pupils.api.cells import ROLL_SHAPE, roll_items, roll_rows
from services.pupils.model.roll import RollEntry, RollReading, RollRow, read_roll
from services.pupils.rules import la_codes
from services.runtime.tables import read_table
from tests.pupils.values import YEAR, upn

ROW = RollRow(2, "row 2", upn(1), "Lovelace", "Ada", "10", "10A")


def read(*rows: RollRow) -> RollReading:
    return read_roll(rows, la_codes(), YEAR)


def test_a_good_row_is_an_entry() -> None:
    reading = read(ROW)

    assert reading.entries == (RollEntry(upn(1), "Lovelace", "Ada", 10, "10A"),)
    assert reading == RollReading(reading.entries, (), frozenset(), 0)


@pytest.mark.parametrize(
    ("text", "year_group"), [("7", 7), ("13", 13), ("Year 10", 10), ("Y11", 11), ("yr 9", 9), ("07", 7)]
)
def test_year_groups_are_written_in_many_ways(text: str, year_group: int) -> None:
    assert read(replace(ROW, year_group=text)).entries[0].year_group == year_group


def test_a_upn_in_small_letters_and_a_pupil_without_tutor_group_are_fine() -> None:
    (entry,) = read(replace(ROW, upn=f" {upn(1).lower()} ", tutor_group="")).entries

    assert (entry.upn, entry.tutor_group) == (upn(1), "")


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("upn", "A801200005001", "the check letter does not fit the other characters"),
        ("upn", "12345", "a UPN has 13 characters"),
        ("surname", "", "is empty"),
        ("forename", "", "is empty"),
        ("surname", "x" * 101, "has 101 characters; at most 100 are allowed"),
        ("forename", "A\x00da", "contains a control or invisible character"),
        ("tutor_group", "x" * 21, "has 21 characters; at most 20 are allowed"),
        ("year_group", "ten", "is not a year group; write a number such as 10"),
        ("year_group", "", "is not a year group; write a number such as 10"),
        ("year_group", "10.0", "is not a year group; write a number such as 10"),
        ("year_group", "6", "is not a year group from 7 to 14"),
        ("year_group", "15", "is not a year group from 7 to 14"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column_and_the_others_go_in(
    column: str, text: str, reason: str
) -> None:
    other = replace(ROW, number=3, label="row 3", upn=upn(2))

    reading = read(replace(ROW, **{column: text}), other)  # type: ignore[arg-type]  # a field by name

    (problem,) = reading.rejected
    assert (problem.where, problem.row, problem.column, problem.reason) == (
        f"row 2, column {column}",
        2,
        column,
        reason,
    )
    assert [entry.upn for entry in reading.entries] == [upn(2)]


def test_of_two_rows_with_one_upn_the_first_counts() -> None:
    second = replace(ROW, number=7, label="row 7", surname="Other")

    reading = read(ROW, second)

    assert [entry.surname for entry in reading.entries] == ["Lovelace"]
    assert [(p.row, p.column, p.reason) for p in reading.rejected] == [
        (7, "upn", "the same UPN is in row 2, which was taken")
    ]


def test_a_refused_row_tells_whom_it_means_if_its_upn_can_be_read() -> None:
    reading = read(replace(ROW, year_group="x"), replace(ROW, upn="?"))

    assert reading.refused_upns == {upn(1)}
    assert reading.unreadable_upns == 1


def test_a_row_mended_further_down_is_taken() -> None:
    reading = read(replace(ROW, year_group="x"), replace(ROW, number=3))

    assert len(reading.entries) == 1
    assert reading.refused_upns == frozenset()


def test_a_table_with_names_missing_still_tells_whom_the_rows_mean() -> None:
    content = f"upn,surname,forename,year_group\n{upn(1)},,Ada,10\n,Smith,Bo,10\n".encode()
    table = read_table(content, ROLL_SHAPE)

    reading = read(*roll_rows(table, ()))

    assert [(p.row, p.column) for p in table.problems] == [(3, "upn")]
    assert reading.refused_upns == {upn(1)}


def test_json_rows_are_read_like_a_tables() -> None:
    rows, problems = roll_items(
        [
            {"upn": upn(1), "surname": " Lovelace ", "forename": "Ada", "year_group": 10},
            {"upn": upn(2), "surname": "Bell", "forename": "Jo", "year_group": "10", "tutor_group": "10B"},
        ],
        (),
    )

    assert not problems
    assert read(*rows).entries == (
        RollEntry(upn(1), "Lovelace", "Ada", 10, ""),
        RollEntry(upn(2), "Bell", "Jo", 10, "10B"),
    )


@pytest.mark.parametrize(
    ("item", "where", "reason"),
    [
        ("Ada", "pupils[0]", "is not an object"),
        ({"upn": 123}, "pupils[0], column upn", "is not text"),
        ({"upn": "x", "surname": 5}, "pupils[0], column surname", "is not text"),
        ({"upn": "x", "surname": ["Lovelace"]}, "pupils[0], column surname", "is not text"),
        ({"upn": "x", "year_group": True}, "pupils[0], column year_group", "is not text"),
        ({"upn": "x", "year_group": 10.5}, "pupils[0], column year_group", "is not text"),
        (
            {"upn": "x", "religion": "?"},
            "pupils[0], column other",
            f"has a field that is none of: {', '.join(ROLL_SHAPE.columns)}",
        ),
    ],
)
def test_json_of_wrong_types_is_named_by_place(item: object, where: str, reason: str) -> None:
    rows, problems = roll_items([item], ())

    assert not rows
    assert [(p.where, p.row, p.reason) for p in problems] == [(where, 1, reason)]


def test_json_without_a_field_is_refused_by_name() -> None:
    rows, _ = roll_items([{"upn": upn(1), "surname": "Lovelace", "year_group": 10}], ())

    (problem,) = read(*rows).rejected

    assert (problem.where, problem.reason) == ("pupils[0], column forename", "is empty")
