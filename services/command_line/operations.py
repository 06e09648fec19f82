"""What the operator's commands do (`operate.py` declares them): read and change the stores themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from services.command_line.connection import grant_role, operator_context, operator_settings
from services.command_line.output import CommandError, out
from services.recount.compare import Recount, recount, store_recount
from services.registry import SERVICES
from services.reporting.proof.model.cells import A_NUMBER
from services.runtime.access_log import Verdict
from services.runtime.arrivals import Stream
from services.runtime.context import ServiceContext
from services.runtime.feeding import reader_of
from services.runtime.hub_api import MembershipBody
from services.runtime.parking import DISCARDED, ParkedRecord, Parking
from services.runtime.permissions import Role
from services.runtime.reaction import ReactionApplier
from services.runtime.reader import Reader
from services.runtime.redrive import Redriven, redrive
from services.runtime.tenancy import Tenancy

SCHOOL_SERVICES: Final = ("pupils", "audit")


@asynccontextmanager
async def _context(data: Path | None, service: str) -> AsyncIterator[ServiceContext]:
    if service not in SERVICES:
        message = f"there is no service '{service}'"
        raise CommandError(message, f"Services: {', '.join(SERVICES)}.")
    async with operator_context(operator_settings(data), service) as context:
        yield context


async def grant(data: Path | None, subject: str, role: Role, urn: str | None) -> None:
    """Grant somebody a role; raises CommandError for a subject or a URN that cannot be one."""
    try:
        body = MembershipBody(subject=subject, role=role, urn=urn)
    except ValidationError as invalid:
        wrong = ", ".join(str(error["loc"][0]) for error in invalid.errors(include_input=False))
        message = f"this cannot be: {wrong}"
        advice = "A subject is a token's `sub` claim: letters, digits and _.@:|- only. A URN is six digits."
        raise CommandError(message, advice) from None
    await grant_role(operator_settings(data), body.subject, body.role, body.urn)


async def recount_report(data: Path | None, year: str, *, store: bool = False) -> Recount:
    """Count every published figure again; `store` keeps the outcome for the report's badge."""
    async with _context(data, "reporting") as context:
        result = await recount(context, year)
        if store:
            await store_recount(context, result)
        return result


async def rewind(data: Path | None, service: str, key: str | None, after: int) -> dict[str, Any]:
    """Set back how far a ledger is published; raises CommandError for an unknown service."""
    async with _context(data, service) as context:
        wanted = None if key is None else (await context.successions.lineage()).tenant_of(key)
        heads = [head for head in await context.ledger.heads() if wanted in {None, head.key}]
        moved = await context.ledger.rewind({head.key: after for head in heads})
        events = sum(max(0, head.published - after) for head in heads)
        return {
            "keys": moved,
            "events": events,
            "message": f"{events} events of {moved} keys of '{service}' are being published again.",
        }


async def rebuild(data: Path | None, name: str) -> dict[str, Any]:
    """Begin to build a read model anew; `name` is service.projection."""
    service, _, projection = name.partition(".")
    async with _context(data, service) as context:
        generation = await context.generations.rebuild(projection)
        collection = generation.collection(projection)
        return {
            "building": collection,
            "message": f"'{collection}' is being built; reports switch to it when it has caught up.",
        }


async def verify(data: Path | None, school: str | None, expect: str | None) -> list[tuple[str, Verdict]]:
    """Check access logs, of every school or of one; raises CommandError if there is none."""
    verdicts: list[tuple[str, Verdict]] = []
    for service in SCHOOL_SERVICES:
        async with _context(data, service) as context:
            wanted = None if school is None else (await context.successions.lineage()).tenant_of(school)
            for database in await Tenancy(context.store, context.hub).schools_of(service):
                if wanted in {None, database.urn}:
                    verdict = await context.access_log(database.urn).verify(
                        expect if service == "pupils" else None
                    )
                    verdicts.append((f"{service}/{database.urn}", verdict))
    if not verdicts:
        message = "there is no access log to check"
        raise CommandError(message, "Nothing has been stored for this school yet; check the URN.")
    return verdicts


