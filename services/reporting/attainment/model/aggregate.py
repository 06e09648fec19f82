"""What the schools that report come to together: how many achieve each benchmark, and how many on average.

Frameworks are never put together: each has figures of its own (domain rule 4). The share of a benchmark is of
the schools to which it applies (rule 3). The mean is of all that report, and equals the number of
achievements over the number of schools; where every benchmark applies to every school that is the sum of the
shares over 100 (domain §2.4). Shares and means are floored, so that 100 means all (rule 2).

A figure of one or two schools is theirs and not a group's: it is withheld, and so is a mean that would give
away a share that is withheld.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import BENCHMARKS
from services.reporting.attainment.model.position import ACHIEVED, Evaluation, Json
from services.reporting.model.suppression import CONFIDENTIAL, FEWEST_SCHOOLS, NOT_APPLICABLE, NOT_AVAILABLE

ALL_EIGHT: Final = len(BENCHMARKS)
LEVELS: Final[Mapping[str, tuple[int, int]]] = {
    "all_eight": (8, 8),
    "six_or_more": (6, 8),
    "four_or_more": (4, 8),
    "none": (0, 0),
}
"""How many benchmarks are achieved at least and at most (domain §4, Hub metrics)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Schools of one framework: how many report, to how many a benchmark applies, how many achieve it."""

    framework: str
    schools: int
    applicable: Mapping[str, int]
    achieving: Mapping[str, int]
    by_achieved: Mapping[int, int]
    """Schools by the number of benchmarks that they achieve."""

    @property
    def achievements(self) -> int:
        """All achievements of all schools."""
        return sum(self.achieving.values())


def tallies(evaluations: Iterable[Evaluation]) -> list[Tally]:
    """Count evaluations that are shared, one a school, framework by framework."""
    by_framework: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        by_framework.setdefault(evaluation.framework, []).append(evaluation)
    return [_tally(framework, found) for framework, found in sorted(by_framework.items())]


def _tally(framework: str, evaluations: Sequence[Evaluation]) -> Tally:
    applicable: Counter[str] = Counter()
    achieving: Counter[str] = Counter()
    by_achieved: Counter[int] = Counter()
    for evaluation in evaluations:
        applicable.update((evaluation.scores or {}).keys())
        achieving.update(evaluation.achieved)
        by_achieved[len(evaluation.achieved)] += 1
    return Tally(
        framework,
        len(evaluations),
        {benchmark: applicable[benchmark] for benchmark in BENCHMARKS},
        {benchmark: achieving[benchmark] for benchmark in BENCHMARKS},
        by_achieved,
    )


def aggregate(tally: Tally) -> Json:
    """Show a tally, with what is of too few schools withheld."""
    if tally.schools < FEWEST_SCHOOLS:
        return withheld_aggregate(tally.framework, tally.schools)
    cells = {benchmark: _cell(tally, benchmark) for benchmark in BENCHMARKS}
    hidden = any(cell["achieving"] == CONFIDENTIAL for cell in cells.values())
    return {
        "framework": tally.framework,
        "schools": tally.schools,
        "benchmarks": cells,
        "mean_achieved": CONFIDENTIAL if hidden else floored(tally.achievements, tally.schools),
        "levels": {
            name: CONFIDENTIAL
            if hidden
            else sum(tally.by_achieved.get(number, 0) for number in range(low, high + 1))
            for name, (low, high) in LEVELS.items()
        },
    }


def withheld_aggregate(framework: str, schools: int) -> Json:
    """Show that there are figures and that none is shown."""
    cell = {
        "applicable": CONFIDENTIAL,
        "achieving": CONFIDENTIAL,
        "achieving_percent": CONFIDENTIAL,
    }
    return {
        "framework": framework,
        "schools": schools,
        "benchmarks": {benchmark: dict(cell) for benchmark in BENCHMARKS},
        "mean_achieved": CONFIDENTIAL,
        "levels": dict.fromkeys(LEVELS, CONFIDENTIAL),
    }


def _cell(tally: Tally, benchmark: str) -> Json:
    applicable = tally.applicable[benchmark]
    if 0 < applicable < FEWEST_SCHOOLS:
        return {
            "applicable": CONFIDENTIAL,
            "achieving": CONFIDENTIAL,
            "achieving_percent": CONFIDENTIAL,
        }
    return {
        "applicable": applicable,
        "achieving": tally.achieving[benchmark],
        "achieving_percent": share(tally.achieving[benchmark], applicable),
    }


def share(part: int, whole: int) -> float | str:
    """Show a share in per cent, floored to a tenth; `z` where there is nothing that it could be of."""
    return NOT_APPLICABLE if whole == 0 else (1000 * part // whole) / 10


def floored(total: int, schools: int) -> float | str:
    """Show a mean, floored to a hundredth; `x` of nobody."""
    return NOT_AVAILABLE if schools == 0 else (100 * total // schools) / 100


def criteria_counts(evaluations: Iterable[Evaluation]) -> Json:
    """Count schools by criterion and state, framework by framework; those whose criteria are shared.

    An evaluation that came whole from another tool has no criteria.
    """
    counted: dict[str, dict[str, Counter[str]]] = {}
    schools: Counter[str] = Counter()
    for evaluation in evaluations:
        schools[evaluation.framework] += bool(evaluation.criteria)
        for criterion, state in evaluation.criteria.items():
            counted.setdefault(evaluation.framework, {}).setdefault(criterion, Counter())[state] += 1
    return {
        framework: {
            "schools": number,
            "criteria": {
                criterion: dict(sorted(states.items()))
                if sum(states.values()) >= FEWEST_SCHOOLS
                else CONFIDENTIAL
                for criterion, states in sorted(counted.get(framework, {}).items())
            },
        }
        for framework, number in sorted(schools.items())
    }


def row_figures(evaluation: Evaluation) -> Json:
    """Show one school's own figures: every benchmark's score, and how many are achieved."""
    scores = evaluation.scores or {}
    return {
        "scores": {benchmark: scores.get(benchmark, NOT_APPLICABLE) for benchmark in BENCHMARKS},
        "achieved_count": sum(score == ACHIEVED for score in scores.values()),
        "applicable_count": len(scores),
    }
