"""A statement of a data file, with its warrant: the sources that it was read in, and how sure we are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Confidence = Literal["H", "M", "L"]
"""Read in the source named; consistent with several sources, or our own choice; unsure."""


class Stated(BaseModel):
    """Something that a file states."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]


def refuse_unsourced(stated: Iterable[Stated], sources: Mapping[str, str]) -> None:
    """Raise ValueError if a statement's source is not among the file's, or one of those is never used."""
    used = {key for one in stated for key in one.sources}
    if unknown := sorted(used - sources.keys()):
        message = f"source '{unknown[0]}' is not one of the file's sources"
        raise ValueError(message)
    if unused := sorted(sources.keys() - used):
        message = f"nothing is said to come from '{unused[0]}'"
        raise ValueError(message)
