"""Employers and sectors met, work experience, and provider access.

Numbers of employers and of activities are facts about institutions and shown as they are; numbers of pupils
are withheld and rounded for the Hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from services.reporting.model.suppression import is_small, protect, publish, shown, whole
from services.reporting.reach.model.school import SchoolReach
from services.reporting.reach.model.world import ALL, UNKNOWN, Cell, Part, Row, World, named

SIZE_BANDS: Final = ("sole_trader", "micro", "small", "medium", "large", UNKNOWN)
"""Of `contracts.employers.SizeBand`; a sole trader is self-employed (gb5.1: employers of different sizes)."""
SECTIONS: Final = tuple("ABCDEFGHIJKLMNOPQRSTU")
PHASES: Final[Mapping[int, Sequence[int]]] = {1: (8, 9), 2: (10, 11), 3: (12, 13)}
REQUIRED: Final = 2
"""Encounters that the law asks for in each phase (domain st.7)."""
MINUTES_AN_HOUR: Final = 60


def employer_rows(world: World) -> list[Row]:
    """Distinct employers met and activities with them, by size band, and from how many sectors."""
    rows: list[Row] = []
    for school, met in _each(world):
        for band in (ALL, *SIZE_BANDS):
            of_band = {e: n for e, n in met.items() if band in {ALL, world.employers.size_band(e)}}
            sections = {world.employers.section(employer) for employer in of_band} - {UNKNOWN}
            rows.append(
                named(school)
                | {
                    "size_band": band,
                    "employers": len(of_band),
                    "activities": sum(of_band.values()),
                    "sectors": len(sections),
                }
            )
    return rows


def sector_rows(world: World) -> list[Row]:
    """By sector: how many pupils are drawn to it, at least, and which employers of it were met."""
    rows: list[Row] = []
    for school, met in _each(world):
        schools = world.schools if school is None else (school,)
        for section in (*SECTIONS, UNKNOWN):
            of_section = {e: n for e, n in met.items() if world.employers.section(e) == section}
            # Told suppressed and rounded down already (`SectorsWanted`), so sums give nothing away.
            wanted = sum(one.year.get("sectors", {}).get(section, 0) for one in schools)
            gap = "yes" if wanted and not of_section else "no"
            rows.append(
                named(school)
                | {
                    "sector": section,
                    "wanted_at_least": "z" if section == UNKNOWN else wanted,
                    "employers": len(of_section),
                    "activities": sum(of_section.values()),
                    "wanted_not_met": "z" if section == UNKNOWN else gap,
                }
            )
    return rows


def work_rows(world: World) -> list[Row]:
    """Participations in work experience, and pupils' hours in all; they are no benchmark (domain rule 11)."""
    taken_part = {s.urn: {g: s.work.get(g, (0, 0))[0] for g in _groups(s)} for s in world.schools}
    minutes = {s.urn: {g: s.work.get(g, (0, 0))[1] for g in _groups(s)} for s in world.schools}
    hours = {urn: {g: n // MINUTES_AN_HOUR for g, n in by_group.items()} for urn, by_group in minutes.items()}
    if world.whole:
        measures = whole(taken_part), whole(hours)
    else:
        # Hours are withheld where those who worked them are.
        protected = protect(taken_part)
        measures = publish(taken_part, protected, {}), publish(hours, protected, {})
    rows: list[Row] = []
    if not world.whole:
        rows.append(_work_row(None, ALL, [measure.hub for measure in measures]))
    for school in world.schools:
        rows.append(_work_row(school, ALL, [measure.schools[school.urn] for measure in measures]))
        for year_group in _groups(school):
            leaf = (school.urn, year_group)
            rows.append(_work_row(school, year_group, [measure.leaves[leaf] for measure in measures]))
    return rows


def access_rows(world: World) -> list[Row]:
    """Encounters with technical providers and apprenticeships, by phase of provider access."""
    rows: list[Row] = []
    for school in world.schools:
        for phase in PHASES:
            encounters, pupils = school.access.get(phase, (0, 0))
            # No total of them is published, so the small ones need nothing to hide behind.
            counted: Cell = pupils if world.whole else shown(pupils, withheld=is_small(pupils))
            applies = school.setting != "college" and (phase in {1, 2} or school.has_post16)
            rows.append(
                named(school)
                | {
                    "phase": phase,
                    "encounters": encounters,
                    "required": REQUIRED if applies else "z",
                    "required_met": ("yes" if encounters >= REQUIRED else "no") if applies else "z",
                    "participations": counted,
                }
            )
    return rows


def _each(world: World) -> Iterator[tuple[SchoolReach | None, dict[str, int]]]:
    """Each school with the employers that it met, and first all schools together, each employer once."""
    by_school = [(school, world.employers.met_by(school)) for school in world.schools]
    if not world.whole:
        together: dict[str, int] = {}
        for _, met in by_school:
            for employer, activities in met.items():
                together[employer] = together.get(employer, 0) + activities
        yield None, together
    yield from by_school


def _groups(school: SchoolReach) -> list[int]:
    return sorted({*school.year_groups, *school.work})


def _work_row(school: SchoolReach | None, year_group: Part, cells: Sequence[Cell]) -> Row:
    taken_part, hours = cells
    return named(school) | {"year_group": year_group, "participations": taken_part, "pupil_hours": hours}
