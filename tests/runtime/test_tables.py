"""Reading uploaded tables: what is understood, and how exactly every kind of damage is named."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import FieldProblem, InvalidError, TooLargeError
from services.runtime.tables import TableShape, read_header, read_table

SHAPE = TableShape(required=("name", "year_group"), optional=("tutor_group",), max_rows=100)


def rows(content: bytes, shape: TableShape = SHAPE) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, row.cells) for row in read_table(content, shape).rows]


def problems(content: bytes, shape: TableShape = SHAPE) -> list[tuple[int | None, str | None, str]]:
    return [(p.row, p.column, p.reason) for p in read_table(content, shape).problems]


def refusal(content: bytes, shape: TableShape = SHAPE) -> InvalidError:
    with pytest.raises(InvalidError) as refused:
        read_table(content, shape)
    return refused.value


@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")], ids=str)
def test_the_delimiter_is_found_in_the_header(delimiter: str, name: str) -> None:
    content = f"name{delimiter}year_group\nAda{delimiter}10\n".encode()

    table = read_table(content, SHAPE)

    assert table.delimiter == delimiter, name
    assert [row.cells for row in table.rows] == [("Ada", "10", "")]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    table = read_table(b"\xef\xbb\xbfname,year_group\nAda,10\n", SHAPE)

    assert [row.cells for row in table.rows] == [("Ada", "10", "")]
    assert table.encoding == "utf-8"


def test_windows_1252_is_understood_and_stated() -> None:
    table = read_table("name,year_group\nZoë O’Neill,10\n".encode("windows-1252"), SHAPE)

    assert table.encoding == "windows-1252"
    assert table.rows[0].cells == ("Zoë O’Neill", "10", "")


def test_bytes_that_are_no_text_are_named_by_row() -> None:
    error = refusal(b"name,year_group\nAda,10\n\x81\x8d,10\n")

    assert error.problems == (FieldProblem("row 3", "byte 23 is neither UTF-8 nor Windows-1252", row=3),)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"PK\x03\x04rest", "spreadsheet"),
        ("name,year_group\n".encode("utf-16"), "UTF-16"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\r\n", "empty"),
    ],
    ids=["zip", "utf-16", "nothing", "only a mark", "only blank lines"],
)
def test_what_is_no_table_is_refused_as_a_whole(content: bytes, word: str) -> None:
    assert word in refusal(content).detail


def test_columns_match_without_case_spaces_and_hyphens_in_any_order() -> None:
    assert rows(b"Tutor Group, YEAR-GROUP ,Name\n10A,10,Ada\n") == [(2, ("Ada", "10", "10A"))]


def test_other_columns_are_ignored_and_listed() -> None:
    table = read_table(b"name,Notes,year_group,\nAda,quiet,10,\n", SHAPE)

    assert table.ignored_columns == ("Notes",)
    assert table.rows[0].cells == ("Ada", "10", "")


def test_every_missing_column_is_named() -> None:
    error = refusal(b"tutor_group\n10A\n")

    assert [(p.row, p.column, p.reason) for p in error.problems] == [
        (1, "name", "column name is missing"),
        (1, "year_group", "column year_group is missing"),
    ]


def test_a_repeated_column_is_named_with_its_places() -> None:
    error = refusal(b"name,year_group,Name\nAda,10,Bob\n")

    assert [(p.column, p.reason) for p in error.problems] == [
        ("name", "column name is there 2 times (fields 1, 3)")
    ]


def test_a_wrong_delimiter_is_a_missing_column_and_says_which_are_understood() -> None:
    error = refusal(b"name|year_group\nAda|10\n")

    assert "commas, semicolons or tabs" in error.detail
    assert len(error.problems) == 2


def test_a_file_without_header_is_refused_without_showing_whose_data_it_begins_with() -> None:
    error = refusal(b"Ada,10\nBob,11\n")

    assert "Ada" not in error.detail + "".join(p.where + p.reason for p in error.problems)


def test_blank_lines_count_as_rows_and_hold_nothing() -> None:
    content = b"name,year_group\n\nAda,10\n , \n;;\nBob,11\n"

    assert [number for number, _ in rows(content)] == [3, 6]
    assert [row for row, _, _ in problems(content)] == [5]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (b"Bob", "year_group", "has 1 field where the header has 3"),
        (b"Bob,10", "tutor_group", "has 2 fields where the header has 3"),
        (b"Bob,10,10A,more", None, "has 4 fields where the header has 3"),
        (b",10,10A", "name", "is empty"),
        (b"Bob,  ,10A", "year_group", "is empty"),
        (b"B\0b,10,10A", None, "contains a NUL character"),
        (b"B\x07b,10,10A", "name", "contains a control or invisible character"),
        (b"B\tb,10,10A", "name", "contains a control or invisible character"),
        ("B\u200bob,10,10A".encode(), "name", "contains a control or invisible character"),
        (b"B" * 501 + b",10,10A", "name", "has 501 characters; at most 500 are allowed"),
        (b"B" * 131_073 + b",10,10A", None, "has a field of more than 131,072 characters"),
        (b'"Bob,10,10A', None, "a quotation mark is opened and not closed in the same line"),
        (
            b'"Bob"by,10,10A',
            None,
            "a closing quotation mark is followed by something other than a delimiter",
        ),
    ],
)
def test_a_damaged_row_is_named_and_the_others_go_in(line: bytes, column: str | None, reason: str) -> None:
    content = b"name,year_group,tutor_group\nAda,10,10A\n" + line + b"\nCid,11,11B\n"

    assert problems(content) == [(3, column, reason)]
    assert [number for number, _ in rows(content)] == [2, 4]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_only() -> None:
    content = b'name,year_group\n"Ada,10\nBob,11\n"Cid, the younger",12\nDee,13\n'

    assert [number for number, _ in rows(content)] == [3, 4, 5]
    assert [row for row, _, _ in problems(content)] == [2]


def test_empty_trailing_fields_are_what_spreadsheets_write() -> None:
    assert rows(b"name,year_group\nAda,10,,,\n") == [(2, ("Ada", "10", ""))]


def test_no_break_spaces_are_spaces() -> None:
    assert rows("name,year_group\n\u00a0Mary\u00a0Ann\u00a0,10\n".encode()) == [(2, ("Mary Ann", "10", ""))]


def test_cells_that_may_be_empty_are_the_shapes_to_say() -> None:
    shape = TableShape(required=("name", "year_group"), filled=("name",))

    assert rows(b"name,year_group\nAda,\n", shape) == [(2, ("Ada", ""))]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_every_kind_of_line_ending_counts_once(ending: str) -> None:
    content = ending.join(["name,year_group", "Ada,10", "Bob,11"]).encode()

    assert [number for number, _ in rows(content)] == [2, 3]


@pytest.mark.parametrize("line", ["Ada,10\n", "\n", "\r\n"], ids=["full", "blank", "blank of windows"])
def test_a_file_of_too_many_rows_is_refused(line: str) -> None:
    with pytest.raises(TooLargeError, match="100 rows"):
        read_table(("name,year_group\n" + line * 101).encode(), SHAPE)


def test_a_file_of_as_many_rows_as_allowed_is_read() -> None:
    assert len(rows(("name,year_group\n" + "Ada,10\n" * 100).encode())) == 100


def test_a_file_of_too_many_bytes_is_refused() -> None:
    with pytest.raises(TooLargeError, match="1,000 bytes"):
        read_table(b"x" * 1_001, TableShape(required=("name",), max_bytes=1_000))


def test_a_header_of_absurd_length_is_refused() -> None:
    assert "characters" in refusal(b"name,year_group" + b"," * 20_001).problems[0].reason


def test_no_reason_repeats_what_was_in_a_cell() -> None:
    content = b'name,year_group\nSecretName\x07,10\n"SecretName,10\nSecretName,\nSecretName\n'

    assert len(problems(content)) == 4
    assert not [reason for _, _, reason in problems(content) if "Secret" in reason]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1).map(str.strip),
            st.integers(7, 14).map(str),
        ).filter(lambda cells: bool(cells[0])),
        max_size=20,
    ),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_what_a_spreadsheet_writes_is_read_back(
    written: list[tuple[str, str]], delimiter: str, ending: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerows([("name", "year_group"), *written])

    table = read_table(text.getvalue().encode(encoding), SHAPE)

    assert [row.cells[:2] for row in table.rows] == written
    assert [row.number for row in table.rows] == list(range(2, len(written) + 2))
    assert not table.problems


@given(st.binary(max_size=400))
def test_any_bytes_behind_a_header_give_rows_and_named_problems_or_one_refusal(content: bytes) -> None:
    try:
        table = read_table(b"name,year_group\n" + content, SHAPE)
    except (InvalidError, TooLargeError):
        return
    numbers = [row.number for row in table.rows] + [problem.row for problem in table.problems]
    assert len(set(numbers)) == len(numbers)
    assert all(number is not None and number > 1 for number in numbers)


def test_a_caller_may_say_which_header_names_which_column() -> None:
    def name_columns(cells: Sequence[str]) -> list[str | None]:
        return [{"Rufname": "name", "Klasse": "year_group"}.get(cell) for cell in cells]

    content = b"Rufname;Klasse, Zimmer;name\nAda;10;x\n"

    assert read_header(content, SHAPE, name_columns) == ["Rufname", "Klasse, Zimmer", "name"]
    table = read_table(content.replace(b", Zimmer", b""), SHAPE, name_columns)
    assert table.ignored_columns == ("name",)
    assert [row.cells[:2] for row in table.rows] == [("Ada", "10")]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff\xfea"])
def test_the_header_of_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidError):
        read_header(content, SHAPE, lambda cells: [None] * len(cells))


@given(
    st.lists(st.text(st.sampled_from("ab1; ,\t\u00a0\u2003\x07é\r"), max_size=12), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_file_is_read_the_same_whether_or_not_a_line_of_it_is_quoted(lines: list[str], ending: str) -> None:
    """One quoted cell has every line looked at by itself, which most files can do without."""
    text = ending.join(["name,year_group,tutor_group", *lines, ""])
    quoted = read_table((text + '"Ada",10,').encode(), SHAPE)

    plain = read_table((text + "Ada,10,").encode(), SHAPE)

    assert (plain.rows, plain.problems) == (quoted.rows, quoted.problems)
