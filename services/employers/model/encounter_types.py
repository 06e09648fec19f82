"""What can be offered and needed: the codes of encounters, and the benchmarks that each can help with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary import Benchmark
from services.runtime.errors import FieldProblem


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EncounterType(_Data):
    """One type, under the code that pupils' activities have."""

    code: str
    label: str
    benchmarks: tuple[Benchmark, ...]


class EncounterTypes(_Data):
    """One version of them all (`rules/encounter-types.json`)."""

    version: str
    about: str
    sources: tuple[str, ...]
    confidence: str
    types: tuple[EncounterType, ...]

    @property
    def codes(self) -> frozenset[str]:
        """The codes alone."""
        return frozenset(each.code for each in self.types)

    def for_benchmark(self, benchmark: str) -> tuple[str, ...]:
        """Name the types that can help with a benchmark; those that are there for it come first."""
        helping = [each for each in self.types if benchmark in each.benchmarks]
        return tuple(each.code for each in sorted(helping, key=lambda each: each.benchmarks.index(benchmark)))

    def problems(self, code: str) -> tuple[FieldProblem, ...]:
        """Say what is wrong with a code, if there is no such type."""
        if code in self.codes:
            return ()
        return (
            FieldProblem("type", f"is not a type of encounter; use one of {', '.join(sorted(self.codes))}"),
        )
