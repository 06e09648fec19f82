"""Asks the solver from the api, without keeping the event loop waiting: one question at a time a process.

A question that takes too long is given up (`solver.py`), and whoever would wait behind too many others is
told to come back. Nothing is stored here: who gets no answer keeps the plan that there was.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, Final

from services.employers.solver import TIME_LIMIT_S, Solver
from services.runtime.errors import UnavailableError

MOST_WAITING: Final = 8
"""Questions in one process. At half a second each, the last waits four seconds."""


class Solving:
    """One process's solver, and its queue."""

    def __init__(self) -> None:
        self._solver = Solver()
        # A thread of its own: the event loop's would keep others waiting, and the solver answers one by one.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="match-solver")
        self._waiting = 0
        self.time_limit_s = TIME_LIMIT_S

    async def ask(self, question: str, *arguments: Any) -> Any:  # noqa: ANN401 - whatever the engine returns
        """Ask one of the solver's questions.

        Raises SolveAbandonedError after the time limit, UnavailableError if too many wait, and whatever
        error of ours the engine raises.
        """
        if self._waiting >= MOST_WAITING:
            raise UnavailableError("Many rounds are being solved at once. Ask again in a moment.", 5)
        self._waiting += 1
        try:
            ask = partial(self._solver.ask, question, *arguments, time_limit_s=self.time_limit_s)
            return await asyncio.get_running_loop().run_in_executor(self._thread, ask)
        finally:
            self._waiting -= 1


@cache
def solving() -> Solving:
    """Return the process's own."""
    return Solving()
