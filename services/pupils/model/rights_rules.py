"""The shape of the rule file of rights: time limits, grounds of a restriction, and how long things are kept.

The rules themselves are data, with their sources: `rules/rights.json` (domain §9.7, §9.8).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.pupils.model.restriction import REASONS, RestrictionReason

Confidence = Literal["H", "M"]
Text = Annotated[str, Field(min_length=1)]
LONGEST_WAIT_DAYS: Final = 3 * 365
"""No school may keep names beyond the day on which the whole record goes."""


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Sourced(_Rule):
    source: Text
    confidence: Confidence


class RequestRule(_Sourced):
    """In which time a request is answered."""

    answer_within_months: Annotated[int, Field(ge=1, le=12)]


class RestrictionRule(_Sourced):
    """The grounds of a restriction, as a pupil is told of them."""

    reasons: dict[RestrictionReason, Text]


class Days(_Rule):
    """A number of days that a school chooses within limits."""

    default: int
    lowest: Annotated[int, Field(ge=0)]
    highest: Annotated[int, Field(le=LONGEST_WAIT_DAYS)]

    @model_validator(mode="after")
    def _in_order(self) -> Days:
        if not self.lowest <= self.default <= self.highest:
            message = "the default is outside its own limits"
            raise ValueError(message)
        return self


class PseudonymisationRule(_Sourced):
    """When names and free texts go."""

    days_after_year_of_leaving: Days


class DeletionRule(_Sourced):
    """When everything goes."""

    years_after_year_of_leaving: Annotated[int, Field(ge=1)]
    last_age_with_ehc_plan: Annotated[int, Field(ge=18)]


class RightsRules(_Rule):
    """A version of the rules."""

    version: str
    about: str
    confidence: dict[Confidence, str]
    requests: RequestRule
    restriction: RestrictionRule
    pseudonymisation: PseudonymisationRule
    deletion: DeletionRule

    @model_validator(mode="after")
    def _explains_every_ground(self) -> RightsRules:
        if set(self.restriction.reasons) != set(REASONS):
            message = "a ground of restriction is not explained"
            raise ValueError(message)
        return self
