"""What a row of the national figures says, and which one is the reference. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import BENCHMARKS, AcademicYear, Benchmark, Framework

COUNTRY: Final = "England"

Confidence = Literal["H", "M", "L"]
"""Read in the source named; consistent with several sources, or our own reading; unsure."""


class NationalFigures(BaseModel):
    """One year's published shares of schools that achieve each benchmark, and their mean number achieved.

    Shares are of all benchmarks or, where only the mean was published, of none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    academic_year: AcademicYear
    area: str
    framework: Framework
    achieving_percent: Mapping[Benchmark, Annotated[float, Field(ge=0, le=100)]]
    mean_achieved: Annotated[float, Field(ge=0, le=len(BENCHMARKS))] | None = None
    institutions: Annotated[int, Field(gt=0)] | None = None
    note: str | None = None
    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if missing := [
            name for name in BENCHMARKS if self.achieving_percent and name not in self.achieving_percent
        ]:
            message = f"achieving_percent: {', '.join(missing)} missing"
            raise ValueError(message)
        if not self.achieving_percent and self.mean_achieved is None:
            message = "there are neither shares nor a mean"
            raise ValueError(message)
        return self


class FiguresFile(BaseModel):
    """The file: its rows, the oldest first, and the titles of their sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    figures: tuple[NationalFigures, ...]
    sources: dict[str, str]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        used = {key for row in self.figures for key in row.sources}
        if unknown := sorted(used - self.sources.keys()):
            message = f"source '{unknown[0]}' is not one of the file's sources"
            raise ValueError(message)
        if unused := sorted(self.sources.keys() - used):
            message = f"nothing is said to come from '{unused[0]}'"
            raise ValueError(message)
        years = [row.academic_year for row in self.figures]
        if years != sorted(years):
            message = "the figures are not in order of their years"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class NationalReference:
    """The latest shares and the latest mean of the country, with the titles of the sources by their keys."""

    shares: NationalFigures
    mean: NationalFigures
    titles: Mapping[str, str]

    @property
    def sources(self) -> tuple[str, ...]:
        """The titles of what both were read in."""
        return tuple(dict.fromkeys(self.titles[key] for key in (*self.shares.sources, *self.mean.sources)))


def read_figures(text: str) -> FiguresFile:
    """Read a file of figures; raises ValueError that says what does not fit."""
    return FiguresFile.model_validate_json(text)


def latest_reference(figures: Iterable[NationalFigures], titles: Mapping[str, str]) -> NationalReference:
    """Pick the latest year with shares and the latest with a mean; they need not be the same."""
    of_country = sorted(
        (row for row in figures if row.area == COUNTRY), key=lambda row: row.academic_year, reverse=True
    )
    return NationalReference(
        shares=next(row for row in of_country if row.achieving_percent),
        mean=next(row for row in of_country if row.mean_achieved is not None),
        titles=titles,
    )
