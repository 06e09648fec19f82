"""`careers-hub`: the command line; see `command_line/`.

Nothing is imported before `main`, so that Ctrl-C ends a command quietly from its first moment on.
"""

import signal
import sys

INTERRUPTED = 130
"""As a shell has it for a process that SIGINT ended."""


def main() -> None:
    """Run the command line."""
    try:
        from services.command_line.app import app  # noqa: PLC0415 - as above

        app()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(INTERRUPTED)
    finally:
        # All that is left is to end; another Ctrl-C could only add a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
