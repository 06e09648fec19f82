"""Recount of the Hub report: every figure that the Hub's page shows of pupils and activities, counted again.

What must be withheld, and how the rest is rounded, is worked out here again from the exact counts, by the
rules of ADR 16. No count that the Hub may not see comes out: it is `c`, or `#` where the report differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.recount.reach import nearest_five
from services.recount.shown import WITHHELD, percent
from services.recount.tables import kept
from services.recount.withheld import Part, hidden_of_tree
from services.reporting.model.report_rows import HUB_REPORT, report_rows
from services.reporting.proof.model.cells import A_NUMBER, HUB, NO_ROW, NOT_COUNTED, PLACES, Cells

Json = dict[str, Any]
Words = tuple[dict[int, int], dict[str, Json], dict[tuple[int, str], int]]
"""A school's last words on its roll by year group, its activities, and the pupils reached."""
BENCHMARKS: Final = ("gb2", "gb4", "gb5", "gb6", "gb7", "gb8")
Seen = dict[tuple[str, str], Any]
"""By URN or `hub`, and year group or `all`."""


def compare_hub_report(report: Json, words: Mapping[str, Words]) -> Cells:
    """Compare every figure of the Hub report that does not depend on who reads it, in both directions."""
    counted = count_hub_report(words)
    cells: Cells = {}
    for row in report_rows(report):
        place = (row["school"], str(row["year_group"]))
        for column, published in row.items():
            if column not in {*NOT_COUNTED, *PLACES}:
                name = (HUB_REPORT, *place, column)
                cells[name] = kept(name, published, counted.get((*place, column), NO_ROW))
    for (urn, part, column), number in counted.items():
        if (HUB_REPORT, urn, part, column) not in cells and number not in {0, "x", "z"}:
            cells[HUB_REPORT, urn, part, column] = (NO_ROW, A_NUMBER)
    return cells


def count_hub_report(words: Mapping[str, Words]) -> dict[tuple[str, str, str], Any]:
    """Count what the Hub must see; by URN or `hub`, year group or `all`, and figure."""
    with_roll = {urn: of_school for urn, of_school in words.items() if of_school[0]}
    rolls: Seen = {}
    for urn, (on_roll, _, _) in with_roll.items():
        rolls |= {(urn, str(group)): number for group, number in on_roll.items()}
        rolls[urn, "all"] = sum(on_roll.values())
    rolls[HUB, "all"] = sum(number for (_, part), number in rolls.items() if part == "all")
    figures = {(*place, "on_roll"): number for place, number in rolls.items()}
    for urn, (_, activities, _) in with_roll.items():
        figures[urn, "all", "activities"] = len(activities)
    figures[HUB, "all", "activities"] = sum(len(activities) for _, activities, _ in with_roll.values())
    figures[HUB, "all", "schools"] = len(words)
    figures[HUB, "all", "schools_with_roll"] = len(with_roll)
    encounters = _seen({urn: _encounters(*of_school) for urn, of_school in with_roll.items()}, {})
    figures |= {(*place, "encounters"): number for place, number in encounters.items()}
    for benchmark in BENCHMARKS:
        seen = _seen({urn: _reached(*of_school, benchmark) for urn, of_school in with_roll.items()}, rolls)
        figures |= {(*place, f"{benchmark}_reached"): number for place, number in seen.items()}
        for place, number in seen.items():
            figures[*place, f"{benchmark}_coverage_percent"] = percent(rolls.get(place, 0), number)
    for urn in words.keys() - with_roll.keys():
        columns = [f"{b}_{c}" for b in BENCHMARKS for c in ("reached", "coverage_percent")]
        figures |= {(urn, "all", c): "x" for c in ("on_roll", "activities", "encounters", *columns)}
    # A year group that is not on roll has no row of its own; what it had is in the school's.
    return {name: n for name, n in figures.items() if name[:2] in rolls or name[1] == "all"}


def _encounters(on_roll: dict[int, int], activities: dict[str, Json], _: object) -> dict[str, Part]:
    numbers = dict.fromkeys(on_roll, 0)
    for activity in activities.values():
        for group in activity["year_groups"]:
            numbers[group["year_group"]] = numbers.get(group["year_group"], 0) + group["encounters"]
    return {str(group): (number, None) for group, number in numbers.items()}


def _reached(
    on_roll: dict[int, int], _: object, reached: dict[tuple[int, str], int], benchmark: str
) -> dict[str, Part]:
    groups = {*on_roll, *(group for group, _ in reached)}
    counts = {group: reached.get((group, benchmark), 0) for group in groups}
    return {str(group): (n, max(0, on_roll.get(group, 0) - n)) for group, n in counts.items()}


def _seen(schools: Mapping[str, Mapping[str, Part]], rolls: Seen) -> Seen:
    """Withhold and round: year groups, then the schools of what is seen of them, then the Hub."""
    parts, lost, hub = hidden_of_tree(schools)
    seen: Seen = {}
    for urn, of_school in schools.items():
        shown = {
            key: n if n == rolls.get((urn, key)) else nearest_five(n)
            for key, (n, _) in of_school.items()
            if key not in parts[urn]
        }
        seen |= {(urn, key): shown.get(key, WITHHELD) for key in of_school}
        rest = sum(n for key, (n, _) in of_school.items() if key not in shown)
        seen[urn, "all"] = WITHHELD if urn in lost else sum(shown.values()) + nearest_five(rest)
    visible = {urn: seen[urn, "all"] for urn in schools if urn not in lost}
    rest = sum(n for urn in lost for n, _ in schools[urn].values())
    seen[HUB, "all"] = WITHHELD if hub else sum(visible.values()) + nearest_five(rest)
    return seen
