"""Classifications of occupations (SOC 2020) and industries (SIC 2007), searched by words.

Occupations that pupils aspire to are tagged with SOC, industries and employers with SIC; neither stands for
the other (domain §8.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+")
# "engineers" is to find "engineering", so the end of a longer word may differ.
_ENDING: Final = 2
_SHORTEST_STEM: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A group of a classification: `level` such as `unit`, and the code of the group that it is part of."""

    level: str
    code: str
    parent: str | None
    title: str


class Classification:
    """The groups of one classification, by code and by the words of their titles."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Raise ValueError for a code that is there twice or has no parent."""
        self.entries: Mapping[str, Entry] = {}
        for entry in entries:
            if entry.code in self.entries or entry.parent not in {None, *self.entries}:
                message = f"code {entry.code} is there twice, or before what it is part of"
                raise ValueError(message)
            self.entries[entry.code] = entry
        self._words = {code: _words(entry.title) for code, entry in self.entries.items()}

    def __contains__(self, code: object) -> bool:
        return code in self.entries

    def top_of(self, code: str) -> Entry:
        """Find the widest group that a code is in; raises KeyError for an unknown code."""
        entry = self.entries[code]
        while entry.parent is not None:
            entry = self.entries[entry.parent]
        return entry

    def search(self, text: str, limit: int) -> list[Entry]:
        """Find the groups whose titles have all words of a text, or whose code begins with it.

        Words that are there in full come before words with another ending, shorter titles before longer.
        """
        wanted = _words(text)
        if not wanted:
            return []
        ranked = [
            (rank, len(entry.title), entry.code)
            for entry in self.entries.values()
            if (rank := self._rank(entry.code, wanted)) is not None
        ]
        return [self.entries[code] for _, _, code in sorted(ranked)[:limit]]

    def _rank(self, code: str, wanted: list[str]) -> int | None:
        if len(wanted) == 1 and code.casefold().startswith(wanted[0]):
            return 0
        ranks = [_match(word, self._words[code]) for word in wanted]
        return None if None in ranks else sum(rank for rank in ranks if rank is not None)


def _match(wanted: str, words: list[str]) -> int | None:
    """Rank the closest of some words: 0 is the word itself, 1 begins with it, 2 with its stem."""
    if wanted in words:
        return 0
    if any(word.startswith(wanted) for word in words):
        return 1
    stem = wanted[:-_ENDING]
    if len(stem) >= _SHORTEST_STEM and any(word.startswith(stem) for word in words):
        return 2
    return None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
