"""Other worlds in which everything published is the same, and a withheld small number is six or more.

They are made of the true one step by step. Two schools exchange the mark of one pupil: as reached, within one
benchmark; or as belonging to a group, and then with the like marks of all benchmarks whose sum is known. No
step changes a sum over the schools, or a count of everybody. Nobody who has only what is published can tell
the worlds apart. Pure and deterministic; ADR 16.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.reporting.model.suppression import SMALLEST_SHOWN, Protected, is_small

IN_REACHED: Final = 0
IN_LEFT: Final = 1
OUT_REACHED: Final = 2
OUT_LEFT: Final = 3
QUARTERS: Final = (IN_REACHED, IN_LEFT, OUT_REACHED, OUT_LEFT)

Quarters = list[int]
"""Of one school and benchmark: reached and left of the group, reached and left of the rest."""
World = dict[str, dict[str, Quarters]]
"""By benchmark and school."""


class Group(NamedTuple):
    """A group at one school: how many belong to it and how many do not, reached of both by benchmark."""

    members: int
    others: int
    reached: Mapping[str, tuple[int, int]]

    def quarters(self, benchmark: str) -> Quarters:
        """Split everybody on roll by group and by whether they were reached."""
        inside, outside = self.reached[benchmark]
        return [inside, self.members - inside, outside, self.others - outside]


@dataclass(frozen=True, slots=True)
class Everybody:
    """All pupils for one benchmark: what is withheld, and by school how many were reached and were left."""

    protected: Protected
    counts: Mapping[str, tuple[int, int]]


class OtherWorlds:
    """Looks for another world for each withheld small number of one group.

    `rolls` and `withheld` name the schools whose roll, and whose counts of a benchmark, are withheld; `hub`
    says of which benchmarks the Hub's sum is withheld too.
    """

    def __init__(
        self,
        schools: Mapping[str, Group],
        rolls: Collection[str],
        withheld: Mapping[str, Collection[str]],
        hub: Mapping[str, bool],
    ) -> None:
        self._schools = schools
        self._rolls = sorted(rolls)
        self._withheld = {benchmark: sorted(urns) for benchmark, urns in withheld.items()}
        self._open = [benchmark for benchmark in hub if not hub[benchmark]]
        """Benchmarks whose sum over the Hub is known."""

    def hides_members(self) -> bool:
        """Whether each withheld small group, or small rest, could be six or more."""
        for urn in self._rolls:
            group = self._schools[urn]
            if is_small(group.members) and not self._grows(urn, group.members, gains=True):
                return False
            if is_small(group.others) and not self._grows(urn, group.others, gains=False):
                return False
        return True

    def hides(self, benchmark: str) -> bool:
        """Whether each withheld small number of a benchmark could be six or more."""
        return all(
            self._could_be_more(urn, benchmark, quarter)
            for urn in self._withheld[benchmark]
            for quarter in QUARTERS
            if is_small(self._schools[urn].quarters(benchmark)[quarter])
        )

    def _grows(self, urn: str, number: int, *, gains: bool) -> bool:
        world = self._world()
        for _ in range(SMALLEST_SHOWN - number):
            if not any(self._exchange_member(world, *((urn, z) if gains else (z, urn))) for z in self._rolls):
                return False
        return True

    def _could_be_more(self, urn: str, benchmark: str, quarter: int) -> bool:
        # Most can without a member changing school, and then the other benchmarks need no copy.
        if self._reach_could_be_more({benchmark: self._copy(benchmark)}, urn, benchmark, quarter):
            return True
        return urn in self._rolls and self._reach_could_be_more(self._world(), urn, benchmark, quarter)

    def _reach_could_be_more(self, world: World, urn: str, benchmark: str, quarter: int) -> bool:
        while world[benchmark][urn][quarter] < SMALLEST_SHOWN:
            if not any(self._steps(world, urn, benchmark, quarter)):
                return False
        return True

    def _steps(self, world: World, urn: str, benchmark: str, quarter: int) -> Iterator[bool]:
        for other in self._withheld[benchmark]:
            pair = (urn, other) if quarter in {IN_REACHED, OUT_LEFT} else (other, urn)
            yield other != urn and _exchange_reach(world[benchmark], *pair)
        if urn in self._rolls and len(world) == len(self._open):
            for other in self._rolls:
                pair = (urn, other) if quarter in {IN_REACHED, IN_LEFT} else (other, urn)
                reached = quarter in {IN_REACHED, OUT_REACHED}
                yield self._exchange_member(world, *pair, forced={benchmark: reached})

    def _world(self) -> World:
        return {benchmark: self._copy(benchmark) for benchmark in self._open}

    def _copy(self, benchmark: str) -> dict[str, Quarters]:
        return {urn: self._schools[urn].quarters(benchmark) for urn in self._withheld[benchmark]}

    def _exchange_member(
        self, world: World, gains: str, loses: str, forced: Mapping[str, bool] | None = None
    ) -> bool:
        """One more of the group here, one fewer there, each with the like marks for every benchmark."""
        if gains == loses or self._members(world, loses) == 0:
            return False
        marks: dict[str, bool] = {}
        for benchmark in self._open:
            here, there = world[benchmark][gains], world[benchmark][loses]
            could = [
                mark
                for mark, inside, outside in (
                    (True, IN_REACHED, OUT_REACHED),
                    (False, IN_LEFT, OUT_LEFT),
                )
                if here[outside] and there[inside] and (forced or {}).get(benchmark, mark) == mark
            ]
            if not could:
                return False
            marks[benchmark] = could[0]
        for benchmark, mark in marks.items():
            inside, outside = (IN_REACHED, OUT_REACHED) if mark else (IN_LEFT, OUT_LEFT)
            _move(world[benchmark], gains, outside, inside)
            _move(world[benchmark], loses, inside, outside)
        return True

    def _members(self, world: World, urn: str) -> int:
        """How many belong to the group in this world, the same by every benchmark."""
        if not self._open:
            return self._schools[urn].members
        quarters = world[self._open[0]][urn]
        return quarters[IN_REACHED] + quarters[IN_LEFT]


def _exchange_reach(of_schools: dict[str, Quarters], here: str, there: str) -> bool:
    """One more of the group is reached here and one of the rest is not; the other way round there."""
    mine, theirs = of_schools[here], of_schools[there]
    if not (mine[IN_LEFT] and mine[OUT_REACHED] and theirs[IN_REACHED] and theirs[OUT_LEFT]):
        return False
    _move(of_schools, here, IN_LEFT, IN_REACHED)
    _move(of_schools, here, OUT_REACHED, OUT_LEFT)
    _move(of_schools, there, IN_REACHED, IN_LEFT)
    _move(of_schools, there, OUT_LEFT, OUT_REACHED)
    return True


def _move(of_schools: dict[str, Quarters], urn: str, source: int, target: int) -> None:
    of_schools[urn][source] -= 1
    of_schools[urn][target] += 1


def hides_everybody(shown: Collection[Mapping[str, Group]], benchmark: str, everybody: Everybody) -> bool:
    """Whether what is withheld of everybody stays so beside the groups' figures that are shown."""
    withheld = sorted(everybody.protected.schools)
    held = [{urn: group[urn].quarters(benchmark) for urn in withheld if urn in group} for group in shown]
    for urn in withheld:
        reached, left = everybody.counts[urn]
        for number, more in ((reached, True), (left, False)):
            steps = SMALLEST_SHOWN - number if is_small(number) else 0
            if not _reach_could_move(held, urn, withheld, steps=steps, more=more):
                return False
    return True


