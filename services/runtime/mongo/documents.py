"""Documents as bytes (BSON), with every type kept: what a backup holds, and what it is compared by."""

from __future__ import annotations

from bson import BSON, CodecOptions, decode_all
from bson.errors import BSONError

from services.runtime.mongo.operations import Document

_IN_UTC: CodecOptions[Document] = CodecOptions(tz_aware=True)


def encode_document(document: Document) -> bytes:
    """Write a document down; equal documents with their fields in the same order are equal bytes."""
    return bytes(BSON.encode(document))


def decode_documents(content: bytes) -> list[Document]:
    """Read documents that were written one after the other; raises ValueError for anything else."""
    try:
        return decode_all(content, _IN_UTC)
    except BSONError as error:
        message = "these are no documents"
        raise ValueError(message) from error
