"""How a demonstration tells people how far it is: a bar in a terminal, plain lines elsewhere, or nothing.

Lines are for a container's log: one for each step and each school that is done, and one every few seconds of
waiting. Everything goes to the console that it is given, which is standard error.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

WAITING_LINE_EVERY_S: Final = 10.0


class Telling:
    """Tells of one run; enter it before the first step."""

    def __init__(self, console: Console, attendances: int, *, quiet: bool) -> None:
        self._console = console
        self._total = attendances
        self._done = 0
        self._lines = not quiet and not console.is_terminal
        self._waited_at_s = -WAITING_LINE_EVERY_S
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} attendances"),
            TimeElapsedColumn(),
            console=console,
            disable=quiet or self._lines,
        )
        self._task = self._bar.add_task("", total=attendances)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, text: str) -> None:
        """Tell what is done now."""
        self._bar.update(self._task, description=text)
        self._line(f"{text}.")

    def waiting(self, text: str) -> None:
        """Tell what is waited for; asked again and again."""
        self._bar.update(self._task, description=text)
        if time.monotonic() - self._waited_at_s >= WAITING_LINE_EVERY_S:
            self._waited_at_s = time.monotonic()
            self._line(f"{text}.")

    def posted(self, attendances: int) -> None:
        """Count what the Hub has acknowledged."""
        self._done += attendances
        self._bar.advance(self._task, attendances)

    def school_done(self, place: int, of: int) -> None:
        """Tell that a further school is complete."""
        self._line(f"{place} of {of} schools, {self._done:,} of {self._total:,} attendances.")

    def stopped(self, text: str) -> None:
        """Tell what a run that was cut short leaves behind, quiet or not."""
        self._bar.stop()
        self._console.print(text, highlight=False)

    def _line(self, text: str) -> None:
        if self._lines:
            self._console.print(text, highlight=False, soft_wrap=True)
