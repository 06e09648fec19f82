"""A small service for the runtime's own tests: counts roll changes and remembers employers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.employers import EmployerListed
from contracts.envelope import Headers, source_of
from contracts.pupils import RollChanged, YearGroupRoll
from contracts.topics import EMPLOYERS, PUPILS, TopicCard
from contracts.vocabulary import AcademicYear, EmployerId, Urn
from services.runtime.arrivals import Stream
from services.runtime.broker import topic_name
from services.runtime.context import ServiceContext
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.logs import start_logs
from services.runtime.mongo import Replace, Store
from services.runtime.permissions import Permission
from services.runtime.projection import Projection, ProjectionApplier, State
from services.runtime.reaction import Reaction, ReactionApplier
from services.runtime.reader import Reader
from services.runtime.routing import AdmittedToHub, AdmittedToSchool, IdempotencyKey, SecuredRouter
from services.runtime.sealing import Sealer
from services.runtime.service import Service
from services.runtime.settings import Settings, load_settings
from services.runtime.telemetry import start_telemetry, tracer
from services.runtime.uow import Actor, UnitOfWork

URN = Urn("136500")
OTHER_URN = Urn("147467")
ACTOR = Actor("test")
ROLL_STREAM = Stream("pupils", URN)
DIRECTORY_STREAM = Stream("employers", "directory")


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


class Note(BaseModel):
    """A body with something to get wrong."""

    model_config = ConfigDict(extra="forbid")

    pupils: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=5_000_000)] = ""


@router.get("/rolls", Permission.READ_ROLL)
async def get_roll(caller: AdmittedToSchool) -> dict[str, Any]:
    """Read the stored roll."""
    return await caller.context.school(caller.urn).collection("rolls").get("roll") or {}


@router.post("/notes", Permission.RECORD_ACTIVITY)
async def post_note(caller: AdmittedToSchool, note: Note, key: IdempotencyKey = None) -> dict[str, Any]:
    """Count notes, each key once."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def count() -> dict[str, Any]:
            notes = unit.collection("notes")
            await notes.update({"_id": "notes"}, {"$inc": {"count": 1}}, upsert=True)
            return {"count": (await notes.get("notes") or {})["count"]}

        return await answer_once(unit, key, fingerprint(note.model_dump_json().encode()), count)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.put("/broken", Permission.CORRECT_ACTIVITY)
async def put_broken(caller: AdmittedToSchool) -> dict[str, Any]:
    """Fail as only a mistake of ours does, with something in the message that nobody may see."""
    message = f"Alice Example, {caller.urn}"
    raise RuntimeError(message)


hub = SecuredRouter("pupils", "/pupils/v1")


@hub.get("/directory", Permission.READ_DIRECTORY)
async def get_directory(caller: AdmittedToHub) -> dict[str, str]:
    """Answer whom we see."""
    return {"subject": caller.actor.subject}


@hub.post("/directory", Permission.LIST_DIRECTORY)
async def post_directory(caller: AdmittedToHub) -> dict[str, str]:
    """Answer whom we see."""
    return {"subject": caller.actor.subject}


@hub.get("/report", Permission.READ_HUB_REPORT)
async def get_report(caller: AdmittedToHub) -> dict[str, str]:
    """Answer whom we see."""
    return {"subject": caller.actor.subject}


SOURCE = Service("pupils", (router, hub), topic=PUPILS)
DIRECTORY_SOURCE = Service("employers", (), topic=EMPLOYERS)
TARGET = Service("reporting", (), projections=(ROLLS,), reactions=(DIRECTORY,))


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as the client gives it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    partition: int = 0
    offset: int = 0
    timestamp: int = 0

    def but(self, **changes: Any) -> Record:  # noqa: ANN401 - any field
        """Make the same record with something else about it."""
        return replace(self, **changes)

    def with_header(self, name: str, value: bytes | None) -> Record:
        """Make the same record with another header."""
        return replace(self, headers=[*((n, v) for n, v in self.headers if n != name), (name, value)])


async def tell_rolls(context: ServiceContext, *pupils: int, urn: Urn = URN) -> None:
    """Tell of so many rolls, in one unit of work."""

    async def work(unit: UnitOfWork) -> None:
        for number in pupils:
            unit.tell(roll(number, urn))

    await context.in_school(ACTOR, urn, work)


async def tell_employers(context: ServiceContext, *names: str) -> None:
    """Tell of employers, numbered from one, in one unit of work."""

    async def work(unit: UnitOfWork) -> None:
        for number, name in enumerate(names, start=1):
            unit.tell(EmployerListed(employer_id=EmployerId(f"e-{number}"), name=name, size_band="small"))

    await context.in_hub(ACTOR, "directory", work)


async def records_of(context: ServiceContext, card: TopicCard, key: str, after: int = 0) -> list[Record]:
    """Make the records that a relay would send of a key."""
    topic = topic_name(context.settings, card)
    rows = await context.ledger.read(key, after, 10_000)
    source = source_of(context.hub, context.service)
    records = []
    for row in rows:
        headers: Headers = row.envelope(context.hub, source).to_headers()
        records.append(
            Record(topic, key.encode(), row.event.value.encode(), headers, offset=row.sequence - 1)
        )
    return records


def roll_reader(context: ServiceContext) -> Reader:
    """Make a reader of the rolls' projection, as a process of its own would."""
    applier = ProjectionApplier(ROLLS, context.database().collection("rolls_v1"))
    return Reader("reporting.rolls_v1", context, ROLLS.topics, applier)


def directory_reader(context: ServiceContext) -> Reader:
    """Make a reader of the directory's reaction, as a process of its own would."""
    name = "reporting.directory.v1"
    return Reader(name, context, DIRECTORY.topics, ReactionApplier(name, DIRECTORY, context))


async def run_once(settings: Settings) -> None:
    """Tell of a roll that cannot be applied and have it read, under one span; what a process of ours logs."""
    store = Store.connect(settings.mongodb_url.get_secret_value(), concurrency=1, application="sample")
    sealer = Sealer.from_file(settings.secret_file)
    pupils = ServiceContext("pupils", settings, store, sealer)
    with tracer.start_as_current_span("sample"):
        await tell_rolls(pupils, UNLUCKY)
        reader = roll_reader(ServiceContext("reporting", settings, store, sealer))
        await reader.take(await records_of(pupils, PUPILS, URN))
    await store.close()


if __name__ == "__main__":
    loaded = load_settings()
    start_logs(loaded, "sample")
    telemetry = start_telemetry(loaded, "sample")
    asyncio.run(run_once(loaded))
    telemetry.shutdown()
