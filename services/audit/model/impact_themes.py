"""What the themes of an impact review say: questions, each with four statements of maturity to choose from.

One file a theme (`impact/*.json`), with wording of its own for colleges and special schools where it differs.
Which statements there are, and what the levels are called, is data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field

from contracts.vocabulary import Benchmark, Setting
from services.audit.model.warrant import Confidence, DataFile, LongText, Part, ShortText, Warranted

LEVELS: Final = 4
"""Statements a question, from least to most mature."""

Statements = Annotated[tuple[ShortText, ...], Field(min_length=LEVELS, max_length=LEVELS)]


class Variant(Part):
    """What a question says in another setting; what is left out is as everywhere."""

    text: ShortText | None = None
    levels: Statements | None = None


class Question(Part):
    """One question of a theme; `levels` are its statements, the first is level 1."""

    id: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$", max_length=60)]
    text: ShortText
    levels: Statements
    variants: dict[Setting, Variant] = Field(default_factory=dict)

    def asked_in(self, setting: Setting) -> tuple[str, tuple[str, ...]]:
        """Return the question and its statements as a setting reads them."""
        variant = self.variants.get(setting, Variant())
        return variant.text or self.text, variant.levels or self.levels


class Theme(Warranted, DataFile):
    """One theme of the review."""

    theme: Annotated[str, Field(pattern=r"^[a-z]+$", max_length=30)]
    order: Annotated[int, Field(ge=1, le=20)]
    name: ShortText
    benchmarks: Annotated[tuple[Benchmark, ...], Field(min_length=1)]
    questions: Annotated[tuple[Question, ...], Field(min_length=3, max_length=4)]
    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    about: LongText

    def statements(self) -> Mapping[str, Warranted]:
        """Name the theme itself: its questions and statements share its warrant."""
        return {self.theme: self}

    def contradictions(self) -> Iterator[str]:
        """Say what does not fit: a question twice or of another theme, a statement twice in a question."""
        seen: set[str] = set()
        for question in self.questions:
            if question.id in seen:
                yield f"questions: '{question.id}' is there twice"
            seen.add(question.id)
            if question.id.partition(".")[0] != self.theme:
                yield f"questions: '{question.id}' does not begin with '{self.theme}.'"
            worded = (question.levels, *(variant.levels for variant in question.variants.values()))
            for levels in worded:
                if levels is not None and len(set(levels)) != LEVELS:
                    yield f"{question.id}: two levels say the same"


@dataclass(frozen=True)
class Themes:
    """All themes in their order."""

    themes: tuple[Theme, ...]

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question by its id."""
        return {question.id: question for theme in self.themes for question in theme.questions}

    @property
    def version(self) -> str:
        """The versions of all themes in one line: what a review was made with."""
        return " ".join(theme.version for theme in self.themes)

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the themes."""
        return tuple(theme.theme for theme in self.themes)

    def questions_of(self, themes: Iterable[str]) -> frozenset[str]:
        """Name the questions of some themes."""
        wanted = set(themes)
        return frozenset(q.id for theme in self.themes if theme.theme in wanted for q in theme.questions)


def whole(themes: Iterable[Theme]) -> Themes:
    """Put themes in order; raises ValueError if two claim one place or one id."""
    ordered = tuple(sorted(themes, key=lambda theme: theme.order))
    if [theme.order for theme in ordered] != list(range(1, len(ordered) + 1)):
        raise ValueError("the themes' orders are not 1, 2, 3 and so on, each once")
    if len({theme.theme for theme in ordered}) != len(ordered):
        raise ValueError("a theme is there twice")
    return Themes(ordered)
