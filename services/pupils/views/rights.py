"""What the school reads back of requests, restrictions and links."""

from __future__ import annotations

from contracts.vocabulary import Urn
from services.pupils.model.facts import today_in_england
from services.pupils.model.rectification import Rectification
from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.pupils.store.reads import the_pupil
from services.pupils.store.record_links import RECORD_LINK, record_of
from services.pupils.store.rectifications import open_rectifications
from services.pupils.store.rectifications import rectifications_of as stored_of
from services.pupils.store.restrictions import restricted_pupils
from services.pupils.store.restrictions import restrictions_of as stored_restrictions
from services.pupils.views.pages import View
from services.pupils.views.pupils import restriction_view
from services.runtime.context import ServiceContext
from services.runtime.links import links_to


async def rectifications_of(context: ServiceContext, urn: Urn, ref: PupilRef) -> View:
    """Show what was asked to be put right about a pupil, the oldest first."""
    database = context.school(urn)
    await the_pupil(database, ref, Use.RIGHTS)
    return {
        "pupil": ref,
        "rectifications": [rectification_view(one) for one in await stored_of(database, ref)],
    }


async def waiting_rectifications(context: ServiceContext, urn: Urn) -> View:
    """List what waits for an answer, what is due first first."""
    today = today_in_england(context.clock())
    return {
        "rectifications": [
            {"pupil": one.pupil, **rectification_view(one), "overdue": one.due_on < today}
            for one in await open_rectifications(context.school(urn))
        ]
    }


async def restrictions(context: ServiceContext, urn: Urn) -> View:
    """List the pupils whose record is restricted, by name, and until when that was to be looked at."""
    found = await restricted_pupils(context.school(urn))
    return {
        "restricted": [
            {
                "pupil": pupil.ref,
                "surname": pupil.surname,
                "forename": pupil.forename,
                "restriction": None if pupil.restriction is None else restriction_view(pupil.restriction),
            }
            for pupil in sorted(found, key=lambda p: (p.surname.casefold(), p.forename.casefold(), p.ref))
        ]
    }


async def restrictions_of(context: ServiceContext, urn: Urn, ref: PupilRef) -> list[View]:
    """Show every restriction of a pupil's record, lifted ones too, the oldest first."""
    shown = []
    for one in await stored_restrictions(context.school(urn), ref):
        ended = one["ended"]
        shown.append(
            {
                "reason": one["reason"],
                "since": one["since"],
                "review_on": one["review_on"],
                "ended_at": None if ended is None else ended["at"].isoformat(),
                "pupil_told_on": None if ended is None else ended["pupil_told_on"],
            }
        )
    return shown


async def record_links(context: ServiceContext, urn: Urn, ref: PupilRef) -> View:
    """List the links that open a pupil's record or opened it, the newest first; never what is in them."""
    database, now = context.school(urn), context.clock()
    await the_pupil(database, ref, Use.RIGHTS)
    return {
        "pupil": ref,
        "links": [
            {
                "link_id": link.id,
                "made_at": link.made_at.isoformat(),
                "made_by": link.made_by,
                "ends_at": link.ends_at.isoformat(),
                "uses": link.uses,
                "last_used_at": None if link.last_used_at is None else link.last_used_at.isoformat(),
                "revoked_at": None if link.revoked_at is None else link.revoked_at.isoformat(),
                "open": link.is_open(now),
            }
            for link in await links_to(database, RECORD_LINK, record_of(ref))
        ],
    }


def rectification_view(request: Rectification) -> View:
    """Show a request, and how it was answered."""
    asked, answer = request.asked, request.answer
    return {
        "rectification_id": request.id,
        "about": {"kind": asked.about.kind, "id": asked.about.identity},
        "asked_by": asked.asked_by,
        "text": asked.text,
        "received_on": asked.received_on.isoformat(),
        "due_on": request.due_on.isoformat(),
        "state": request.state,
        "answer": None
        if answer is None
        else {"text": answer.text, "at": answer.mark.at.isoformat(), "by": answer.mark.by},
    }
