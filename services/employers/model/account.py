"""An account that acts for an employer or an Enterprise Adviser: from when, until when.

One account may act for several employers; or for several records of advisers, as of somebody who left and was
registered anew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from services.runtime.errors import FieldProblem

MOST_ACCOUNTS_OF_AN_EMPLOYER: Final = 20
"""Bound at once. Who needs more shares a link."""
MOST_ACCOUNTS_OF_AN_ADVISER: Final = 1
"""Bound at once: an adviser is one person, and what they say of themselves is told as theirs."""


@dataclass(frozen=True, slots=True)
class Account:
    """A subject of the identity provider, bound to an owner; with no `until`, until it is ended."""

    owner: str
    """The id of the employer or the adviser that it acts for."""
    subject: str
    since: dt.datetime
    until: dt.datetime | None = None

    def is_current(self, now: dt.datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.since <= now and (self.until is None or now < self.until)

    def is_over(self, now: dt.datetime) -> bool:
        """Whether it has ended."""
        return self.until is not None and self.until <= now

    def ended(self, now: dt.datetime) -> Account:
        """Return it as it is once it is ended; one that is over stays as it was."""
        return self if self.is_over(now) else replace(self, until=now)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a coordinator asks for. Without `since`, an account that is bound stays so, another begins now."""

    subject: str
    since: dt.datetime | None
    until: dt.datetime | None

    def account(self, owner: str, before: Account | None, now: dt.datetime) -> Account:
        """Say what is to be kept."""
        bound = None if before is None or before.is_over(now) else before.since
        return Account(owner, self.subject, self.since or bound or now, self.until)


def account_id(owner: str, subject: str) -> str:
    """Name the binding: an account is bound to an owner once, however often it is renewed."""
    return f"{owner}/{subject}"


def account_problems(account: Account, now: dt.datetime) -> tuple[FieldProblem, ...]:
    """Say what makes no sense."""
    if account.until is None:
        return ()
    if account.until <= account.since:
        return (FieldProblem("until", "is not after since"),)
    if account.is_over(now):
        return (FieldProblem("until", "is in the past; to end it now, use the route that ends accounts"),)
    return ()
