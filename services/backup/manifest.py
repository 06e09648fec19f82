"""What a backup holds: how many documents of which collections, and where the ledgers stood.

A collection's digest does not depend on the order in which its documents lie, so what was restored can be
compared with what was saved on any store: the sum of the documents' SHA-256, modulo 2^256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.runtime.mongo import Document, encode_document

_MODULUS: Final = 1 << 256


class CollectionTally(BaseModel):
    """How many documents a collection has, and what they add up to."""

    model_config = ConfigDict(extra="forbid")

    documents: int = 0
    digest: str = f"{0:064x}"

    def add(self, documents: Iterable[Document]) -> None:
        """Count documents in."""
        total = int(self.digest, 16)
        for document in documents:
            total += int.from_bytes(hashlib.sha256(encode_document(document)).digest())
            self.documents += 1
        self.digest = f"{total % _MODULUS:064x}"


class Manifest(BaseModel):
    """The last piece of a backup."""

    model_config = ConfigDict(extra="forbid")

    collections: dict[str, dict[str, CollectionTally]]
    """By database (`pupils_136500`) and name."""
    heads: dict[str, dict[str, int]]
    """By service and key: the ledgers' last sequences, of the school alone if the backup is of one."""
    erasures: tuple[str, ...]
    """The erasures that the journal had: a journal that lacks one of them is an older one, or another."""
    journal: tuple[str, ...] = ()
    """The journal's own files, for the day on which it is lost as well; of a whole Hub."""

    @property
    def documents(self) -> int:
        """How many documents there are in all."""
        return sum(tally.documents for names in self.collections.values() for tally in names.values())
