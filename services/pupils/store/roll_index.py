"""The roll index: one document a school that tells where each of its pupils is, by UPN digest.

A bulk post or an import names hundreds of pupils by their UPNs. The embedded store's time to look keys up
grows with their number, within a query with its square, and reading every pupil takes it 20 microseconds
each. So what naming a pupil takes (`Enrolled`) is kept a second time as one field of bytes (orjson), which
the store hands over whole. Measured in ms at a school of 1,000 pupils, decoding included:

| keys | one query | in queries of 16, one by one | side by side | every pupil | index |
|---|---|---|---|---|---|
| 10 | 1.8 | | | 19 | 1.7 |
| 30 | 5 | 4.1 | 3.6 | 19 | 1.6 |
| 240 | 70 | 29 | 26 | 19 | 2.3 |
| 1,500 | over 1,000 | 157 | 136 | 19 | 4.1 |

Few keys are looked up all the same (`find_pupils`): that does not grow with the years that a school is here.

Pupils are found by the digests of former UPNs too, for which the index is gone through.

Invariant: the index says of each pupil what the pupil's own document says. It is written by `write_pupils`
alone, from all pupils, in the transaction that writes any of them, so it cannot drift and is never mended.
A pupil takes about 130 bytes and 30 more for each further year: after ten years of 3,000 pupils some 2 MB.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import orjson

from contracts.vocabulary import AcademicYear
from services.pupils.model.enrolment import CURRENT, EnrolmentStatus
from services.pupils.model.pupil import Enrolled, YearPlace
from services.pupils.model.sheets import PupilRef
from services.runtime.mongo import Document

ROLL_INDEX_ID: Final = "roll"
_PARTS_WITH_FORMER: Final = 3


def roll_index_document(pupils: Iterable[Enrolled]) -> Document:
    """Write down where these pupils, all of the school's, are."""
    places = {
        pupil.upn_digest: [
            pupil.ref,
            {year: _parts(place) for year, place in pupil.years.items()},
            *([pupil.former_digests] if pupil.former_digests else []),
        ]
        for pupil in pupils
    }
    return {"_id": ROLL_INDEX_ID, "pupils": orjson.dumps(places)}


def find_in_roll_index(document: Document, refs: Collection[str], digests: Collection[str]) -> list[Enrolled]:
    """Find the pupils of these ids and of these digests of UPNs, present or former."""
    places: dict[str, list[Any]] = orjson.loads(document["pupils"])
    asked = set(digests)
    wanted = places.keys() & asked
    if refs:
        wanted |= {digest for digest, (ref, *_) in places.items() if ref in refs}
    if former := asked - wanted:
        # Few pupils have a third part: the former digests.
        renumbered = (digest for digest, parts in places.items() if len(parts) == _PARTS_WITH_FORMER)
        wanted |= {digest for digest in renumbered if not former.isdisjoint(places[digest][2])}
    return [_enrolled(digest, *places[digest]) for digest in wanted]


def _enrolled(
    digest: str, ref: str, years: dict[str, list[Any]], former_digests: Sequence[str] = ()
) -> Enrolled:
    return Enrolled(
        PupilRef(ref),
        digest,
        {AcademicYear(year): _place(*parts) for year, parts in years.items()},
        former_digests=tuple(former_digests),
    )


def _parts(place: YearPlace) -> list[Any]:
    """Write a place down, as far as it says anything: most have no dates and the usual enrolment."""
    parts = [place.year_group, place.tutor_group, place.left_on, place.admitted_on]
    if place.enrolment != CURRENT:
        return [*parts, place.enrolment]
    while parts[-1] is None:
        parts.pop()
    return parts


def _place(
    year_group: int,
    tutor_group: str,
    left_on: str | None = None,
    admitted_on: str | None = None,
    enrolment: EnrolmentStatus = CURRENT,
) -> YearPlace:
    return YearPlace(year_group, tutor_group, _day(left_on), _day(admitted_on), enrolment)


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
