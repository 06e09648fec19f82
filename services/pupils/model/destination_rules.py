"""The statuses of destinations as data: what each counts as."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.pupils.model.destination import NOT_KNOWN, Category


class Status(BaseModel):
    """Something that a young person can be doing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    counts_as: Category


class DestinationRules(BaseModel):
    """One version of the rules, with its sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    about: str
    sources: tuple[str, ...] = Field(min_length=1)
    confidence: str
    statuses: dict[str, Status]

    @model_validator(mode="after")
    def _knows_what_is_not_known(self) -> DestinationRules:
        if NOT_KNOWN not in self.statuses:
            message = f"there must be a status {NOT_KNOWN}, for those of whom nothing is known"
            raise ValueError(message)
        return self

    @cached_property
    def categories(self) -> Mapping[str, Category]:
        """What each status counts as."""
        return {name: status.counts_as for name, status in self.statuses.items()}
