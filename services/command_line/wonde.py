"""A school's roll from Wonde, without a file: `wonde`."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.command_line.options import DataOption, JsonOption, YearOption
from services.command_line.output import CommandError, failing_clearly, out, print_json
from services.command_line.work import SchoolOption, show_receipt, this_year

if TYPE_CHECKING:
    from services.command_line.wonde_roll import Taken

app = typer.Typer()

TOKEN_VARIABLE: Final = "CAREERS_HUB_WONDE_TOKEN"  # noqa: S105 - the name of a variable
LARGEST_TOKEN_FILE: Final = 16_384
"""Bytes. A larger file is not a token's."""

WondeSchoolOption = Annotated[
    str, typer.Option("--wonde-school", help="The school's id at Wonde, such as A1930499544.")
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option("--token-file", help=f"File with Wonde's token. Default: the variable {TOKEN_VARIABLE}."),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", help="Wonde's address. Default: https://api.wonde.com/v1.0, for the UK."),
]
SinceOption = Annotated[
    dt.datetime | None,
    typer.Option(
        "--since",
        formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"],
        help="Do nothing unless Wonde tells of a change since this moment (UTC unless it says otherwise).",
    ),
]


@app.command("wonde")
def wonde(
    school: SchoolOption,
    wonde_school: WondeSchoolOption,
    *,
    year: YearOption = None,
    token_file: TokenFileOption = None,
    base_url: BaseUrlOption = None,
    since: SinceOption = None,
    data: DataOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, send nothing, and say what would be sent.")
    ] = False,
    confirm_leavers: Annotated[
        bool, typer.Option("--confirm-leavers", help="Import although very many would leave.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Import a school's whole roll from Wonde; the same roll again changes nothing."""
    with failing_clearly():
        from services.command_line.wonde_roll import Asked, take
        from services.connectors.wonde.pages import BASE_URL, Source

        source = Source(base_url or BASE_URL, wonde_school, read_token(token_file))
        moment = since if since is None or since.tzinfo else since.replace(tzinfo=dt.UTC)
        asked = Asked(
            school,
            year or this_year(),
            dt.datetime.now(dt.UTC).date(),
            moment,
            dry_run=dry_run,
            confirm_leavers=confirm_leavers,
        )
        _show(asyncio.run(take(data, source, asked)), as_json=as_json)


def _show(taken: Taken, *, as_json: bool) -> None:
    """Show what came of it: one JSON value, or what Wonde had and then the Hub's receipt as `import` does."""
    if not as_json:
        for line in taken.lines():
            out.print(line, highlight=False, markup=False, soft_wrap=True)
    if taken.receipt is not None:
        show_receipt(taken.to_json(), as_json=as_json)
    elif as_json:
        print_json(taken.to_json())


def read_token(file: Path | None) -> str:
    """Read Wonde's token from a file or the environment; no error repeats what is there."""
    if file is None:
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise CommandError(
                "there is no token for Wonde",
                f"Put it into {TOKEN_VARIABLE}, or into a file for --token-file.",
            )
        return token
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_TOKEN_FILE + 1)
        if len(content) > LARGEST_TOKEN_FILE:
            raise CommandError(f"{file} is too large for a token", "Name a file with nothing but the token.")
        return content.decode("utf-8-sig").strip()
    except OSError as error:
        raise CommandError(
            f"{file} cannot be read: {error.strerror}", "Name a file with nothing but the token."
        ) from error
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not text", "Name a file with nothing but the token.") from None
