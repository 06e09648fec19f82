"""What a printed paper is made of: sections of text, lists, tables and bar charts, not how they look.

The page and the PDF render the same paper, so neither can say what the other does not. A chart is always
followed by a table of the same figures. Everything here is plain text: whoever renders it escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a warning is set off, by its frame and its first word."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, with a heading of its own."""

    heading: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere; the address is a web address, checked when it was stated."""

    text: str
    url: str


Cell = str | Link


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first cell of each row is its header. `numbers` are the columns set to the right."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: 0 to 100, or None where there is no figure; `marked` ones get a shape and the word."""

    label: str
    value: int | None
    marked: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars of per cent on one scale; `marked_as` is the word for a marked bar."""

    title: str
    description: str
    bars: Sequence[Bar]
    marked_as: str


Block = Text | Bullets | Table | BarChart


@dataclass(frozen=True, slots=True)
class Section:
    """A section with its heading; `id` is its anchor."""

    id: str
    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper."""

    title: str
    subtitle: str
    author: str
    sections: Sequence[Section]
