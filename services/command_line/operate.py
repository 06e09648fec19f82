"""What an operator does, on the stores: recount, replay, parked records, the access logs' chains."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from services.command_line.connection import DataOption, JsonOption, operator_context, operator_settings
from services.command_line.output import CommandError, Exit, failing_clearly, out, print_json
from services.command_line.work import YearOption, this_year
from services.recount import Recount, recount
from services.registry import SERVICES
from services.runtime.access_log import Verdict
from services.runtime.arrivals import Stream
from services.runtime.context import ServiceContext
from services.runtime.parking import DISCARDED, ParkedRecord, Parking
from services.runtime.reaction import ReactionApplier
from services.runtime.reader import Reader
from services.runtime.redrive import Redriven, redrive
from services.runtime.tenancy import Tenancy
from services.runtime.worker import reader_of

app = typer.Typer()
parked = typer.Typer(help="Records that could not be applied: kept, shown, redriven.", no_args_is_help=True)

SCHOOL_SERVICES = ("pupils", "audit")
ServiceOption = Annotated[
    str, typer.Option("--service", help="The service whose ledger or readers are meant.")
]


@app.command("recount")
def recount_report(year: YearOption = None, data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Count every figure of the report again from the ledgers, and compare."""
    with failing_clearly():
        result = asyncio.run(_recount(data, year or this_year()))
        if as_json:
            print_json(result.to_json())
        else:
            _show_recount(result)
        if not result.agrees:
            raise typer.Exit(Exit.FOUND_A_PROBLEM)


