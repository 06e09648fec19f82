"""Tells something with versions: decides, keeps it, and says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import Kind, keep
from services.runtime.versions import NOT_YET, Kept, Mark, Telling, tell

T = TypeVar("T")


def mark_of(unit: UnitOfWork) -> Mark:
    """Say who does something in a unit of work, and when."""
    return Mark(unit.now, unit.actor.subject)


async def store_change(
    unit: UnitOfWork, kind: Kind[T], before: Kept[T] | None, telling: Telling[T]
) -> Kept[T] | None:
    """Store what is told, or return None if it says so already; raises ConflictError for two editors."""
    after = tell(before, telling, mark_of(unit))
    if after is not None:
        await keep(unit, kind, after, before)
    return after


def receipt(before: Kept[T] | None, after: Kept[T] | None) -> Document:
    """Say what became of it: recorded, changed, or unchanged."""
    now = after or before
    if now is None:
        return {"outcome": "unchanged", "version": NOT_YET}
    outcome = "unchanged" if after is None else "recorded" if before is None else "changed"
    return {"outcome": outcome, "id": now.id, "version": now.version}


def refuse(detail: str, problems: Sequence[FieldProblem]) -> None:
    """Raise InvalidError that lists the problems, if there are any."""
    if problems:
        raise InvalidError(detail, tuple(problems))
