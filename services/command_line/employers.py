"""The Hub's employers from a file: `employers`."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from services.command_line.options import DataOption, JsonOption
from services.command_line.output import Exit, err, failing_clearly, out, print_json
from services.command_line.work import CSV, PROBLEMS_SHOWN, FileArgument

app = typer.Typer()

IMPORT: Final = "/employers/v1/import"


class Format(StrEnum):
    """Whose columns a file has."""

    OWN = "own"
    GENDER_PAY_GAP = "gender_pay_gap"


@app.command("employers")
def import_employers(
    file: FileArgument,
    form: Annotated[
        Format, typer.Option("--format", help="gender_pay_gap: the service's file of a year, as published.")
    ] = Format.OWN,
    column: Annotated[
        list[str] | None, typer.Option("--column", help='The file\'s own header: "Company name:name".')
    ] = None,
    data: DataOption = None,
    *,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would happen; change nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring a CSV file's employers into the directory; the same file again changes nothing."""
    with failing_clearly():
        from services.command_line import requests
        from services.runtime.permissions import Role

        query = {"format": form.value, "preview": preview, "column": column or []}
        request = {"content": file.read_bytes(), "headers": CSV, "params": query}
        receipt = asyncio.run(requests.send_as(data, Role.HUB_ADMIN, "PUT", IMPORT, request))
    _show(receipt, as_json=as_json)


def _show(receipt: dict[str, Any], *, as_json: bool) -> None:
    """Show counts, refused rows and likely duplicates; the exit code says whether rows were refused."""
    if as_json:
        print_json(receipt)
    else:
        counts = {**receipt["employers"], "rejected": receipt["rejected"]}
        shown = ", ".join(f"{number} {name}" for name, number in counts.items())
        out.print(f"{'would be: ' if receipt['preview'] else ''}{shown}")
        for problem in receipt["problems"][:PROBLEMS_SHOWN]:
            err.print(f"  {problem['where']}: {problem['reason']}", highlight=False)
        if found := receipt["possible_duplicates"]["found"]:
            out.print(f"{found} pairs may be one employer: see GET /employers/v1/duplicates")
    if receipt["rejected"]:
        raise typer.Exit(Exit.FOUND_A_PROBLEM)
