"""Coverage: how many different pupils were reached for each benchmark, by year group and by group.

A school's own table has groups by year group. The Hub's has year groups and groups each by themselves: those
of one group in one year group of one school are few, and what the Hub does not need it does not get.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.vocabulary import TRACKED_GROUPS
from services.reporting.model.group_suppression import ProtectedGroup, protect_groups
from services.reporting.model.other_worlds import Everybody, Group
from services.reporting.model.suppression import (
    CONFIDENTIAL,
    NOT_AVAILABLE,
    Count,
    Shown,
    coverage,
    protect,
    publish,
    shown,
    shown_sum,
)
from services.reporting.reach.model.school import BENCHMARKS, EVERYBODY, GROUPS, SchoolReach
from services.reporting.reach.model.world import ALL, Cell, Part, Row, World, named, parts_of


def coverage_rows(world: World) -> list[Row]:
    """The table, whole or protected."""
    if world.whole:
        return [row for school in world.schools for row in _own_rows(school)]
    counted = [school for school in world.schools if school.has_roll]
    everybody: dict[str, Everybody] = {b: _everybody(counted, b) for b in BENCHMARKS}
    groups: dict[str, dict[str, Group]] = {
        g: {s.urn: _group(s, g) for s in counted if s.holds(g)} for g in TRACKED_GROUPS
    }
    protected = protect_groups(groups, everybody)
    published = _Published(
        counted,
        {b: _shown(counted, b, everybody[b]) for b in BENCHMARKS},
        {g: _shown_group(groups[g], protected[g]) for g in TRACKED_GROUPS},
    )
    rows = list(published.hub_rows())
    for school in world.schools:
        rows += published.school_rows(school)
    return rows


def _own_rows(school: SchoolReach) -> Iterator[Row]:
    for year_group in parts_of(school.year_groups):
        for group in GROUPS:
            roll = _part(school.on_roll(group), year_group)
            held = group == EVERYBODY or school.holds(group)
            for benchmark in BENCHMARKS:
                reached = _part(school.reached(benchmark, group), year_group)
                cells = (roll, reached, _percent(reached, roll)) if held and school.has_roll else _NOTHING
                yield _row(school, (year_group, group, benchmark), cells)


@dataclass(frozen=True, slots=True)
class _Published:
    """What the Hub may see."""

    schools: Sequence[SchoolReach]
    everybody: Mapping[str, Shown]
    groups: Mapping[str, ShownGroup]

    def hub_rows(self) -> Iterator[Row]:
        """All schools together: everybody, and each group over the schools that hold it."""
        on_roll = sum(sum(school.on_roll().values()) for school in self.schools)
        for benchmark in BENCHMARKS:
            yield _row(None, (ALL, EVERYBODY, benchmark), _cells(self.everybody[benchmark].hub, on_roll))
        for group, of in self.groups.items():
            for benchmark in BENCHMARKS:
                yield _row(None, (ALL, group, benchmark), of.hub(benchmark) if of.rolls else _NOTHING)

    def school_rows(self, school: SchoolReach) -> Iterator[Row]:
        """One school: everybody by year group, and each group over all year groups."""
        on_roll = school.on_roll()
        for benchmark in BENCHMARKS:
            of = self.everybody[benchmark]
            whole = _cells(of.schools[school.urn], sum(on_roll.values())) if school.has_roll else _NOTHING
            yield _row(school, (ALL, EVERYBODY, benchmark), whole)
        for year_group, roll in on_roll.items():
            for benchmark in BENCHMARKS:
                reached = self.everybody[benchmark].leaves[school.urn, year_group]
                yield _row(school, (year_group, EVERYBODY, benchmark), _cells(reached, roll))
        for group, shown_group in self.groups.items():
            for benchmark in BENCHMARKS:
                held = school.urn in shown_group.rolls
                cells = shown_group.school(school.urn, benchmark) if held else _NOTHING
                yield _row(school, (ALL, group, benchmark), cells)


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group as it is shown: rolls, and counts by benchmark, of the schools that hold it and of the Hub."""

    rolls: Mapping[str, Count]
    reached: Mapping[str, Mapping[str, Count]]
    hub_roll: Count
    hub_reached: Mapping[str, Count]

    def school(self, urn: str, benchmark: str) -> Sequence[Cell]:
        """The cells of one school."""
        return _group_cells(self.reached[benchmark][urn], self.rolls[urn])

    def hub(self, benchmark: str) -> Sequence[Cell]:
        """The cells of all of them."""
        return _group_cells(self.hub_reached[benchmark], self.hub_roll)


