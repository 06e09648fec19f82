"""What an operator does, on the stores: grant, recount, replay, parked records, the access logs' chains."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from services.command_line.options import DataOption, JsonOption, YearOption
from services.command_line.output import CommandError, Exit, failing_clearly, out, print_json
from services.command_line.work import this_year
from services.runtime.permissions import Role

app = typer.Typer()
parked = typer.Typer(help="Records that could not be applied: kept, shown, redriven.", no_args_is_help=True)

ServiceOption = Annotated[
    str, typer.Option("--service", help="The service whose ledger or readers are meant.")
]


@app.command("grant")
def grant(
    subject: Annotated[str, typer.Argument(help="The `sub` claim of the person's tokens.")],
    role: Annotated[Role, typer.Option("--role", help="The role to grant.")],
    school: Annotated[str | None, typer.Option("--school", help="URN, for a school's role.")] = None,
    data: DataOption = None,
) -> None:
    """Grant somebody a role by the store's own right: a new Hub's first `hub_admin` has no other way in."""
    with failing_clearly():
        from services.command_line import operations

        asyncio.run(operations.grant(data, subject, role, school))
        out.print(f"{subject} is {role} {f'at {school}' if school else 'of the Hub'} from now on.")


@app.command("recount")
def recount_report(
    year: YearOption = None,
    data: DataOption = None,
    *,
    store: Annotated[
        bool, typer.Option("--store", help="Keep the outcome, for the report's badge: what runs nightly.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Count every figure of the report again from the ledgers, and compare."""
    with failing_clearly():
        from services.command_line import operations

        result = asyncio.run(operations.recount_report(data, year or this_year(), store=store))
        if as_json:
            print_json(result.to_json())
        else:
            operations.show_recount(result)
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
        from services.command_line import operations

        if bool(service) == bool(rebuild):
            message = "say what to replay"
            raise CommandError(message, "Give --service pupils, or --rebuild reporting.hub_report.")
        answer = asyncio.run(
            operations.rebuild(data, rebuild) if rebuild else operations.rewind(data, service, key, after)
        )
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
        from services.command_line import operations

        if expect is not None and school is None:
            message = "--expect needs --school"
            raise CommandError(message, "A head belongs to one school's chain.")
        verdicts = asyncio.run(operations.verify(data, school, expect))
        if as_json:
            print_json([operations.verdict_json(name, verdict) for name, verdict in verdicts])
        else:
            operations.show_verdicts(verdicts)
        if any(verdict.broken_at is not None for _, verdict in verdicts):
            raise typer.Exit(Exit.FOUND_A_PROBLEM)


@parked.command("list")
def list_parked(data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List what is parked now, in every service."""
    with failing_clearly():
        from services.command_line import operations

        records = asyncio.run(operations.list_parked(data))
        if as_json:
            print_json([operations.record_json(record) for record in records])
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
        from services.command_line import operations

        record = asyncio.run(operations.find_parked(data, identity))
        body = operations.record_json(record) | {"value": record.value.decode("utf-8", errors="replace")}
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
        from services.command_line import operations

        results = asyncio.run(operations.redrive_parked(data, service, stream))
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
        from services.command_line import operations

        record = asyncio.run(operations.find_parked(data, identity))
        if record.stream is not None:
            message = f"{identity} is an event of {record.stream}"
            raise CommandError(
                message, "Mend the cause, then `careers-hub parked redrive`: events are never dropped."
            )
        asyncio.run(operations.discard(data, service, identity))
        out.print(f"{identity} is set aside; it stays in the store for the record.")
