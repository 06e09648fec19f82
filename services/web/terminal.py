"""The Hub report as a table for a terminal; its JSON is what `GET /reporting/v1/hub-report` answers.

One row a school and one for the Hub, readable at 100 columns. Withheld and inapplicable cells show the
symbols of official statistics (domain.md §9.4), which the legend explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

SHOWN_BENCHMARKS: Final = ("gb5", "gb6", "gb7", "gb8")
NOTHING: Final = "–"
"""Stands where there is nothing to show: no evaluation, or one that the school does not share."""
LEGEND: Final = (
    "gb5 employers, gb6 workplaces, gb7 providers, gb8 guidance: % of pupils on roll reached this year. "
    "Pupils are rounded to five; c: withheld, because few pupils could be recognised; z: does not apply; "
    "–: no evaluation, or not shared."
)
NO_ROLL: Final = "x"
"""An institution without a roll of the year has nothing to show; they are counted in the legend."""


def render_hub_report(report: Mapping[str, Any]) -> Table:
    """Lay the report out: schools with a roll, in the order of the report.

    Raises KeyError for another shape.
    """
    reported = [school for school in report["schools"] if school["on_roll"] != NO_ROLL]
    without = len(report["schools"]) - len(reported)
    legend = f"{LEGEND} {without} more institutions have no roll of this year." if without else LEGEND
    table = Table(
        title=f"Careers Hub {escape(str(report['hub']))}, {report['academic_year']}, as of {report['as_of']}",
        caption=f"{legend}\n{escape(str(report['attribution']))}",
        caption_justify="left",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    # Only this column may be narrowed: its cells are cut short, the figures never are.
    table.add_column("School or college")
    for heading in ("On roll", "Activities", "Encounters", *(f"{b} %" for b in SHOWN_BENCHMARKS), "Of 8"):
        table.add_column(heading, justify="right", no_wrap=True)
    for school in reported:
        table.add_row(_name(school["name"]), *_figures(school), _cell(school["achieved_count"]))
    totals = report["totals"]
    table.add_section()
    hub = _name(f"Hub ({totals['schools_reporting']} reporting)")
    table.add_row(hub, *_figures(totals), _mean(totals["mean_achieved"]), style="bold")
    return table


def _name(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _figures(part: Mapping[str, Any]) -> list[str]:
    """Render what a school's row and the Hub's have in common."""
    benchmarks = part["benchmarks"]
    coverage = [benchmarks.get(benchmark, {}).get("coverage_percent") for benchmark in SHOWN_BENCHMARKS]
    return [_cell(value) for value in (part["on_roll"], part["activities"], part["encounters"], *coverage)]


def _cell(value: float | str | None) -> str:
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else f"{value:,}"


def _mean(value: float | str | None) -> str:
    return f"{value:.1f}" if isinstance(value, int | float) else _cell(value)
