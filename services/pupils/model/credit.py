"""What taking part in an activity counts for: the type permits, the meaningful tests confirm.

An activity has one `Grant`, fixed with each version of it: the benchmarks that everybody who attended gets,
and those that only pupils who were listed one by one get (a fair's contact, a guidance meeting).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import CREDITED_BENCHMARKS, CreditedBenchmark
from services.pupils.model.facts import Facts
from services.pupils.model.rules import CreditRules, Need
from services.pupils.model.sheets import CreditKey

UNIVERSITY_VISIT: Final = "university_visit"


@dataclass(frozen=True, slots=True)
class Grant:
    """What attending counts for: `everyone` for all, `named` for pupils listed one by one (all of it)."""

    everyone: tuple[CreditedBenchmark, ...]
    named: tuple[CreditedBenchmark, ...]

    def of(self, *, listed: bool) -> tuple[CreditedBenchmark, ...]:
        """Name the benchmarks that one pupil's attendance counts for."""
        return self.named if listed else self.everyone


def grant_of(rules: CreditRules, facts: Facts) -> Grant:
    """Judge an activity whose facts are known to be consistent (`facts.problems_of`)."""
    kind = rules.types[facts.activity_type]
    given: set[Need] = set()
    if facts.employer_id is not None:
        given.add("employer")
    if facts.provider_type is not None:
        given.add("provider")
    permitted = [
        benchmark
        for benchmark in CREDITED_BENCHMARKS
        if benchmark in kind.permits
        and set(rules.benchmarks[benchmark].requires) <= set(facts.tests_met)
        and facts.mode in rules.benchmarks[benchmark].modes
    ]
    return Grant(
        everyone=tuple(b for b in permitted if rules.needs(kind, b) <= given),
        named=tuple(b for b in permitted if rules.needs(kind, b) <= given | {"named"}),
    )


def credit_keys(benchmarks: Iterable[CreditedBenchmark], facts: Facts) -> tuple[CreditKey, ...]:
    """Name what a credit is kept under: the benchmarks, and for gb7 the type of provider as well.

    gb7 asks for every type of provider (domain rule 9), and for visits to universities by themselves (gb7.2).
    """
    keys: list[CreditKey] = list(benchmarks)
    if "gb7" in keys and facts.provider_type is not None:
        keys.append(f"gb7:{facts.provider_type}")
        if facts.activity_type == UNIVERSITY_VISIT:
            keys.append(f"gb7:{UNIVERSITY_VISIT}")
    return tuple(keys)
