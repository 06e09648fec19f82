"""The one seam to MongoDB: nobody else imports a driver, so changing it is changing this package.

Motor is behind it now (its end of life and PyMongo's own async API are in ADR 0001; they differ in how
sessions, transactions, change streams and `close` are called, and in nothing else that we use).

`store.py` connects and verifies · `transactions.py` runs a unit of work and commits it · `collection.py`
reads and writes documents of one kind · `operations.py` says what is to be written · `failures.py` turns the
driver's errors into ours · `documents.py` turns documents into bytes and back, for backups.

Invariant: every write of this process is acknowledged by a majority. `Store.verify` refuses to start on
anything less. Every call is bounded by the time-outs of `Store.connect`, a commit by `COMMIT_WITHIN_S`. A
lost connection becomes an `UnavailableError`, a unique index's refusal a `DuplicateKeyError`; nothing of the
driver gets out.
"""

from services.runtime.mongo.collection import Collection, Session
from services.runtime.mongo.documents import decode_documents, encode_document
from services.runtime.mongo.failures import WriteConflictError, is_transient
from services.runtime.mongo.operations import Document, Index, Insert, Replace, Update, Write
from services.runtime.mongo.store import (
    PAUSE_WITHOUT_STORE_S,
    SERVER_SELECTION_TIMEOUT_MS,
    SOCKET_TIMEOUT_MS,
    Store,
)
from services.runtime.mongo.transactions import COMMIT_WITHIN_S, MAJORITY, TRANSACTION_ATTEMPTS

__all__ = [
    "COMMIT_WITHIN_S",
    "MAJORITY",
    "PAUSE_WITHOUT_STORE_S",
    "SERVER_SELECTION_TIMEOUT_MS",
    "SOCKET_TIMEOUT_MS",
    "TRANSACTION_ATTEMPTS",
    "Collection",
    "Document",
    "Index",
    "Insert",
    "Replace",
    "Session",
    "Store",
    "Update",
    "Write",
    "WriteConflictError",
    "decode_documents",
    "encode_document",
    "is_transient",
]
