"""A pupil's whole record, for the pupil: everything that the service holds about them, and who looked at it.

Meant for a subject access request (domain §9.7) and for handing on. Conversations that other staff may not
read are in it: who may read what among the staff is no limit to what the pupil may know, and notes are
written to be read by them. A pointer to a safeguarding referral is not: what is behind it may harm a child or
others to know, the law exempts it for that reason, and the school's safeguarding lead answers for it (§9.9).
"""

from __future__ import annotations

from typing import Any, Final

from contracts.vocabulary import Urn
from services.pupils.model.conversation import Reader
from services.pupils.model.sheets import PupilRef
from services.pupils.store.conversations import CONVERSATION_VERSIONS, conversations_with
from services.pupils.store.destinations import intended_by, spells_of
from services.pupils.store.interests import interests_of as kept_interests
from services.pupils.store.plans import plans_naming
from services.pupils.store.self_assessments import SELF_ASSESSMENT_VERSIONS
from services.pupils.views.conversations import conversation_view
from services.pupils.views.destinations import destinations_of
from services.pupils.views.interests import interests_of
from services.pupils.views.pages import View
from services.pupils.views.plans import plans_with
from services.pupils.views.pupils import pupil
from services.pupils.views.rights import record_links, rectifications_of, restrictions_of
from services.pupils.views.self_assessments import self_assessments_with
from services.runtime.access_log import ACCESS_LOG
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase

FORMAT: Final = "careers-hub-pupil-record-1"
_NOT_SHOWN: Final = ("_id", "pupil", "safeguarding_referral", "recorded", "changed", "next_due_on")


async def whole_record(context: ServiceContext, urn: Urn, ref: PupilRef, reader: Reader) -> View:
    """Gather a pupil's record; raises NotFoundError if there is no such pupil."""
    database = context.school(urn)
    about = await pupil(context, urn, ref, reader)
    held = await conversations_with(database, ref)
    conversations = [conversation_view(one) for one in held]
    for shown in conversations:
        del shown["safeguarding_referral"]
    plans = await plans_with(context, urn, ref)
    return {
        "format": FORMAT,
        "school": urn,
        "made_at": context.clock().isoformat(),
        "about": {name: value for name, value in about.items() if name != "activities"},
        "activities": about["activities"],
        "plans": plans,
        "conversations": conversations,
        "interests": (await interests_of(context, urn, ref, reader))["interests"],
        "destinations": await destinations_of(context, urn, ref, reader),
        "self_assessments": (await self_assessments_with(context, urn, ref, reader))["self_assessments"],
        "earlier_versions": {
            "conversations": await _earlier(context, urn, CONVERSATION_VERSIONS, ref),
            "self_assessments": await _earlier(context, urn, SELF_ASSESSMENT_VERSIONS, ref),
        },
        "rectifications": (await rectifications_of(context, urn, ref))["rectifications"],
        "restrictions": await restrictions_of(context, urn, ref),
        "links": (await record_links(context, urn, ref))["links"],
        "read_and_changed_by": await _accesses(context, urn, ref),
    }


async def resources_about(database: SchoolDatabase, ref: PupilRef) -> set[str]:
    """Name what is about one pupil as the access log does; all else about them is below `pupils/<ref>/`."""
    names = {f"pupils/{ref}"}
    names |= {f"conversations/{one.id}" for one in await conversations_with(database, ref)}
    names |= {f"interests/{one.id}" for one in await kept_interests(database, ref)}
    for kept in (
        (await intended_by(database, {ref})).get(ref, []),
        (await spells_of(database, {ref})).get(ref, []),
    ):
        names |= {f"destinations/{one.id}" for one in kept}
    plans = await plans_naming(database, ref)
    return names | {f"plans/{one.id}{part}" for one in plans for part in ("", "/invited", "/responses")}


async def _earlier(context: ServiceContext, urn: Urn, collection: str, ref: PupilRef) -> list[Document]:
    found = await context.school(urn).collection(collection).find({"pupil": ref}, sort=[("_id", 1)])
    return [
        {name: _plain(value) for name, value in document.items() if name not in _NOT_SHOWN}
        for document in found
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    """Leave the marks out of lists of actions; their days stay."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if name != "at"}
    return value


async def _accesses(context: ServiceContext, urn: Urn, ref: PupilRef) -> list[View]:
    """List who read or changed what of this pupil, from the school's access log, the oldest first."""
    database, below = context.school(urn), f"pupils/{ref}/"
    names = await resources_about(database, ref)
    rows = await database.collection(ACCESS_LOG).find({}, sort=[("_id", 1)], fields=["entries"])
    return [
        {"at": entry["at"], "by": entry["subject"], "what": entry["action"], "of": entry["resource"]}
        for row in rows
        for entry in row["entries"]
        if entry["resource"] in names or entry["resource"].startswith(below)
    ]
