"""Erasing a pupil: what is asked, what is left, and the receipt.

Everything that is about the pupil goes. What others' figures rest on stays without the pupil: in activities
and on the sheets of earlier years a new id that is nobody's takes the place of the pupil's, so no count that
was told changes. From the sheet of the present year the place goes too, because the pupil can no longer be
reached, and that is told as any change of the roll is.

An erasure is known by the keyed digests of the UPN and of former ones, under which a later roll could bring
the pupil back: such rows are refused until somebody lifts the erasure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NewType, TypeVar, get_args

from contracts.vocabulary import Urn
from services.pupils.model.sheets import PupilRef, Sheet

ErasureId = NewType("ErasureId", str)
"""32 random hex digits."""
ErasureReason = Literal["request", "objection", "retention", "entered_in_error"]
REASONS: Final[tuple[ErasureReason, ...]] = get_args(ErasureReason)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Erasure:
    """That a pupil is to be erased; kept outside the store too, for the day on which a backup is restored."""

    id: ErasureId
    urn: Urn
    upn_digest: str
    reason: ErasureReason
    asked_at: dt.datetime
    asked_by: str
    former_digests: tuple[str, ...] = ()

    @property
    def digests(self) -> frozenset[str]:
        """The digest of every UPN that the pupil had: under each of them a roll could name the pupil."""
        return frozenset((self.upn_digest, *self.former_digests))


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: how many documents of each kind went, and in how many nobody has the place."""

    erasure: Erasure
    carried_out_at: dt.datetime
    removed: Mapping[str, int]
    made_anonymous: Mapping[str, int]
    lifted_at: dt.datetime | None = None
    lifted_by: str | None = None


def is_settled(erasure: Erasure, carried_out: Iterable[Erased]) -> bool:
    """Whether an erasure was carried out, or a later one of the same pupil.

    One that failed and was asked for anew must not, at some later start, erase a pupil who has come back.
    """
    # The store keeps moments to a thousandth of a second, the journal whole: hence the id beside the moment.
    return any(
        done.erasure.id == erasure.id
        or (
            not done.erasure.digests.isdisjoint(erasure.digests) and done.erasure.asked_at >= erasure.asked_at
        )
        for done in carried_out
    )


def empty_place(sheet: Sheet, pupil: PupilRef, nobody: PupilRef) -> bool:
    """Put nobody in the place of a pupil on a sheet; returns whether the pupil was there."""
    was_there = [_rename(places, pupil, nobody) for places in (sheet.pupils, sheet.left)]
    was_there += [_rename(counts, pupil, nobody) for counts in sheet.credits.values()]
    for members in sheet.groups.values():
        if pupil in members:
            members.remove(pupil)
            members.add(nobody)
    sheet.admitted.pop(pupil, None)
    if pupil in sheet.subsidiary:
        sheet.subsidiary.remove(pupil)
        sheet.subsidiary.add(nobody)
    return any(was_there)


def _rename(holders: dict[PupilRef, _T], pupil: PupilRef, nobody: PupilRef) -> bool:
    if pupil not in holders:
        return False
    holders[nobody] = holders.pop(pupil)
    return True
