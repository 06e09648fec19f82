"""What retention reads and writes: a school's settings, and a pupil's documents without names and free texts.

A leaver's counts and destinations stay: the status of an intention, the destination with its provider, the
answers of self-assessments, that a conversation was held and by whom. Of what was said nothing stays, nor of
earlier versions, nor of requests that were answered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from services.pupils.model.activity import Mark
from services.pupils.model.pupil import Pupil
from services.pupils.model.retention import (
    Leavers,
    RetentionSettings,
    certainly_left,
    due_for_erasure,
    leavers,
)
from services.pupils.model.rights_rules import RightsRules
from services.pupils.model.sheets import PupilRef
from services.pupils.store.activity_documents import (
    mark_document,
)
from services.pupils.store.conversations import CONVERSATION_VERSIONS, CONVERSATIONS
from services.pupils.store.destinations import INTENDED_DESTINATIONS
from services.pupils.store.interests import INTERESTS
from services.pupils.store.reads import Database, all_pupils
from services.pupils.store.rectifications import RECTIFICATIONS, open_rectifications
from services.pupils.store.self_assessments import SELF_ASSESSMENT_VERSIONS
from services.runtime.mongo import Document, Replace, Update
from services.runtime.uow import UnitOfWork

SETTINGS: Final = "settings"
_RETENTION: Final = "retention"


async def read_settings(database: Database, rules: RightsRules) -> RetentionSettings:
    """Read what a school has chosen; until it has, what the rules say."""
    document = await database.collection(SETTINGS).get(_RETENTION)
    if document is None:
        return RetentionSettings.of_rules(rules)
    return RetentionSettings(
        pseudonymise_after_days=document["pseudonymise_after_days"],
        pseudonymise=document["pseudonymise"],
        erase=document["erase"],
    )


async def keep_retention_settings(unit: UnitOfWork, settings: RetentionSettings, mark: Mark) -> None:
    """Write down what a school has chosen, who said so, and when."""
    document = {
        "_id": _RETENTION,
        "pseudonymise_after_days": settings.pseudonymise_after_days,
        "pseudonymise": settings.pseudonymise,
        "erase": settings.erase,
        "changed": mark_document(mark),
    }
    await unit.collection(SETTINGS).write(Replace({"_id": _RETENTION}, document, upsert=True))


async def find_leavers(
    database: Database, rules: RightsRules, pupils: Collection[Pupil], today: dt.date
) -> Leavers:
    """Find whose names are to go among a school's pupils, all of them; who waits for an answer keeps them."""
    asking = {request.pupil for request in await open_rectifications(database)}
    return leavers(pupils, await read_settings(database, rules), today, spare=asking)


async def find_due(
    database: Database, rules: RightsRules, today: dt.date, *, certain: bool = False
) -> list[Pupil]:
    """Find whose record must go, the longest overdue first; if `certain`, of those known to have left."""
    pupils = (await all_pupils(database)).values()
    return due_for_erasure(certainly_left(pupils) if certain else pupils, rules.deletion, today)


async def remove_free_texts(unit: UnitOfWork, pupils: Collection[PupilRef]) -> None:
    """Take what was said out of everything about these pupils, in a few operations for all of them."""
    theirs = {"pupil": {"$in": sorted(pupils)}}
    for name in (CONVERSATION_VERSIONS, SELF_ASSESSMENT_VERSIONS):
        await unit.collection(name).delete(theirs)
    await unit.collection(RECTIFICATIONS).delete({**theirs, "open_until": None})
    held = await unit.collection(CONVERSATIONS).find(theirs)
    await unit.collection(CONVERSATIONS).write(
        *(Replace({"_id": one["_id"]}, _without_texts(one)) for one in held)
    )
    for name, field in ((INTERESTS, "text"), (INTENDED_DESTINATIONS, "words")):
        found = await unit.collection(name).find(theirs, fields=["_id"])
        await unit.collection(name).write(
            *(Update({"_id": one["_id"]}, {"$set": {field: ""}}) for one in found)
        )


def _without_texts(conversation: Document) -> Document:
    """Leave that it was held, by whom, and when what was agreed was due and done."""
    actions = []
    for action in conversation["actions"]:
        bare = {**action, "text": ""}
        if "done" in action:
            bare["done"] = {**action["done"], "outcome": ""}
        actions.append(bare)
    bare = {"said": "", "interests": [], "actions": actions, "safeguarding_referral": None}
    return {**conversation, **bare}
