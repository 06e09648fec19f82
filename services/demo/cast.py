"""Who plays the demonstration's people on a Hub: their accounts, and the tokens that they act with.

The plan knows people (a careers leader of each school, a coordinator, ...); a Hub knows subjects. On the
embedded Hub everybody has an account of their own. At an identity provider there are the demonstration's
users (`realm.py`), one a role, and each of them plays all people of that role.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from contracts.vocabulary import Urn


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts; `urn` is None for a role in the Hub. `name` is unique among the demonstration's people."""

    name: str
    role: str
    urn: Urn | None = None


HUB_ADMIN: Final = Person("demo-hub-admin", "hub_admin")
HUB_LEAD: Final = Person("demo-hub-lead", "hub_lead")
COORDINATOR: Final = Person("demo-coordinator", "enterprise_coordinator")
EMPLOYER: Final = Person("demo-employer", "employer")


def careers_leader_of(urn: Urn) -> Person:
    """Name the careers leader of a school."""
    return Person(f"demo-careers-leader-{urn}", "careers_leader", urn)


def adviser_of(urn: Urn) -> Person:
    """Name the Enterprise Adviser of a school."""
    return Person(f"demo-adviser-{urn}", "enterprise_adviser", urn)


def everybody(urns: Sequence[Urn]) -> tuple[Person, ...]:
    """Name all but the administrator: the Hub's people, each careers leader, and the first school's staff."""
    first = urns[:1]
    return (
        HUB_LEAD,
        COORDINATOR,
        EMPLOYER,
        *(careers_leader_of(urn) for urn in urns),
        *(Person(f"demo-teacher-{urn}", "teacher", urn) for urn in first),
        *(Person(f"demo-head-{urn}", "school_leader", urn) for urn in first),
        *(Person(f"demo-governor-{urn}", "link_governor", urn) for urn in first),
        *(adviser_of(urn) for urn in first),
    )


class Cast(Protocol):
    """Plays people."""

    async def subject(self, person: Person) -> str:
        """The `sub` claim of the account that plays somebody; raises DemoError if there is none."""
        ...

    async def token(self, person: Person) -> str:
        """An access token that is good for the next request; raises DemoError if there is none to be had."""
        ...


@dataclass(frozen=True, slots=True)
class OwnAccounts:
    """Everybody has an account that is named like them; `sign` makes its tokens."""

    sign: Callable[[Person], str]

    async def subject(self, person: Person) -> str:
        """Everybody is who they are."""
        return person.name

    async def token(self, person: Person) -> str:
        """Sign a new one."""
        return self.sign(person)
