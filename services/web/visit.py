"""What every signed-in page shows around its own content: who looks, where they are, where they can go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.memberships import Membership
from services.runtime.permissions import Role
from services.runtime.routing import Gate, HubCaller, SchoolCaller
from services.web.navigation import Entry, entries
from services.web.schools import SchoolNames

ROLES: Final = {
    Role.CAREERS_LEADER: "Careers Leader",
    Role.TEACHER: "Teacher",
    Role.SCHOOL_LEADER: "School leader",
    Role.LINK_GOVERNOR: "Link governor",
    Role.ENTERPRISE_COORDINATOR: "Enterprise Coordinator",
    Role.HUB_LEAD: "Hub lead",
    Role.ENTERPRISE_ADVISER: "Enterprise Adviser",
    Role.EMPLOYER: "Employer",
    Role.HUB_ADMIN: "Hub administrator",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """What the layout shows; `urn` is the school as it stands in the address, None on the Hub's pages."""

    subject: str
    path: str
    place: str
    urn: Urn | None
    role: str
    entries: tuple[Entry, ...]
    several_places: bool

    @property
    def current(self) -> Entry | None:
        """The entry that one is at or below; of several the closest."""
        hrefs = {entry.href(self.urn): entry for entry in self.entries}
        above = [href for href in hrefs if self.path == href or self.path.startswith(f"{href}/")]
        return hrefs[max(above, key=len)] if above else None


async def visit_of(request: Request, caller: HubCaller | SchoolCaller) -> Visit:
    """Put together what the layout shows."""
    gate: Gate = request.app.state.gate
    memberships = await gate.memberships.of(caller.actor.subject)
    urn = caller.asked if isinstance(caller, SchoolCaller) else None
    place = hub_name(caller.context)
    if urn is not None:
        place = await _names_in(request, caller.context).of(caller.context, urn)
    return Visit(
        subject=caller.actor.subject,
        path=request.url.path,
        place=place,
        urn=urn,
        role=roles_in_words(m for m in memberships if m.urn == urn),
        entries=tuple(entries(urn, caller.granted)),
        several_places=len({m.urn for m in memberships}) > 1,
    )


def hub_name(context: ServiceContext) -> str:
    """Name the Hub by its id: `west-yorkshire` is the West Yorkshire Hub."""
    return f"The {context.hub.replace('-', ' ').title()} Hub"


def roles_in_words(memberships: Iterable[Membership]) -> str:
    """Name the roles that somebody has at one place."""
    return ", ".join(sorted(ROLES[m.role] for m in memberships))


def _names_in(request: Request, context: ServiceContext) -> SchoolNames:
    """Find a service's names in the application that serves it."""
    known: dict[str, SchoolNames] | None = getattr(request.app.state, "school_names", None)
    if known is None:
        known = request.app.state.school_names = {}
    return known.setdefault(context.service, SchoolNames())
