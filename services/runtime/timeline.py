"""Which history of the Hub this is: a restore begins another one, and nothing of the one before gets into it.

A restore takes ledgers and readers back together, and then sequences are given a second time, to other
events. The broker still has what was told in between. So a restore gives the Hub a new *timeline* (the word
is PostgreSQL's, for the same thing): the relay puts its id on each record, readers pass over the records of
any other, and the ledgers are published anew from their first event. A Hub that was never restored has the
timeline without a name, and its records say nothing about it.

One document beside the memberships. Each process reads it before it begins, waits while a restore is under
way, and looks again at most every `CHECK_S`: one that lived through a restore knows heads and positions of
the other history, so it stores and answers nothing any more, and has to be started again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from services.runtime.errors import UnavailableError
from services.runtime.mongo import Collection, Document, Replace
from services.runtime.tenancy import Tenancy

TIMELINE: Final = "timeline"
WHOLE: Final = "hub"
# How long a process may go on that has not heard of a restore; whoever restores waits that long first. As
# long as a membership is remembered, and like it one read in so many seconds.
CHECK_S: Final = 15.0
_PRESENT: Final = "present"
_UNDER_WAY: Final = (
    "The Hub is being restored from a backup; nothing can be stored or read until that is done."
)
_OUTLIVED: Final = (
    "The Hub was restored from a backup while this process ran. Start it again: what it remembers is of "
    "before."
)


@dataclass(frozen=True, slots=True)
class State:
    """Which timeline the Hub is on, and whether a restore is under way (or was broken off)."""

    id: str = ""
    restoring: str = ""
    """What is being restored, if anything: `WHOLE`, or a school's URN."""


class Timeline:
    """One process's view of the Hub's timeline."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._settled: str | None = None
        self._looked_s = 0.0
        self._outlived = False
        self._restores = False

    @property
    def id(self) -> str:
        """The timeline that this process works on; empty before it was asked for, and for the first one."""
        return self._settled or ""

    @property
    def outlived(self) -> bool:
        """Whether this process has found out that it lived through a restore: it will never do again."""
        return self._outlived

    async def read(self) -> State:
        """Read the state as it is now."""
        found = await self._collection().get(_PRESENT)
        return State() if found is None else State(found["timeline"], found["restoring"])

    async def settle(self) -> None:
        """Take up the Hub's timeline at a start; raises UnavailableError while a restore is under way."""
        state = await self.read()
        if state.restoring and not self._restores:
            raise UnavailableError(_UNDER_WAY)
        self._settled, self._looked_s = state.id, time.monotonic()

    async def require_same(self) -> None:
        """Raise UnavailableError if the Hub was, or is being, restored since this process began.

        Known at most `CHECK_S` late.
        """
        now_s = time.monotonic()
        if self._restores:
            return
        if self._settled is None:
            await self.settle()
        elif now_s - self._looked_s >= CHECK_S:
            state = await self.read()
            if state.restoring:
                raise UnavailableError(_UNDER_WAY)
            if state.id != self._settled:
                self._outlived = True
                raise UnavailableError(_OUTLIVED)
            self._looked_s = now_s

    async def has_ended(self) -> bool:
        """Whether this process is of another timeline than the Hub, and will never do again."""
        state = await self.read()
        return self._settled is not None and (bool(state.restoring) or state.id != self._settled)

    async def begin_restore(self, what: str) -> State:
        """Close the Hub to every process that looks, but for this one; returns how it was before."""
        before = await self.read()
        self._restores = True
        await self._write(State(before.id, what))
        return before

    async def end_restore(self, identity: str) -> None:
        """Open the Hub again, on this timeline."""
        await self._write(State(identity))

    async def _write(self, state: State) -> None:
        document: Document = {"_id": _PRESENT, "timeline": state.id, "restoring": state.restoring}
        await self._collection().write(Replace({"_id": _PRESENT}, document, upsert=True))

    def _collection(self) -> Collection:
        return self._tenancy.memberships().collection(TIMELINE)
