"""Which Hub a command talks to: the embedded one of a data folder, or the one that the environment names.

An embedded Hub's folder holds its addresses, its secret and its issuer's keys, so commands need no further
settings. Otherwise operators' commands read `CAREERS_HUB_*` like a service does, and the API's commands take
`CAREERS_HUB_URL` and `CAREERS_HUB_TOKEN`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from contracts.vocabulary import Urn
from services.command_line.output import CommandError, Exit
from services.local import HubLayout, default_data_folder, read_running
from services.runtime.context import ServiceContext, utc_now
from services.runtime.issuer import issue_token
from services.runtime.memberships import Membership, Memberships
from services.runtime.mongo import Store
from services.runtime.permissions import SCHOOL_ROLES, Role, fits_place
from services.runtime.sealing import Sealer
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from services.runtime.tenancy import Tenancy
from services.web.local_people import ensure_code

URL_VARIABLE: Final = f"{ENVIRONMENT_PREFIX}URL"
TOKEN_VARIABLE: Final = f"{ENVIRONMENT_PREFIX}TOKEN"
REQUEST_TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running embedded Hub."""

    address: str
    settings: Settings
    keys: Path


def find_embedded(data: Path | None) -> Embedded:
    """Find the running Hub of a data folder; raises CommandError if none runs there."""
    folder = data or default_data_folder()
    running = read_running(folder)
    if running is None:
        message = f"no Hub is running from {folder}"
        raise CommandError(
            message, "Start one with `careers-hub up` in another terminal.", Exit.NOT_AVAILABLE
        )
    values = {k.removeprefix(ENVIRONMENT_PREFIX).lower(): v for k, v in running.environment.items()}
    known = {name: value for name, value in values.items() if name in Settings.model_fields}
    return Embedded(running.address, Settings.model_validate(known), HubLayout(folder).keys)


def sign_in_address(address: str, data: Path) -> str:
    """Return where an embedded Hub's owner gets in with a browser, the code of its folder included."""
    keys = HubLayout(data).keys
    return f"{address}/sign-in?code={ensure_code(keys)}"


def operator_settings(data: Path | None) -> Settings:
    """The settings for an operator's command."""
    if data is None and f"{ENVIRONMENT_PREFIX}MONGODB_URL" in os.environ:
        return load_settings()
    return find_embedded(data).settings


@asynccontextmanager
async def operator_context(settings: Settings, service: str) -> AsyncIterator[ServiceContext]:
    """Open a service's stores for an operator's command."""
    store = Store.connect(
        settings.mongodb_url.get_secret_value(),
        concurrency=settings.store_concurrency,
        application="careers-hub-operator",
    )
    try:
        await store.verify()
        yield ServiceContext(service, settings, store, Sealer.from_file(settings.secret_file))
    finally:
        await store.close()


async def embedded_token(hub: Embedded, subject: str, role: Role, urn: str | None) -> str:
    """Grant a membership in an embedded Hub and sign a token for it."""
    await grant_role(hub.settings, subject, role, urn)
    return sign(hub, subject)


async def grant_role(settings: Settings, subject: str, role: Role, urn: str | None) -> None:
    """Grant a membership from now on; raises CommandError if role and place do not fit."""
    if not fits_place(role, urn):
        needs = "a school: add --school URN" if role in SCHOOL_ROLES else "no school: leave --school out"
        message = f"the role {role} needs {needs}"
        raise CommandError(message, "See `careers-hub token --help` for the roles.")
    async with operator_context(settings, "pupils") as context:
        memberships = Memberships(Tenancy(context.store, context.hub), context.clock)
        since = utc_now() - dt.timedelta(minutes=1)
        await memberships.grant(Membership(subject, role, None if urn is None else Urn(urn), since))


def sign(hub: Embedded, subject: str) -> str:
    """Sign a token for somebody with the embedded Hub's own issuer."""
    return issue_token(
        hub.keys,
        issuer=hub.settings.issuer,
        audience=hub.settings.audience,
        subject=subject,
        now=utc_now(),
    )


@asynccontextmanager
async def api_client(data: Path | None, role: Role, urn: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """Open the public API as somebody with this role; raises CommandError if no Hub can be found."""
    url, token = os.environ.get(URL_VARIABLE, ""), os.environ.get(TOKEN_VARIABLE, "")
    if not url or data is not None:
        hub = find_embedded(data)
        url = hub.address
        token = await embedded_token(hub, f"local-{role}-{urn or 'hub'}", role, urn)
    elif not token:
        message = f"{URL_VARIABLE} is set, but {TOKEN_VARIABLE} is not"
        raise CommandError(message, "Put an access token of your identity provider there.")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=REQUEST_TIMEOUT_S) as client:
        yield client


async def answer_of(client: httpx.AsyncClient, method: str, path: str, **options: object) -> httpx.Response:
    """Send a request; raises CommandError with the problem's own words unless it succeeds."""
    try:
        response = await client.request(method, path, **options)  # type: ignore[arg-type]
    except httpx.HTTPError as error:
        message = f"the Hub at {client.base_url} does not answer ({type(error).__name__})"
        raise CommandError(
            message, "Start it with `careers-hub up`, or check the address.", Exit.NOT_AVAILABLE
        ) from error
    if response.is_success:
        return response
    problem = response.json() if "json" in response.headers.get("content-type", "") else {}
    lines = [str(problem.get("detail", response.reason_phrase))]
    lines += [_line(found) for found in problem.get("problems", [])]
    raise CommandError(
        f"{problem.get('title', 'The Hub refused')} ({response.status_code})", "\n".join(lines), Exit.REFUSED
    )


def _line(found: dict[str, object]) -> str:
    place = ", ".join(f"{name} {found[name]}" for name in ("row", "column") if name in found)
    return f"  {place or found.get('where', '')}: {found.get('reason', '')}"
