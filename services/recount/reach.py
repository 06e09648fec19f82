"""Recount of the reach tables: the same figures from the ledgers, by code that shares nothing with them.

The tables are folded event by event and put together by `reporting.reach`. Here a school's ledger rows are
read as plain JSON and counted the naive way: the last word on each activity, need, match and relationship,
then add up. A school's own tables must say exactly that; `shown.py` has what the Hub must see of it.
A figure is named by its table, its row and its column; `default` says what stands where nothing was counted.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from contracts.pupils import DestinationCategory, SustainedCategory
from services.recount.partners import count_advisers, count_matches
from services.reporting.proof.model.cells import NOT_COUNTED, PLACES

Json = dict[str, Any]
Figures = dict[tuple[str, ...], Any]
OF_PUPILS: Final = frozenset({"reached", "participations", "pupils", "pupil_hours", "registered_elsewhere"})
BENCHMARKS: Final = ("gb2", "gb4", "gb5", "gb6", "gb7", "gb8")
GROUPS: Final = ("sen", "disadvantaged", "eal", "in_care")
PHASES: Final = ("1", "2", "3")
REQUIRED: Final = 2
"""Encounters with providers that the law asks for in each phase (domain st.7)."""
KINDS: Final = {
    "intended": get_args(DestinationCategory),
    "actual": get_args(DestinationCategory),
    "sustained": get_args(SustainedCategory),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledgers say that concerns one school, in order: payloads with their `type`."""

    pupils: Sequence[Json]
    advisers: Sequence[Json]
    own: Sequence[Json]
    """Its needs and matches."""
    listed: Json
    """How the directory listed it last; empty if it never did."""


def told(rows: Iterable[Json]) -> list[Json]:
    """Read ledger rows as payloads."""
    return [{"type": row["type"], **json.loads(row["value"])} for row in rows]


def named(table: str, rows: Iterable[Mapping[str, Any]]) -> Figures:
    """Name every figure of a table's rows."""
    figures: Figures = {}
    for row in rows:
        place = tuple(str(row[column]) for column in PLACES if column in row)
        for column, value in row.items():
            if column not in PLACES and column not in NOT_COUNTED:
                figures[table, *place, column] = value
    return figures


def is_of_pupils(name: tuple[str, ...]) -> bool:
    """Whether a figure counts pupils that the Hub may not see few of; the roll of everybody is public."""
    return name[-1] in OF_PUPILS or (name[0] == "coverage" and name[2] != "all" and name[-1] == "on_roll")


def default(name: tuple[str, ...]) -> int | str:
    """Say what a table has in a cell of which nothing was counted."""
    if name[0] == "sectors" and name[-1].startswith("wanted"):
        return "z" if name[1] == "unknown" else {"wanted_not_met": "no"}.get(name[-1], 0)
    return 0


def count_tables(school: Told, directory: Iterable[Json], year: str, days: tuple[str, str]) -> Figures:
    """Count all tables of one school; `days` are the first and last of the period, as ISO text."""
    of_year = [event for event in school.pupils if event["academic_year"] == year]
    standing = _standing(of_year)
    roll = _last(of_year, "pupils.roll.changed.v1", "year_groups") or []
    figures = _coverage(roll, of_year) | _work(standing, roll) | _access(standing, school.listed)
    figures |= _employers(standing, directory) | _sectors(standing, of_year, directory)
    figures |= _destinations(of_year) | _quality(roll, of_year, standing)
    figures |= count_advisers([school.advisers], *days) | count_matches([school.own], year)
    return figures


def count_hub(
    schools: Sequence[Told], directory: Iterable[Json], year: str, days: tuple[str, str]
) -> Figures:
    """Count the Hub's rows: everything of every school together, each employer once."""
    events = [[event for event in school.pupils if event["academic_year"] == year] for school in schools]
    standing = [activity for of_year in events for activity in _standing(of_year)]
    rolls = [_last(of_year, "pupils.roll.changed.v1", "year_groups") or [] for of_year in events]
    figures: Figures = {}
    for of_year, roll in zip(events, rolls, strict=True):
        of_school = _coverage(roll, of_year) | _destinations(of_year) | _work(_standing(of_year), roll)
        for name, value in of_school.items():
            of_hub = name[0] == "destinations" or (name[1] == "all" and name[-1] != "coverage_percent")
            if isinstance(value, int) and of_hub:
                figures[name] = figures.get(name, 0) + value
            elif name[-1] == "on":
                # Schools' year groups end on days of their own.
                figures[name] = "z"
    figures = _nobody() | figures
    figures |= _employers(standing, directory) | _sectors(standing, [], directory)
    for of_year in events:
        for sector in _last(of_year, "pupils.sectors.wanted.v1", "sectors") or []:
            name = ("sectors", sector["sic_section"], "wanted_at_least")
            figures[name] = figures.get(name, 0) + sector["at_least"]
    _note_gaps(figures)
    figures |= count_advisers([school.advisers for school in schools], *days)
    return figures | count_matches([school.own for school in schools], year)


