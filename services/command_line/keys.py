"""New keys for a Hub: `careers-hub key ...` (docs/operations/keys.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.command_line.options import DataOption, JsonOption
from services.command_line.output import CommandError, Exit, failing_clearly, out, print_json

key = typer.Typer(help="A newer secret, or a new key of the embedded issuer.", no_args_is_help=True)


@key.command("add")
def add(
    data: DataOption = None,
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="Another file than the embedded Hub's own.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a newer secret behind those of the Hub. Stop every api and worker first."""
    with failing_clearly():
        from services.local import HubLayout, default_data_folder, read_running
        from services.runtime.sealing import add_secret

        folder = data or default_data_folder()
        if secret_file is None and read_running(folder) is not None:
            message = f"the Hub in {folder} runs"
            advice = "Stop it first: what knows the old secrets alone cannot read what the new one seals."
            raise CommandError(message, advice, Exit.REFUSED)
        path = secret_file or HubLayout(folder).secret
        identity = add_secret(path)
        if as_json:
            print_json({"key": identity, "file": str(path)})
        else:
            out.print(f"Key {identity} seals from the next start on. Copy {path} to where you keep its copy.")


@key.command("issuer")
def issuer(
    data: DataOption = None,
    *,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Trust no older key any more: every token ends.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Have the embedded Hub's own issuer sign with a new key; the Hub may run meanwhile."""
    with failing_clearly():
        from services.local import HubLayout, default_data_folder
        from services.runtime.issuer import rotate_issuer

        keys = HubLayout(data or default_data_folder()).keys
        try:
            trusted = rotate_issuer(keys, withdraw=withdraw)
        except OSError as error:
            message = f"{keys} holds no issuer's keys that can be replaced: {error.strerror or error}"
            raise CommandError(message, "Name an embedded Hub's folder with --data.") from error
        if as_json:
            print_json({"trusted": trusted})
        else:
            out.print(f"Tokens are signed with a new key; {trusted} keys are trusted, within five minutes.")
