"""Which column of a roll each header of a school's export names, and why.

Three things can say so, the first that does wins: the school's own mapping; the column's name itself; a name
that a common system is known to export (`rules/roll-columns.json`). Headers are compared without case, spaces
and punctuation. If several headers are recognised for one column, that of the name listed first is used and
the others are ignored, so that an export with legal and preferred surnames can be read as it is. Only what is
written twice in the same way is ambiguous: both headers name the column, and reading the table refuses that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Why = Literal["own", "name", "recognised", "ignored", "refused"]
"""`refused`: the header names a column that the school does not want held."""
_BEST: Final = 0
_BY_NAME: Final = 1
_BY_FIRST_KNOWN: Final = 2


class KnownHeader(BaseModel):
    """A header that a system exports."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    systems: tuple[str, ...] = Field(min_length=1)
    confidence: Literal["H", "M", "L"]


class RollColumns(BaseModel):
    """One version of the names that are recognised, with its sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    about: str
    sources: tuple[str, ...] = Field(min_length=1)
    confidence: dict[Literal["H", "M", "L"], str]
    columns: dict[str, tuple[KnownHeader, ...]]

    @model_validator(mode="after")
    def _no_header_names_two_columns(self) -> RollColumns:
        seen: dict[str, str] = {plain(column): column for column in self.columns}
        for column, headers in self.columns.items():
            for header in headers:
                other = seen.setdefault(plain(header.name), column)
                if other != column:
                    message = f"{header.name} names both {other} and {column}"
                    raise ValueError(message)
        return self

    @cached_property
    def recognised(self) -> Mapping[str, tuple[str, int]]:
        """The column of each known header, and its place among those of the column."""
        found: dict[str, tuple[str, int]] = {}
        for column, headers in self.columns.items():
            for place, header in enumerate(headers):
                found.setdefault(plain(header.name), (column, place))
        return found


@dataclass(frozen=True, slots=True)
class HeaderUse:
    """What a header is taken for; `column` is None for one that is ignored."""

    header: str
    column: str | None
    why: Why


def plain(header: str) -> str:
    """Compare headers by their letters and digits alone."""
    return "".join(filter(str.isalnum, header.casefold()))


def use_headers(
    headers: Sequence[str], columns: Collection[str], own: Mapping[str, str], known: RollColumns
) -> list[HeaderUse]:
    """Say of each header which of the columns it names, in the order of the file; `own` is as kept."""
    own_column = {plain(header): column for header, column in own.items()}
    names = {plain(column): column for column in columns}
    claims: list[tuple[int, str, Why] | None] = []
    best: dict[str, int] = {}
    for header in headers:
        claim = _claim(plain(header), own_column, names, known)
        claims.append(claim)
        if claim is not None:
            rank, column, _ = claim
            best[column] = min(rank, best.get(column, rank))
    return [
        HeaderUse(header, claim[1], claim[2])
        if claim is not None and claim[0] == best[claim[1]]
        else HeaderUse(header, None, "ignored")
        for header, claim in zip(headers, claims, strict=True)
    ]


def _claim(
    header: str, own: Mapping[str, str], names: Mapping[str, str], known: RollColumns
) -> tuple[int, str, Why] | None:
    """Say which column a header names by itself, with a rank: the lower, the more it has to say."""
    if header in own:
        return _BEST, own[header], "own"
    if header in names:
        return _BY_NAME, names[header], "name"
    if header in known.recognised:
        column, place = known.recognised[header]
        return _BY_FIRST_KNOWN + place, column, "recognised"
    return None
