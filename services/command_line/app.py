"""The commands put together; each imports what it needs when it is called, so that the others start fast."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from services.command_line import (
    backup,
    check,
    employers,
    frameworks,
    hub,
    keys,
    match,
    match_advisers,
    operate,
    school,
    wonde,
    work,
)

app = typer.Typer(
    name="careers-hub",
    help="Run a Careers Hub, and work with it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    *(hub.app, work.app, wonde.app, employers.app, operate.app),
    *(backup.app, check.app, frameworks.app, match.app, match_advisers.app),
):
    app.registered_commands += part.registered_commands
app.add_typer(operate.parked, name="parked")
app.add_typer(keys.key, name="key")
app.add_typer(school.school, name="school")
app.add_typer(frameworks.framework, name="framework")


def _print_version(asked: bool) -> None:  # noqa: FBT001 - Typer's callback signature
    if asked:
        typer.echo(f"careers-hub {version('careers-hub')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of the command line itself."""
