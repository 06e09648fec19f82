"""A match round as its coordinator keeps it: on what terms, what is settled, and which solution stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from services.employers.matching.limits import MOST_SETTLED
from services.employers.matching.round import Apart, Pair
from services.employers.model.assembly import Settled, Window
from services.runtime.errors import FieldProblem

LONGEST_ROUND_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Round:
    """A round. `solution` names the last good plan with its inputs; both digests are of what was solved.

    `settled` may have changed since: it counts from the next resolution on.
    """

    starts_on: dt.date
    ends_on: dt.date
    fairness: int
    settled: Settled
    solution: str
    inputs_digest: str
    plan_digest: str

    @property
    def window(self) -> Window:
        """Its days."""
        return Window(self.starts_on, self.ends_on)


@dataclass(frozen=True, slots=True)
class Settling:
    """What a coordinator adds to what is settled, and takes out of it."""

    add: tuple[Pair, ...] = ()
    remove: tuple[Pair, ...] = ()
    add_apart: tuple[Apart, ...] = ()
    remove_apart: tuple[Apart, ...] = ()


def with_locks(settled: Settled, change: Settling) -> Settled:
    """Lock lines and unlock others."""
    return replace(settled, locks=_changed(settled.locks, change.add, change.remove))


def with_exclusions(settled: Settled, change: Settling) -> Settled:
    """Exclude lines, keep schools and employers apart, and take back."""
    apart = (set(settled.apart) | set(change.add_apart)) - set(change.remove_apart)
    return replace(
        settled,
        excluded=_changed(settled.excluded, change.add, change.remove),
        apart=tuple(sorted(apart)),
    )


def _changed(before: tuple[Pair, ...], add: Iterable[Pair], remove: Iterable[Pair]) -> tuple[Pair, ...]:
    return tuple(sorted((set(before) | set(add)) - set(remove)))


def settled_problems(settled: Settled) -> tuple[FieldProblem, ...]:
    """Name every line that is both locked and excluded, and say if there is too much of anything."""
    excluded = set(settled.excluded)
    problems = [
        FieldProblem(f"locks.{pair.need_id}+{pair.offer_id}", "is locked and excluded; take one of them back")
        for pair in settled.locks
        if pair in excluded
    ]
    if max(len(settled.locks), len(settled.excluded), len(settled.apart)) > MOST_SETTLED:
        problems.append(FieldProblem("add", f"makes more than {MOST_SETTLED:,} of one kind"))
    return tuple(problems)


def round_problems(ends_on: dt.date, today: dt.date) -> tuple[FieldProblem, ...]:
    """Say what is wrong with a round's last day."""
    if ends_on < today:
        return (FieldProblem("ends_on", "is in the past; a round ends today or later"),)
    if ends_on > today + dt.timedelta(days=LONGEST_ROUND_DAYS):
        return (FieldProblem("ends_on", f"is more than {LONGEST_ROUND_DAYS} days away"),)
    return ()
