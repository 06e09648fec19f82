"""Where recommendations are kept, each with its versions; the id names the relationship and the employer."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from contracts.vocabulary import EmployerId, Urn
from services.employers.advisers.store import all_matches
from services.employers.advising.match import MatchId
from services.employers.advising.recommendation import Recommendation, recommended_by_school
from services.employers.merging.store import read_merges
from services.runtime.mongo import Index
from services.runtime.successions import Lineage
from services.runtime.tenancy import ServiceDatabase
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

RECOMMENDATIONS: Final = Kind("adviser_recommendations", TypeAdapter(Recommendation))
RECOMMENDATION_INDEXES: Final = {
    RECOMMENDATIONS.name: (Index((("content.match", 1),)),),
    **RECOMMENDATIONS.indexes,
}


def recommendation_id(match: MatchId, employer: EmployerId) -> str:
    """Name the recommendation of an employer in a relationship: there is one of each."""
    return f"{match}+{employer}"


async def recommendations_of(database: Database, match: MatchId) -> list[Kept[Recommendation]]:
    """Read what was ever recommended in a relationship, in order of employer."""
    return await find_all(database, RECOMMENDATIONS, {"content.match": match})


async def recommended_now(database: ServiceDatabase, lineage: Lineage) -> dict[Urn, frozenset[EmployerId]]:
    """Read which employers are recommended to each school, by tenant, by those who work with it now."""
    standing = await find_all(database, RECOMMENDATIONS, {"content.withdrawn_on": None})
    if not standing:
        return {}
    matches = {match.id: match for match in await all_matches(database)}
    merges = await read_merges(database)
    return recommended_by_school((kept.content for kept in standing), matches, merges, lineage.tenant_of)
