"""One school in one academic year, read from what the read models hold. Whole numbers; nothing withheld."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.vocabulary import CREDITED_BENCHMARKS, TRACKED_GROUPS
from services.reporting.reach.model.relationships import Relationship

Json = dict[str, Any]
EVERYBODY: Final = "all"
GROUPS: Final = (EVERYBODY, *TRACKED_GROUPS)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What reporting has not counted of a school yet: announced but not applied, parked, held up."""

    waiting: int = 0
    parked: int = 0
    held: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """How a match stands, and for which need; `in_year`: its round ended in the academic year."""

    state: str
    need_id: str
    in_year: bool


@dataclass(frozen=True, slots=True)
class SchoolReach:
    """All that the tables say of one school."""

    urn: str
    name: str
    setting: str
    has_post16: bool
    year: Json
    """The academic year's part of the read model; empty if nothing was told of it."""
    relationships: tuple[Relationship, ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    """Slots of each need that is open now."""
    matches: tuple[Match, ...] = ()
    backlog: Backlog = Backlog()

    @property
    def has_roll(self) -> bool:
        """Whether a roll of the year was imported."""
        return bool(self.year.get("roll"))

    @property
    def year_groups(self) -> list[int]:
        """The year groups with a roll."""
        return sorted(int(group) for group in self.year.get("roll", {}))

    def on_roll(self, group: str = EVERYBODY) -> dict[int, int]:
        """Count the roll of everybody or a group, by year group."""
        roll = self.year.get("roll", {})
        return {int(year_group): roll[year_group].get(group, 0) for year_group in sorted(roll, key=int)}

    def reached(self, benchmark: str, group: str = EVERYBODY) -> dict[int, int]:
        """Count the different pupils reached, by year group with a roll."""
        cells = self.year.get("reached", {}).get(benchmark, {})
        roll = self.year.get("roll", {})
        return {
            int(year_group): cells[year_group].get(group, 0) if year_group in cells else 0
            for year_group in sorted(roll, key=int)
        }

    def holds(self, group: str) -> bool:
        """Whether anybody on roll is known to belong to a group; a school may not hold who does."""
        return any(self.on_roll(group).values())

    @property
    def activities(self) -> int:
        """How many activities stand."""
        return int(self.year.get("activities", 0))

    @property
    def employers(self) -> dict[str, int]:
        """Activities by the employer that they name."""
        return {employer: numbers[0] for employer, numbers in self.year.get("employers", {}).items()}

    @property
    def work(self) -> dict[int, tuple[int, int]]:
        """Participations in work experience and their minutes, by year group."""
        return {int(group): (n, minutes) for group, (n, minutes) in self.year.get("work", {}).items()}

    @property
    def access(self) -> dict[int, tuple[int, int]]:
        """Encounters and participations that count for each phase of provider access."""
        return {int(phase): (n, counted) for phase, (n, counted) in self.year.get("access", {}).items()}


BENCHMARKS: Final = CREDITED_BENCHMARKS
