"""The routes by which a coordinator lets an adviser in: the account that acts for them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

from services.employers.accounts.bodies import AccountBody, EndBody
from services.employers.accounts.store import ADVISER_ACCOUNTS
from services.employers.accounts.views import accounts
from services.employers.advisers.bodies import ID_PATTERN
from services.employers.advisers.commands import ADVISERS_KEY, NO_SUCH_ADVISER
from services.employers.advisers.store import find_adviser
from services.employers.advising.adviser import AdviserId
from services.employers.fields import PREFIX, SERVICE_NAME
from services.employers.own_adviser import commands
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, f"{PREFIX}/advisers/{{adviser_id}}/accounts")

AdviserInPath = Annotated[AdviserId, Path(pattern=ID_PATTERN)]


@router.get("", Permission.MANAGE_ADVISERS)
async def get_accounts(caller: AdmittedToHub, adviser_id: AdviserInPath) -> dict[str, Any]:
    """List the accounts that act for an adviser, or did."""
    if await find_adviser(caller.context.database(), adviser_id) is None:
        raise NotFoundError(NO_SUCH_ADVISER)
    return await accounts(caller.context, ADVISER_ACCOUNTS, adviser_id)


@router.put("", Permission.MANAGE_ADVISERS)
async def put_account(caller: AdmittedToHub, adviser_id: AdviserInPath, body: AccountBody) -> dict[str, Any]:
    """Bind an account to an adviser; it also needs the role `enterprise_adviser`, from an administrator."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.bind_account(unit, adviser_id, body.binding())

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)


@router.post("/end", Permission.MANAGE_ADVISERS)
async def post_account_end(caller: AdmittedToHub, adviser_id: AdviserInPath, body: EndBody) -> dict[str, Any]:
    """End an account's standing at once; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.end_account(unit, adviser_id, body.subject)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
