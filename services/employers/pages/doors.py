"""Which schools' pages somebody may open who looks at one of the Hub's: by their memberships alone."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from contracts.vocabulary import Urn
from services.employers.advisers.world import called_today
from services.employers.views import schools
from services.runtime.routing import Gate
from services.web.navigation import entries
from services.web.routing import HubVisitor


@dataclass(frozen=True, slots=True)
class Door:
    """A school by its URN of today, its name, and its pages that somebody may open, as (label, address)."""

    urn: Urn
    name: str
    pages: tuple[tuple[str, str], ...]


async def doors_of(request: Request, caller: HubVisitor) -> list[Door]:
    """List the schools that somebody belongs to, in order of name, with what the navigation has for them."""
    gate: Gate = request.app.state.gate
    subject = caller.actor.subject
    listed = await schools(caller.context)
    names = {school.id: school.name for school in listed}
    today = called_today(names, await caller.context.successions.lineage())
    found = []
    for urn in sorted({one.urn for one in await gate.memberships.of(subject) if one.urn is not None}):
        granted = await gate.memberships.granted(subject, urn)
        # What the navigation lists at a school, but is the Hub's, they are looking at.
        open_pages = tuple(
            (entry.label, entry.href(urn)) for entry in entries(urn, granted) if "{urn}" in entry.path
        )
        current = today.get(urn, urn)
        found.append(Door(current, names.get(current, f"School {urn}"), open_pages))
    return sorted(found, key=lambda door: door.name)
