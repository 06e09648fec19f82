"""Questions for the solver's child process that the engine does not have: endless, deadly, faulty."""

from __future__ import annotations

import os
import time


def sleep_for_ever(seconds: float) -> None:
    time.sleep(seconds)


def hang(*_asked: object) -> None:
    time.sleep(600)


def die() -> None:
    os._exit(3)


def devour() -> int:
    return len(bytearray(64 * 1024**3))


def which_process() -> int:
    return os.getpid()
