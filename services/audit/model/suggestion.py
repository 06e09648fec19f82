"""What a school can do about a weak criterion: goals to complete with a target, an owner and days."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import Framework
from services.audit.model.criterion import can_be_criterion
from services.audit.model.stated import Stated, refuse_unsourced


class SuggestedAction(Stated):
    """One suggestion: what to do, and what to count to see whether it was done."""

    id: Annotated[str, Field(pattern=r"^gb[1-8]\.[a-z0-9]+-[a-z0-9-]{1,40}$")]
    criterion: str
    specific: Annotated[str, Field(min_length=1, max_length=300)]
    measure: Annotated[str, Field(min_length=1, max_length=300)]
    unit: Annotated[str, Field(min_length=1, max_length=40)]


class SuggestedActions(BaseModel):
    """One version of all suggestions for a framework."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    framework: Framework
    about: str
    actions: Annotated[tuple[SuggestedAction, ...], Field(min_length=1)]
    sources: dict[str, str]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len({action.id for action in self.actions}) != len(self.actions):
            message = "an action's id is there twice"
            raise ValueError(message)
        for action in self.actions:
            if not can_be_criterion(action.criterion) or not action.id.startswith(f"{action.criterion}-"):
                message = f"{action.id}: criterion and id do not fit"
                raise ValueError(message)
        refuse_unsourced(self.actions, self.sources)
        return self

    def for_criteria(self, criteria: Collection[str]) -> tuple[SuggestedAction, ...]:
        """Return the suggestions for some criteria, in the order of the file."""
        return tuple(action for action in self.actions if action.criterion in criteria)