def _nobody() -> Figures:
    """Say what the Hub sees of everybody before there is a roll, and of a group that no school holds."""
    return {
        ("coverage", "all", group, benchmark, column): 0 if group == "all" else "x"
        for group in ("all", *GROUPS)
        for benchmark in BENCHMARKS
        for column in ("on_roll", "reached")
    }


def nearest_five(number: int) -> int:
    """Round the naive way: the closest multiple."""
    return min(range(0, number + 5, 5), key=lambda multiple: abs(multiple - number))


def _standing(events: Iterable[Json]) -> list[Json]:
    """Keep the last word on each activity that stands."""
    activities: dict[str, Json] = {}
    for event in events:
        if event["type"] == "pupils.activity.retracted.v1":
            activities.pop(event["activity_id"])
        elif event["type"].startswith("pupils.activity."):
            activities[event["activity_id"]] = event["after" if "after" in event else "activity"]
    return list(activities.values())


def _last(events: Iterable[Json], event_type: str, field: str) -> Any:  # noqa: ANN401 - of a payload
    values = [event.get(field) for event in events if event["type"] == event_type]
    return values[-1] if values else None


def _coverage(roll: Sequence[Json], events: Iterable[Json]) -> Figures:
    cells: dict[tuple[int, str], Json] = {}
    for event in events:
        for cell in event.get("coverage", ()):
            cells[cell["year_group"], cell["benchmark"]] = cell
    figures: Figures = {}
    for group in ("all", *GROUPS):
        held = any(_of(one, "on_roll", group) for one in roll) or (group == "all" and roll)
        for part in ("all", *(one["year_group"] for one in roll)):
            members = [one for one in roll if part in {"all", one["year_group"]}]
            on_roll = sum(_of(one, "on_roll", group) for one in members)
            for benchmark in BENCHMARKS:
                found = [cells.get((one["year_group"], benchmark), {}) for one in members]
                reached = sum(_of(cell, "reached", group) for cell in found)
                name = ("coverage", str(part), group, benchmark)
                figures[*name, "on_roll"] = on_roll if held else "x"
                figures[*name, "reached"] = reached if held else "x"
                percent = reached * 100 // on_roll if on_roll else "z"
                figures[*name, "coverage_percent"] = percent if held else "x"
    return figures


def _of(part: Json, field: str, group: str) -> int:
    return int(part.get(field, 0) if group == "all" else part.get("by_group", {}).get(group, 0))


