"""Tables for spreadsheets: nothing that somebody typed is evaluated, and all that is written can be read."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.csv_export import BYTE_ORDER_MARK, Cell, write_table


def read(table: bytes) -> list[list[str]]:
    """Read a table as a spreadsheet does."""
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("beginning", list("=+-@\t\r\n"))
def test_what_looks_like_a_formula_is_text(beginning: str) -> None:
    assert read(write_table(("name",), [(f"{beginning}1+1",)]))[1] == [f"'{beginning}1+1"]


def test_numbers_and_empty_cells_are_as_they_are() -> None:
    assert read(write_table(("a", "b", "c"), [(-1, 0.5, None)]))[1] == ["-1", "0.5", ""]
    assert write_table(("a",), []).decode() == f"{BYTE_ORDER_MARK}a\r\n"


@given(st.lists(st.tuples(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))))
def test_every_text_comes_back_and_none_begins_like_a_formula(rows: list[tuple[Cell, ...]]) -> None:
    found = read(write_table(("text",), rows))[1:]
    expected = [[f"'{text}" if str(text).startswith(tuple("=+-@\t\r\n")) else str(text)] for (text,) in rows]
    assert [row or [""] for row in found] == expected
