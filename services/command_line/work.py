"""What schools and the Hub do, through the public API: import a roll, post activities, read the report."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from contracts.vocabulary import academic_year_of
from services.command_line.connection import DataOption, JsonOption, answer_of, api_client
from services.command_line.output import CommandError, Exit, err, failing_clearly, out, print_json
from services.runtime.permissions import Role
from services.web.terminal import render_hub_report

app = typer.Typer()

SchoolOption = Annotated[str, typer.Option("--school", help="The school's URN: six digits.")]
YearOption = Annotated[str | None, typer.Option("--year", help="Academic year, such as 2025/26.")]
FileArgument = Annotated[Path, typer.Argument(help="The file to send.", exists=True, dir_okay=False)]
PROBLEMS_SHOWN: Final = 20
CSV: Final = {"Content-Type": "text/csv"}


@app.command("import")
def import_roll(
    file: FileArgument,
    school: SchoolOption,
    year: YearOption = None,
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Import a school's roll from a CSV file; importing the same again changes nothing."""
    path = f"/pupils/v1/schools/{school}/roll"
    with failing_clearly():
        query = {"academic_year": year or this_year()}
        table = {"content": file.read_bytes(), "headers": CSV, "params": query}
        _show_receipt(asyncio.run(_send(data, school, "PUT", path, table)), as_json=as_json)


@app.command("post")
def post_activities(
    file: FileArgument, school: SchoolOption, data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Post activities: a CSV file with a row a pupil, or a JSON file with one activity or a list of them."""
    base = f"/pupils/v1/schools/{school}/activities"
    with failing_clearly():
        if file.suffix.lower() == ".json":
            body = _read_json(file)
            path = f"{base}/bulk" if isinstance(body, list) else base
            content = {"activities": body} if isinstance(body, list) else body
            request: dict[str, Any] = {"json": content}
        else:
            path = f"{base}/import"
            request = {"content": file.read_bytes(), "headers": CSV}
        _show_receipt(asyncio.run(_send(data, school, "POST", path, request)), as_json=as_json)


@app.command("report")
def report(year: YearOption = None, data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Show the Hub's report as a table."""
    with failing_clearly():
        figures = asyncio.run(_report(data, year or this_year()))
        if as_json:
            print_json(figures)
        else:
            out.print(render_hub_report(figures))


def this_year() -> str:
    """Name the academic year of today."""
    return academic_year_of(dt.datetime.now(dt.UTC).date())


async def _report(data: Path | None, year: str) -> dict[str, Any]:
    async with api_client(data, Role.HUB_LEAD, None) as client:
        answer = await answer_of(client, "GET", "/reporting/v1/hub-report", params={"academic_year": year})
        figures: dict[str, Any] = answer.json()
        return figures


async def _send(
    data: Path | None, school: str, method: str, path: str, request: dict[str, Any]
) -> dict[str, Any]:
    async with api_client(data, Role.CAREERS_LEADER, school) as client:
        receipt: dict[str, Any] = (await answer_of(client, method, path, **request)).json()
        return receipt


def _read_json(file: Path) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        message = f"{file.name} is not JSON: {error}"
        raise CommandError(message, "Save it as UTF-8 JSON, or as CSV with the ending .csv.") from error


def _show_receipt(receipt: dict[str, Any], *, as_json: bool) -> None:
    rejected = receipt.get("rejected", [])
    if as_json:
        print_json(receipt)
    else:
        counts = {k: v for k, v in receipt.items() if isinstance(v, int) and not isinstance(v, bool)}
        out.print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))
        for row in rejected[:PROBLEMS_SHOWN]:
            err.print("  " + ", ".join(f"{name} {value}" for name, value in row.items()), highlight=False)
        if len(rejected) > PROBLEMS_SHOWN:
            err.print(f"  and {len(rejected) - PROBLEMS_SHOWN} more; see --json")
    if rejected:
        raise typer.Exit(Exit.FOUND_A_PROBLEM)
