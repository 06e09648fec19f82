"""Where plans are kept: `plans` as they are, `plan_versions` as they were, `plan_responses` a pupil each.

A plan names the pupils who are invited by name in `listed`; what a pupil answers is a document of its own, so
that an answer is no change of the plan. `held_on` is the planned day, as facts are written everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection as Names
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.pupils.model.attendance import Groups
from services.pupils.model.invitation import Answer, PupilResponse
from services.pupils.model.plan import (
    Arrangements,
    Cancellation,
    Invited,
    Outline,
    Plan,
    PlanId,
    PlanStatus,
    Recording,
    SeriesId,
)
from services.pupils.model.sheets import PupilRef
from services.pupils.store.activity_documents import (
    facts_document,
    mark_document,
    read_facts,
    read_mark,
)
from services.pupils.store.reads import IDS_AT_ONCE, Database
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

PLANS: Final = "plans"
PLAN_VERSIONS: Final = "plan_versions"
PLAN_RESPONSES: Final = "plan_responses"
PLAN_INDEXES: Final = {
    PLANS: (
        Index((("held_on", 1), ("_id", 1))),
        Index((("status", 1), ("held_on", 1), ("_id", 1))),
        Index((("series", 1),)),
    ),
    PLAN_RESPONSES: (Index((("plan", 1),)), Index((("pupil", 1),))),
}


@dataclass(frozen=True, slots=True)
class PlansAsked:
    """Which plans: between two days, of a status, after one that was read before; None where any."""

    first: dt.date | None
    last: dt.date | None
    status: PlanStatus | None
    after: tuple[str, str] | None
    limit: int


async def the_plan(database: Database, identity: PlanId) -> Plan:
    """Read the current version of a plan; raises NotFoundError if there is none."""
    document = await database.collection(PLANS).get(identity)
    if document is None:
        raise NotFoundError("There is no such plan at this school.")
    return _read(document)


async def find_plans(database: Database, identities: Names[PlanId]) -> dict[PlanId, Plan]:
    """Read the plans of these ids."""
    ids, found = sorted(identities), list[Document]()
    for start in range(0, len(ids), IDS_AT_ONCE):
        where = {"_id": {"$in": ids[start : start + IDS_AT_ONCE]}}
        found += await database.collection(PLANS).find(where)
    return {document["_id"]: _read(document) for document in found}


async def plans_of_series(database: Database, series: SeriesId) -> list[Plan]:
    """Read the plans of a series, by day."""
    found = map(_read, await database.collection(PLANS).find({"series": series}))
    return sorted(found, key=lambda plan: (plan.planned_on, plan.id))


async def plans_between(database: Database, asked: PlansAsked) -> list[Plan]:
    """Read plans by day, as many as asked for."""
    where: Document = {} if asked.status is None else {"status": asked.status}
    between = {} if asked.first is None else {"$gte": asked.first.isoformat()}
    if asked.last is not None and asked.last < dt.date.max:
        # Not $lte: of an index with more fields behind the day, the embedded store leaves the last day out.
        between["$lt"] = (asked.last + dt.timedelta(days=1)).isoformat()
    if between:
        where["held_on"] = between
    if asked.after is not None:
        day, identity = asked.after
        where["$or"] = [{"held_on": {"$gt": day}}, {"held_on": day, "_id": {"$gt": identity}}]
    found = await database.collection(PLANS).find(where, sort=[("held_on", 1), ("_id", 1)], limit=asked.limit)
    return [_read(document) for document in found]


async def plans_naming(database: Database, pupil: PupilRef) -> list[Plan]:
    """Read the plans to which a pupil is invited by name, or has answered, by day."""
    answered = [response.plan for response in await responses_by(database, pupil)]
    found = {
        document["_id"]: _read(document)
        for document in await database.collection(PLANS).find({"listed": pupil})
    }
    found |= await find_plans(database, set(answered) - found.keys())
    return sorted(found.values(), key=lambda plan: (plan.planned_on, plan.id))


async def keep_plans(unit: UnitOfWork, changes: Sequence[tuple[Plan, Plan | None]]) -> None:
    """Write the versions of plans, each with the one before (None if it is new), which is kept."""
    plans = unit.collection(PLANS)
    await plans.insert(*(_document(after) for after, before in changes if before is None))
    await plans.write(
        *(Replace({"_id": after.id}, _document(after)) for after, before in changes if before is not None)
    )
    await unit.collection(PLAN_VERSIONS).insert(
        *(
            {**_document(before), "_id": f"{before.id}:{before.version}", "plan": before.id}
            for _, before in changes
            if before is not None
        )
    )


async def responses_to(database: Database, plan: PlanId) -> dict[PupilRef, PupilResponse]:
    """Read what pupils have answered to a plan."""
    found = map(_read_response, await database.collection(PLAN_RESPONSES).find({"plan": plan}))
    return {response.pupil: response for response in found}


async def responses_by(database: Database, pupil: PupilRef) -> list[PupilResponse]:
    """Read what a pupil has answered to any plan."""
    return [
        _read_response(found) for found in await database.collection(PLAN_RESPONSES).find({"pupil": pupil})
    ]


async def keep_responses(unit: UnitOfWork, responses: Sequence[PupilResponse]) -> None:
    """Write what pupils answered, with all that they answered before."""
    await unit.collection(PLAN_RESPONSES).write(
        *(Replace({"_id": one.id}, _response_document(one), upsert=True) for one in responses)
    )


async def take_out_of_plans(unit: UnitOfWork, collection: str, pupil: PupilRef) -> int:
    """Take a pupil off the lists of plans, or of their versions; returns of how many."""
    found = await unit.collection(collection).find({"listed": pupil})
    for document in found:
        document["listed"] = [ref for ref in document["listed"] if ref != pupil]
    await unit.collection(collection).write(
        *(Replace({"_id": document["_id"]}, document) for document in found)
    )
    return len(found)


def _document(plan: Plan) -> Document:
    outline, cancellation, recording = plan.outline, plan.cancellation, plan.recording
    groups, arrangements = outline.invited.groups, outline.arrangements
    return {
        "_id": plan.id,
        "version": plan.version,
        "status": plan.status,
        "series": plan.series,
        **facts_document(outline.facts),
        "groups": {"year_groups": list(groups.year_groups), "tutor_groups": list(groups.tutor_groups)},
        "listed": list(outline.invited.listed),
        "starts_at": None if arrangements.starts_at is None else arrangements.starts_at.isoformat(),
        "ends_at": None if arrangements.ends_at is None else arrangements.ends_at.isoformat(),
        "place": arrangements.place,
        "capacity": arrangements.capacity,
        "responsible": arrangements.responsible,
        "notes": arrangements.notes,
        "fingerprints": list(plan.fingerprints),
        "planned": mark_document(plan.planned),
        "changed": None if plan.changed is None else mark_document(plan.changed),
        "cancellation": None
        if cancellation is None
        else {"reason": cancellation.reason, "note": cancellation.note},
        "recording": None
        if recording is None
        else {"activity": recording.activity, "digest": recording.digest},
    }


def _read(document: Document) -> Plan:
    groups, changed = document["groups"], document["changed"]
    cancellation, recording = document["cancellation"], document["recording"]
    return Plan(
        id=document["_id"],
        version=document["version"],
        status=document["status"],
        outline=Outline(
            read_facts(document),
            Invited(
                Groups(tuple(groups["year_groups"]), tuple(groups["tutor_groups"])), tuple(document["listed"])
            ),
            Arrangements(
                starts_at=_read_time(document["starts_at"]),
                ends_at=_read_time(document["ends_at"]),
                place=document["place"],
                capacity=document["capacity"],
                responsible=document["responsible"],
                notes=document["notes"],
            ),
        ),
        fingerprints=tuple(document["fingerprints"]),
        planned=read_mark(document["planned"]),
        series=document["series"],
        changed=None if changed is None else read_mark(changed),
        cancellation=None if cancellation is None else Cancellation(**cancellation),
        recording=None if recording is None else Recording(**recording),
    )


def _read_time(text: str | None) -> dt.time | None:
    return None if text is None else dt.time.fromisoformat(text)


def _response_document(response: PupilResponse) -> Document:
    return {
        "_id": response.id,
        "plan": response.plan,
        "pupil": response.pupil,
        "turn": response.turn,
        "answers": [
            {"response": answer.response, **mark_document(answer.mark)} for answer in response.answers
        ],
    }


def _read_response(document: Document) -> PupilResponse:
    return PupilResponse(
        plan=document["plan"],
        pupil=document["pupil"],
        turn=document["turn"],
        answers=tuple(Answer(answer["response"], read_mark(answer)) for answer in document["answers"]),
    )
