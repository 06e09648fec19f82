"""Finds which pupil each row of a roll means, when UPNs change.

A pupil is one person for life here: the same id and history whatever number a school writes. A temporary UPN
is replaced by the permanent one, and files that still have the old number go about for months. So a pupil is
found by the present UPN and by every former one, and a row with a UPN that nobody has is still somebody known
if one of its former UPNs is.

The number that was learnt last is the present one: a row with an older number leaves it as it is, unless the
row says itself that the present one is the former.

Never two pupils in one: a row whose numbers belong to two pupils is refused, because undoing a merger of two
records would be guesswork. Never one pupil twice: of two rows that mean one pupil the first counts. Never
back by accident: a row is refused whose pupil, under any number, was erased.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.pupils.model.pupil import Pupil
from services.pupils.model.roll import RollEntry
from services.pupils.model.sheets import PupilRef
from services.pupils.model.upn import Upn

ERASED: Final = "this pupil was erased; take the row out, or lift the erasure if the pupil is to come back"
TWO_PUPILS: Final = (
    "two pupils of this school have this former UPN and the UPN; mend the former UPN, or, if they are one "
    "person, erase the one that was entered in error and send the roll again"
)
SAME_PUPIL: Final = "the same pupil, under another UPN, is in a row that was taken"


@dataclass(frozen=True, slots=True)
class Match:
    """A row, the digests of its UPN and former UPNs, and the pupil whom it means; None for somebody new."""

    entry: RollEntry
    digest: str
    former_digests: tuple[str, ...]
    known: Pupil | None

    @property
    def present_digest(self) -> str:
        """The digest of what is the pupil's UPN from now on."""
        if self.known is None or self.digest not in self.known.former_digests:
            return self.digest
        reversed_by_row = self.known.upn_digest in self.former_digests
        return self.digest if reversed_by_row else self.known.upn_digest

    @property
    def all_former(self) -> tuple[str, ...]:
        """The digests of every UPN that the pupil had, but the present one."""
        ever = {self.digest, *self.former_digests, *(() if self.known is None else self.known.digests)}
        return tuple(sorted(ever - {self.present_digest}))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be taken; `other` is the UPN of the row that was taken instead."""

    upn: Upn
    column: str
    reason: str
    other: Upn | None = None


@dataclass(frozen=True, slots=True)
class Matching:
    """The rows that can be taken, those that cannot, and the pupils whom those may mean."""

    matches: tuple[Match, ...]
    refusals: tuple[Refusal, ...]
    kept: frozenset[PupilRef]


def by_any_digest(pupils: Iterable[Pupil]) -> dict[str, Pupil]:
    """Map the digest of every UPN, present or former, to its pupil."""
    return {digest: pupil for pupil in pupils for digest in pupil.digests}


def match_rows(
    entries: Mapping[str, RollEntry],
    former_digests: Mapping[str, tuple[str, ...]],
    known: Mapping[str, Pupil],
    erased: Collection[str],
) -> Matching:
    """Find the pupil of each row; `entries` and `former_digests` are by the digest of the row's UPN."""
    matches: list[Match] = []
    refusals: list[Refusal] = []
    kept: set[PupilRef] = set()
    taken: dict[PupilRef, Upn] = {}
    for digest, entry in entries.items():
        formers = former_digests.get(digest, ())
        meant = {known[one].ref: known[one] for one in (digest, *formers) if one in known}
        if len(meant) > 1:
            refusals.append(Refusal(entry.upn, "former_upn", TWO_PUPILS))
            kept.update(meant)
            continue
        pupil = next(iter(meant.values()), None)
        if pupil is None:
            if not {digest, *formers}.isdisjoint(erased):
                refusals.append(Refusal(entry.upn, "upn", ERASED))
                continue
        elif pupil.ref in taken:
            refusals.append(Refusal(entry.upn, "upn", SAME_PUPIL, taken[pupil.ref]))
            continue
        else:
            taken[pupil.ref] = entry.upn
        matches.append(Match(entry, digest, formers, pupil))
    return Matching(tuple(matches), tuple(refusals), frozenset(kept))
