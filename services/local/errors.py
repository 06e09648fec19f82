"""The one error of the embedded Hub."""

from __future__ import annotations


class EmbeddedHubError(Exception):
    """The embedded Hub cannot start or go on; `advice` says what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice
