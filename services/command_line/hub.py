"""Running a Hub and getting into it: `up`, `demo`, `serve`, `token`."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from services.areas import area_names
from services.command_line.connection import (
    DataOption,
    Embedded,
    JsonOption,
    embedded_token,
    find_embedded,
    sign,
)
from services.command_line.output import CommandError, err, failing_clearly, out, print_json
from services.demo.hub_client import HubAccess
from services.demo.run import DEFAULT_SEED, DemoOptions, run_demo
from services.demo.term_dates import last_completed_year
from services.local import EmbeddedHub, HubOptions, default_data_folder, run_in_foreground
from services.registry import SERVICES
from services.runtime.permissions import Role
from services.runtime.process import create_topics, serve_api, serve_worker
from services.runtime.settings import load_settings
from services.web.terminal import render_hub_report

app = typer.Typer()

PortOption = Annotated[int | None, typer.Option("--port", help="Port of the Hub's address (default 8400).")]
HubIdOption = Annotated[
    str | None, typer.Option("--hub", help="The Hub's id: lower case letters, digits, hyphens.")
]


class ServeRole(StrEnum):
    """What a process does."""

    API = "api"
    WORKER = "worker"
    TOPICS = "topics"


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
        options = HubOptions(data=data or default_data_folder(), hub_id=hub, api_port=port)

        async def stay(running: EmbeddedHub, stop: asyncio.Event) -> None:
            if as_json:
                print_json({"address": running.address, "data": str(options.data)})
            else:
                out.print(f"The Hub is at {running.address} (data in {options.data}). Stop it with Ctrl-C.")
                out.print("Next: careers-hub token --role careers_leader --school URN")
            await stop.wait()

        asyncio.run(run_in_foreground(EmbeddedHub(options, progress=_say), stay))


@app.command("demo")
def demo(
    area: Annotated[str, typer.Option("--area", help=f"One of: {', '.join(area_names())}.")] = "dorset",
    schools: Annotated[
        int | None, typer.Option("--schools", min=1, help="Only so many schools post.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same year.")] = DEFAULT_SEED,
    data: DataOption = None,
    port: PortOption = None,
    *,
    leave: Annotated[bool, typer.Option("--exit", help="Stop when the report is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Start a Hub with a real area, post a year of activities, and show the Hub's report."""
    with failing_clearly(), ExitStack() as cleanup:
        if data is None:
            # A demonstration never mixes with a Hub that someone works with.
            data = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="careers-hub-demo-")))
        options = HubOptions(data=data, hub_id=area, api_port=port)
        year = last_completed_year(dt.datetime.now(dt.UTC).date())
        plan = DemoOptions(academic_year=year, area=area, seed=seed, schools=schools, quiet=as_json)

        async def show(running: EmbeddedHub, stop: asyncio.Event) -> None:
            result = await _until(stop, _run_demo(data, plan))
            if as_json:
                print_json(result.to_json())
            else:
                out.print(render_hub_report(result.report))
                out.print(result.summary(), highlight=False)
            if not leave:
                err.print(f"The Hub is at {running.address}. Stop it with Ctrl-C.")
                err.print(f"Look around: careers-hub report --data {data} --year {year}")
                await stop.wait()

        asyncio.run(run_in_foreground(EmbeddedHub(options, progress=_say), show))


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
        hub = find_embedded(data)
        name = subject or f"local-{role}-{school or 'hub'}"
        value = asyncio.run(embedded_token(hub, name, role, school))
        if as_json:
            print_json(
                {"token": value, "subject": name, "role": role, "school": school, "address": hub.address}
            )
        else:
            out.print(value, soft_wrap=True, highlight=False)


@app.command("serve", hidden=True)
def serve(
    role: ServeRole,
    service: Annotated[str, typer.Option("--service", help="One service, or all.")] = "all",
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 0,
) -> None:
    """Run one role as a process; settings come from CAREERS_HUB_* variables."""
    with failing_clearly():
        settings = load_settings()
        if service != "all" and service not in SERVICES:
            message = f"there is no service '{service}'"
            raise CommandError(message, f"Services: all, {', '.join(SERVICES)}.")
        chosen = list(SERVICES.values()) if service == "all" else [SERVICES[service]]
        match role:
            case ServeRole.API:
                serve_api(chosen, settings, host, port)
            case ServeRole.WORKER:
                serve_worker(chosen, settings, host, port)
            case ServeRole.TOPICS:
                err.print(f"topics created: {', '.join(create_topics(settings)) or 'none were missing'}")


def _say(text: str) -> None:
    err.print(text, highlight=False)


async def _run_demo(data: Path, plan: DemoOptions) -> Any:  # noqa: ANN401 - a DemoResult
    hub = find_embedded(data)
    await embedded_token(hub, "demo-hub-admin", Role.HUB_ADMIN, None)
    access = HubAccess(base_url=hub.address, token=_signer(hub))
    return await run_demo(access, plan, err)


def _signer(hub: Embedded) -> Callable[[str, str, str | None], str]:
    """Sign tokens; the demonstration grants the memberships itself, through the API."""
    return lambda subject, _role, _urn: sign(hub, subject)


async def _until(stop: asyncio.Event, work: Awaitable[Any]) -> Any:  # noqa: ANN401 - the work's own result
    """Do the work unless stopped first; then it is cancelled, and KeyboardInterrupt raised."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        stopping.cancel()
        return working.result()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    raise KeyboardInterrupt
