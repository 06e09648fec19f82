"""The shape of the rule file of advising; the rules themselves are data (`advisers/rules/`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.employers import RelationshipEnd
from services.employers.advising.adviser import Seniority

Text = Annotated[str, Field(min_length=1)]
Confidence = Literal["H", "M", "ours"]
Points = Annotated[int, Field(strict=True, ge=-100, le=100)]
Days = Annotated[int, Field(strict=True, ge=1, le=3_650)]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Sourced(_Rule):
    reason: Text
    source: Text
    confidence: Confidence


class Hours(_Sourced):
    """What a school takes of an adviser's month; an adviser with fewer than `least` left has no room."""

    usual: Annotated[int, Field(strict=True, ge=1)]
    least: Annotated[int, Field(strict=True, ge=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Hours:
        if self.least > self.usual:
            message = "the least is more than the usual"
            raise ValueError(message)
        return self


class Queue(_Sourced):
    """From how many days of waiting each band begins, the longest first."""

    waiting_days: tuple[Days, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Queue:
        if list(self.waiting_days) != sorted(set(self.waiting_days), reverse=True):
            message = "the bands are not in order, the longest first"
            raise ValueError(message)
        return self


class Declined(_Sourced):
    """How long two are not proposed to each other again."""

    not_again_for_days: Days


class Churn(_Sourced):
    """Over which time churn is counted."""

    window_days: Days


class Distance(_Sourced):
    """Points for being near."""

    most: Points
    none_from_km: Annotated[int, Field(strict=True, ge=1)]
    remote: Points


class Sector(_Sourced):
    """Points for a sector that the school wants."""

    points: Points


class SendTraining(_Sourced):
    """Points for training that stays valid, at a special school."""

    points: Points
    valid_for_days: Days


class SeniorityPoints(_Sourced):
    """Points for the adviser's place in the firm."""

    points: dict[Seniority, Points]


class Capacity(_Sourced):
    """Points for each hour that is left for the school."""

    an_hour: Points


class Previous(_Sourced):
    """Points for an earlier relationship, by how it ended."""

    good: Points
    poor: Points
    good_ends: frozenset[RelationshipEnd]
    poor_ends: frozenset[RelationshipEnd]

    @model_validator(mode="after")
    def _apart(self) -> Previous:
        if self.good_ends & self.poor_ends:
            message = "an end cannot be good and poor"
            raise ValueError(message)
        return self


class Diversity(_Sourced):
    """Points for a section of industry that few of the Hub's advisers are of."""

    most: Points


class Weights(_Rule):
    """What a pair's score is the sum of."""

    distance: Distance
    sector: Sector
    send_training: SendTraining
    seniority: SeniorityPoints
    capacity: Capacity
    previous: Previous
    diversity: Diversity


class AdvisingRules(_Rule):
    """A version of the rules."""

    version: Text
    about: Text
    confidence: dict[Confidence, Text]
    hours_a_school: Hours
    queue: Queue
    declined: Declined
    churn: Churn
    weights: Weights
