"""What a school might need next, and what each suggestion rests on.

Three things are put together: year groups in which pupils lack an encounter (`pupils` tells the coverage),
benchmarks that the school's own evaluation found weak (`audit`), and sectors that many pupils are drawn to
and that no encounter of the year was with. Nothing is guessed: each suggestion names its figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from contracts.vocabulary import AcademicYear, Benchmark
from services.employers.model.encounter_types import EncounterTypes

MOST_SECTORS: Final = 3
"""Named in a suggestion: the most wanted that were not met. A longer list would be no choice."""


@dataclass(frozen=True, slots=True)
class CoverageBasis:
    """Pupils of a year group reached for a benchmark this academic year."""

    academic_year: AcademicYear
    year_group: int
    benchmark: Benchmark
    reached: int
    on_roll: int
    kind: Literal["coverage"] = "coverage"


@dataclass(frozen=True, slots=True)
class EvaluationBasis:
    """A benchmark that the school's latest evaluation found weak."""

    evaluation_id: str
    completed_on: str
    benchmark: Benchmark
    score_percent: int
    kind: Literal["evaluation"] = "evaluation"


@dataclass(frozen=True, slots=True)
class SectorBasis:
    """A sector that so many pupils at least are drawn to, met by no encounter this academic year."""

    sic_section: str
    at_least: int
    kind: Literal["sector"] = "sector"


Basis = CoverageBasis | EvaluationBasis | SectorBasis


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of a school: coverage cells, weak benchmarks, sectors wanted and sectors met."""

    coverage: Sequence[CoverageBasis] = ()
    weak: Sequence[EvaluationBasis] = ()
    sectors_wanted: Mapping[str, int] = field(default_factory=dict)
    sectors_met: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A need that the school might raise; `type` is the first of `types`, all of which would help."""

    benchmark: Benchmark
    type: str
    types: tuple[str, ...]
    year_groups: tuple[int, ...]
    pupils: int | None
    sectors: tuple[str, ...]
    rests_on: tuple[Basis, ...]


def suggest(signals: Signals, types: EncounterTypes) -> tuple[Suggestion, ...]:
    """Suggest needs, those for benchmarks that are weak first, then those that lack the most pupils."""
    sectors = _missing_sectors(signals)
    weak = {basis.benchmark: basis for basis in signals.weak if types.for_benchmark(basis.benchmark)}
    found = []
    for cell in signals.coverage:
        if cell.reached >= cell.on_roll or not types.for_benchmark(cell.benchmark):
            continue
        basis = weak.get(cell.benchmark)
        rests_on: tuple[Basis, ...] = (cell,) if basis is None else (cell, basis)
        found.append(
            _suggestion(
                cell.benchmark, types, sectors, rests_on, (cell.year_group, cell.on_roll - cell.reached)
            )
        )
    covered = {each.benchmark for each in found}
    found += [
        _suggestion(benchmark, types, sectors, (basis,), None)
        for benchmark, basis in weak.items()
        if benchmark not in covered
    ]
    return tuple(
        sorted(found, key=lambda s: (s.benchmark not in weak, -(s.pupils or 0), s.benchmark, s.year_groups))
    )


def _missing_sectors(signals: Signals) -> tuple[SectorBasis, ...]:
    missing = [
        SectorBasis(section, count)
        for section, count in signals.sectors_wanted.items()
        if section not in signals.sectors_met
    ]
    return tuple(sorted(missing, key=lambda basis: (-basis.at_least, basis.sic_section))[:MOST_SECTORS])


def _suggestion(
    benchmark: Benchmark,
    types: EncounterTypes,
    sectors: tuple[SectorBasis, ...],
    rests_on: tuple[Basis, ...],
    group: tuple[int, int] | None,
) -> Suggestion:
    helping = types.for_benchmark(benchmark)
    return Suggestion(
        benchmark=benchmark,
        type=helping[0],
        types=helping,
        year_groups=() if group is None else (group[0],),
        pupils=None if group is None else group[1],
        sectors=tuple(basis.sic_section for basis in sectors),
        rests_on=(*rests_on, *sectors),
    )
