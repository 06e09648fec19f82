"""Joins several accounts of one encounter into one, and takes an account out again. No credit moves here.

Pupil by pupil: who attended by one account attended; excused is more than absent; and a pupil is listed by
name only if an account that tells the status so does, because being named can count for more than being a
member of a group. The groups of all accounts stay, so that members stay members.

Of the facts, the survivor's stand, and what it left open is taken over. The tests met are those that either
account tells: a test that is ticked is a statement about the encounter, and one that is not ticked is none.
What is merged without anybody looking has one account's tests within the other's (`duplicates.py`), so no
credit comes of it that nobody claimed.

Taking an account out again puts every pupil and fact back to what the others say, unless somebody has
corrected it since: a correction is of the whole, and stands. For that, a survivor keeps what it says by
itself (`Own`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final

from services.pupils.model.activity import Activity, Own
from services.pupils.model.attendance import Attendance, Groups, Status
from services.pupils.model.facts import Facts
from services.pupils.model.sheets import PupilRef

LEFT_OPEN: Final = (
    "hours",
    "employer_id",
    "provider_type",
    "in_school_day",
    "preparation",
    "reflection",
    "match_id",
)
"""Facts that a school may leave out, and that another account of the same encounter can fill in."""
UNITED: Final = ("tests_met", "learning_areas", "learning_outcomes")
"""Facts that are what either account tells."""
_RANK: Final[Mapping[Status, int]] = {"absent": 0, "excused": 1, "attended": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """What accounts say of one pupil."""

    year_group: int
    status: Status
    listed: bool


Entries = dict[PupilRef, Entry]


def entries_of(attendance: Attendance) -> Entries:
    """Map everybody concerned to what is said of them."""
    return {
        ref: Entry(year_group, status, ref in attendance.listed) for ref, year_group, status in attendance
    }


def own_of(activity: Activity) -> Own:
    """Return what an activity says by itself."""
    return activity.own or Own(activity.facts, activity.attendance)


def join(mine: Own, theirs: Own) -> Own:
    """Join another account to one; where they differ, see the module."""
    entries = entries_of(mine.attendance)
    for ref, entry in entries_of(theirs.attendance).items():
        entries[ref] = _better(entries[ref], entry) if ref in entries else entry
    if entries == entries_of(mine.attendance):
        attendance = mine.attendance
    else:
        attendance = _attendance(_union(mine.attendance.groups, theirs.attendance.groups), entries)
    return Own(_joined_facts(mine.facts, theirs.facts), attendance)


def part(whole: Own, own: Own, leaving: Own, staying: Sequence[Own]) -> Own:
    """Take `leaving` out of a whole that was joined of it, the survivor's own account and those staying."""
    entries = entries_of(whole.attendance)
    others = [entries_of(account.attendance) for account in (own, *staying)]
    for ref, entry in entries_of(leaving.attendance).items():
        told = [account[ref] for account in others if ref in account]
        joined = reduce(_better, [*told, entry])
        if ref not in entries or entries[ref].status != joined.status:
            continue
        if told:
            entries[ref] = replace(reduce(_better, told), year_group=entries[ref].year_group)
        else:
            del entries[ref]
    groups = _groups_left(whole.attendance.groups, entries, own, leaving, staying)
    return Own(_facts_left(whole.facts, own, leaving, staying), _attendance(groups, entries))


def own_after_correction(before: Activity, facts: Facts, attendance: Attendance) -> Own | None:
    """Return what a survivor says by itself once the whole is corrected to something else.

    What the correction leaves as it was stays whose it was; what it changes is the survivor's own thereafter.
    """
    if before.own is None:
        return None
    was, now = entries_of(before.attendance), entries_of(attendance)
    entries = {
        ref: entry for ref, entry in entries_of(before.own.attendance).items() if was.get(ref) == now.get(ref)
    }
    entries |= {ref: entry for ref, entry in now.items() if was.get(ref) != entry}
    groups = before.own.attendance.groups
    if not attendance.groups.same_as(before.attendance.groups):
        groups = attendance.groups
    mine, whole = before.own.facts, before.facts
    kept = {name: getattr(mine, name) for name in LEFT_OPEN if getattr(facts, name) == getattr(whole, name)}
    told: dict[str, Any] = {name: tuple(sorted(_own_told(name, mine, whole, facts))) for name in UNITED}
    return Own(replace(facts, **kept, **told), _attendance(groups, entries))


