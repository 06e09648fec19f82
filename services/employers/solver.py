"""Runs the matching engine in a child process, so that a solve can be abandoned and the caller stays light.

The solver is native code that no thread can interrupt, and it may need more memory than an api has to spare.
So it has a process of its own, started with the first question and kept for the next ones. A question has a
deadline; when it passes, the child is killed, SolveAbandonedError is raised, and the caller goes on with the
last good plan. The next question starts a new child. A child ends when its parent does: its pipe closes.

Nothing that the engine needs (NumPy, OR-Tools) is imported in the parent.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Final, Self

from services.runtime.errors import FieldProblem, HubError, UnavailableError

TIME_LIMIT_S: Final = 30.0
"""Of one question, many times what the largest Hub's round takes."""
STOP_TIMEOUT_S: Final = 5.0
"""Until a child that was asked to end is killed."""
MEMORY_LIMIT_BYTES: Final = 4 * 1024**3
"""Of a child's addresses: a round at all limits needs about a quarter of it."""
QUESTIONS: Final[Mapping[str, str]] = {
    "propose": "services.employers.matching.propose.propose",
    "price_of_fairness": "services.employers.matching.compare.price_of_fairness",
    "shadow_prices": "services.employers.matching.compare.shadow_prices",
    "explain_lines": "services.employers.matching.explain.explain_lines",
    "why_not_offer": "services.employers.matching.explain.why_not_offer",
    "why_not_employer": "services.employers.matching.explain.why_not_employer",
    "why_unmet": "services.employers.matching.repair.why_unmet",
    "answer": "services.employers.match_files.answer.answer",
    "propose_round": "services.employers.round_answers.propose_round",
    "explanations": "services.employers.round_answers.explanations",
    "why_not": "services.employers.round_answers.why_not",
    "remedies": "services.employers.round_answers.remedies",
    "scarcities": "services.employers.round_answers.scarcities",
    "what_if": "services.employers.round_answers.what_if",
    "stand_ins": "services.employers.round_answers.stand_ins",
}
"""What can be asked, and which function answers; by name, so that asking imports none of them."""


_TOO_LATE: Final = (
    "No plan was found in {:g} s, so the search was given up. The last plan stands. Make the round smaller, "
    "say by district, or allow more time."
)
_DIED: Final = (
    "The solver ended before it had a plan, perhaps for want of memory. The last plan stands. Make the round "
    "smaller, say by district."
)


class SolveAbandonedError(UnavailableError):
    """The solver did not answer in its time, or died; what was there before still stands."""


class Solver:
    """A child process that answers one question at a time. Use it as a context manager."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._time_limit_s = time_limit_s
        self._turn = threading.Lock()
        self._child: BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, question: str, *arguments: Any, time_limit_s: float | None = None) -> Any:  # noqa: ANN401
        """Call one of QUESTIONS in the child, and return what it returns.

        Raises SolveAbandonedError when the deadline passes or the child dies, and whatever error of ours the
        engine raises. Any other error is a fault: the child ends with its traceback on standard error.
        """
        limit_s = self._time_limit_s if time_limit_s is None else time_limit_s
        with self._turn:
            pipe, child = self._started()
            # Kills it wherever it hangs; sending and receiving then end with an error, which bounds both.
            deadline = threading.Timer(limit_s, child.kill)
            deadline.start()
            try:
                pipe.send((QUESTIONS[question], arguments))
                answer = pipe.recv()
            except (EOFError, OSError) as error:
                late = not deadline.is_alive()
                self._kill()
                raise SolveAbandonedError(_TOO_LATE.format(limit_s) if late else _DIED) from error
            except BaseException:
                # Whoever was interrupted while waiting must not leave an answer for the next question.
                self._kill()
                raise
            finally:
                deadline.cancel()
        if isinstance(answer, _Failure):
            raise answer.error
        return answer

    def close(self) -> None:
        """End the child; afterwards another question starts a new one."""
        with self._turn:
            if self._pipe is not None:
                self._pipe.close()
            if self._child is not None:
                self._child.join(STOP_TIMEOUT_S)
            self._kill()

    def _started(self) -> tuple[Connection, BaseProcess]:
        if self._pipe is not None and self._child is not None and self._child.is_alive():
            return self._pipe, self._child
        self._kill()
        # Not forked: a copy of a process with threads and open connections may hang.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(target=_answer_all, args=(theirs,), name="match-solver", daemon=True)
        child.start()
        theirs.close()
        self._pipe, self._child = ours, child
        return ours, child

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child.close()
        if self._pipe is not None:
            self._pipe.close()
        self._child = self._pipe = None


class _Failure:
    """An error on its way from the child."""

    def __init__(self, kind: type[HubError], detail: str, problems: tuple[FieldProblem, ...] = ()) -> None:
        # In parts: an exception's own pickling would leave the problems out.
        self._kind = kind
        self._detail = detail
        self._problems = problems

    @property
    def error(self) -> HubError:
        """Put it together again."""
        return self._kind(self._detail, self._problems) if self._problems else self._kind(self._detail)


def _answer_all(pipe: Connection) -> None:
    """Answer until the parent has gone."""
    # Before NumPy is imported: its threads would each reserve memory, and nothing here multiplies matrices
    # for long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A round is tens of thousands of values without a circle; looking for some doubles the time to read it.
    gc.disable()
    _limit_memory()
    with suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
        while True:
            function, arguments = pipe.recv()
            pipe.send(_answer(function, arguments))


def _answer(function: str, arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - whatever the engine returns
    module, _, name = function.rpartition(".")
    try:
        return getattr(import_module(module), name)(*arguments)
    except HubError as error:
        return _Failure(type(error), error.detail, error.problems)
    except MemoryError:
        return _Failure(SolveAbandonedError, _DIED)


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > MEMORY_LIMIT_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, hard))
