"""Where a school stands on a day, as far as somebody may know it.

The position is a function of the evaluations told, by the day on which each was completed; of the same day
the one told last counts. What is told late or corrected moves it, which a frozen snapshot makes visible.
Before its first evaluation a school has no data yet, which is not the same as nothing achieved.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from contracts.audit import HUB_READERS
from services.reporting.attainment.model.terms import Window

Json = dict[str, Any]
ACHIEVED: Final = 100
"""A benchmark is achieved at exactly 100 per cent (domain rule 1)."""
Status = Literal["reported", "not_shared", "not_reported", "no_data_yet"]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who looks: somebody of these roles of the Hub, or everybody whom the Hub may tell.

    `readers` see an evaluation that is shared with one of them. `everyone` sees single schools never, and
    counts those that share with every reader there is: then nobody can subtract a school that he does not
    see from a figure that he does.
    """

    name: str
    readers: frozenset[str] = frozenset()

    def sees(self, shared_with: Sequence[str]) -> bool:
        """Whether an evaluation that is shared with these counts for the audience."""
        if self.is_everyone:
            return set(HUB_READERS) <= set(shared_with)
        return bool(self.readers & set(shared_with))

    @property
    def is_everyone(self) -> bool:
        """Whether it is those who see no single school."""
        return not self.readers


EVERYONE: Final = Audience("everyone")
AUDIENCES: Final = (
    *(Audience(reader, frozenset({reader})) for reader in HUB_READERS),
    Audience("+".join(HUB_READERS), frozenset(HUB_READERS)),
    EVERYONE,
)


def audience_of(readers: frozenset[str]) -> Audience:
    """Find the audience of somebody who reads in these roles."""
    return next(audience for audience in AUDIENCES if audience.readers == readers)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A completed evaluation as it was told last; no scores while it is not shared."""

    id: str
    completed_on: dt.date
    framework: str
    setting: str
    scores: Mapping[str, int] | None
    criteria: Mapping[str, str]
    shared_with: tuple[str, ...]
    superseded: bool

    @property
    def achieved(self) -> frozenset[str]:
        """The benchmarks achieved; raises ValueError for an evaluation that is not shared."""
        if self.scores is None:
            message = "an evaluation that is not shared has no scores"
            raise ValueError(message)
        return frozenset(benchmark for benchmark, score in self.scores.items() if score == ACHIEVED)


@dataclass(frozen=True, slots=True)
class School:
    """A school of the directory with its evaluations, in the order of their days, and its plan's counts."""

    tenant: str
    urn: str
    name: str
    groups: Mapping[str, str]
    """What the directory says of it, by dimension: setting, district, phase, post16."""
    evaluations: tuple[Evaluation, ...] = ()
    plans: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sequence: int = 0
    """Up to which event of the school this is known."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a school stands; `evaluation` only if it counts on the day, and for who may not see it, None."""

    school: School
    status: Status
    evaluation: Evaluation | None
    last_completed_on: dt.date | None

    @property
    def is_reported(self) -> bool:
        """Whether it counts in what is put together."""
        return self.evaluation is not None


def school_of(listed: Json, tenant: str, document: Json | None) -> School:
    """Read a school's state of the read model; `listed` is its entry in the directory.

    The state may have been read without its criteria, for a page that shows none.
    """
    state: Json = {} if document is None else document["state"]
    return School(
        tenant=tenant,
        urn=listed["urn"],
        name=listed["name"],
        groups={
            "setting": listed["setting"],
            "district": listed["district"],
            "phase": listed.get("phase") or "not known",
            "post16": "yes" if listed["has_post16"] else "no",
        },
        evaluations=tuple(
            _evaluation(found, state.get("criteria", {}).get(found["evaluation_id"], ""))
            for found in sorted(
                state.get("evaluations", ()), key=lambda one: (one["completed_on"], one["place"])
            )
        ),
        plans=state.get("plans", {}),
        sequence=0 if document is None else document["sequence"],
    )


def standing_on(school: School, window: Window) -> Evaluation | None:
    """Find the evaluation that counts on a day, shared or not."""
    latest = _latest(school, window.on)
    return latest if latest is not None and window.covers(latest.completed_on) else None


def position_on(school: School, window: Window, audience: Audience | None) -> Position:
    """Say where a school stands on a day, to an audience; without one to the school itself."""
    latest = _latest(school, window.on)
    if latest is None:
        return Position(school, "no_data_yet", None, None)
    last = latest.completed_on
    standing = standing_on(school, window)
    if standing is None:
        return Position(school, "not_reported", None, last)
    may_see = audience is None or audience.sees(standing.shared_with)
    if standing.scores is None or not may_see:
        return Position(school, "not_shared", None, last)
    return Position(school, "reported", standing, last)


def position_alone(school: School, window: Window, audience: Audience) -> Position:
    """Say where a school stands, as far as an audience may see it by itself: everyone sees no school so."""
    found = position_on(school, window, audience)
    if audience.is_everyone and found.evaluation is not None:
        return replace(found, status="not_shared", evaluation=None)
    return found


def _latest(school: School, on: dt.date) -> Evaluation | None:
    """Find the evaluation completed last by a day; they are in order of their days and places."""
    place = bisect_right(school.evaluations, on, key=lambda found: found.completed_on)
    return school.evaluations[place - 1] if place else None


def _evaluation(stored: Json, criteria: str) -> Evaluation:
    return Evaluation(
        id=stored["evaluation_id"],
        completed_on=dt.date.fromisoformat(stored["completed_on"]),
        framework=stored["framework"],
        setting=stored["setting"],
        scores=stored["scores"],
        criteria=dict(pair.split("=", 1) for pair in criteria.split()),
        shared_with=tuple(stored["shared_with"]),
        superseded=stored["superseded"],
    )
