"""What the governor pack's data file says: questions to ask by benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from contracts.vocabulary import BENCHMARKS, Benchmark
from services.audit.model.warrant import DataFile, ShortText, Warranted


class GovernorPrompts(Warranted, DataFile):
    """Questions that a governor can put, three to five a benchmark."""

    benchmarks: dict[Benchmark, Annotated[tuple[ShortText, ...], Field(min_length=3, max_length=5)]]

    def statements(self) -> Mapping[str, Warranted]:
        """Name the file itself: its questions share its warrant."""
        return {"prompts": self}

    def contradictions(self) -> Iterator[str]:
        """Say which benchmark has no questions, and which question is there twice."""
        if missing := [benchmark for benchmark in BENCHMARKS if benchmark not in self.benchmarks]:
            yield f"benchmarks: {', '.join(missing)} missing"
        asked = [question for questions in self.benchmarks.values() for question in questions]
        if len(set(asked)) != len(asked):
            yield "benchmarks: a question is there twice"
