"""The routes of duplicates and merges."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from contracts.vocabulary import EMPLOYER_ID_PATTERN, EmployerId
from services.employers.commands import DIRECTORY_KEY
from services.employers.fields import PREFIX, SERVICE_NAME, Body, EmployerInPath
from services.employers.merging.commands import merge_employer, take_merge_back
from services.employers.merging.distinguishing import take_distinction_back, tell_apart
from services.employers.merging.store import read_distinction_history, read_merge_history
from services.employers.merging.views import MOST_SHOWN, likenesses, shown
from services.employers.model.merging import Distinction, Merges, ids_of, survivor_of
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)


class DistinctionBody(Body):
    """The other one of the two."""

    other: Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN)]


class MergeBody(Body):
    """The employer that stays."""

    into: Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN)]


@router.get("/duplicates", Permission.MANAGE_EMPLOYERS)
async def get_duplicates(caller: AdmittedToHub) -> dict[str, Any]:
    """List employers that may be in the directory twice, the surest first, with the reasons."""
    pairs = (await likenesses(caller.context)).pairs
    return {"found": len(pairs), "duplicates": [shown(pair) for pair in pairs[:MOST_SHOWN]]}


@router.get("/merges", Permission.MANAGE_EMPLOYERS)
async def get_merges(caller: AdmittedToHub) -> dict[str, Any]:
    """List every employer that was ever merged, with who did and undid it, and when."""
    found = await read_merge_history(caller.context.database())
    return {
        "merges": [
            {"employer_id": one["_id"], "merged_into": one["into"], "history": one["history"]}
            for one in found
        ]
    }


@router.post("/employers/{employer_id}/merge", Permission.MANAGE_EMPLOYERS)
async def post_merge(caller: AdmittedToHub, employer_id: EmployerInPath, body: MergeBody) -> dict[str, Any]:
    """Merge this employer into another one, which keeps its id; the same again changes nothing."""

    async def work(unit: UnitOfWork) -> Merges:
        return await merge_employer(unit, employer_id, body.into)

    return _answer(employer_id, await caller.context.in_hub(caller.actor, DIRECTORY_KEY, work))


@router.post("/employers/{employer_id}/unmerge", Permission.MANAGE_EMPLOYERS)
async def post_unmerge(caller: AdmittedToHub, employer_id: EmployerInPath) -> dict[str, Any]:
    """Take a merge of this employer back: everything is as it was."""

    async def work(unit: UnitOfWork) -> Merges:
        return await take_merge_back(unit, employer_id)

    return _answer(employer_id, await caller.context.in_hub(caller.actor, DIRECTORY_KEY, work))


@router.get("/distinctions", Permission.MANAGE_EMPLOYERS)
async def get_distinctions(caller: AdmittedToHub) -> dict[str, Any]:
    """List every pair that was ever said not to be the same, with who said so and took it back, and when."""
    found = await read_distinction_history(caller.context.database())
    return {
        "distinctions": [
            {
                "employers": one["pair"],
                "stands": one["stands"],
                "reasons_seen": sorted({each["reason"] for each in one["seen"]}),
                "history": one["history"],
            }
            for one in found
        ]
    }


@router.post("/employers/{employer_id}/distinction", Permission.MANAGE_EMPLOYERS)
async def post_distinction(
    caller: AdmittedToHub, employer_id: EmployerInPath, body: DistinctionBody
) -> dict[str, Any]:
    """Say that this employer and another are not the same; they are suggested again if more speaks for it."""

    async def work(unit: UnitOfWork) -> Distinction:
        return await tell_apart(unit, employer_id, body.other)

    return _distinguished(await caller.context.in_hub(caller.actor, DIRECTORY_KEY, work))


@router.post("/employers/{employer_id}/distinction/withdrawal", Permission.MANAGE_EMPLOYERS)
async def post_distinction_withdrawal(
    caller: AdmittedToHub, employer_id: EmployerInPath, body: DistinctionBody
) -> dict[str, Any]:
    """Take that back: the two are suggested again, as far as something speaks for it."""

    async def work(unit: UnitOfWork) -> Distinction:
        return await take_distinction_back(unit, employer_id, body.other)

    return _distinguished(await caller.context.in_hub(caller.actor, DIRECTORY_KEY, work))


def _distinguished(distinction: Distinction) -> dict[str, Any]:
    return {
        "employers": distinction.pair,
        "stands": distinction.stands,
        "reasons_seen": sorted({each.reason for each in distinction.seen}),
    }


def _answer(employer: EmployerId, merges: Merges) -> dict[str, Any]:
    return {
        "employer_id": employer,
        "merged_into": merges.get(employer),
        "survivor": survivor_of(merges, employer),
        "known_as": sorted(ids_of(merges, employer)),
    }