def _without(whole: Iterable[str], leaving: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Take out of a united fact what the leaving account alone told."""
    return tuple(sorted(set(whole) - (set(leaving) - set(others))))


def _own_told(name: str, mine: Facts, whole: Facts, facts: Facts) -> set[str]:
    """Name what a survivor tells by itself of a united fact: what is left of its own, and what is new."""
    now = {*getattr(facts, name)}
    return ({*getattr(mine, name)} & now) | (now - {*getattr(whole, name)})


def same_content(one: Own, other: Own, *, naming: bool = True) -> bool:
    """Whether two accounts say the same; without `naming`, whoever is listed by name."""
    if not naming:
        return one.facts == other.facts and one.attendance.status_of() == other.attendance.status_of()
    return one.facts == other.facts and entries_of(one.attendance) == entries_of(other.attendance)


def _better(one: Entry, other: Entry) -> Entry:
    if one.status == other.status:
        return replace(one, listed=one.listed or other.listed)
    winner = one if _RANK[one.status] > _RANK[other.status] else other
    return replace(winner, year_group=one.year_group)


def _joined_facts(mine: Facts, theirs: Facts) -> Facts:
    found = {name: getattr(theirs, name) for name in _fillable(mine, theirs) if getattr(mine, name) is None}
    united: dict[str, Any] = {
        name: tuple(sorted({*getattr(mine, name), *getattr(theirs, name)})) for name in UNITED
    }
    return replace(mine, **found, **united)


def _fillable(mine: Facts, theirs: Facts) -> Iterable[str]:
    """Name the facts that can be taken over: what depends on others only where those agree.

    The type of provider depends on the activity's type, and the match on that and the employer.
    """
    alike = mine.activity_type == theirs.activity_type
    employer = mine.employer_id in {None, theirs.employer_id}
    unfit = {name for name, fits in (("provider_type", alike), ("match_id", alike and employer)) if not fits}
    return (name for name in LEFT_OPEN if name not in unfit)


def _facts_left(whole: Facts, own: Own, leaving: Own, staying: Sequence[Own]) -> Facts:
    others = reduce(_joined_facts, [account.facts for account in (own, *staying)])
    back = {
        name: getattr(others, name)
        for name in LEFT_OPEN
        if getattr(whole, name) == getattr(_joined_facts(others, leaving.facts), name)
    }
    left: dict[str, Any] = {
        name: _without(getattr(whole, name), getattr(leaving.facts, name), getattr(others, name))
        for name in UNITED
    }
    return replace(whole, **back, **left)


def _groups_left(groups: Groups, entries: Entries, own: Own, leaving: Own, staying: Sequence[Own]) -> Groups:
    """Drop the groups that only the leaving account had, unless a member is left whom no other has."""
    kept: set[PupilRef] = set()
    others = Groups()
    for account in (own, *staying):
        others = _union(others, account.attendance.groups)
        kept |= {ref for ref, entry in entries_of(account.attendance).items() if not entry.listed}
    if any(ref not in kept for ref, entry in entries.items() if not entry.listed):
        return groups
    brought = leaving.attendance.groups
    return Groups(
        tuple(g for g in groups.year_groups if g in others.year_groups or g not in brought.year_groups),
        tuple(g for g in groups.tutor_groups if g in others.tutor_groups or g not in brought.tutor_groups),
    )


def _union(one: Groups, other: Groups) -> Groups:
    return Groups(
        tuple(dict.fromkeys((*one.year_groups, *other.year_groups))),
        tuple(dict.fromkeys((*one.tutor_groups, *other.tutor_groups))),
    )


def _attendance(groups: Groups, entries: Entries) -> Attendance:
    statuses: dict[int, dict[Status, list[PupilRef]]] = defaultdict(lambda: defaultdict(list))
    for ref, entry in sorted(entries.items()):
        statuses[entry.year_group][entry.status].append(ref)
    return Attendance(
        groups,
        frozenset(ref for ref, entry in entries.items() if entry.listed),
        {
            year_group: {status: tuple(refs) for status, refs in by_status.items()}
            for year_group, by_status in sorted(statuses.items())
        },
    )
