"""A post whose listed pupils are still named as the school named them: by UPN, or by the platform's id."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from services.pupils.model.activity import Post
from services.pupils.model.attendance import Given, Groups, Status
from services.pupils.model.facts import Facts
from services.pupils.model.pupil import Enrolled, Pupils, absence_reason
from services.pupils.model.sheets import PupilRef
from services.pupils.model.upn import normalised, reason_of, upn_faults
from services.runtime.errors import FieldProblem, InvalidError


@dataclass(frozen=True, slots=True)
class ListedPupil:
    """One pupil of a post: either `ref` or `upn` is given."""

    ref: str | None
    upn: str | None
    status: Status


@dataclass(frozen=True, slots=True)
class Draft:
    """What a school posts about one activity."""

    facts: Facts
    groups: Groups
    listed: Sequence[ListedPupil]
    separate: bool = False
    """Whether the school says that it is no other activity's repeat, whatever it looks like."""


@dataclass(frozen=True, slots=True)
class Identifying:
    """What naming pupils takes: the pupils looked up, how a UPN is digested, and what a UPN looks like."""

    pupils: Pupils
    digest: Callable[[str], str]
    la_codes: Collection[str]
    _met: dict[str, Enrolled | None] = field(default_factory=dict, repr=False)
    """Texts that were UPNs already: a table names each pupil some twenty times."""

    def by_upn(self, text: str) -> Enrolled | None:
        """Find the pupil whom a text names by a UPN, present or former."""
        if text not in self._met:
            self._met[text] = self.pupils.by_digest.get(self.digest(normalised(text)))
        return self._met[text]


def as_post(draft: Draft, names: Identifying) -> Post:
    """Name the listed pupils by their ids; raises InvalidError with the place of each who cannot be."""
    listed = name_pupils("attendance.pupils", draft.listed, draft.facts.held_on, names)
    return Post(draft.facts, Given(draft.groups, listed))


def name_pupils(
    field: str, mentions: Sequence[ListedPupil], day: dt.date | None, names: Identifying
) -> dict[PupilRef, Status]:
    """Name pupils by their ids, with the status of each, in the order in which they come.

    With a day, they must have been on roll on it. Raises InvalidError with the place of each who cannot be.
    """
    listed: dict[PupilRef, Status] = {}
    places: dict[PupilRef, int] = {}
    problems = []
    for place, mention in enumerate(mentions):
        where = f"{field}[{place}]"
        found = _identify(where, mention, day, names)
        if isinstance(found, FieldProblem):
            problems.append(found)
        elif found in listed:
            problems.append(FieldProblem(where, f"is the same pupil as {field}[{places[found]}]"))
        else:
            listed[found] = mention.status
            places[found] = place
    if problems:
        raise InvalidError("Some of the listed pupils cannot be recorded.", tuple(problems))
    return listed


def _identify(
    where: str, mention: ListedPupil, day: dt.date | None, names: Identifying
) -> PupilRef | FieldProblem:
    if mention.upn is None:
        pupil = names.pupils.by_ref.get(mention.ref or "")
        if pupil is None:
            return FieldProblem(where, "there is no pupil with this id")
    else:
        pupil = names.by_upn(mention.upn)
        if pupil is None:
            return FieldProblem(where, unknown_upn_reason(normalised(mention.upn), names.la_codes))
    reason = None if day is None else absence_reason(pupil, day)
    return pupil.ref if reason is None else FieldProblem(where, reason)


def unknown_upn_reason(upn: str, la_codes: Collection[str]) -> str:
    """Say why nobody is known by a UPN: it is no UPN, or nobody's here."""
    return (
        reason_of(upn_faults(upn, la_codes)) or "no pupil of this school has this UPN; import the roll first"
    )
