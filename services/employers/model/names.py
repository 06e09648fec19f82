"""Tells whether two names may be one organisation's: without case, accents, punctuation and legal forms."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.employers.model.search import words_of

NAMES_KEPT: Final = 50_000
"""Four directories of the largest size: some megabytes."""


class NameTerms(BaseModel):
    """Which words do not tell organisations apart, and how near is one place (`terms/names-*.json`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    about: str
    sources: tuple[str, ...]
    confidence: str
    legal_forms: tuple[str, ...]
    articles: tuple[str, ...]
    same_as: Mapping[str, str]
    near_km: float
    near_reason: str

    @cached_property
    def _forms(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(form.split()) for form in self.legal_forms)

    @cached_property
    def _longest_form(self) -> int:
        return max(map(len, self._forms))

    @cached_property
    def _plain_names(self) -> dict[str, str]:
        """What was reduced before: a directory is compared whole each time that one entry is new."""
        return {}

    def plain(self, name: str) -> str:
        """Reduce a name to what tells it apart: `The J.P. Boats Co. Ltd` is `jp boats`.

        A name of nothing but such words stays as it is, and so does one without a letter or digit.
        """
        known = self._plain_names
        if name not in known:
            if len(known) >= NAMES_KEPT:
                known.clear()
            known[name] = self._reduced(name)
        return known[name]

    def _reduced(self, name: str) -> str:
        for sign, word in self.same_as.items():
            name = name.replace(sign, f" {word} ")
        words = all_words = words_of(name)
        shorter = self._without_form(words)
        while shorter is not None:
            words, shorter = shorter, self._without_form(shorter)
        if words and words[0] in self.articles:
            words = words[1:]
        return " ".join(words or all_words)

    def _without_form(self, words: tuple[str, ...]) -> tuple[str, ...] | None:
        for length in range(self._longest_form, 0, -1):
            if words[-length:] in self._forms:
                return words[:-length]
        return None
