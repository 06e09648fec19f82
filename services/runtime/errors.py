"""The errors that a caller can do something about, mapped once to problem+json (RFC 9457) in `http.py`.

A detail says what is wrong and what to do. It never repeats what the caller sent: that may be personal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong in what was sent: where, why, and in a table its row and column."""

    where: str
    reason: str
    row: int | None = None
    column: str | None = None

    def to_json(self) -> dict[str, object]:
        """Render for a problem document or a receipt, without the parts that do not apply."""
        parts = {"where": self.where, "reason": self.reason, "row": self.row, "column": self.column}
        return {name: value for name, value in parts.items() if value is not None}


class HubError(Exception):
    """The root: `status` and `title` are the kind's, `detail` is the case's."""

    status = 500
    title = "Something went wrong"

    def __init__(self, detail: str, problems: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems


class InvalidError(HubError):
    """What was sent does not make sense; `problems` says where."""

    status = 422
    title = "What was sent cannot be used"


class UnauthenticatedError(HubError):
    """No usable token."""

    status = 401
    title = "Sign in first"


class ForbiddenError(HubError):
    """The caller may not do this anywhere."""

    status = 403
    title = "Not allowed"


class NotFoundError(HubError):
    """There is no such thing, or the caller may not know that there is."""

    status = 404
    title = "Not found"


class ConflictError(HubError):
    """What was sent contradicts what is stored."""

    status = 409
    title = "This contradicts what is stored"


class TooLargeError(HubError):
    """A stated limit is passed."""

    status = 413
    title = "Too large"


class UnavailableError(HubError):
    """A part that we need is away; nothing was acknowledged. Try again after `retry_after_s` seconds."""

    status = 503
    title = "Not available just now"

    def __init__(self, detail: str, retry_after_s: int = 2) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooManyRequestsError(HubError):
    """One school sends more than its share; the others must not wait for it."""

    status = 429
    title = "Too many requests"

    def __init__(self, wait_s: float) -> None:
        super().__init__("This is more than the stated number of requests a second. Wait, then go on.")
        self.retry_after_s = max(1, math.ceil(wait_s))


class DuplicateKeyError(HubError):
    """A document with this key exists already; commands turn it into what it means for them."""

    status = 409
    title = "Exists already"
