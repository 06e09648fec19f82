"""The governor pack as a page and as a PDF, made anew each time from what the school has recorded.

It names people, so each reading is in the access log.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from fastapi import Response
from fastapi.responses import HTMLResponse

from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.model.governor_pack import PackFacts, governor_pack
from services.audit.model.paper import Paper
from services.audit.pages.html import page_of, security_headers
from services.audit.pages.site import PREFIX as SITE_PREFIX
from services.audit.pages.site import pages
from services.audit.views.governor_pack import pack_facts
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.web.routing import PageRouter, SchoolVisitor

router = SecuredRouter(SERVICE_NAME, PREFIX)
site = PageRouter(SERVICE_NAME, SITE_PREFIX, pages)
"""The same for a browser that is signed in."""

PDF: Final = "application/pdf"


@router.get("/governor-pack.html", Permission.READ_EVALUATIONS, response_class=HTMLResponse)
async def get_page(caller: AdmittedToSchool) -> HTMLResponse:
    """Show the pack as a page to read or to print."""
    facts = await _facts(caller)
    return HTMLResponse(page_of(governor_pack(facts)), headers=security_headers())


@site.get("/pack", Permission.READ_EVALUATIONS)
async def get_page_signed_in(caller: SchoolVisitor) -> Response:
    """Show the pack as a page to read or to print."""
    return await get_page(caller)


@site.get("/pack.pdf", Permission.READ_EVALUATIONS)
async def get_pdf_signed_in(caller: SchoolVisitor) -> Response:
    """Show the pack as a PDF."""
    return await get_pdf(caller)


@router.get("/governor-pack.pdf", Permission.READ_EVALUATIONS, response_class=Response)
async def get_pdf(caller: AdmittedToSchool) -> Response:
    """Show the pack as a PDF."""
    facts = await _facts(caller)
    # Laying out takes a tenth of a second, in which the others' requests must go on.
    content = await asyncio.to_thread(_pdf_of, governor_pack(facts))
    name = f"governor-pack-{facts.urn}-{facts.made_on.isoformat()}.pdf"
    headers = {**security_headers(), "Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type=PDF, headers=headers)


def _pdf_of(paper: Paper) -> bytes:
    # Loading the library takes 0.2 s, which every start would wait for; like this the first PDF does.
    from services.audit.pages.pdf import pdf_of  # noqa: PLC0415 - see above

    return pdf_of(paper)


async def _facts(caller: AdmittedToSchool) -> PackFacts:
    await caller.context.read_logged(caller.actor, caller.urn, "governor_pack.read", "governor-pack")
    return replace(await pack_facts(caller.context, caller.urn), urn=caller.asked)
