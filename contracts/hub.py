"""What every worker tells every other, so that readers and ledgers converge whatever the broker forgot.

The owner of a ledger announces how far it has got. A reader that is behind that and makes no progress asks
for the missing part; the owner publishes it again, with the same ids and sequences. The broker may lose
everything: between an announcement and a request, nothing stays missing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.vocabulary import DataClass, Payload

ServiceName = Annotated[str, Field(pattern=r"^[a-z]{3,20}$"), DataClass.TECHNICAL]
LedgerKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$"), DataClass.TECHNICAL]
Sequence = Annotated[int, Field(ge=0), DataClass.TECHNICAL]
ReaderName = Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,80}$"), DataClass.TECHNICAL]


class LedgerHeads(Payload):
    """One key's ledger: `head` events are durable, the first `published` of them are with the broker."""

    key: LedgerKey
    head: Sequence
    published: Sequence


class LedgerHeadsAnnounced(Payload):
    """How far the ledger of a service has got, for every key that it has."""

    service: ServiceName
    heads: tuple[LedgerHeads, ...]


class LedgerPosition(Payload):
    """The last sequence of a key that a reader has applied."""

    key: LedgerKey
    applied: Sequence


class CatchUpRequested(Payload):
    """A reader asks the owner of a ledger to publish again what follows these positions."""

    service: ServiceName
    reader: ReaderName
    positions: tuple[LedgerPosition, ...]
