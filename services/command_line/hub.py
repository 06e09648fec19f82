"""Running a Hub and getting into it: `up`, `demo`, `serve`, `token`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.command_line.options import DataOption, JsonOption
from services.command_line.output import CommandError, Exit, failing_clearly, out, print_json, say
from services.runtime.permissions import Role
from services.serve import ALL, ServeRole
from services.serve import serve as run_role

app = typer.Typer()

PortOption = Annotated[int | None, typer.Option("--port", help="Port of the Hub's address (default 8400).")]
HubIdOption = Annotated[
    str | None, typer.Option("--hub", help="The Hub's id: lower case letters, digits, hyphens.")
]


@app.command("up")
def up(
    data: DataOption = None,
    port: PortOption = None,
    hub: HubIdOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Run an embedded Hub until Ctrl-C; a second start finds the data of the first."""
    with failing_clearly():
        from services.command_line.connection import sign_in_address
        from services.local import EmbeddedHub, HubOptions, default_data_folder, run_in_foreground

        options = HubOptions(data=data or default_data_folder(), hub_id=hub, api_port=port)

        async def stay(running: EmbeddedHub, stop: asyncio.Event) -> None:
            if as_json:
                print_json({"address": running.address, "data": str(options.data)})
            else:
                out.print(f"The Hub is at {running.address} (data in {options.data}). Stop it with Ctrl-C.")
                out.print(
                    f"Look at it in a browser: {sign_in_address(running.address, options.data)}",
                    soft_wrap=True,
                )
                out.print("Next: careers-hub token --role careers_leader --school URN")
            await stop.wait()

        asyncio.run(run_in_foreground(EmbeddedHub(options, progress=say), stay))


@app.command("demo")
def demo(
    area: Annotated[
        str, typer.Option("--area", help="Another area, such as west-yorkshire; a wrong name lists them.")
    ] = "dorset",
    schools: Annotated[
        int | None, typer.Option("--schools", min=1, help="Only so many schools post.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="The same seed makes the same year; there is a usual one.")
    ] = None,
    data: DataOption = None,
    port: PortOption = None,
    *,
    address: Annotated[
        str | None, typer.Option("--address", help="Load a Hub that runs at this address, and start none.")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option("--issuer", help="That Hub's realm, if it is not where compose has it.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="Holds the password of that realm's demo users.")
    ] = None,
    leave: Annotated[bool, typer.Option("--exit", help="Stop when the report is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Start a Hub with a real area, or take one that runs; post a year of activities; show its report."""
    with failing_clearly():
        from services.command_line.demonstration import (
            Demonstration,
            demonstrate,
            elsewhere,
            load_elsewhere,
        )

        wanted = Demonstration(area, schools, seed, data, port, leave=leave, as_json=as_json)
        hub = elsewhere(wanted, address, issuer, password_file)
        asyncio.run(demonstrate(wanted) if hub is None else load_elsewhere(wanted, hub))


@app.command("token")
def token(
    role: Annotated[Role, typer.Option("--role", help="The role to grant.")],
    school: Annotated[str | None, typer.Option("--school", help="URN, for a school's role.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Whose token; default: local-<role>.")
    ] = None,
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Grant a role in the running embedded Hub and print an access token for it."""
    with failing_clearly():
        from services.command_line.connection import embedded_token, find_embedded

        hub = find_embedded(data)
        name = subject or f"local-{role}-{school or 'hub'}"
        value = asyncio.run(embedded_token(hub, name, role, school))
        if as_json:
            print_json(
                {"token": value, "subject": name, "role": role, "school": school, "address": hub.address}
            )
        else:
            out.print(value, soft_wrap=True, highlight=False)


@app.command("sign-in")
def sign_in(data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Print the address at which the running embedded Hub lets its owner in with a browser."""
    with failing_clearly():
        from services.command_line.connection import find_embedded, sign_in_address
        from services.local import default_data_folder

        address = sign_in_address(find_embedded(data).address, data or default_data_folder())
        if as_json:
            print_json({"address": address})
        else:
            out.print(address, soft_wrap=True, highlight=False)


@app.command("assets")
def assets(*, as_json: JsonOption = False) -> None:
    """Install what the pages look like: GOV.UK Frontend, fetched once with npm and checked."""
    with failing_clearly():
        from services.web.assets import GOVUK_FRONTEND, FetchError, default_folder, fetch, is_installed

        folder = default_folder()
        there = is_installed(GOVUK_FRONTEND, folder)
        try:
            if not there:
                fetch(GOVUK_FRONTEND, folder)
        except FetchError as error:
            advice = "Until then the API works, and each page says what is missing."
            raise CommandError(str(error), advice, Exit.NOT_AVAILABLE) from error
        if as_json:
            print_json(
                {"package": GOVUK_FRONTEND.name, "version": GOVUK_FRONTEND.version, "folder": str(folder)}
            )
        else:
            done = "is there already" if there else "is installed"
            say(f"{GOVUK_FRONTEND.name} {GOVUK_FRONTEND.version} {done}.")


@app.command("serve", hidden=True)
def serve(
    role: ServeRole,
    service: Annotated[str, typer.Option("--service", help="One service, or all.")] = ALL,
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 0,
) -> None:
    """Run one role as a process; settings come from CAREERS_HUB_* variables."""
    with failing_clearly():
        run_role(role, service, host, port)
