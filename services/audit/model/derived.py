"""What the school's own records answer, shown beside what it declares (domain §1c).

A self-evaluation stays the school's: where records and answer differ, that is a question to it, never a
correction. Records of one academic year cannot say what happened by the age of 16: where a part's rule says
`at_least`, only an answer lower than the records prove is a mismatch. What coverage does not carry at all
(which types of provider were met, two encounters rather than one, more than one experience, visits of those
who consider higher education) is not derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.audit.model.answers import Answers
from services.audit.model.framework import (
    NOT_APPLICABLE,
    Derivation,
    GatsbyFramework,
    Part,
    Profile,
)

ByYearGroup = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Records:
    """What the events told of one academic year; `intended` is (counted, known) by year group."""

    on_roll: ByYearGroup = field(default_factory=dict)
    reached: Mapping[str, ByYearGroup] = field(default_factory=dict)
    intended: Mapping[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """One year group's share, and the band that it is in."""

    year_group: int
    count: int
    total: int
    band: str


@dataclass(frozen=True, slots=True)
class Derived:
    """What the records answer to one part; `differs` asks the school to look again."""

    part: str
    band: str
    count: int
    total: int
    certainty: Literal["exact", "at_least"]
    note: str
    year_groups: tuple[Cell, ...]
    declared: str | None
    differs: bool


def derive(
    framework: GatsbyFramework, profile: Profile, answers: Answers, records: Records
) -> tuple[Derived, ...]:
    """Answer every part that the records can, in the framework's order; none without a roll."""
    found = (
        _derived(framework, part, answers.get(part.id), records)
        for part in framework.parts_for(profile)
        if part.derivable_from is not None
    )
    return tuple(derived for derived in found if derived is not None)


def _derived(
    framework: GatsbyFramework, part: Part, declared: str | None, records: Records
) -> Derived | None:
    rule, name = part.derivable_from, part.scale
    if rule is None or name is None:
        return None
    scale = framework.scales[name]
    shares = _shares(rule, records)
    cells = tuple(
        Cell(year_group, count, total, scale.band_of(count, total))
        for year_group, (count, total) in sorted(shares.items())
    )
    count, total = sum(cell.count for cell in cells), sum(cell.total for cell in cells)
    if not total:
        return None
    band = scale.band_of(count, total)
    differs = False
    if declared is not None and declared != NOT_APPLICABLE:
        gap = scale.rank(band) - scale.rank(declared)
        differs = gap > 0 if rule.certainty == "at_least" else gap != 0
    return Derived(part.id, band, count, total, rule.certainty, rule.note, cells, declared, differs)


def _shares(rule: Derivation, records: Records) -> dict[int, tuple[int, int]]:
    """Return (count, total) of each year group that has anybody."""
    if rule.measure == "intended_known":
        shares = {g: (known, counted) for g, (counted, known) in records.intended.items()}
    else:
        reached = records.reached.get(rule.benchmark or "", {})
        shares = {g: (reached.get(g, 0), on_roll) for g, on_roll in records.on_roll.items()}
    # A correction of the roll may be on its way behind a count: never more than there are.
    return {
        g: (min(count, total), total)
        for g, (count, total) in shares.items()
        if g in rule.year_groups and total
    }
