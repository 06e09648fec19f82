"""The routes by which a coordinator lets an employer in: accounts that act for it, and links."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import Field

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.employers.accounts.bodies import AccountBody, EndBody
from services.employers.fields import PREFIX, SERVICE_NAME, Body, EmployerInPath
from services.employers.own import commands, views
from services.runtime.links import LinkId
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

LONGEST_LINK_DAYS: Final = 366
"""A link is kept in a mailbox for a year of offers; a coordinator revokes it when somebody leaves."""
LINK_DAYS: Final = 90
"""About a term, unless more is asked for."""

router = SecuredRouter(SERVICE_NAME, f"{PREFIX}/employers/{{employer_id}}")

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


class LinkBody(Body):
    """For how long a link opens the employer's own."""

    days: Annotated[int, Field(strict=True, ge=1, le=LONGEST_LINK_DAYS)] = LINK_DAYS


@router.get("/accounts", Permission.MANAGE_EMPLOYER_ACCESS)
async def get_accounts(caller: AdmittedToHub, employer_id: EmployerInPath) -> dict[str, Any]:
    """List the accounts that act for an employer, or did."""
    return await views.accounts(caller.context, employer_id)


@router.put("/accounts", Permission.MANAGE_EMPLOYER_ACCESS)
async def put_account(
    caller: AdmittedToHub, employer_id: EmployerInPath, body: AccountBody
) -> dict[str, Any]:
    """Bind an account to an employer; it also needs the role `employer`, which an administrator gives."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.bind_account(unit, employer_id, body.binding())

    return await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)


@router.post("/accounts/end", Permission.MANAGE_EMPLOYER_ACCESS)
async def post_account_end(
    caller: AdmittedToHub, employer_id: EmployerInPath, body: EndBody
) -> dict[str, Any]:
    """End an account's standing at once; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.end_account(unit, employer_id, body.subject)

    return await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)


@router.post("/links", Permission.MANAGE_EMPLOYER_ACCESS, status_code=status.HTTP_201_CREATED)
async def post_link(caller: AdmittedToHub, employer_id: EmployerInPath, body: LinkBody) -> dict[str, Any]:
    """Make a link that an employer comes in by; its path is told here and never again."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.make_own_link(unit, SERVICE_NAME, employer_id, body.days)

    return await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)


@router.get("/links", Permission.MANAGE_EMPLOYER_ACCESS)
async def get_links(caller: AdmittedToHub, employer_id: EmployerInPath) -> dict[str, Any]:
    """List an employer's links: by whom, until when, how often used; not what is in them."""
    return await views.links(caller.context, employer_id)


@router.post("/links/{identity}/revocation", Permission.MANAGE_EMPLOYER_ACCESS)
async def post_link_revocation(
    caller: AdmittedToHub, employer_id: EmployerInPath, identity: Id
) -> dict[str, Any]:
    """End a link at once; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.revoke_own_link(unit, employer_id, LinkId(identity))

    return await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)
