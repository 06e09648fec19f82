"""The Hub's schools by tenant: a school whose URN changed is one school, under whichever it is listed."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.vocabulary import Urn
from services.employers.model.directory import School
from services.employers.views import schools
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Member:
    """A school of the directory, and the first URN of its chain, under which its needs and events lie."""

    tenant: Urn
    school: School


async def members(context: ServiceContext) -> tuple[Member, ...]:
    """List the Hub's schools in order of tenant; of two listings of one school, the later URN's counts."""
    lineage = await context.successions.lineage()
    found: dict[Urn, School] = {}
    for school in sorted(await schools(context), key=lambda one: len(lineage.forebears(one.id))):
        found[lineage.tenant_of(school.id)] = school
    return tuple(Member(tenant, found[tenant]) for tenant in sorted(found))


async def require_member(context: ServiceContext, tenant: Urn) -> None:
    """Raise ConflictError for a school that the directory does not have: no round would ever look at it."""
    if tenant not in {member.tenant for member in await members(context)}:
        raise ConflictError(
            "The school is not in the Hub's directory. Ask an administrator to list it; then raise needs."
        )
