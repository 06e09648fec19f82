"""Start a program that dies with its launcher: `python -I -S guard.py LAUNCHER_PID PROGRAM [ARGUMENT ...]`.

The launcher runs this file, not the program itself. It asks Linux to kill this process when the launcher's
thread that started it ends, for whatever reason, and then becomes the program; the request outlives `exec`.
Other systems have no such request: there, only a launcher that was itself killed leaves children behind.

A file of its own and not a hook between fork and exec, because Python code must not run there in a process
that has threads. Imports the standard library only, and little of it: each child pays for it at each start.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From `linux/prctl.h`."""
CANNOT_START = 127
"""What a shell answers for a program that it cannot run."""


def main() -> None:
    """Bind this process's life to the launcher's and become the program."""
    launcher, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            sys.exit(f"cannot bind to the launcher's life: {os.strerror(ctypes.get_errno())}")
        # The launcher may have died before the request was made.
        if os.getppid() != launcher:
            sys.exit("the launcher has ended")
    try:
        os.execvp(command[0], command)  # noqa: S606 - becoming the program is the point; no shell is wanted
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    main()
