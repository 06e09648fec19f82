"""What `careers-hub demo` does: a Hub of a real area, a year of activities, and the Hub's report.

Without an address it starts a Hub for that and keeps it up. With one it loads a Hub that runs already, as the
demonstration's users of that Hub's identity provider, and ends.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import tempfile
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from services.areas import area_names
from services.command_line.connection import embedded_token, find_embedded, sign, sign_in_address
from services.command_line.output import CommandError, err, out, print_json, say
from services.demo.cast import HUB_ADMIN, OwnAccounts
from services.demo.hub_client import HubAccess
from services.demo.present import play_present
from services.demo.realm import Realm, RealmCast
from services.demo.result import DemoResult
from services.demo.run import DEFAULT_SEED, DemoOptions, run_demo
from services.demo.term_dates import last_completed_year
from services.local import EmbeddedHub, HubOptions, run_in_foreground
from services.runtime.permissions import Role
from services.web.terminal import render_hub_report

ISSUER_AT_ONE_ADDRESS: Final = "/identity/realms/careers-hub"
"""Where docker-compose.yml has the realm, below the Hub's own address."""
_WHICH_FILE: Final = (
    "It holds the one password of the realm's demo users; with compose it is .secrets/demo-users."
)
ELSEWHERE_FRESH_WITHIN_S: Final = 600.0
"""A Hub elsewhere may have other work to do, and its workers may have just been started."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A Hub that runs already; `issuer` None: the provider at the Hub's own address, as compose has it."""

    address: str
    issuer: str | None
    password_file: Path


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

    def plan(self) -> DemoOptions:
        """What to post: the last year that is complete; raises CommandError for an unknown area."""
        if self.area not in area_names():
            raise CommandError(f"there is no area '{self.area}'", f"Areas: {', '.join(area_names())}.")
        return DemoOptions(
            academic_year=last_completed_year(_today()),
            area=self.area,
            seed=DEFAULT_SEED if self.seed is None else self.seed,
            schools=self.schools,
            quiet=self.as_json,
        )


def elsewhere(
    wanted: Demonstration, address: str | None, issuer: str | None, password_file: Path | None
) -> Elsewhere | None:
    """Put together which running Hub is meant, if one is; raises CommandError if the options do not fit."""
    if address is None:
        if issuer is not None or password_file is not None:
            message = "--issuer and --password-file are for a Hub that runs already"
            raise CommandError(message, "Say where it is: --address http://localhost:8400")
        return None
    if wanted.data is not None or wanted.port is not None:
        message = "--address takes a Hub that runs already; --data and --port start one"
        raise CommandError(message, "Leave one or the other out.")
    if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).netloc:
        message = f"'{address}' is no address of a Hub"
        raise CommandError(message, "It begins with http:// or https://, such as http://localhost:8400")
    if password_file is None:
        message = "--address needs --password-file"
        raise CommandError(message, _WHICH_FILE)
    return Elsewhere(address, issuer, password_file)


async def demonstrate(wanted: Demonstration) -> None:
    """Run the demonstration until it is left or somebody presses Ctrl-C.

    Raises CommandError for an unknown area, EmbeddedHubError if the Hub fails, DemoError if it refuses what
    is posted, KeyboardInterrupt if it was stopped before the report was there.
    """
    plan = wanted.plan()
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
                err.print(f"Look around: careers-hub report --data {data} --year {plan.academic_year}")
                # Whoever has seen the report may stop whenever they like.
                with suppress(KeyboardInterrupt):
                    await _until(stop, play_present(_access(data), plan, _today(), say))
                    await _until(stop, running.recount())
                    say("That is all of it. Stop the Hub with Ctrl-C.")
                await stop.wait()

        options = HubOptions(data=data, hub_id=wanted.area, api_port=wanted.port)
        await run_in_foreground(EmbeddedHub(options, progress=say), show)


async def load_elsewhere(wanted: Demonstration, hub: Elsewhere) -> None:
    """Load the demonstration into a Hub that runs already, and end.

    Raises CommandError for an unknown area or a password file that cannot be used, DemoError if the Hub or
    its provider refuses, KeyboardInterrupt if it was stopped before the report was there.
    """
    plan = replace(wanted.plan(), freshness_timeout_s=ELSEWHERE_FRESH_WITHIN_S)
    issuer = hub.issuer or f"{hub.address.rstrip('/')}{ISSUER_AT_ONE_ADDRESS}"
    cast = RealmCast(Realm(issuer, _password(hub.password_file)))
    access = HubAccess(base_url=hub.address, cast=cast)
    with _stopped_by_signals() as stop:
        _show(await _until(stop, run_demo(access, plan, err)), as_json=wanted.as_json)
        if not wanted.leave:
            await _until(stop, play_present(access, plan, _today(), say))
            say("That is all of it. The realm's demo users play these people, each all of its role: sign in")
            say(f"as hub-lead or careers-leader, say, at {hub.address.rstrip('/')}/sign-in")


def _password(file: Path) -> str:
    """Read the password of the demonstration's users; raises CommandError without telling what is in it."""
    try:
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CommandError(f"the password file {file} cannot be read: {reason}", _WHICH_FILE) from error
    if not password:
        raise CommandError(f"the password file {file} is empty", _WHICH_FILE)
    return password


def _show(result: DemoResult, *, as_json: bool) -> None:
    if as_json:
        print_json(result.to_json())
    else:
        out.print(render_hub_report(result.report))
        out.print(result.summary(), highlight=False)


async def _run(data: Path, plan: DemoOptions) -> DemoResult:
    hub = find_embedded(data)
    await embedded_token(hub, HUB_ADMIN.name, Role.HUB_ADMIN, None)
    return await run_demo(_access(data), plan, err)


def _access(data: Path) -> HubAccess:
    """Sign everybody's tokens; the demonstration grants the memberships itself, through the API."""
    hub = find_embedded(data)
    return HubAccess(base_url=hub.address, cast=OwnAccounts(lambda person: sign(hub, person.name)))


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


@contextmanager
def _stopped_by_signals() -> Iterator[asyncio.Event]:
    """Set an event at Ctrl-C and at a container's stop, which a first process would not hear by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


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
