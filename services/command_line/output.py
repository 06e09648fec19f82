"""How commands speak and fail: one JSON value or text, and an exit code that a script can act on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final

import orjson
import typer
from rich.console import Console
from rich.markup import escape

out: Final = Console()
err: Final = Console(stderr=True)


class Exit(IntEnum):
    """What a command's exit code means."""

    FINE = 0
    FOUND_A_PROBLEM = 1
    """A check failed: a recount differs, a chain is broken, rows were rejected."""
    WRONG_USE = 2
    """An argument, a file or a setting is wrong."""
    NOT_AVAILABLE = 3
    """The Hub, its store or its broker cannot be reached, or Wonde."""
    REFUSED = 4
    """The Hub answered with a problem, or Wonde did."""
    INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot go on; `advice` says what to do."""

    def __init__(self, message: str, advice: str, code: Exit = Exit.WRONG_USE) -> None:
        super().__init__(message)
        self.advice = advice
        self.code = code


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print one JSON value, and nothing else, to standard output."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    """Tell people, on standard error, how a Hub is getting on."""
    err.print(text, highlight=False, soft_wrap=not err.is_terminal)


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn what can go wrong into a message, advice and an exit code."""
    try:
        yield
    except typer.Exit:
        raise
    except CommandError as error:
        _fail(str(error), error.advice, error.code)
    except Exception as error:
        known = _known(error)
        if known is None:
            raise
        _fail(*known)
    except KeyboardInterrupt:
        err.print("Stopped. What was acknowledged is safe.")
        raise typer.Exit(Exit.INTERRUPTED) from None


def _known(error: Exception) -> tuple[str, str, Exit] | None:
    """Find message, advice and exit code for an error of ours; None for any other.

    The errors are imported when there is one: that takes longer than most commands.
    """
    from services.connectors.wonde.errors import WondeError, WondeSettingError, WondeUnavailableError
    from services.demo.hub_client import DemoError
    from services.local import EmbeddedHubError
    from services.runtime.broker import BrokerUnavailableError
    from services.runtime.errors import HubError, UnavailableError
    from services.runtime.sealing import SecretError
    from services.runtime.settings import SettingsError
    from services.serve import UnknownServiceError

    found: tuple[str, str, Exit] | None = None
    match error:
        case EmbeddedHubError():
            found = str(error), error.advice, Exit.NOT_AVAILABLE
        case SettingsError():
            advice = "Set them in the environment, or give --data for an embedded Hub."
            found = str(error), advice, Exit.WRONG_USE
        case SecretError():
            found = (
                str(error),
                "Without the Hub's own secret nothing can be checked or opened.",
                Exit.WRONG_USE,
            )
        case UnknownServiceError():
            found = str(error), "See `careers-hub serve --help`.", Exit.WRONG_USE
        case UnavailableError() | BrokerUnavailableError():
            advice = "Nothing was lost. Start the Hub, or wait, and try again."
            found = str(error), advice, Exit.NOT_AVAILABLE
        case WondeSettingError():
            found = str(error), error.advice, Exit.WRONG_USE
        case WondeUnavailableError():
            found = str(error), error.advice, Exit.NOT_AVAILABLE
        case WondeError():
            found = str(error), error.advice, Exit.REFUSED
        case DemoError() | HubError():
            found = error.title, error.detail, Exit.REFUSED
    return found


def _fail(message: str, advice: str, code: Exit) -> None:
    # In a log, what is to be copied stays on one line. Escaped: a log's last lines may look like markup.
    whole_lines = not err.is_terminal
    err.print(f"[bold red]Error:[/] {escape(message)}", highlight=False, soft_wrap=whole_lines)
    err.print(escape(advice), highlight=False, soft_wrap=whole_lines)
    raise typer.Exit(code)