@app.command("replay")
def replay(
    service: Annotated[str, typer.Option("--service", help="Publish this service's ledger again.")] = "",
    key: Annotated[str | None, typer.Option("--key", help="Only this school's URN (or other key).")] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Only what follows this sequence.")] = 0,
    rebuild: Annotated[
        str, typer.Option("--rebuild", help="Build a read model anew beside the old: service.projection.")
    ] = "",
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Publish a ledger again (readers drop what they have), or rebuild a read model from the ledgers."""
    with failing_clearly():
        if bool(service) == bool(rebuild):
            message = "say what to replay"
            raise CommandError(message, "Give --service pupils, or --rebuild reporting.hub_report.")
        answer = asyncio.run(_rebuild(data, rebuild) if rebuild else _rewind(data, service, key, after))
        if as_json:
            print_json(answer)
        else:
            out.print(answer["message"])


@app.command("verify-log")
def verify_log(
    school: Annotated[str | None, typer.Option("--school", help="Only this school's URN.")] = None,
    expect: Annotated[
        str | None, typer.Option("--expect", help="A head noted earlier: must be in the chain.")
    ] = None,
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check the hash chain of every school's access log."""
    with failing_clearly():
        if expect is not None and school is None:
            message = "--expect needs --school"
            raise CommandError(message, "A head belongs to one school's chain.")
        verdicts = asyncio.run(_verify(data, school, expect))
        if as_json:
            print_json([_verdict_json(name, verdict) for name, verdict in verdicts])
        else:
            _show_verdicts(verdicts)
        if any(verdict.broken_at is not None for _, verdict in verdicts):
            raise typer.Exit(Exit.FOUND_A_PROBLEM)


@parked.command("list")
def list_parked(data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List what is parked now, in every service."""
    with failing_clearly():
        records = asyncio.run(_list_parked(data))
        if as_json:
            print_json([_record_json(record) for record in records])
            return
        table = Table("id", "type", "place", "attempts", "error")
        for record in records:
            table.add_row(record.id, record.type or "?", record.place, str(record.attempts), record.error)
        out.print(table if records else "Nothing is parked.")


@parked.command("show")
def show_parked(
    identity: Annotated[str, typer.Argument(help="The id that `parked list` shows.")],
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one parked record whole."""
    with failing_clearly():
        record = asyncio.run(_find_parked(data, identity))
        body = _record_json(record) | {"value": record.value.decode("utf-8", errors="replace")}
        if as_json:
            print_json(body)
        else:
            for name, value in body.items():
                out.print(f"{name}: {value}", highlight=False)


@parked.command("redrive")
def redrive_parked(
    service: ServiceOption = "reporting",
    stream: Annotated[str | None, typer.Option("--stream", help="Only this one: service/key.")] = None,
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a service's parked records again, each stream in order until one fails."""
    with failing_clearly():
        results = asyncio.run(_redrive(data, service, stream))
        body = [
            {"stream": str(r.stream), "applied": r.applied, "left": r.left, "error": r.error} for r in results
        ]
        if as_json:
            print_json(body)
        else:
            for row in body:
                out.print(
                    f"{row['stream']}: {row['applied']} applied, {row['left']} left {row['error'] or ''}"
                )
            if not body:
                out.print("Nothing is parked.")
        if any(r.left for r in results):
            raise typer.Exit(Exit.FOUND_A_PROBLEM)


@parked.command("discard")
def discard_parked(
    identity: Annotated[str, typer.Argument(help="The id of a record that belongs to no stream.")],
    service: ServiceOption = "reporting",
    data: DataOption = None,
) -> None:
    """Set a record aside that is no event of ours; events of a ledger can only be redriven."""
    with failing_clearly():
        record = asyncio.run(_find_parked(data, identity))
        if record.stream is not None:
            message = f"{identity} is an event of {record.stream}"
            raise CommandError(
                message, "Mend the cause, then `careers-hub parked redrive`: events are never dropped."
            )
        asyncio.run(_discard(data, service, identity))
        out.print(f"{identity} is set aside; it stays in the store for the record.")


@asynccontextmanager
async def _context(data: Path | None, service: str) -> AsyncIterator[ServiceContext]:
    if service not in SERVICES:
        message = f"there is no service '{service}'"
        raise CommandError(message, f"Services: {', '.join(SERVICES)}.")
    async with operator_context(operator_settings(data), service) as context:
        yield context


async def _recount(data: Path | None, year: str) -> Recount:
    async with _context(data, "reporting") as context:
        return await recount(context, year)


async def _rewind(data: Path | None, service: str, key: str | None, after: int) -> dict[str, Any]:
    async with _context(data, service) as context:
        heads = [head for head in await context.ledger.heads() if key in {None, head.key}]
        moved = await context.ledger.rewind({head.key: after for head in heads})
        events = sum(max(0, head.published - after) for head in heads)
        return {
            "keys": moved,
            "events": events,
            "message": f"{events} events of {moved} keys of '{service}' are being published again.",
        }


async def _rebuild(data: Path | None, name: str) -> dict[str, Any]:
    service, _, projection = name.partition(".")
    async with _context(data, service) as context:
        generation = await context.generations.rebuild(projection)
        collection = generation.collection(projection)
        return {
            "building": collection,
            "message": f"'{collection}' is being built; reports switch to it when it has caught up.",
        }


async def _verify(data: Path | None, school: str | None, expect: str | None) -> list[tuple[str, Verdict]]:
    verdicts: list[tuple[str, Verdict]] = []
    for service in SCHOOL_SERVICES:
        async with _context(data, service) as context:
            for database in await Tenancy(context.store, context.hub).schools_of(service):
                if school in {None, str(database.urn)}:
                    verdict = await context.access_log(database.urn).verify(
                        expect if service == "pupils" else None
                    )
                    verdicts.append((f"{service}/{database.urn}", verdict))
    if not verdicts:
        message = "there is no access log to check"
        raise CommandError(message, "Nothing has been stored for this school yet; check the URN.")
    return verdicts


async def _list_parked(data: Path | None) -> list[ParkedRecord]:
    records: list[ParkedRecord] = []
    for service in SERVICES:
        async with _context(data, service) as context:
            records += await Parking(context.database()).waiting()
    return records


async def _find_parked(data: Path | None, identity: str) -> ParkedRecord:
    for service in SERVICES:
        async with _context(data, service) as context:
            record = await Parking(context.database()).show(identity)
            if record is not None:
                return record
    message = f"nothing is parked under '{identity}'"
    raise CommandError(message, "See `careers-hub parked list`.")


async def _discard(data: Path | None, service: str, identity: str) -> None:
    async with _context(data, service) as context:
        await Parking(context.database()).settle([identity], DISCARDED, context.clock())


async def _redrive(data: Path | None, service: str, stream: str | None) -> list[Redriven]:
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


def _show_recount(result: Recount) -> None:
    out.print(
        f"{result.figures} figures of {result.schools} schools counted again from {result.events} events: "
        f"{len(result.mismatches)} differ."
    )
    for found in result.mismatches:
        out.print(f"  {found.school} {found.figure}: report {found.published}, recount {found.recounted}")
    for stream, number in result.unsettled.items():
        out.print(f"  {stream}: {number} events neither applied nor parked yet")


def _show_verdicts(verdicts: list[tuple[str, Verdict]]) -> None:
    for name, verdict in verdicts:
        state = (
            "whole" if verdict.broken_at is None else f"BROKEN at row {verdict.broken_at}: {verdict.reason}"
        )
        out.print(f"{name}: {verdict.rows} rows, head {verdict.head}: {state}", highlight=False)


def _verdict_json(name: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "log": name,
        "rows": verdict.rows,
        "head": verdict.head,
        "broken_at": verdict.broken_at,
        "reason": verdict.reason,
    }


def _record_json(record: ParkedRecord) -> dict[str, Any]:
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
