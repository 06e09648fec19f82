"""Vetting before first use: listed, then vetted, refused or paused, with who decided, when, and on what.

Anybody can find and name an employer that is not vetted; only a vetted one may be matched. Nothing is
overwritten: a decision is added, and the last one counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from services.employers.model.details import Mark
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

Decided = Literal["vetted", "refused", "paused"]
VettingState = Literal["listed", "vetted", "refused", "paused"]

_MAY_FOLLOW: Final[Mapping[VettingState, frozenset[Decided]]] = {
    "listed": frozenset({"vetted", "refused"}),
    "vetted": frozenset({"vetted", "paused", "refused"}),
    "paused": frozenset({"vetted", "refused"}),
    "refused": frozenset({"vetted"}),
}
"""Vetted may follow itself, when an employer is looked at again; only what was in use can be paused."""


class VettingTerms(BaseModel):
    """What may be checked, and why an employer may be refused or paused (`terms/vetting-*.json`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    about: str
    sources: tuple[str, ...]
    confidence: str
    checks: tuple[str, ...]
    reasons: Mapping[Literal["refused", "paused"], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: what was checked, and the reason of one that keeps the employer out."""

    state: Decided
    decided_on: dt.date
    checked: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Marked:
    """A decision as it is kept, with who recorded it and when."""

    decision: Decision
    mark: Mark


@dataclass(frozen=True, slots=True)
class Vetting:
    """All decisions about one employer, the latest last."""

    decisions: tuple[Marked, ...] = ()

    @property
    def state(self) -> VettingState:
        """Where the employer is now."""
        return self.decisions[-1].decision.state if self.decisions else "listed"


def decision_problems(decision: Decision, terms: VettingTerms, today: dt.date) -> tuple[FieldProblem, ...]:
    """List what makes no sense."""
    problems = []
    if decision.decided_on > today:
        problems.append(FieldProblem("decided_on", "is in the future"))
    if not set(decision.checked) <= set(terms.checks):
        problems.append(FieldProblem("checked", f"names none of: {', '.join(terms.checks)}"))
    if decision.state == "vetted":
        if not decision.checked:
            problems.append(FieldProblem("checked", "must say what was checked"))
        if decision.reason is not None:
            problems.append(FieldProblem("reason", "goes with refused and paused alone"))
    elif decision.reason not in terms.reasons[decision.state]:
        reasons = ", ".join(terms.reasons[decision.state])
        problems.append(FieldProblem("reason", f"must be one of: {reasons}"))
    return tuple(problems)


def decide(vetting: Vetting, seen: int, decision: Decision, mark: Mark) -> Vetting | None:
    """Add a decision to as many as the caller has seen; None if it is the last one already.

    Raises ConflictError if another decision came first, or if this one cannot follow the last.
    """
    if vetting.decisions and vetting.decisions[-1].decision == decision:
        return None
    if seen != len(vetting.decisions):
        raise ConflictError(f"Another decision was made meanwhile ({len(vetting.decisions)}). Read it first.")
    if decision.state not in _MAY_FOLLOW[vetting.state]:
        possible = " or ".join(sorted(_MAY_FOLLOW[vetting.state]))
        raise ConflictError(f"This employer is {vetting.state}; it can become {possible}.")
    if vetting.decisions and decision.decided_on < vetting.decisions[-1].decision.decided_on:
        problem = FieldProblem("decided_on", "is before the last decision")
        raise InvalidError("The decision cannot be recorded.", (problem,))
    return Vetting((*vetting.decisions, Marked(decision, mark)))
