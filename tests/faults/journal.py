"""What one school knows of its own posts: what it attempted, what was acknowledged, and what that adds up to.

The sums are done the naive way from what was posted, and share no code with the services. An acknowledgement
is entered once, however many attempts it took.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults.schools import Kind, Pupil, School


@dataclass(slots=True)
class Kept:
    """An acknowledged activity, as it was posted last: whom its groups meant, and who was absent."""

    reference: str
    kind: Kind
    employer: str | None
    groups: tuple[int, ...]
    invited: tuple[Pupil, ...]
    absent: frozenset[str]
    body: dict[str, Any]
    activity_id: str | None = None
    version: int = 1
    retracted: bool = False
    merged_into: str | None = None
    """The reference of the activity that counts for this one, if it was taken for the same encounter."""

    @property
    def told(self) -> int:
        """How many events tell of it: one a version, and none of what never counted by itself."""
        return self.version if self.merged_into is None else 0

    @property
    def attended(self) -> dict[int, frozenset[str]]:
        """UPNs of those who were there, by year group."""
        return {
            year_group: frozenset(
                pupil.upn
                for pupil in self.invited
                if pupil.year_group == year_group and pupil.upn not in self.absent
            )
            for year_group in {pupil.year_group for pupil in self.invited}
        }


@dataclass(slots=True, eq=False)
class Journal:
    """One school's journal."""

    school: School
    on_roll: dict[str, Pupil] = field(default_factory=dict)
    activities: dict[str, Kept] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    """Events of acknowledged changes, by the service that tells of them."""
    acknowledged: Counter[str] = field(default_factory=Counter)
    """Acknowledged posts by what they were, those that changed nothing included."""
    attempts: int = 0
    lost: int = 0
    """Attempts that no answer came to."""
    statuses: Counter[int] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    """Answers that break a promise by themselves."""

    @property
    def standing(self) -> list[Kept]:
        """The activities that count: neither retracted nor merged into another."""
        return [kept for kept in self.activities.values() if not kept.retracted and kept.merged_into is None]

    @property
    def retracted(self) -> int:
        """How many acknowledged activities were taken back."""
        return sum(kept.retracted for kept in self.activities.values())

    @property
    def merged(self) -> list[Kept]:
        """The acknowledged activities that count through another."""
        return [
            kept for kept in self.activities.values() if kept.merged_into is not None and not kept.retracted
        ]

    def figures(self) -> dict[str, int]:
        """Add up what the school's own report must say, by the names of `services/recount/compare.py`."""
        figures: Counter[str] = Counter(activities=len(self.standing), on_roll=len(self.on_roll))
        for pupil in self.on_roll.values():
            figures[f"year_groups.{pupil.year_group}.on_roll"] += 1
        reached: set[tuple[int, str, str]] = set()
        for kept in self.standing:
            for year_group, upns in kept.attended.items():
                if kept.kind.encounter:
                    figures["encounters"] += len(upns)
                    figures[f"year_groups.{year_group}.encounters"] += len(upns)
                if kept.kind.benchmark is not None:
                    reached |= {(year_group, kept.kind.benchmark, upn) for upn in upns}
        for year_group, benchmark, _ in reached:
            figures[benchmark] += 1
            figures[f"year_groups.{year_group}.{benchmark}"] += 1
        figures.update({f"scores.{benchmark}": score for benchmark, score in self.scores.items()})
        figures["achieved_count"] = sum(score == 100 for score in self.scores.values())
        return {name: value for name, value in figures.items() if value}

    def engagement(self) -> dict[str, dict[str, int]]:
        """Add up what each employer did with this school."""
        found: dict[str, dict[str, int]] = {}
        for kept in self.standing:
            if kept.employer is not None:
                attended = sum(map(len, kept.attended.values()))
                counts = found.setdefault(kept.employer, {"activities": 0, "attended": 0, "encounters": 0})
                counts["activities"] += 1
                counts["attended"] += attended
                counts["encounters"] += attended if kept.kind.encounter else 0
        return found
