"""What schools and the Hub do, through the public API: import a roll, post activities, read the report."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.command_line.options import DataOption, JsonOption, YearOption
from services.command_line.output import CommandError, Exit, err, failing_clearly, out, print_json

app = typer.Typer()

SchoolOption = Annotated[str, typer.Option("--school", help="The school's URN: six digits.")]
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
        from services.command_line import requests

        query = {"academic_year": year or this_year()}
        table = {"content": file.read_bytes(), "headers": CSV, "params": query}
        show_receipt(asyncio.run(requests.send(data, school, "PUT", path, table)), as_json=as_json)


@app.command("post")
def post_activities(
    file: FileArgument, school: SchoolOption, data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Post activities: a CSV file with a row a pupil, or a JSON file with one activity or a list of them."""
    base = f"/pupils/v1/schools/{school}/activities"
    with failing_clearly():
        from services.command_line import requests

        if file.suffix.lower() == ".json":
            body = _read_json(file)
            path = f"{base}/bulk" if isinstance(body, list) else base
            content = {"activities": body} if isinstance(body, list) else body
            request: dict[str, Any] = {"json": content}
        else:
            path = f"{base}/import"
            request = {"content": file.read_bytes(), "headers": CSV}
        show_receipt(asyncio.run(requests.send(data, school, "POST", path, request)), as_json=as_json)


@app.command("report")
def report(year: YearOption = None, data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Show the Hub's report as a table."""
    with failing_clearly():
        from services.command_line import requests

        figures = asyncio.run(requests.report(data, year or this_year()))
        if as_json:
            print_json(figures)
        else:
            from services.web.terminal import render_hub_report

            out.print(render_hub_report(figures))


def this_year() -> str:
    """Name the academic year of today."""
    from contracts.vocabulary import academic_year_of

    return academic_year_of(dt.datetime.now(dt.UTC).date())


def _read_json(file: Path) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        message = f"{file.name} is not JSON: {error}"
        raise CommandError(message, "Save it as UTF-8 JSON, or as CSV with the ending .csv.") from error


def show_receipt(receipt: dict[str, Any], *, as_json: bool) -> None:
    """Show counts and refused rows; the exit code says whether there are any."""
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
