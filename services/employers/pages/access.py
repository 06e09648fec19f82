"""How a coordinator lets an employer's people in, in a browser: accounts that act for it, and links.

A link's address is shown once, on the page that answers the form which made it, and is stored nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Path, Request, Response
from pydantic import ValidationError

from contracts.vocabulary import OPAQUE_ID_PATTERN, EmployerId
from services.employers.accounts.bodies import AccountBody, EndBody
from services.employers.fields import SERVICE_NAME, EmployerInPath
from services.employers.listed import require_listed
from services.employers.own import commands, views
from services.employers.own.access_api import LINK_DAYS, LinkBody
from services.employers.pages.fields import filled, number, typed_of
from services.employers.pages.site import HUB, Told, pages, refused, see, show
from services.runtime.errors import HubError
from services.runtime.links import LinkId
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import form_of
from services.web.routing import HubVisitor, PageRouter

FIELDS: Final = {"subject": "Account", "days": "Days"}
DONE: Final = {
    "bound": "The account acts for this employer. An administrator gives it the role too.",
    "ended": "The account does not act for this employer any more.",
    "revoked": "The link does not open anything any more.",
}

router = PageRouter(SERVICE_NAME, f"{HUB}/directory/{{employer_id}}/access", pages)

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


@router.get("", Permission.MANAGE_EMPLOYER_ACCESS)
async def get_access(caller: HubVisitor, employer_id: EmployerInPath, done: str = "") -> Response:
    """Show who acts for an employer."""
    return await _page(caller, employer_id, Told(DONE.get(done, "")))


@router.post("/accounts", Permission.MANAGE_EMPLOYER_ACCESS)
async def post_account(caller: HubVisitor, request: Request, employer_id: EmployerInPath) -> Response:
    """Bind an account to an employer from now on."""
    form = await form_of(request)
    try:
        body = AccountBody.model_validate(filled({"subject": form.text("subject")}))

        async def work(unit: UnitOfWork) -> Document:
            return await commands.bind_account(unit, employer_id, body.binding())

        await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)
    except (ValidationError, HubError) as error:
        return await _page(caller, employer_id, refused(error, FIELDS, "subject", typed_of(form)))
    return see(f"{HUB}/directory/{employer_id}/access", "bound")


@router.post("/accounts/end", Permission.MANAGE_EMPLOYER_ACCESS)
async def post_account_end(caller: HubVisitor, request: Request, employer_id: EmployerInPath) -> Response:
    """End an account's standing at once."""
    form = await form_of(request)
    try:
        body = EndBody.model_validate({"subject": form.text("subject")})

        async def work(unit: UnitOfWork) -> Document:
            return await commands.end_account(unit, employer_id, body.subject)

        await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)
    except (ValidationError, HubError) as error:
        return await _page(caller, employer_id, refused(error, {}, "accounts"))
    return see(f"{HUB}/directory/{employer_id}/access", "ended")


@router.post("/links", Permission.MANAGE_EMPLOYER_ACCESS)
async def post_link(caller: HubVisitor, request: Request, employer_id: EmployerInPath) -> Response:
    """Make a link, and show its address for the only time."""
    form = await form_of(request)
    try:
        body = LinkBody.model_validate(filled({"days": number(form.text("days"))}))

        async def work(unit: UnitOfWork) -> Document:
            return await commands.make_own_link(unit, SERVICE_NAME, employer_id, body.days)

        made = await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)
    except (ValidationError, HubError) as error:
        return await _page(caller, employer_id, refused(error, FIELDS, "days", typed_of(form)))
    address = f"{caller.context.settings.public_url.rstrip('/')}{made['page']}"
    return await _page(caller, employer_id, Told(), {"address": address, "ends_at": made["ends_at"]})


@router.post("/links/{identity}/revocation", Permission.MANAGE_EMPLOYER_ACCESS)
async def post_revocation(caller: HubVisitor, employer_id: EmployerInPath, identity: Id) -> Response:
    """End a link at once."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.revoke_own_link(unit, employer_id, LinkId(identity))

    await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)
    return see(f"{HUB}/directory/{employer_id}/access", "revoked")


async def _page(
    caller: HubVisitor, employer_id: EmployerId, told: Told, made: Mapping[str, str] | None = None
) -> Response:
    values = {
        "employer": await require_listed(caller.context.database(), employer_id),
        "here": f"{HUB}/directory/{employer_id}/access",
        "accounts": (await views.accounts(caller.context, employer_id))["accounts"],
        "links": (await views.links(caller.context, employer_id))["links"],
        "made": made,
        "typed": {"days": LINK_DAYS, **(told.typed or {})},
        **told.values,
    }
    return show(caller, "access", values, told.status)
