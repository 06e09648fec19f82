"""What can go wrong with Wonde. No text repeats a token, a student's data or an answer's body."""

from __future__ import annotations


class WondeError(Exception):
    """The school cannot be read; `advice` says what to do."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class WondeSettingError(WondeError):
    """The address, the school's id or the token cannot be used."""


class WondeUnavailableError(WondeError):
    """Wonde does not answer, or asks for more patience than we have."""


class WondeRefusedError(WondeError):
    """Wonde answered that it will not, or with something that is no page of records."""
