"""What is to be written, and how a collection is indexed: plain values that know no driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Insert:
    """Write a new document; its `_id` must be free."""

    document: Document


@dataclass(frozen=True, slots=True)
class Replace:
    """Write a whole document over the one found."""

    where: Mapping[str, Any]
    document: Document
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Change parts of the document found."""

    where: Mapping[str, Any]
    change: Mapping[str, Any]
    upsert: bool = False


Write = Insert | Replace | Update


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a collection: keys with 1 or -1, and for a partial one the documents that it holds."""

    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    where: Mapping[str, Any] | None = None
