"""The Hub report as rows, as its recount names them: the Hub, each school, each of its year groups. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts.vocabulary import CREDITED_BENCHMARKS

Json = Mapping[str, Any]
HUB_REPORT: Final = "hub-report"
REACHED: Final = "reached"
PERCENT: Final = "coverage_percent"
_PLAIN: Final = ("year_group", "on_roll", "activities", "encounters")
COLUMNS: Final[Mapping[str, str]] = {
    "school": "URN, or 'hub' for all schools together",
    "name": "name of the school or college",
    "year_group": "national curriculum year, or 'all'",
    "schools": "schools and colleges of the Hub",
    "schools_with_roll": "of them, with a roll of the year",
    "on_roll": "pupils on roll",
    "activities": "activities recorded and not taken back",
    "encounters": "encounters with employers, one for each pupil at each",
    **{
        f"{benchmark}_{column}": f"{benchmark.upper()}: {meaning}"
        for benchmark in CREDITED_BENCHMARKS
        for column, meaning in ((REACHED, "pupils reached"), (PERCENT, "reached of on roll, floored"))
    },
}
"""What each means; a row has those that there are of it."""


def report_rows(report: Json) -> list[dict[str, Any]]:
    """List the report's figures that do not depend on who reads them; scores are attainment's."""
    totals = report["totals"]
    of_hub = {"schools": totals["schools"], "schools_with_roll": totals["schools_with_roll"]}
    rows = [{"school": "hub", "name": "All schools", "year_group": "all", **of_hub, **_figures(totals)}]
    for school in report["schools"]:
        place = {"school": school["urn"], "name": school["name"]}
        rows.append({**place, "year_group": "all", **_figures(school)})
        rows += [{**place, **_figures(group)} for group in school["year_groups"]]
    return rows


def _figures(part: Json) -> dict[str, Any]:
    found = {name: part[name] for name in _PLAIN if name in part}
    for benchmark, cell in part["benchmarks"].items():
        found[f"{benchmark}_{REACHED}"] = cell["reached"]
        found[f"{benchmark}_{PERCENT}"] = cell["coverage_percent"]
    return found
