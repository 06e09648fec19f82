"""What was recommended in a relationship, and whether it counts."""

from __future__ import annotations

from typing import Any

from services.employers.advisers.store import find_match
from services.employers.advising.match import MatchId
from services.employers.recommending.commands import NO_SUCH_RELATIONSHIP
from services.employers.recommending.store import recommendations_of
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


async def recommendations_in(context: ServiceContext, identity: MatchId) -> dict[str, Any]:
    """List what was ever recommended in a relationship; raises NotFoundError if there is none."""
    database = context.database()
    match = await find_match(database, identity)
    if match is None:
        raise NotFoundError(NO_SUCH_RELATIONSHIP)
    return {
        "match_id": match.id,
        "adviser_id": match.adviser,
        "urn": match.urn,
        "state": match.state,
        "recommendations": [
            {
                "employer_id": kept.content.employer_id,
                "version": kept.version,
                "recommended_on": kept.content.recommended_on,
                "withdrawn_on": kept.content.withdrawn_on,
                "counts": kept.content.counts_in(match),
                "by": (kept.changed or kept.recorded).by,
                "at": (kept.changed or kept.recorded).at,
            }
            for kept in await recommendations_of(database, identity)
        ],
    }