def _reach_could_move(
    held: Collection[Mapping[str, Quarters]], urn: str, withheld: Collection[str], *, steps: int, more: bool
) -> bool:
    worlds = [{key: list(quarters) for key, quarters in of_group.items()} for of_group in held]
    for _ in range(steps):
        pairs = [(urn, other) if more else (other, urn) for other in withheld if other != urn]
        if not any(_exchange_everybody(worlds, here, there) for here, there in pairs):
            return False
    return True


def _exchange_everybody(worlds: Collection[dict[str, Quarters]], here: str, there: str) -> bool:
    """One more is reached here and one fewer there; either both belong to a group or neither does."""
    chosen: list[tuple[dict[str, Quarters], int, int]] = []
    for of_group in worlds:
        if _can(of_group, here, OUT_LEFT, others=True) and _can(of_group, there, OUT_REACHED, others=True):
            chosen.append((of_group, OUT_LEFT, OUT_REACHED))
        elif _can(of_group, here, IN_LEFT) and _can(of_group, there, IN_REACHED):
            chosen.append((of_group, IN_LEFT, IN_REACHED))
        else:
            return False
    for of_group, left, reached in chosen:
        if here in of_group:
            _move(of_group, here, left, reached)
        if there in of_group:
            _move(of_group, there, reached, left)
    return True


def _can(of_group: Mapping[str, Quarters], urn: str, quarter: int, *, others: bool = False) -> bool:
    """Whether a school has such a pupil; one that does not hold the group has only `others`."""
    return of_group[urn][quarter] > 0 if urn in of_group else others
