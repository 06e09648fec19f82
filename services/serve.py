"""Serving a role: `python -m services.serve api|worker|topics|recount`, as `careers-hub serve` does.

The launcher starts its children here, past the command line and all that only people need. Settings come from
CAREERS_HUB_* variables.
"""

from __future__ import annotations

import argparse
import sys
from enum import StrEnum
from typing import Final

ALL: Final = "all"
# As a shell has it for a process that SIGINT ended.
INTERRUPTED: Final = 130
# As `careers-hub recount` ends then.
FIGURES_DIFFER: Final = 1


class ServeRole(StrEnum):
    """What a process does."""

    API = "api"
    WORKER = "worker"
    TOPICS = "topics"
    RECOUNT = "recount"


class UnknownServiceError(ValueError):
    """There is no service of this name; the message lists those that there are."""


def serve(role: ServeRole, service: str, host: str, port: int) -> None:
    """Run one role for one service, or for all, until told to stop.

    Raises UnknownServiceError, SettingsError or SecretError if that is not possible. Topics and recount are
    jobs: they end by themselves.
    """
    # Each role imports what it needs: an api, nothing of Kafka.
    from services.registry import SERVICES  # noqa: PLC0415 - as above
    from services.runtime.settings import load_settings  # noqa: PLC0415 - as above

    settings = load_settings()
    if service != ALL and service not in SERVICES:
        raise UnknownServiceError(f"there is no service '{service}'; services: all, {', '.join(SERVICES)}")
    chosen = list(SERVICES.values()) if service == ALL else [SERVICES[service]]
    if role is ServeRole.API:
        from services.runtime.api_process import serve_api  # noqa: PLC0415 - as above

        serve_api(chosen, settings, host, port)
        return
    if role is ServeRole.RECOUNT:
        from services.recount.process import serve_recount  # noqa: PLC0415 - as above

        if not serve_recount(settings):
            sys.exit(FIGURES_DIFFER)
        return
    from services.runtime.worker_process import create_topics, serve_worker  # noqa: PLC0415 - as above

    if role is ServeRole.WORKER:
        serve_worker(chosen, settings, host, port)
    else:
        made = create_topics(settings)
        sys.stderr.write(f"topics created: {', '.join(made) or 'none were missing'}\n")


def main() -> None:
    """Serve as the arguments say."""
    parser = argparse.ArgumentParser(
        prog="python -m services.serve", description="Run one role as a process."
    )
    parser.add_argument("role", type=ServeRole, choices=tuple(ServeRole))
    parser.add_argument("--service", default=ALL, help="one service, or all")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    try:
        serve(arguments.role, arguments.service, arguments.host, arguments.port)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except ValueError as error:  # what was set is wrong; the message says what and where
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
