"""Shows something with versions: its content, its version, and when it was told."""

from __future__ import annotations

from typing import Any, TypeVar

from services.runtime.errors import NotFoundError
from services.runtime.tenancy import SchoolDatabase
from services.runtime.version_store import Kind, versions_of
from services.runtime.versions import NOT_YET, Kept

T = TypeVar("T")
View = dict[str, Any]


def kept_view(kind: Kind[T], kept: Kept[T]) -> View:
    """Show one version."""
    return {
        "version": kept.version,
        "recorded_at": kept.recorded.at.isoformat(),
        "recorded_by": kept.recorded.by,
        "changed_at": None if kept.changed is None else kept.changed.at.isoformat(),
        "changed_by": None if kept.changed is None else kept.changed.by,
        **kind.fields(kept.content),
    }


def not_yet_view() -> View:
    """Show that there is nothing yet, and the version to send with the first telling."""
    return {"version": NOT_YET}


async def history(database: SchoolDatabase, kind: Kind[T], identity: str) -> View:
    """Show every version of something, the current one first; raises NotFoundError if it never was."""
    found = await versions_of(database, kind, identity)
    if not found:
        raise NotFoundError("There is no such thing at this school.")
    return {"versions": [kept_view(kind, kept) for kept in found]}