def _work(standing: Iterable[Json], roll: Iterable[Json]) -> Figures:
    taken_part: Counter[str] = Counter({str(one["year_group"]): 0 for one in roll})
    minutes: Counter[str] = Counter()
    for activity in standing:
        for group in activity["year_groups"]:
            if group.get("work_minutes"):
                for part in ("all", str(group["year_group"])):
                    taken_part[part] += group["attended"]
                    minutes[part] += group["work_minutes"]
    figures: Figures = {("work-experience", part, "participations"): n for part, n in taken_part.items()}
    hours = {part: n // 60 for part, n in minutes.items()}
    hours["all"] = sum(n for part, n in hours.items() if part != "all")
    return figures | {("work-experience", part, "pupil_hours"): n for part, n in hours.items()}


def _access(standing: Iterable[Json], listed: Json) -> Figures:
    figures: Figures = {}
    for phase in PHASES:
        pupils = [
            sum(access["counted"] for access in counting)
            for activity in standing
            if (counting := _counting(activity, phase))
        ]
        applies = listed.get("setting") != "college" and (phase != "3" or listed.get("has_post16", False))
        enough = "yes" if len(pupils) >= REQUIRED else "no"
        figures["provider-access", phase, "encounters"] = len(pupils)
        figures["provider-access", phase, "participations"] = sum(pupils)
        figures["provider-access", phase, "required"] = REQUIRED if applies else "z"
        figures["provider-access", phase, "required_met"] = enough if applies else "z"
    return figures


def _counting(activity: Json, phase: str) -> list[Json]:
    """List what of an activity counts for a phase."""
    found = [group.get("provider_access") for group in activity["year_groups"]]
    return [access for access in found if access and access["counted"] and str(access["phase"]) == phase]


def _met(standing: Iterable[Json], directory: Iterable[Json]) -> list[tuple[str, str, str, int]]:
    """Each employer met: id now, size band, section, activities."""
    listed = {event["employer_id"]: event for event in directory}
    met: Counter[str] = Counter()
    for activity in standing:
        employer = activity.get("employer_id")
        for _ in range(len(listed)):
            employer = listed.get(employer, {}).get("merged_into") or employer
        if employer is not None:
            met[employer] += 1
    about = {employer: listed.get(employer, {}) for employer in met}
    return [
        (e, about[e].get("size_band") or "unknown", about[e].get("sic_section") or "unknown", n)
        for e, n in met.items()
    ]


def _employers(standing: Sequence[Json], directory: Iterable[Json]) -> Figures:
    met = _met(standing, directory)
    figures: Figures = {}
    for band in {"all"} | {size for _, size, _, _ in met}:
        of_band = [one for one in met if band in {"all", one[1]}]
        name = ("employer-reach", band)
        figures[*name, "employers"] = len(of_band)
        figures[*name, "activities"] = sum(n for _, _, _, n in of_band)
        figures[*name, "sectors"] = len({section for _, _, section, _ in of_band} - {"unknown"})
    return figures


def _sectors(standing: Sequence[Json], events: Iterable[Json], directory: Iterable[Json]) -> Figures:
    figures: Figures = {}
    for _, _, section, activities in _met(standing, directory):
        for column, more in (("employers", 1), ("activities", activities)):
            name = ("sectors", section, column)
            figures[name] = figures.get(name, 0) + more
    for sector in _last(events, "pupils.sectors.wanted.v1", "sectors") or []:
        figures["sectors", sector["sic_section"], "wanted_at_least"] = sector["at_least"]
    _note_gaps(figures)
    return figures


def _note_gaps(figures: Figures) -> None:
    wanted = [name[1] for name in figures if name[0] == "sectors" and name[2] == "wanted_at_least"]
    for section in wanted:
        if figures["sectors", section, "wanted_at_least"] and not figures.get(
            ("sectors", section, "employers")
        ):
            figures["sectors", section, "wanted_not_met"] = "yes"


def _destinations(events: Iterable[Json]) -> Figures:
    last = {e["year_group"]: e for e in events if e["type"] == "pupils.destinations.counted.v1"}
    figures: Figures = {}
    for year_group, event in last.items():
        for kind, categories in KINDS.items():
            numbers = event.get(kind) or {}
            # Everybody of the year group has one of the categories, and so each row its cohort.
            for category in categories if numbers else ():
                name = ("destinations", str(year_group), kind, category)
                figures[*name, "pupils"] = numbers.get(category, 0)
                figures[*name, "cohort"] = sum(numbers.values())
                figures[*name, "on"] = (event.get("on") or "z") if kind == "actual" else "z"
    return figures


def _quality(roll: Sequence[Json], events: Sequence[Json], standing: Sequence[Json]) -> Figures:
    naming = sum(1 for activity in standing if activity.get("employer_id"))
    days = [e["changed_on"] for e in events if e.get("changed_on")]
    part = ("data-quality",)
    return {
        (*part, "roll_changed_on"): days[-1] if days else "x",
        (*part, "last_activity_on"): max((activity["held_on"] for activity in standing), default="x"),
        (*part, "activities"): len(standing),
        (*part, "with_employer_percent"): naming * 100 // len(standing) if standing else "z",
        (*part, "on_roll"): sum(one["on_roll"] for one in roll) if roll else "x",
        (*part, "registered_elsewhere"): sum(one.get("subsidiary", 0) for one in roll),
    }


def period(year: str, today: dt.date) -> tuple[str, str]:
    """Return a year's first day and its last, or today, as ISO text."""
    start = int(year[:4])
    return f"{start}-09-01", min(f"{start + 1}-08-31", today.isoformat())
