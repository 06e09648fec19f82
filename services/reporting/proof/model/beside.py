"""A table as it is shown now, set beside the same table at a recount, cell by cell. Pure.

Who does not see a school's numbers whole is told the two numbers of a cell only while what is shown now is
what was published then: otherwise the old one could be a number that has been taken back since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from services.reporting.model.suppression import CONFIDENTIAL
from services.reporting.proof.model.cells import A_NUMBER, NO_ROW, NOT_COUNTED, PLACES, Pair, Place

Row = Mapping[str, Any]


class Verdict(StrEnum):
    """What a recount says of a cell."""

    SAME = "same"
    WITHHELD = "withheld"
    DIFFERS = "differs"
    SHOULD_BE_WITHHELD = "should_be_withheld"
    NEED_NOT_BE_WITHHELD = "need_not_be_withheld"
    MOVED = "moved"
    NOT_COUNTED_YET = "not_counted_yet"

    @property
    def agrees(self) -> bool | None:
        """Whether published and recounted are the same; None where they cannot be compared now."""
        if self in {Verdict.MOVED, Verdict.NOT_COUNTED_YET}:
            return None
        return self in {Verdict.SAME, Verdict.WITHHELD}


WORDS: Final[Mapping[Verdict, str]] = {
    Verdict.SAME: "Same",
    Verdict.WITHHELD: "Withheld, and the recount withholds it too",
    Verdict.DIFFERS: "Differs",
    Verdict.SHOULD_BE_WITHHELD: "Differs: a number is published that the recount withholds",
    Verdict.NEED_NOT_BE_WITHHELD: "Differs: withheld, and the recount finds no small number to hide",
    Verdict.MOVED: "Moved since this recount; the next one will count it as it is now",
    Verdict.NOT_COUNTED_YET: "Not there at this recount; the next one will count it",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure; `published` and `recounted` are of the recount, `now` is set where it has moved since."""

    column: str
    published: Any
    recounted: Any
    verdict: Verdict
    now: Any = None


@dataclass(frozen=True, slots=True)
class RowBeside:
    """One row: which it is, and its figures."""

    where: Mapping[str, Any]
    cells: Sequence[Cell]

    @property
    def anchor(self) -> str:
        """Name it in an address."""
        return "-".join(str(value) for column, value in self.where.items() if column != "name")


def set_beside(
    rows: Sequence[Row], recounted: Mapping[Place, Mapping[str, Pair]], *, whole: bool
) -> list[RowBeside]:
    """Set the rows of a table beside a recount's; `whole` for a school's own eyes."""
    return [_row(row, recounted.get(place_of(row, whole=whole), {}), whole=whole) for row in rows]


def place_of(row: Row, *, whole: bool) -> Place:
    """Say which row it is, as a recount names it: a school's own table has no school in the name."""
    of_school = () if whole else (str(row["school"]),)
    return (*of_school, *(str(row[column]) for column in PLACES if column in row))


def _row(row: Row, pairs: Mapping[str, Pair], *, whole: bool) -> RowBeside:
    where = {column: row[column] for column in ("school", "name", *PLACES) if column in row}
    cells = [
        _cell(column, now, pairs.get(column), whole=whole)
        for column, now in row.items()
        if column not in where and column not in NOT_COUNTED
    ]
    return RowBeside(where, cells)


def _cell(column: str, now: object, pair: Pair | None, *, whole: bool) -> Cell:
    if pair is None or pair[0] == NO_ROW:
        return Cell(column, None, None, Verdict.NOT_COUNTED_YET, now)
    published, recounted = pair
    is_shown = isinstance(now, int) and published == A_NUMBER
    if is_shown:
        # The number that is published wrongly was not kept; that it should not be there was.
        return Cell(column, now, recounted, _verdict(pair))
    if now == published:
        return Cell(column, published, recounted, _verdict(pair))
    if whole:
        return Cell(column, published, recounted, _verdict(pair), now)
    return Cell(column, None, None, Verdict.MOVED, now)


def _verdict(pair: Pair) -> Verdict:
    published, recounted = pair
    if published == A_NUMBER and recounted == CONFIDENTIAL:
        return Verdict.SHOULD_BE_WITHHELD
    if published == CONFIDENTIAL:
        return Verdict.WITHHELD if recounted == CONFIDENTIAL else Verdict.NEED_NOT_BE_WITHHELD
    return Verdict.SAME if published == recounted != A_NUMBER else Verdict.DIFFERS
