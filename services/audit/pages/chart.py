"""Lays out a bar chart: one row a bar, its label above it, on a scale of 0 to 100.

A marked bar is told by its fill, by a shape at its end and by a word, so that it can be read in greyscale, in
print and by those who do not see the colour. Lengths are in points; y grows downwards from the top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.audit.model.paper import BarChart

WIDTH: Final = 480.0
"""The text width of an A4 page with margins of 20 mm, less the frame's padding."""
BAR_FULL: Final = 330.0
"""The length of a bar of 100; what is left holds the figure and its word."""
_ROW: Final = 32.0
_LABEL_BASELINE: Final = 10.0
_BAR_TOP: Final = 14.0
BAR_HEIGHT: Final = 12.0
MARK: Final = 5.0
"""Half the width of the diamond at the end of a marked bar."""
_GAP: Final = 10.0
_AXIS: Final = 16.0
TICKS: Final = (0, 25, 50, 75, 100)
DARK: Final = "#1f3a5f"
LIGHT: Final = "#dde3ea"
LINE: Final = "#333333"
NO_FIGURE: Final = "does not apply"


@dataclass(frozen=True, slots=True)
class PlacedBar:
    """A bar with its place: `y` is the bar's top."""

    label: str
    label_y: float
    y: float
    length: float
    has_figure: bool
    marked: bool
    figure: str
    figure_x: float
    figure_y: float
    mark: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PlacedChart:
    """A chart with the place of everything in it."""

    height: float
    bars: Sequence[PlacedBar]
    ticks: Sequence[tuple[float, str]]
    bars_bottom: float


def laid_out(chart: BarChart) -> PlacedChart:
    """Place a chart's bars, its scale and its words."""
    bars = []
    for place, bar in enumerate(chart.bars):
        top = place * _ROW
        y = top + _BAR_TOP
        length = 0.0 if bar.value is None else BAR_FULL * bar.value / 100
        middle = y + BAR_HEIGHT / 2
        figure = NO_FIGURE if bar.value is None else f"{bar.value}%"
        bars.append(
            PlacedBar(
                label=bar.label,
                label_y=top + _LABEL_BASELINE,
                y=y,
                length=length,
                has_figure=bar.value is not None,
                marked=bar.marked,
                figure=f"{figure}, {chart.marked_as}" if bar.marked else figure,
                figure_x=length + _GAP + (MARK if bar.marked else 0),
                figure_y=middle + 4,
                mark=_diamond(length, middle) if bar.marked else (),
            )
        )
    bottom = len(chart.bars) * _ROW
    ticks = [(BAR_FULL * tick / 100, f"{tick}%") for tick in TICKS]
    return PlacedChart(bottom + _AXIS, bars, ticks, bottom)


def _diamond(x: float, y: float) -> tuple[tuple[float, float], ...]:
    return ((x - MARK, y), (x, y - MARK - 2), (x + MARK, y), (x, y + MARK + 2))
