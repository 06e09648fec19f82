"""What the governor pack's data files say: questions to ask by benchmark, and national reference figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from contracts.vocabulary import BENCHMARKS, AcademicYearField, Benchmark, Framework
from services.audit.model.warrant import DataFile, LongText, ShortText, Warranted

Percent = Annotated[Decimal, Field(ge=0, le=100)]


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


class Shares(Warranted):
    """Of each benchmark, the share of schools and colleges that fully achieve it."""

    share_of_schools_percent: dict[Benchmark, Percent]
    note: LongText


class Mean(Warranted):
    """How many benchmarks an institution fully achieves on average."""

    academic_year: AcademicYearField
    benchmarks_achieved: Annotated[Decimal, Field(ge=0, le=8)]
    institutions: Annotated[int, Field(gt=0)]
    note: LongText


class NationalFigures(DataFile):
    """National reference figures of one framework; never to be compared with a score (domain §2.5)."""

    framework: Framework
    academic_year: AcademicYearField
    shares: Shares
    mean: Mean

    def statements(self) -> Mapping[str, Warranted]:
        """Name both figures."""
        return {"shares": self.shares, "mean": self.mean}

    def contradictions(self) -> Iterator[str]:
        """Say which benchmark has no figure."""
        if missing := [name for name in BENCHMARKS if name not in self.shares.share_of_schools_percent]:
            yield f"shares: {', '.join(missing)} missing"


def titles_of(stated: Warranted, file: DataFile) -> tuple[str, ...]:
    """Return the titles of a statement's sources."""
    return tuple(file.known_sources[key] for key in stated.sources)
