"""The Employer Standards (domain §4): three pillars of three standards, and in which band a score lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

BEST_SCORE: Final = 100
"""Per cent; a self-assessment gives each standard 0 to 100."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Band(_Data):
    """A band of scores, both ends included."""

    name: str
    lowest: int
    highest: int


class Standard(_Data):
    """One of the nine standards."""

    id: str
    title: str


class Pillar(_Data):
    """One of the three pillars, with its standards."""

    id: str
    title: str
    standards: tuple[Standard, ...]


class EmployerStandards(_Data):
    """The standards of one version, as `terms/employer-standards-*.json` has them."""

    version: str
    about: str
    sources: tuple[str, ...]
    confidence: Mapping[str, str]
    bands: tuple[Band, ...]
    pillars: tuple[Pillar, ...]

    @model_validator(mode="after")
    def _has_a_band_for_each_score_and_each_standard_once(self) -> Self:
        covered = [score for band in self.bands for score in range(band.lowest, band.highest + 1)]
        if covered != list(range(BEST_SCORE + 1)):
            raise ValueError("the bands must cover 0 to 100, each score once and in order")
        if len(set(self.ids)) < len(self.ids):
            raise ValueError("a standard is there twice")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """The standards' ids, pillar by pillar."""
        return tuple(standard.id for pillar in self.pillars for standard in pillar.standards)

    def band_of(self, score: int) -> str:
        """Name a score's band; raises ValueError for what is no score."""
        for band in self.bands:
            if band.lowest <= score <= band.highest:
                return band.name
        raise ValueError("a score is 0 to 100")
