"""The points of the soft rules: versioned data (`rules/matching-*.json`), each with reason and source."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Confidence = Literal["H", "M", "L"]
ArcPart = Literal["distance", "virtual", "sector", "interests", "again", "size", "send", "adviser", "stay"]
TierPart = Literal["load", "variety"]
Repair = Literal[
    "capacity", "budget", "distance", "days", "group_size", "mode", "year_group", "send", "safeguarding"
]
MOST_POINTS = 100_000
"""Of one weight. The flow's costs grow with it, and 64 bits have to hold them."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Weight(_Data):
    """One weight, in whole points."""

    points: int = Field(ge=-MOST_POINTS, le=MOST_POINTS)
    reason: str
    source: str
    confidence: Confidence


class Tiers(_Data):
    """The points of the first, second ... of a kind; the last stands for all that follow."""

    points: tuple[int, ...] = Field(min_length=1, max_length=20)
    reason: str
    source: str
    confidence: Confidence

    @field_validator("points")
    @classmethod
    def _convex(cls, points: tuple[int, ...]) -> tuple[int, ...]:
        """A flow takes the cheapest tier first, so tiers that fell would be taken in the wrong order."""
        if points[0] < 0 or points[-1] > MOST_POINTS or any(a > b for a, b in pairwise(points)):
            message = "tiers start at 0 or above and never fall"
            raise ValueError(message)
        return points


class Weights(_Data):
    """One version of all weights."""

    version: str
    about: str
    sources: tuple[str, ...]
    weights: dict[ArcPart, Weight]
    tiers: dict[TierPart, Tiers]
    fairness: Weight
    full: Weight
    repairs: dict[Repair, Weight]

    def of(self, part: ArcPart) -> int:
        """Look up a part's points; a part that the file leaves out costs nothing."""
        weight = self.weights.get(part)
        return weight.points if weight is not None else 0

    def tiers_of(self, part: TierPart) -> tuple[int, ...]:
        """Look up a part's tiers; a part that the file leaves out costs nothing."""
        tiers = self.tiers.get(part)
        return tiers.points if tiers is not None else (0,)

    def scaled(self, factor: int) -> Weights:
        """Multiply all points: the plan must stay as it is."""
        return self.model_copy(
            update={
                "weights": {name: _times(weight, factor) for name, weight in self.weights.items()},
                "tiers": {
                    name: tiers.model_copy(update={"points": tuple(p * factor for p in tiers.points)})
                    for name, tiers in self.tiers.items()
                },
                "fairness": _times(self.fairness, factor),
                "full": _times(self.full, factor),
            }
        )


def _times(weight: Weight, factor: int) -> Weight:
    return weight.model_copy(update={"points": weight.points * factor})
