"""Finds employers among all of the Hub's by the beginnings of words of their names, page by page.

It holds every employer in order of name and every word of their names in order of the alphabet, so the words
that begin with something lie next to each other and are found by halving. 12,000 employers take about a
millisecond. Building it anew takes some hundred; `updated` takes over what is in order and puts a few changed
employers in their places: some five milliseconds for new names, one where the names stayed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from contracts.vocabulary import EmployerId
from services.employers.model.directory import Employer
from services.runtime.errors import FieldProblem, InvalidError

_WORD: Final = re.compile(r"[^\W_]+")
_DROPPED: Final = re.compile(r"['’.]")
"""These join: `J.P. Morgan` is found as `jp`, and `Sainsbury's` as `sainsburys`."""
_LETTERS_APART_FROM_ACCENTS: Final = "NFKD"
_AFTER_EVERY_LETTER: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class EmployerQuery:
    """Which employers to list: whose names have words that begin so, of this section, after this one."""

    q: str | None
    sic_section: str | None
    limit: int
    cursor: EmployerId | None


@dataclass(frozen=True, slots=True)
class EmployerPage:
    """Some employers in order of name; `next` is the cursor of what follows, None at the end."""

    employers: tuple[Employer, ...]
    next: EmployerId | None


class EmployerIndex:
    """All employers of one moment."""

    def __init__(self, employers: Iterable[Employer]) -> None:
        self._employers = {employer.id: employer for employer in employers}
        self._order = sorted(map(_key, self._employers.values()))
        self._words = sorted((word, identity) for words, identity in self._order for word in set(words))
        self._places = {identity: place for place, (_, identity) in enumerate(self._order)}

    @property
    def all(self) -> tuple[Employer, ...]:
        """All employers, in order of name."""
        return tuple(self._employers[identity] for _, identity in self._order)

    @property
    def by_id(self) -> Mapping[EmployerId, Employer]:
        """All employers, in no order."""
        return MappingProxyType(self._employers)

    def updated(self, changed: Sequence[Employer], gone: Iterable[EmployerId]) -> EmployerIndex:
        """Make the index of a later moment, when these employers are new or differ and those are gone."""
        later = EmployerIndex(())
        later._employers = self._employers.copy()
        later._order, later._words, later._places = self._order, self._words, self._places
        stay = {
            employer.id
            for employer in changed
            if employer.id in self._employers and _key(self._employers[employer.id]) == _key(employer)
        }
        later._employers.update({employer.id: employer for employer in changed if employer.id in stay})
        moved = [employer for employer in changed if employer.id not in stay]
        leaving = ({*gone, *(employer.id for employer in moved)} - stay) & self._employers.keys()
        if moved or leaving:
            later._order, later._words = self._order.copy(), self._words.copy()
            for identity in leaving:
                later._take_out(later._employers.pop(identity))
            for employer in moved:
                later._put_in(employer)
            later._places = {identity: place for place, (_, identity) in enumerate(later._order)}
        return later

    def _take_out(self, employer: Employer) -> None:
        key = _key(employer)
        del self._order[bisect_left(self._order, key)]
        for word in set(key[0]):
            del self._words[bisect_left(self._words, (word, employer.id))]

    def _put_in(self, employer: Employer) -> None:
        key = _key(employer)
        self._employers[employer.id] = employer
        insort(self._order, key)
        for word in set(key[0]):
            insort(self._words, (word, employer.id))

    def page(self, query: EmployerQuery) -> EmployerPage:
        """List employers in order of name.

        Raises InvalidError for a `q` without a letter or digit and for a cursor that is not an employer's.
        """
        first = 0
        if query.cursor is not None:
            if query.cursor not in self._places:
                raise _invalid("cursor", "is not one that this list gave out")
            first = self._places[query.cursor] + 1
        found: list[Employer] = []
        for place in self._places_of(query.q):
            employer = self._employers[self._order[place][1]]
            if place < first or query.sic_section not in {None, employer.sic_section}:
                continue
            if len(found) == query.limit:
                return EmployerPage(tuple(found), found[-1].id)
            found.append(employer)
        return EmployerPage(tuple(found), None)

    def _places_of(self, q: str | None) -> Iterable[int]:
        if q is None:
            return range(len(self._order))
        words = words_of(q)
        if not words:
            raise _invalid("q", "needs a letter or a digit")
        found = set.intersection(*(self._with(word) for word in words))
        return sorted(self._places[identity] for identity in found)

    def _with(self, beginning: str) -> set[EmployerId]:
        first = bisect_left(self._words, (beginning,))
        end = bisect_left(self._words, (beginning + _AFTER_EVERY_LETTER,))
        return {identity for _, identity in self._words[first:end]}


def _key(employer: Employer) -> tuple[tuple[str, ...], EmployerId]:
    """Give an employer's place in the list: by the words of its name, then by id."""
    return words_of(employer.name), employer.id


def words_of(text: str) -> tuple[str, ...]:
    """Split a name, or what somebody looks for, into its words: without case, accents and punctuation."""
    decomposed = unicodedata.normalize(_LETTERS_APART_FROM_ACCENTS, text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(_WORD.findall(_DROPPED.sub("", plain).casefold()))


def _invalid(where: str, reason: str) -> InvalidError:
    return InvalidError(f"{where} {reason}.", (FieldProblem(f"query.{where}", reason),))
