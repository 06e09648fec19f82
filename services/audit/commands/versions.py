"""Tells something with versions: reads it, decides, keeps it, and notes who did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import Kind, find_kept, keep
from services.runtime.versions import NOT_YET, Kept, Mark, Telling, tell

T = TypeVar("T")

ID_LENGTH: Final = 32
"""Hex digits kept of a keyed digest: 128 bits, so that two things never share an id by chance."""


def mark_of(unit: UnitOfWork) -> Mark:
    """Say who does something in a unit of work, and when."""
    return Mark(unit.now, unit.actor.subject)


def identity_of(context: ServiceContext, urn: str, text: str) -> str:
    """Name something by what identifies it, so that sent twice it is one; keyed, so that it tells nothing."""
    return context.sealer.digest(urn, text)[:ID_LENGTH]


async def store_telling(unit: UnitOfWork, kind: Kind[T], telling: Telling[T], resource: str) -> Document:
    """Store what is told of something that may be there or not; raises ConflictError for two editors."""
    return await store_change(unit, kind, await find_kept(unit, kind, telling.id), telling, resource)


async def store_change(
    unit: UnitOfWork, kind: Kind[T], before: Kept[T] | None, telling: Telling[T], resource: str
) -> Document:
    """Store what is told of something that was read in this unit, and say what became of it."""
    after = tell(before, telling, mark_of(unit))
    if after is None:
        return receipt("unchanged", telling.id, NOT_YET if before is None else before.version)
    await keep(unit, kind, after, before)
    outcome = "recorded" if before is None else "changed"
    unit.log_access(f"{kind.name}.{outcome}", resource)
    return receipt(outcome, after.id, after.version)


def refuse(detail: str, problems: Sequence[FieldProblem]) -> None:
    """Raise InvalidError that lists the problems, if there are any."""
    if problems:
        raise InvalidError(detail, tuple(problems))


def receipt(outcome: str, identity: str, version: int) -> Document:
    """Say what became of something."""
    return {"outcome": outcome, "id": identity, "version": version}
