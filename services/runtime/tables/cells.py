"""Splits a line into trimmed cells, or says why that cannot be."""

from __future__ import annotations

import csv
from typing import Final

_SPECIAL: Final = frozenset('"\r\n')


def split_cells(line: str, delimiter: str) -> list[str] | str:
    """Split a line into trimmed cells, or say why that cannot be."""
    if "\0" in line:
        return "contains a NUL character"
    # Without quotation marks and line breaks nothing but delimiters means anything, as in nearly every line.
    if len(line) <= csv.field_size_limit() and _SPECIAL.isdisjoint(line):
        return [cell.strip() for cell in line.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader((line,), delimiter=delimiter, strict=True), [])]
    except csv.Error as error:
        return _quote_reason(str(error))


def _quote_reason(driver_text: str) -> str:
    if "field limit" in driver_text:
        return f"has a field of more than {csv.field_size_limit():,} characters"
    if "unexpected end" in driver_text:
        return "a quotation mark is opened and not closed in the same line"
    return "a closing quotation mark is followed by something other than a delimiter"
