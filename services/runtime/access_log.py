"""Who read or changed what of a school's pupils: a chain of rows, each authenticated over the one before.

A row holds what one unit of work, or one read, touched: an entry for each thing, in order. Its `mac` is
HMAC-SHA256, under a key of the school that is not in the database, over the previous row's `mac` and the row
itself with all its entries. Changing, removing or inserting a row or an entry in the middle breaks every row
from there on, and nobody with the database alone can mend it. Cutting off the end is found by comparing with
a head that was noted elsewhere: `careers-hub verify-log --expect`.

A row that was chained with a newer secret than the Hub's first names it (`key`, see `sealing.py`), inside
what is authenticated. Behind such a row none may name an older one, so whoever has only an old secret can add
nothing.

Entries name things by their opaque ids; they hold no name, UPN or text of a pupil. One process appends with
the head that it remembers; if another process was first, the row's number is taken and the work runs again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from services.runtime.errors import DuplicateKeyError
from services.runtime.mongo import Document, Session, WriteConflictError
from services.runtime.sealing import Sealer
from services.runtime.tenancy import SchoolDatabase

ACCESS_LOG: Final = "access_log"
GENESIS: Final = "0" * 64
KEY: Final = "key"
# The embedded store answers 100 ids in 10 ms and 500 in half a second.
_VERIFY_PAGE: Final = 100
# Some 150 bytes each: a page of full rows is 15 MB, and a row is far below the 16 MiB of a document.
MOST_ENTRIES_A_ROW: Final = 1_000


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that someone did: `resource` is an opaque path such as `pupils/<ref>`."""

    subject: str
    action: str
    resource: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The number and mac of a chain's last row."""

    number: int
    mac: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of one chain found; `broken_at` is the first row that does not fit."""

    rows: int
    head: str
    broken_at: int | None
    reason: str | None = None


@dataclass(slots=True)
class AccessLog:
    """Appends to one school's chain."""

    database: SchoolDatabase
    sealer: Sealer
    _head: ChainHead | None = field(default=None)

    async def append(self, session: Session | None, entries: Sequence[Access]) -> ChainHead:
        """Write one row behind the head (or more, if the entries are too many for one).

        Pass the answer to `moved_to` once it is committed. Raises WriteConflictError if another process has
        appended in between: run the work again.
        """
        head = self._head or await self._read_head()
        rows: list[Document] = []
        for start in range(0, len(entries), MOST_ENTRIES_A_ROW):
            row = _row(head.number + 1, entries[start : start + MOST_ENTRIES_A_ROW], self._key())
            head = ChainHead(head.number + 1, self._mac(head.mac, row))
            rows.append(row | {"mac": head.mac})
        try:
            await self.database.collection(ACCESS_LOG, session).insert(*rows)
        except DuplicateKeyError:
            self._head = None
            message = "another process wrote to this access log first"
            raise WriteConflictError(message) from None
        return head

    def moved_to(self, head: ChainHead) -> None:
        """Remember the head of a committed append."""
        self._head = head

    async def verify(self, expect: str | None = None) -> Verdict:
        """Recompute the whole chain; with `expect`, also require that mac to be in it."""
        mac, number, seen = GENESIS, 0, expect in {None, GENESIS}
        ages = {key_id: age for age, key_id in enumerate(self.sealer.key_ids)}
        age = 0
        while True:
            rows = await self.database.collection(ACCESS_LOG).find(
                {"_id": {"$in": list(range(number + 1, number + 1 + _VERIFY_PAGE))}}, sort=[("_id", 1)]
            )
            for row in rows:
                number += 1
                stored = row.pop("mac", None)
                used = ages.get(row.get(KEY, self.sealer.key_ids[0]))
                if used is None or used < age:
                    reason = (
                        "it is chained with a secret that is not in the secret file, or with an older one"
                    )
                    return Verdict(number - 1, str(stored), number, reason)
                age = used
                mac = self._mac(mac, row)
                if row["_id"] != number or stored != mac:
                    return Verdict(number - 1, str(stored), number, "this row, or one before it, was changed")
                seen = seen or mac == expect
            if len(rows) < _VERIFY_PAGE:
                break
        total = await self.database.collection(ACCESS_LOG).count({})
        if total != number:
            return Verdict(number, mac, number + 1, f"{total - number} rows follow a missing one")
        if not seen:
            return Verdict(
                number, mac, number + 1, "the expected head is not in the chain: its end was cut off"
            )
        return Verdict(number, mac, None)

    async def _read_head(self) -> ChainHead:
        last = await self.database.collection(ACCESS_LOG).find(
            {}, sort=[("_id", -1)], limit=1, fields=["mac"]
        )
        return ChainHead(last[0]["_id"], last[0]["mac"]) if last else ChainHead(0, GENESIS)

    def _mac(self, previous: str, row: Document) -> str:
        # What JSON cannot say, nobody of ours has written: it only has to differ from what was.
        text = json.dumps(row, sort_keys=True, separators=(",", ":"), default=repr)
        message = f"{previous}{text}".encode()
        return self.sealer.mac(self.database.urn, "access-log", message, row.get(KEY))

    def _key(self) -> str | None:
        """Name the newest secret, unless it is the first."""
        newest = self.sealer.key_id
        return None if newest == self.sealer.key_ids[0] else newest


def _row(number: int, entries: Sequence[Access], key: str | None) -> Document:
    return {
        **({} if key is None else {KEY: key}),
        "_id": number,
        "entries": [
            {
                "at": entry.at.isoformat(),
                "subject": entry.subject,
                "action": entry.action,
                "resource": entry.resource,
            }
            for entry in entries
        ],
    }
