"""The composition root of `pupils`."""

from __future__ import annotations

from typing import Final

from contracts.topics import PUPILS
from services.pupils.api import (
    SERVICE_NAME,
    activities,
    activity_evaluations,
    conversations,
    criteria,
    destinations,
    duplicates,
    interests,
    learning,
    matches,
    participations,
    plan_series,
    plans,
    pupils,
    requests,
    rights,
    roll,
    roll_columns,
    self_assessments,
)
from services.pupils.commands.erasure import erase_again
from services.pupils.commands.retention import keep_retention
from services.pupils.pages import pages, record
from services.pupils.pages.routes import PAGE_ROUTERS
from services.pupils.store import SCHOOL_INDEXES
from services.pupils.store.activity_evaluations import ACTIVITY_EVALUATION_INDEXES
from services.pupils.store.conversations import CONVERSATION_INDEXES
from services.pupils.store.destinations import DESTINATION_INDEXES
from services.pupils.store.erasures import ERASURE_INDEXES
from services.pupils.store.interests import INTEREST_INDEXES
from services.pupils.store.matches import MATCH_INDEXES
from services.pupils.store.plans import PLAN_INDEXES
from services.pupils.store.rectifications import RECTIFICATION_INDEXES
from services.pupils.store.restrictions import RESTRICTION_INDEXES
from services.pupils.store.self_assessments import SELF_ASSESSMENT_INDEXES
from services.pupils.store.separate_activities import SEPARATE_INDEXES
from services.pupils.stream import CONFIRMED_MATCHES, KNOWN_EMPLOYERS
from services.runtime.service import Service
from services.web.pages import static_files
from services.web.routing import refusals

SERVICE: Final = Service(
    name=SERVICE_NAME,
    routers=(
        # Before `activities`, whose `/activities/{identity}` would take these names for ids; so with plans.
        learning.router,
        activity_evaluations.router,
        duplicates.router,
        activities.router,
        matches.router,
        plan_series.router,
        plans.router,
        participations.router,
        roll.router,
        roll_columns.router,
        pupils.router,
        conversations.router,
        criteria.router,
        interests.router,
        destinations.router,
        self_assessments.router,
        rights.router,
        requests.router,
        *PAGE_ROUTERS,
    ),
    topic=PUPILS,
    reactions=(KNOWN_EMPLOYERS, CONFIRMED_MATCHES),
    indexes=MATCH_INDEXES,
    school_indexes={
        **SCHOOL_INDEXES,
        **ACTIVITY_EVALUATION_INDEXES,
        **PLAN_INDEXES,
        **CONVERSATION_INDEXES,
        **INTEREST_INDEXES,
        **DESTINATION_INDEXES,
        **SELF_ASSESSMENT_INDEXES,
        **RECTIFICATION_INDEXES,
        **RESTRICTION_INDEXES,
        **ERASURE_INDEXES,
        **SEPARATE_INDEXES,
    },
    before_serving=erase_again,
    linked_routers=(record.links,),
    static_files=static_files,
    show_refusal=refusals(pages),
    daily=keep_retention,
)
