"""What `careers-hub demo` does: a Hub of a real area, a year of activities, and the Hub's report."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.areas import area_names
from services.command_line.connection import Embedded, embedded_token, find_embedded, sign, sign_in_address
from services.command_line.output import CommandError, err, out, print_json, say
from services.demo.hub_client import HubAccess
from services.demo.present import play_present
from services.demo.result import DemoResult
from services.demo.run import DEFAULT_SEED, DemoOptions, run_demo
from services.demo.term_dates import last_completed_year
from services.local import EmbeddedHub, HubOptions, run_in_foreground
from services.runtime.permissions import Role
from services.web.terminal import render_hub_report


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was asked for; `leave` ends it as soon as the report is there."""

    area: str
    schools: int | None
    seed: int | None
    data: Path | None
    port: int | None
    leave: bool
    as_json: bool


async def demonstrate(wanted: Demonstration) -> None:
    """Run the demonstration until it is left or somebody presses Ctrl-C.

    Raises CommandError for an unknown area, EmbeddedHubError if the Hub fails, DemoError if it refuses what
    is posted, KeyboardInterrupt if it was stopped before the report was there.
    """
    if wanted.area not in area_names():
        raise CommandError(f"there is no area '{wanted.area}'", f"Areas: {', '.join(area_names())}.")
    year = last_completed_year(dt.datetime.now(dt.UTC).date())
    seed = DEFAULT_SEED if wanted.seed is None else wanted.seed
    plan = DemoOptions(
        academic_year=year, area=wanted.area, seed=seed, schools=wanted.schools, quiet=wanted.as_json
    )
    with ExitStack() as cleanup:
        data = wanted.data
        if data is None:
            # A demonstration never mixes with a Hub that someone works with.
            data = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="careers-hub-demo-")))

        async def show(running: EmbeddedHub, stop: asyncio.Event) -> None:
            _show(await _until(stop, _run(data, plan)), as_json=wanted.as_json)
            if not wanted.leave:
                err.print(f"The Hub is at {running.address}. Stop it with Ctrl-C.")
                err.print(
                    f"Look at it in a browser: {sign_in_address(running.address, data)}", soft_wrap=True
                )
                err.print(f"Look around: careers-hub report --data {data} --year {year}")
                today = dt.datetime.now(dt.UTC).date()
                # Whoever has seen the report may stop whenever they like.
                with suppress(KeyboardInterrupt):
                    await _until(stop, play_present(_access(data), plan, today, say))
                    say("That is all of it. Stop the Hub with Ctrl-C.")
                await stop.wait()

        options = HubOptions(data=data, hub_id=wanted.area, api_port=wanted.port)
        await run_in_foreground(EmbeddedHub(options, progress=say), show)


def _show(result: DemoResult, *, as_json: bool) -> None:
    if as_json:
        print_json(result.to_json())
    else:
        out.print(render_hub_report(result.report))
        out.print(result.summary(), highlight=False)


async def _run(data: Path, plan: DemoOptions) -> DemoResult:
    hub = find_embedded(data)
    await embedded_token(hub, "demo-hub-admin", Role.HUB_ADMIN, None)
    return await run_demo(_access(data), plan, err)


def _access(data: Path) -> HubAccess:
    hub = find_embedded(data)
    return HubAccess(base_url=hub.address, token=_signer(hub))


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
