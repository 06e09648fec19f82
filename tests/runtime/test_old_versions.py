"""What an earlier release told stays readable: its bytes are upcast on their way into read models."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

import pytest

from contracts import catalogue
from contracts.catalogue import Event
from contracts.employers import EmployerListed
from contracts.pupils import RollChanged
from contracts.topics import EMPLOYERS, PUPILS
from services.runtime import arrivals
from services.runtime.context import ServiceContext
from services.runtime.ledger import LEDGER
from services.runtime.mongo import Replace
from services.runtime.parking import Parking
from services.runtime.projection import ProjectionApplier
from services.runtime.reader import Reader
from services.runtime.redrive import Redriven, redrive
from tests.runtime.sample_service import (
    DIRECTORY_STREAM,
    ROLL_STREAM,
    ROLLS,
    URN,
    directory_reader,
    records_of,
    roll_reader,
    tell_employers,
    tell_rolls,
)

ContextFor = Callable[[str], ServiceContext]


def with_academic_year(old: dict[str, Any]) -> dict[str, Any]:
    """Upcast an invented version 0 that called the academic year `year`."""
    return {"academic_year": old["year"], **{name: part for name, part in old.items() if name != "year"}}


def with_size(old: dict[str, Any]) -> dict[str, Any]:
    """Upcast an invented version 0 that did not know of sizes."""
    return {**old, "size_band": "unknown"}


OLD: Final = (
    Event("pupils.roll.changed.v0", RollChanged, PUPILS, with_academic_year),
    Event("employers.employer.listed.v0", EmployerListed, EMPLOYERS, with_size),
)


@pytest.fixture
def _upcasters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose catalogue has old versions."""
    by_type = MappingProxyType({**catalogue.BY_TYPE, **{event.name: event for event in OLD}})
    monkeypatch.setattr(catalogue, "BY_TYPE", by_type)
    monkeypatch.setattr(arrivals, "BY_TYPE", by_type)
    monkeypatch.setattr(arrivals, "EVENTS", (*OLD, *catalogue.EVENTS))


async def age(context: ServiceContext, key: str, sequence: int, event: Event) -> None:
    """Write an event of a ledger as the release of an old version wrote it."""
    batches = context.database().collection(LEDGER)
    (batch,) = await batches.find({"key": key, "first": {"$lte": sequence}, "last": {"$gte": sequence}})
    aged = batch["events"][sequence - batch["first"]]
    payload = json.loads(aged["value"])
    if event.model is RollChanged:
        payload["year"] = payload.pop("academic_year")
    else:
        del payload["size_band"]
    aged |= {"type": event.name, "value": json.dumps(payload)}
    assert await batches.write(Replace({"_id": batch["_id"]}, batch))


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


@pytest.fixture
def reporting(context_for: ContextFor) -> ServiceContext:
    return context_for("reporting")


@pytest.mark.usefixtures("_upcasters")
async def test_an_old_version_gives_a_projection_the_state_that_the_new_one_gives(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    await tell_rolls(pupils, 5, 7, 9)
    new = await records_of(pupils, PUPILS, URN)
    await age(pupils, URN, 1, OLD[0])
    await age(pupils, URN, 3, OLD[0])
    old = await records_of(pupils, PUPILS, URN)
    assert [a.value == b.value for a, b in zip(old, new, strict=True)] == [False, True, False]
    documents = reporting.database().collection("beside")
    beside = Reader("reporting.beside", reporting, ROLLS.topics, ProjectionApplier(ROLLS, documents))

    await roll_reader(reporting).take(old)
    await beside.take(new)

    upcast = await reporting.database().collection("rolls_v1").get(str(ROLL_STREAM))
    assert upcast == await documents.get(str(ROLL_STREAM))
    assert upcast is not None
    assert (upcast["sequence"], upcast["state"]) == (3, {"pupils": 21, "events": 3})


@pytest.mark.usefixtures("_upcasters")
async def test_an_old_version_has_the_effects_of_a_reaction(
    context_for: ContextFor, reporting: ServiceContext
) -> None:
    employers = context_for("employers")
    await tell_employers(employers, "First", "Second")
    await age(employers, "directory", 1, OLD[1])
    reader = directory_reader(reporting)

    await reader.take(await records_of(employers, EMPLOYERS, "directory"))

    known = await reporting.database().collection("known").find({}, sort=[("_id", 1)])
    assert [(k["name"], k["told"]) for k in known] == [("First", 1), ("Second", 1)]
    assert (reader.applied, reader.held) == ({DIRECTORY_STREAM: 2}, set())


async def test_a_version_that_was_not_known_is_redriven_by_the_release_that_knows_it(
    pupils: ServiceContext, reporting: ServiceContext, request: pytest.FixtureRequest
) -> None:
    await tell_rolls(pupils, 5, 7)
    await age(pupils, URN, 1, OLD[0])
    live = roll_reader(reporting)
    await live.take(await records_of(pupils, PUPILS, URN))
    assert live.held == {ROLL_STREAM}

    request.getfixturevalue("_upcasters")
    results = await redrive(roll_reader(reporting), Parking(reporting.database()))

    assert results == [Redriven(ROLL_STREAM, applied=2, left=0, error=None)]
