"""Which activities of a year may be the same encounter, for somebody to merge or to dismiss.

Found afresh whenever it is asked: what everybody says without who was there is read first, and the attendance
only of those with another of their day and type that they do not contradict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import Final

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.model.duplicates import Pair, may_be_same, suspected
from services.pupils.model.facts import Facts
from services.pupils.store import ACTIVITIES
from services.pupils.store.activity_documents import (
    read_facts,
)
from services.pupils.store.reads import FACTS, find_activities
from services.pupils.store.separate_activities import separate_pairs
from services.pupils.views.activities import ACTIVITY_SUMMARY, summary_of
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document

MOST_OF_A_DAY: Final = 200
"""Activities of one day and type that are paired: some 20,000 pairs of facts. A school has a handful."""
_READ: Final = tuple(dict.fromkeys((*FACTS, *ACTIVITY_SUMMARY)))


async def duplicates(context: ServiceContext, urn: str, year: AcademicYear, limit: int) -> View:
    """List the pairs that may be the same and that nobody has said are not, newest day first."""
    database = context.school(urn)
    # The store uses an index only for conditions that are all in it, so the status is looked at here.
    stored = await database.collection(ACTIVITIES).find({"academic_year": year}, fields=_READ)
    documents = {document["_id"]: document for document in stored if document["status"] == "recorded"}
    activities = await find_activities(database, _worth_comparing(documents.values()))
    apart = await separate_pairs(database, year)
    pairs = [
        pair
        for pair in suspected(activities.values())
        if frozenset((pair.first.id, pair.second.id)) not in apart
    ]
    return {
        "academic_year": year,
        "total": len(pairs),
        "duplicates": [_shown(pair, documents) for pair in pairs[:limit]],
    }


def _worth_comparing(documents: Iterable[Document]) -> set[ActivityId]:
    """Name the activities that have another of their day and type which they do not contradict."""
    days: dict[tuple[str, str], list[tuple[ActivityId, Facts]]] = defaultdict(list)
    for document in documents:
        of_day = days[document["held_on"], document["activity_type"]]
        if len(of_day) < MOST_OF_A_DAY:
            of_day.append((document["_id"], read_facts(document)))
    return {
        identity
        for of_day in days.values()
        for one, other in combinations(of_day, 2)
        if may_be_same(one[1], other[1])
        for identity in (one[0], other[0])
    }


def _shown(pair: Pair, documents: dict[ActivityId, Document]) -> View:
    return {
        "activities": [summary_of(documents[activity.id]) for activity in (pair.first, pair.second)],
        "pupils_in_common": pair.likeness.in_common,
        "why": list(pair.likeness.reasons),
        "certain": pair.likeness.certain,
    }
