"""Keeps invented pupils out of a Hub that people work with.

What is posted is told, counted in the Hub's report and kept in its ledgers for good; nothing takes it back.
So before it changes anything, a demonstration looks who was there first, and goes no further if it was not
itself. It knows its own schools by the memberships of its careers leaders, which it grants before it posts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary import URN_PATTERN, Urn
from services.areas import Area
from services.demo.cast import HUB_ADMIN, careers_leader_of, everybody
from services.demo.hub_client import Call, DemoError, HubClient
from services.demo.posting import MEMBERSHIPS, ledger_heads

SCHOOLS_TELL: Final = ("pupils", "audit")
"""The services in which schools have data of their own."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What a Hub holds: the schools that have told anything, those that it lists, and its memberships.

    `cast` are the subjects of the demonstration's accounts, `leaders` who of them leads careers at a school.
    """

    told: AbstractSet[str]
    listed: AbstractSet[str]
    memberships: Collection[Mapping[str, Any]]
    cast: AbstractSet[str]
    leaders: Mapping[str, str]

    def is_own(self, urn: str) -> bool:
        """Whether a demonstration was at a school before: its careers leader has or had that role there."""
        grant = (self.leaders.get(urn), "careers_leader", urn)
        return any((m.get("subject"), m.get("role"), m.get("urn")) == grant for m in self.memberships)


async def require_nobody_elses(client: HubClient, area: Area) -> None:
    """Raise DemoError if the Hub has data, people or schools that no demonstration of this area put there."""
    urns = [school.urn for school in area.schools]
    reasons = reasons_against(await _look(client, urns), urns)
    if reasons:
        raise DemoError(
            "Others work with this Hub",
            f"{' '.join(reasons)} Nothing was changed. Invented pupils would be counted with real ones, and "
            "what a Hub was told cannot be taken back: give the demonstration a Hub of its own.",
        )


def reasons_against(found: Found, area: Collection[Urn]) -> list[str]:
    """Say what of somebody else's a Hub holds; empty if there is nothing."""
    with_data = {urn for urn in found.told if not found.is_own(urn)}
    with_people = {
        str(m["urn"])
        for m in found.memberships
        if m.get("urn") and m.get("until") is None and m.get("subject") not in found.cast
    }
    with_people = {urn for urn in with_people - with_data if not found.is_own(urn)}
    elsewhere = set(found.listed) - set(area)
    reasons = []
    if with_data:
        reasons.append(f"It has data of {_schools(with_data)} that the demonstration did not post.")
    if with_people:
        reasons.append(f"People have roles at {_schools(with_people)}.")
    if elsewhere:
        reasons.append(f"It lists {_schools(elsewhere)} of another area.")
    return reasons


async def _look(client: HubClient, area: Collection[Urn]) -> Found:
    told: set[str] = set()
    for service in SCHOOLS_TELL:
        heads = await ledger_heads(client, HUB_ADMIN, service)
        told |= {key for key in heads if re.fullmatch(URN_PATTERN, key)}
    directory = await client.fetch_object(Call("GET", "/employers/v1/schools", HUB_ADMIN))
    memberships = await client.fetch_list(Call("GET", MEMBERSHIPS, HUB_ADMIN))
    of_interest = told | {str(m["urn"]) for m in memberships if m.get("urn")}
    return Found(
        told=told,
        listed={str(school.get("urn")) for school in directory.get("schools", ())},
        memberships=memberships,
        cast={await client.cast.subject(person) for person in everybody(tuple(area))},
        leaders={urn: await client.cast.subject(careers_leader_of(Urn(urn))) for urn in of_interest},
    )


def _schools(urns: Iterable[str]) -> str:
    known = sorted(urns)
    shown = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
    return f"{len(known)} school{'s' if len(known) > 1 else ''} ({shown})"
