"""Saving a Hub or a school, and bringing it back: `careers-hub backup` and `careers-hub restore`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.command_line.options import DataOption, JsonOption
from services.command_line.output import CommandError, failing_clearly, out, print_json, say

app = typer.Typer()


@app.command("backup")
def backup(
    to: Annotated[Path, typer.Option("--to", help="The file to make; it must not be there yet.")],
    school: Annotated[str | None, typer.Option("--school", help="Only this school's URN.")] = None,
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Save the Hub, or one school, as it is now to one sealed file; the Hub may run meanwhile."""
    with failing_clearly():
        from services.backup.making import make_backup
        from services.command_line.operator_store import operator_store

        async def work() -> None:
            async with operator_store(data, progress=say) as opened:
                saved = await make_backup(opened.context, to, school, say)
            answer = {
                "file": str(saved.path),
                "hub": saved.header.hub,
                "school": saved.header.urn,
                "made_at": saved.header.made_at.isoformat(),
                "databases": saved.databases,
                "documents": saved.documents,
                "key": saved.header.key,
            }
            if as_json:
                print_json(answer)
                return
            out.print(f"{saved.documents} documents of {saved.databases} databases are in {saved.path}.")
            out.print(
                "It can be opened with the Hub's secret alone, which is not in it: keep a copy of the "
                "secret, and of the erasure journal, somewhere else."
            )

        try:
            asyncio.run(work())
        except FileExistsError:
            message = f"{to} is there already"
            raise CommandError(message, "Name another file: no backup is ever written over.") from None
        except OSError as error:
            message = f"{to} cannot be written: {error.strerror or error}"
            raise CommandError(message, "Name a file in a folder that you can write to.") from error


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="The file that `careers-hub backup` made.")],
    data: DataOption = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away what is stored now. Save it first.")
    ] = False,
    journal_is_lost: Annotated[
        bool,
        typer.Option("--journal-is-lost", help="Take the erasures that the backup knows for the journal."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring a backup back. Stop the Hub first; it is closed until the restore is done."""
    with failing_clearly():
        from services.backup.archive import Archive
        from services.backup.fitting import Wish
        from services.backup.restoring import restore as bring_back
        from services.command_line.operator_store import operator_store
        from services.runtime.timeline import CHECK_S

        try:
            archive = Archive.open(file)
        except OSError as error:
            message = f"{file} cannot be read: {error.strerror or error}"
            raise CommandError(message, "Name the file of a backup.") from error

        async def work() -> None:
            async with operator_store(data, progress=say, alone_for=archive.header.hub) as opened:
                settle_s = 0.0 if opened.alone else CHECK_S
                wish = Wish(replace=replace, journal_is_lost=journal_is_lost, settle_s=settle_s)
                restored = await bring_back(opened.context, archive, wish, say)
            answer = {
                "hub": archive.header.hub,
                "school": archive.header.urn,
                "made_at": archive.header.made_at.isoformat(),
                "databases": restored.databases,
                "documents": restored.documents,
                "erased_again": restored.erased_again,
                "timeline": restored.timeline,
            }
            if as_json:
                print_json(answer)
                return
            whose = archive.header.urn or f"the Hub '{archive.header.hub}'"
            out.print(f"{whose} is as it was at {archive.header.made_at.isoformat(timespec='seconds')}.")
            out.print("Start the Hub now: every api and worker, also those that ran on.")

        asyncio.run(work())
