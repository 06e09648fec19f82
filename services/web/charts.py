"""Where the bars of a chart lie; a template draws them as SVG, beside a table of the same figures.

Light and dark differ by their grey as well, so a chart can be read when it is printed without colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
LABEL_WIDTH: Final = 240
VALUE_WIDTH: Final = 60
ROW_HEIGHT: Final = 30
BAR_HEIGHT: Final = 18


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: `value` as it is written, `width` in pixels of the drawing; `full` if it reaches the end.

    `mark` is how far from the bar's beginning a reference figure lies, if there is one.
    """

    label: str
    value: str
    y: int
    width: int
    full: bool
    mark: int | None = None


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars below each other, in a drawing of `WIDTH` by `height` pixels."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """How high the drawing is."""
        return ROW_HEIGHT * len(self.bars)


def bar_chart(
    title: str,
    rows: Sequence[tuple[str, int | None, str]],
    most: int = 100,
    marks: Sequence[int | None] = (),
) -> BarChart:
    """Lay rows of label, value (None draws no bar) and the value's words out, on a scale of 0 to `most`.

    `marks` are reference figures, one a row or none at all. Raises ValueError for a value outside of the
    scale.
    """
    bars = []
    references = marks or [None] * len(rows)
    for place, ((label, value, words), mark) in enumerate(zip(rows, references, strict=True)):
        width = _width(value, most) or 0
        bars.append(Bar(label, words, place * ROW_HEIGHT, width, full=value == most, mark=_width(mark, most)))
    return BarChart(title, tuple(bars))


def _width(value: int | None, most: int) -> int | None:
    if value is None:
        return None
    if not 0 <= value <= most:
        raise ValueError(f"{value} is not on the scale of 0 to {most}")
    return round((WIDTH - LABEL_WIDTH - VALUE_WIDTH) * value / most) if most else 0