def _shown_group(schools: Mapping[str, Group], protected: ProtectedGroup) -> ShownGroup:
    members = {urn: group.members for urn, group in schools.items()}
    rolls = {urn: shown(n, withheld=urn in protected.rolls) for urn, n in members.items()}
    reached: dict[str, dict[str, Count]] = {}
    hub: dict[str, Count] = {}
    for benchmark in BENCHMARKS:
        inside = {urn: group.reached[benchmark][0] for urn, group in schools.items()}
        of = reached[benchmark] = {}
        for urn, number in inside.items():
            # All of a group is as many as its roll shows.
            everybody = number == members[urn] and urn not in protected.schools[benchmark]
            of[urn] = rolls[urn] if everybody else shown(number, withheld=urn in protected.schools[benchmark])
        hub[benchmark] = CONFIDENTIAL if protected.hub[benchmark] else shown_sum(inside, of)
    return ShownGroup(rolls, reached, CONFIDENTIAL if protected.hub_roll else shown_sum(members, rolls), hub)


_NOTHING: Sequence[Cell] = (NOT_AVAILABLE, NOT_AVAILABLE, NOT_AVAILABLE)


def _everybody(schools: Sequence[SchoolReach], benchmark: str) -> Everybody:
    counts = {school.urn: school.reached(benchmark) for school in schools}
    rolls = {school.urn: school.on_roll() for school in schools}
    sums = {urn: (sum(counts[urn].values()), sum(rolls[urn].values())) for urn in counts}
    return Everybody(protect(counts, rolls), {urn: (n, roll - n) for urn, (n, roll) in sums.items()})


def _shown(schools: Sequence[SchoolReach], benchmark: str, everybody: Everybody) -> Shown:
    counts = {school.urn: school.reached(benchmark) for school in schools}
    return publish(counts, everybody.protected, {school.urn: school.on_roll() for school in schools})


def _group(school: SchoolReach, group: str) -> Group:
    members = sum(school.on_roll(group).values())
    reached: dict[str, tuple[int, int]] = {}
    for benchmark in BENCHMARKS:
        inside = sum(school.reached(benchmark, group).values())
        reached[benchmark] = (inside, sum(school.reached(benchmark).values()) - inside)
    return Group(members, sum(school.on_roll().values()) - members, reached)


def _part(counts: dict[int, int], year_group: Part) -> int:
    return sum(counts.values()) if year_group == ALL else counts[year_group]


def _percent(reached: int, on_roll: int) -> Cell:
    return 100 * reached // on_roll if on_roll else "z"


def _cells(reached: Count, on_roll: int) -> Sequence[Cell]:
    """The roll of everybody is public (school census)."""
    return (on_roll, reached, coverage(reached, on_roll))


def _group_cells(reached: Count, roll: Count) -> Sequence[Cell]:
    return (roll, reached, coverage(reached, roll) if isinstance(roll, int) else CONFIDENTIAL)


def _row(school: SchoolReach | None, place: tuple[Part, str, str], cells: Sequence[Cell]) -> Row:
    year_group, group, benchmark = place
    on_roll, reached, share = cells
    return {
        **named(school),
        "year_group": year_group,
        "group": group,
        "benchmark": benchmark,
        "on_roll": on_roll,
        "reached": reached,
        "coverage_percent": share,
    }
