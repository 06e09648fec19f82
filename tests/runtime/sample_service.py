"""A small service for the runtime's own tests: counts roll changes and remembers employers."""

from __future__ import annotations

from typing import Any

from contracts.employers import EmployerListed
from contracts.pupils import RollChanged, YearGroupRoll
from contracts.topics import EMPLOYERS, PUPILS
from contracts.vocabulary import AcademicYear, Urn
from services.runtime.mongo import Replace
from services.runtime.permissions import Permission
from services.runtime.projection import Projection, State
from services.runtime.reaction import Reaction
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.service import Service
from services.runtime.uow import UnitOfWork

URN = Urn("136500")
OTHER_URN = Urn("147467")


def roll(pupils: int, urn: Urn = URN) -> RollChanged:
    """A roll of so many Year 10 pupils."""
    return RollChanged(
        urn=urn,
        academic_year=AcademicYear("2025/26"),
        year_groups=(YearGroupRoll(year_group=10, on_roll=pupils),),
    )


def count_roll(state: State, event: RollChanged) -> None:
    """Add up the pupils of every roll; 13 of them are more than this fold can bear."""
    pupils = sum(group.on_roll for group in event.year_groups)
    if pupils == UNLUCKY:
        message = "thirteen"
        raise ValueError(message)
    state["pupils"] = state.get("pupils", 0) + pupils
    state["events"] = state.get("events", 0) + 1


UNLUCKY = 13
ROLLS = Projection("rolls", 1, (PUPILS,), {RollChanged: count_roll})


async def remember_employer(unit: UnitOfWork, event: EmployerListed) -> None:
    """Keep an employer, and count how often it was told."""
    if event.name == "Unlucky":
        message = "unlucky"
        raise ValueError(message)
    await unit.collection("known").update(
        {"_id": event.employer_id}, {"$set": {"name": event.name}, "$inc": {"told": 1}}, upsert=True
    )


DIRECTORY = Reaction("directory", 1, (EMPLOYERS,), {EmployerListed: remember_employer})

router = SecuredRouter("pupils", "/pupils/v1/schools/{urn}")


@router.post("/rolls/{pupils}", Permission.IMPORT_ROLL, status_code=201)
async def post_roll(caller: AdmittedToSchool, pupils: int) -> dict[str, Any]:
    """Store a roll and tell of it."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        await unit.collection("rolls").write(
            Replace({"_id": "roll"}, {"_id": "roll", "pupils": pupils}, upsert=True)
        )
        unit.log_access("roll.import", "roll")
        unit.tell(roll(pupils, unit.urn))
        return {"pupils": pupils}

    return await caller.context.in_school(caller.actor, caller.urn, work)


SOURCE = Service("pupils", (router,), topic=PUPILS)
DIRECTORY_SOURCE = Service("employers", (), topic=EMPLOYERS)
TARGET = Service("reporting", (), projections=(ROLLS,), reactions=(DIRECTORY,))
