"""One child of the Hub, kept alive: started, waited for, started again, and in the end stopped.

A life is one process. When a life ends unasked, the next begins on the same port after a pause that doubles;
a child that keeps dying is given up with `EmbeddedHubError`, which carries its last words. A port that
somebody else took before the first life was ready is given up for another one, if the choice was ours.

A child may stand on another, as the worker on the broker: it is held down from the end of each life of the
other until the next one is ready, and the next one does not begin before it is down. That is no death.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.local.errors import EmbeddedHubError
from services.local.journal import Journal, keep_bounded, last_lines, size_of
from services.local.layout import HubLayout, space_warning
from services.local.ports import LOOPBACK, ReservedPort, listens, somebody_listens
from services.local.programs import ChildName, Program

GUARD: Final = Path(__file__).with_name("guard.py")
# So many deaths in a window are no accident. Fewer before a child was ever ready: a wrong installation or a
# damaged store dies the same way each time, and somebody waits for the message.
DEATHS_TO_GIVE_UP: Final = 5
DEATHS_TO_GIVE_UP_AT_START: Final = 3
DEATH_WINDOW_S: Final = 60.0
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
# The store replays its journal after a kill, the roles import for some seconds; 60 s is a machine that swaps.
READY_WITHIN_S: Final = 60.0
_POLL_S: Final = 0.05
# A probe costs the store a millisecond. Its longest operations hold others up for some 20 s, and clients give
# up after 30 s, so a store that has answered nothing for three quarters of a minute is frozen.
WATCH_EVERY_S: Final = 2.0
ANSWER_WITHIN_S: Final = 15.0
MISSED_ANSWERS: Final = 3
# How a role ends that was asked to; by the signal itself when it was still starting.
_CLEAN_ENDS: Final = (0, -signal.SIGTERM)
# Who holds a child down unless a name is given: whoever calls `hold`.
_SOMEBODY: Final = "somebody"


class Child:
    """A program of the Hub, alive as long as the Hub is."""

    def __init__(self, program: Program, port: ReservedPort, layout: HubLayout, journal: Journal) -> None:
        self.program = program
        self.port = port
        self.log = layout.log(program.name)
        self.lives = 0
        self.when_ready: Callable[[], None] = lambda: None
        self._layout = layout
        self._journal = journal
        self._process: asyncio.subprocess.Process | None = None
        self._log_begin = 0
        self._ready = asyncio.Event()
        self._was_ready = False
        self._stopping = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()
        self._held_by: set[str] = set()
        self._between_lives = asyncio.Event()
        self._between_lives.set()
        self._crashed = False
        self._upon_it: list[Child] = []
        self._deaths: deque[float] = deque()

    @property
    def name(self) -> ChildName:
        """Which child of the Hub it is."""
        return self.program.name

    @property
    def pid(self) -> int:
        """The process id of its present life; raises EmbeddedHubError between lives."""
        if self._process is None or self._process.returncode is not None:
            raise EmbeddedHubError(f"the {self.name} does not run", f"Its log: {self.log}")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has a process."""
        return self._process is not None and self._process.returncode is None

    async def ready(self, *, after: int = 0) -> int:
        """Wait until it is ready in another life than process `after`, and return its process id.

        Not bounded by itself: it ends when the child is given up and the Hub with it. Bound it, or race it
        with `EmbeddedHub.failed`, as `EmbeddedHub.wait_ready` does.
        """
        while True:
            await self._ready.wait()
            if self.alive and self.pid != after:
                return self.pid
            await asyncio.sleep(_POLL_S)

    def carry(self, other: Child) -> None:
        """Let another child stand on this one: it lives only beside a life of this one that is ready."""
        self._upon_it.append(other)

    async def keep_alive(self) -> None:
        """Live again and again until `stop`; raises EmbeddedHubError when that is hopeless."""
        while not self._stopping.is_set():
            await self._free.wait()
            if self._stopping.is_set():
                return
            self._between_lives.clear()
            try:
                ended = await self._live()
                await self._let_fall()
            finally:
                self._between_lives.set()
            if not self._stopping.is_set() and self._free.is_set():
                await self._after_death(ended)

    async def hold(self, by: str = _SOMEBODY) -> None:
        """Stop it and keep it down, as an outage would, until everybody who holds it has released it.

        What stands on it is down too when this returns.
        """
        self._held_by.add(by)
        self._free.clear()
        await self._end(self.program.stop_within_s)
        await self._between_lives.wait()

    def release(self, by: str = _SOMEBODY) -> None:
        """Let it live again after `hold`, unless somebody else holds it too."""
        self._held_by.discard(by)
        if not self._held_by:
            self._free.set()

    async def stop(self) -> None:
        """Stop it for good: ask first, and kill it after a bound."""
        self._stopping.set()
        self._free.set()
        await self._end(self.program.stop_within_s)

    def kill(self) -> None:
        """Kill it at once, with everything that it may have started."""
        self._stopping.set()
        self._free.set()
        self._signal(signal.SIGKILL)

    async def _live(self) -> str:
        """Live once; return how it ended."""
        await self._tidy_up()
        process = await self._spawn()
        ending = asyncio.create_task(process.wait())
        try:
            await self._become_ready(process.pid, ending)
            stuck = await self._watch(ending)
            return stuck or _describe(await ending)
        finally:
            self._ready.clear()
            ending.cancel()
            self._crashed = process.returncode not in _CLEAN_ENDS

    async def _let_fall(self) -> None:
        """Hold down what stands on this child, whose life is over, until the next life is ready."""
        if self._stopping.is_set():
            return
        for other in self._upon_it:
            if other.alive:
                sentence = f"The {self.name} is gone: stopping the {other.name} until there is a new one."
                self._journal.note("child_let_fall", sentence, **other._fields())
            await other.hold(self.name)

    async def _tidy_up(self) -> None:
        """Put right what the last life left behind if it did not end by itself or as it was asked."""
        if not self._crashed or self.program.tidy_up is None:
            return
        done = await self.program.tidy_up(ANSWER_WITHIN_S)
        how = "have been ended" if done else "end by themselves in a minute, because the store did not answer"
        sentence = f"The {self.name} was cut short; transactions that it may have left open {how}."
        self._journal.note("tidied_up", sentence, done=done, **self._fields())

    async def _spawn(self) -> asyncio.subprocess.Process:
        keep_bounded(self.log)
        self._log_begin = size_of(self.log)
        command = self.program.command(self.port.number)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal is for the launcher, which stops children in order.
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._layout.data,
                env=dict(self.program.environment()),
                start_new_session=True,
            )
        self._process = process
        self.lives += 1
        self._journal.note("child_started", f"Starting the {self.name}.", **self._fields())
        if self._stopping.is_set() or not self._free.is_set():
            self._signal(signal.SIGKILL)
        return process

    async def _become_ready(self, pid: int, ending: asyncio.Task[int]) -> None:
        """Wait until the present life is ready, or is over."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while not (await listens(pid, self.port.number) and await self._answers()):
            if loop.time() - begin > READY_WITHIN_S:
                raise self._failure(f"was not ready within {READY_WITHIN_S:.0f} s", "")
            await asyncio.wait({ending}, timeout=_POLL_S)
            if ending.done():
                return
        self._was_ready = True
        self._ready.set()
        seconds = round(loop.time() - begin, 1)
        self._journal.note("child_ready", f"The {self.name} is ready ({seconds} s).", **self._fields())
        self.when_ready()
        for other in self._upon_it:
            other.release(self.name)

    async def _watch(self, ending: asyncio.Task[int]) -> str:
        """Ask the present life how it is until it ends; kill it when it does not answer, and say so."""
        if not self.program.watched:
            return ""
        missed = 0
        while missed < MISSED_ANSWERS:
            await asyncio.wait({ending}, timeout=WATCH_EVERY_S)
            if ending.done():
                return ""
            missed = 0 if await self._answers() else missed + 1
        self._signal(signal.SIGKILL)
        await ending
        return f"no answer to {missed} questions"

    async def _answers(self) -> bool:
        ask = self.program.answers
        return ask is None or await ask(self.port.number, ANSWER_WITHIN_S)

    async def _after_death(self, ended: str) -> None:
        """Decide what follows a death: a pause, another port, or the end."""
        now = asyncio.get_running_loop().time()
        self._deaths.append(now)
        while self._deaths[0] < now - DEATH_WINDOW_S:
            self._deaths.popleft()
        count = len(self._deaths)
        if count >= (DEATHS_TO_GIVE_UP if self._was_ready else DEATHS_TO_GIVE_UP_AT_START):
            times = f"died {count} times within {DEATH_WINDOW_S:.0f} s"
            raise self._failure(f"{times}, the last time with {ended}", ended)
        if not self._was_ready and self.port.chosen and await somebody_listens(self.port.number):
            self.port.move()
        pause = min(FIRST_PAUSE_S * 2 ** (count - 1), LONGEST_PAUSE_S)
        sentence = f"The {self.name} ended ({ended}); starting it again. {space_warning(self._layout)}"
        self._journal.note("child_died", sentence.rstrip(), ended=ended, pause_s=pause, **self._fields())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._stopping.wait()

    def _failure(self, what: str, ended: str) -> EmbeddedHubError:
        words = last_lines(self.log, self._log_begin)
        advice = space_warning(self._layout) or (
            "Something killed it: look at the system's log, perhaps memory ran out."
            if "SIGKILL" in ended
            else f"The reason is in its log: {self.log}"
        )
        return EmbeddedHubError(f"the {self.name} {what}. Its last lines in {self.log}:\n{words}", advice)

    async def _end(self, within_s: float) -> None:
        """Ask the present life to end and kill it after a bound."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(within_s):
                await self._await_end(process)
        except TimeoutError:
            sentence = f"The {self.name} did not stop within {within_s:.0f} s; killing it."
            self._journal.note("child_killed", sentence, **self._fields())
            self._signal(signal.SIGKILL)
            await process.wait()

    async def _await_end(self, process: asyncio.subprocess.Process) -> None:
        waiting = asyncio.create_task(process.wait())
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=_POLL_S)
            if self.program.knock_to_stop and not waiting.done():
                await somebody_listens(self.port.number)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.killpg(self._process.pid, number)

    def _fields(self) -> dict[str, object]:
        pid = None if self._process is None else self._process.pid
        return {
            "child": self.name,
            "pid": pid,
            "life": self.lives,
            "address": f"{LOOPBACK}:{self.port.number}",
        }


def _describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
