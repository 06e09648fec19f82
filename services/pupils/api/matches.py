"""The route of matches that wait to be recorded: what a Careers Leader logs with one click."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query

from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.views.matches import matches_to_record
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter

router = SecuredRouter(SERVICE_NAME, PREFIX)

MOST_MATCHES: Final = 200
"""Shown at once; those of rounds that end first come first, and once they are recorded the next ones do."""


@router.get("/matches", Permission.RECORD_ACTIVITY)
async def get_matches(
    caller: AdmittedToSchool, limit: Annotated[int, Query(ge=1, le=MOST_MATCHES)] = MOST_MATCHES
) -> dict[str, Any]:
    """List the confirmed matches of which no activity is recorded yet; `total` counts all of them."""
    return await matches_to_record(caller.context, caller.urn, limit)
