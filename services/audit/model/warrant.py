"""Every statement of a data file carries the sources that it was read in and how sure we are of it.

The marks are the domain's: H read in the source named, M consistent with several, L unsure. A file explains
the marks and names the sources that it uses, and names none that it does not use.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Confidence = Literal["H", "M", "L"]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=600)]


class Part(BaseModel):
    """A part of a data file: unknown fields are refused, and nothing changes once it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Warranted(Part):
    """Something that a file states, with its warrant."""

    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]


class DataFile(Part):
    """A data file: its version, what it is about, and the marks and sources that its statements use."""

    version: Annotated[str, Field(pattern=r"^[a-z0-9_-]+\.[0-9]+$")]
    about: LongText
    known_confidence: dict[Confidence, ShortText]
    known_sources: dict[str, ShortText]

    @abstractmethod
    def statements(self) -> Mapping[str, Warranted]:
        """Name everything in the file that has a warrant, by its place."""

    def contradictions(self) -> Iterator[str]:
        """Say what else is wrong with the file; each kind of file adds its own."""
        return iter(())

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problems = [*self.contradictions(), *self._unwarranted()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _unwarranted(self) -> Iterator[str]:
        used: set[str] = set()
        for where, stated in self.statements().items():
            used |= set(stated.sources)
            if unknown := [key for key in stated.sources if key not in self.known_sources]:
                yield f"{where}: source '{unknown[0]}' is not one of the file's sources"
            if stated.confidence not in self.known_confidence:
                yield f"{where}: confidence {stated.confidence} is not explained"
        if unused := sorted(self.known_sources.keys() - used):
            yield f"known_sources: nothing is said to come from '{unused[0]}'"
