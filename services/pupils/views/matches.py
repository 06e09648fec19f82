"""The matches that a school has confirmed with employers and recorded no activity of."""

from __future__ import annotations

from contracts.vocabulary import Urn, academic_year_of
from services.pupils.model.facts import today_in_england
from services.pupils.store.matches import confirmed_matches, matches_recorded
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext


async def matches_to_record(context: ServiceContext, urn: Urn, limit: int) -> View:
    """List the confirmed matches that no activity names, with the fields that an activity of one has.

    What was recorded a moment ago is left out at once, before `employers` has told that it is completed: so
    far as the activity is of this academic year or of its round's.
    """
    confirmed = await confirmed_matches(context.database(), urn)
    years = {
        academic_year_of(day) for day in (today_in_england(context.clock()), *(m.ends_on for m in confirmed))
    }
    recorded = await matches_recorded(context.school(urn), years) if confirmed else set()
    waiting = [match for match in confirmed if match.id not in recorded]
    return {
        "total": len(waiting),
        "matches": [
            {
                "match_id": match.id,
                "employer_id": match.employer_id,
                "activity_type": match.activity_type,
                "round_ends_on": match.ends_on.isoformat(),
            }
            for match in waiting[:limit]
        ],
    }
