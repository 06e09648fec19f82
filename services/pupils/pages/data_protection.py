"""Data protection at a school: where it all begins, and the access log."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Final

from fastapi import Query, Response

from services.pupils.api import SERVICE_NAME
from services.pupils.model.sheets import PupilRef
from services.pupils.pages import pages
from services.pupils.pages.forms import PREFIX
from services.pupils.views.access import AccessAsked, accesses
from services.pupils.views.rights import restrictions, waiting_rectifications
from services.runtime.permissions import Permission
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

PAGE: Final = 50
"""Entries of the access log on a page."""
_ABOUT_A_PUPIL: Final = re.compile(r"^pupils/([0-9a-f]{16})(?:/|$)")


@router.get("/data-protection", Permission.EXPORT_RECORD)
async def get_data_protection(caller: SchoolVisitor) -> Response:
    """Show what waits for an answer, and the way to everything else."""
    await caller.context.read_logged(caller.actor, caller.urn, "rectifications.listed", "rectifications")
    waiting = (await waiting_rectifications(caller.context, caller.urn))["rectifications"]
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", "restrictions")
    values: dict[str, Any] = {
        "waiting": len(waiting),
        "overdue": sum(one["overdue"] for one in waiting),
        "restricted": (await restrictions(caller.context, caller.urn))["restricted"],
        "may_erase": Permission.ERASE_PUPIL in caller.granted,
    }
    return pages().page(caller.visit, "pupils/data_protection.html", values)


@router.get("/data-protection/access", Permission.EXPORT_RECORD)
async def get_access_log(
    caller: SchoolVisitor,
    day: Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = "",
    pupil: Annotated[str, Query(pattern=r"^([0-9a-f]{16})?$")] = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Show who looked at or changed what, the newest first; looking at it is in it too."""
    resource = f"pupils/{pupil}/access" if pupil else "access_log"
    await caller.context.read_logged(caller.actor, caller.urn, "access.read", resource)
    wanted = _day(day)
    values: dict[str, Any] = {
        "day": day,
        "pupil": pupil,
        "before": before,
        "wrong_day": bool(day and not wanted),
    }
    if values["wrong_day"]:
        found: dict[str, Any] = {"entries": [], "next": None}
    else:
        asked = AccessAsked(wanted, PupilRef(pupil) if pupil else None, before, PAGE)
        found = await accesses(caller.context, caller.urn, asked)
    values["entries"] = [
        {**entry, "what": _in_words(entry["action"]), "pupil": _pupil_in(entry["of"])}
        for entry in found["entries"]
    ]
    values["next"] = found["next"]
    return pages().page(caller.visit, "pupils/access.html", values)


def _in_words(action: str) -> str:
    """Write `links.listed` as people do: Links: listed."""
    what, _, done = action.replace("_", " ").partition(".")
    return f"{what.capitalize()}: {done}"


def _pupil_in(resource: str) -> str | None:
    """Find the pupil whom an entry names, to show all about them."""
    found = _ABOUT_A_PUPIL.match(resource)
    return None if found is None else found.group(1)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