async def list_parked(data: Path | None) -> list[ParkedRecord]:
    """Read what is parked, in every service."""
    records: list[ParkedRecord] = []
    for service in SERVICES:
        async with _context(data, service) as context:
            records += await Parking(context.database()).waiting()
    return records


async def find_parked(data: Path | None, identity: str) -> ParkedRecord:
    """Find a parked record in any service; raises CommandError if there is none."""
    for service in SERVICES:
        async with _context(data, service) as context:
            record = await Parking(context.database()).show(identity)
            if record is not None:
                return record
    message = f"nothing is parked under '{identity}'"
    raise CommandError(message, "See `careers-hub parked list`.")


async def discard(data: Path | None, service: str, identity: str) -> None:
    """Set a parked record aside."""
    async with _context(data, service) as context:
        await Parking(context.database()).settle([identity], DISCARDED, context.clock())


async def redrive_parked(data: Path | None, service: str, stream: str | None) -> list[Redriven]:
    """Take parked records again, of all streams or of service/key."""
    wanted = None if stream is None else Stream(*stream.split("/", 1))
    async with _context(data, service) as context:
        parking = Parking(context.database())
        results: list[Redriven] = []
        for reader in await _readers(context, service):
            results += await redrive(reader, parking, wanted)
        return results


async def _readers(context: ServiceContext, service: str) -> list[Reader]:
    readers: list[Reader] = []
    for projection in SERVICES[service].projections:
        builds = await context.generations.settle(projection)
        # A build of another version is fed by the program that has that version's fold.
        readers += [
            reader_of(context, projection, generation)
            for generation in builds.live
            if generation.version == projection.version
        ]
    for reaction in SERVICES[service].reactions:
        name = f"{service}.{reaction.name}.v{reaction.version}"
        readers.append(Reader(name, context, reaction.topics, ReactionApplier(name, reaction, context)))
    return readers


def show_recount(result: Recount) -> None:
    """Print a recount for people."""
    if not result.figures:
        out.print(
            f"There is nothing of {result.academic_year} to count again: no school that the directory lists "
            "has figures. Name another year with --year, or list the schools first."
        )
        return
    out.print(
        f"{result.figures} figures of {result.schools} schools counted again from {result.events} events: "
        f"{len(result.mismatches)} differ."
    )
    for found in result.mismatches:
        # Of two of which one is withheld, the number is not said here either.
        report, again = ["a number" if one == A_NUMBER else one for one in (found.published, found.recounted)]
        out.print(f"  {found.school} {found.figure}: report {report}, recount {again}")
    for stream, number in result.unsettled.items():
        out.print(f"  {stream}: {number} events neither applied nor parked yet")


def show_verdicts(verdicts: list[tuple[str, Verdict]]) -> None:
    """Print what was found in access logs for people."""
    for name, verdict in verdicts:
        state = (
            "whole" if verdict.broken_at is None else f"BROKEN at row {verdict.broken_at}: {verdict.reason}"
        )
        # A head is noted and looked for: it stays on its line, however narrow the terminal.
        out.print(
            f"{name}: {verdict.rows} rows, head {verdict.head}: {state}", highlight=False, soft_wrap=True
        )


def verdict_json(name: str, verdict: Verdict) -> dict[str, Any]:
    """Render what was found in an access log."""
    return {
        "log": name,
        "rows": verdict.rows,
        "head": verdict.head,
        "broken_at": verdict.broken_at,
        "reason": verdict.reason,
    }


def record_json(record: ParkedRecord) -> dict[str, Any]:
    """Render a parked record without its value."""
    return {
        "id": record.id,
        "reader": record.reader,
        "stream": None if record.stream is None else str(record.stream),
        "sequence": record.sequence,
        "type": record.type,
        "place": record.place,
        "error": record.error,
        "attempts": record.attempts,
        "status": record.status,
        "parked_at": record.parked_at.isoformat(),
    }
