"""The routers of all pages. Names come before ids: `/activities/new` would be taken for an activity's id."""

from __future__ import annotations

from typing import Final

from services.pupils.pages import (
    absences,
    activities,
    conversations,
    data_protection,
    duplicates,
    evaluate,
    missing,
    people,
    record,
    record_activity,
    requests,
    rights,
    roll,
    today,
)
from services.runtime.routing import SecuredRouter

PAGE_ROUTERS: Final[tuple[SecuredRouter, ...]] = (
    today.router,
    record_activity.router,
    duplicates.router,
    activities.router,
    absences.router,
    evaluate.router,
    missing.router,
    people.router,
    conversations.router,
    data_protection.router,
    rights.router,
    requests.router,
    roll.router,
    record.router,
)
