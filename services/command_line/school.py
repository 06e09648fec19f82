"""A school leaves, is deleted, or comes back: `careers-hub school ...`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.command_line.options import DataOption, JsonOption
from services.command_line.output import CommandError, failing_clearly, out, print_json, say

school = typer.Typer(help="A school leaves the Hub and takes its data, or comes back.", no_args_is_help=True)

UrnArgument = Annotated[str, typer.Argument(help="The school's URN, any that it has had.")]


@school.command("leave")
def leave(
    urn: UrnArgument,
    to: Annotated[Path, typer.Option("--to", help="The zip to make for the school; not there yet.")],
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """End the school's memberships and links from now on, and write all its data to one zip for it."""
    with failing_clearly():
        from services.command_line.operator_store import operator_store
        from services.leaving.leaving import KEPT_DAYS
        from services.leaving.leaving import leave as leave_hub

        async def work() -> None:
            async with operator_store(data, progress=say) as opened:
                left = await leave_hub(opened.context, urn, to, say)
            if as_json:
                print_json(
                    {
                        "school": left.urn,
                        "left_at": left.left_at.isoformat(),
                        "memberships_ended": left.memberships_ended,
                        "links_revoked": left.links_revoked,
                        "file": str(to),
                        "files": left.files,
                    }
                )
                return
            out.print(f"{left.urn} has left on {left.left_at.date()}; its data are in {to}.")
            out.print(
                f"Its people are out within a minute. Hand the zip over safely; after {KEPT_DAYS} days: "
                f"careers-hub school delete {urn} --export {to}"
            )

        try:
            asyncio.run(work())
        except FileExistsError:
            message = f"{to} is there already"
            raise CommandError(message, "Name another file: none is ever written over.") from None


@school.command("delete")
def delete(
    urn: UrnArgument,
    export: Annotated[Path, typer.Option("--export", help="The zip that `leave` made; it is checked.")],
    data: DataOption = None,
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Before the 30 days are over, because the school asked for it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete what is kept of a school that has left."""
    with failing_clearly():
        from services.command_line.operator_store import operator_store
        from services.leaving.leaving import delete as delete_school

        async def work() -> int:
            async with operator_store(data, progress=say) as opened:
                return await delete_school(opened.context, urn, export, now=now)

        try:
            documents = asyncio.run(work())
        except OSError as error:
            message = f"{export} cannot be read: {error.strerror or error}"
            raise CommandError(message, "Name the zip that `careers-hub school leave` made.") from error
        if as_json:
            print_json({"school": urn, "documents": documents})
        else:
            out.print(f"{documents} documents of {urn} are deleted. Backups have them until they are pruned.")


@school.command("return")
def come_back(urn: UrnArgument, data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Take a departure back; then grant the school's people their roles again."""
    with failing_clearly():
        from services.command_line.operator_store import operator_store
        from services.leaving.leaving import come_back as take_back

        async def work() -> bool:
            async with operator_store(data, progress=say) as opened:
                return (await take_back(opened.context, urn)).deleted_at is not None

        was_deleted = asyncio.run(work())
        if as_json:
            print_json({"school": urn, "was_deleted": was_deleted})
        else:
            state = "Its data were deleted: import its roll" if was_deleted else "Its data are all there"
            out.print(f"{urn} is one of the Hub's schools again. {state}; grant its people their roles.")
