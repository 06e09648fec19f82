"""Reads lists of records from a Wonde-shaped API, page by page.

The token goes to one origin only: to the address that the caller chose, over https unless that is this very
machine. An answer cannot send it elsewhere: redirects are not followed, and a `next` with another scheme,
host or port is refused. A list is whole or an error: an answer that is no page, a page that names an earlier
one as its next, one that says there is more but not where, and one page too many all end the reading.

What passes (429, 5xx, a lost connection) is tried again, a few times, with growing pauses or as long as
Retry-After asks.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx
import orjson

from services.connectors.wonde.errors import WondeRefusedError, WondeSettingError, WondeUnavailableError

Record = Mapping[str, Any]
Tell = Callable[[str], None]

BASE_URL: Final = "https://api.wonde.com/v1.0"
"""Schools in the UK; other regions have hosts of their own."""
PER_PAGE: Final = 200
MAX_PAGES: Final = 250
"""50,000 students: five times the largest roll that the Hub takes. Beyond, the feed does not end."""
REQUEST_TIMEOUT_S: Final = 60.0
"""A page with its relations takes Wonde a few seconds; whatever needs a minute will not come."""
_SCHOOL_ID: Final = re.compile(r"^[A-Za-z0-9]{1,40}$")
_TOKEN: Final = re.compile(r"^[\x21-\x7e]{1,4096}$")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Source:
    """A school at a Wonde-shaped API, and the token that reads it. The token is in no text of this object.

    Raises WondeSettingError for an address that a token must not go to, and for what is no id or no token.
    """

    base_url: str
    school: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        _check_address(self.base_url)
        if _SCHOOL_ID.match(self.school) is None:
            raise WondeSettingError(
                "that is no id of a school at Wonde", "It is letters and digits, such as A1930499544."
            )
        if _TOKEN.match(self.token) is None:
            raise WondeSettingError(
                "what was given as Wonde's token is none", "Give the token alone, on one line without spaces."
            )


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent and how long we wait in between, in seconds."""

    attempts: int = 5
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    """Whoever asks for more is busy for longer than somebody waits at a command line."""

    def pause_after(self, attempt: int) -> float:
        """Return how long to wait after an attempt, twice as long each time, give or take a quarter."""
        spread = random.uniform(0.75, 1.25)  # noqa: S311 - it spreads load and guards nothing
        doubled: float = self.first_pause_s * 2.0 ** (attempt - 1)
        return doubled * spread


@dataclass(slots=True)
class Listing:
    """A list that was read to its end."""

    records: list[Record] = field(default_factory=list)
    pages: int = 0
    by_cursor: bool = True
    """Whether each next page was named by a cursor. Numbered pages shift when somebody is deleted."""


class WondePages:
    """Asks one school's lists."""

    def __init__(self, http: httpx.AsyncClient, source: Source, patience: Patience, tell: Tell) -> None:
        self._http = http
        self._school = f"{source.base_url.rstrip('/')}/schools/{source.school}"
        self._origin = _origin(httpx.URL(source.base_url))
        self._patience = patience
        self._tell = tell
        self.first_answer_at: dt.datetime | None = None
        """The other side's own clock when it first answered."""

    async def read(self, name: str, query: Mapping[str, str]) -> Listing:
        """Read a list to its end; raises WondeError unless every page was read."""
        listing = Listing()
        url: httpx.URL | None = httpx.URL(
            f"{self._school}/{name}", params={**query, "per_page": str(PER_PAGE)}
        )
        seen: set[str] = set()
        while url is not None:
            if str(url) in seen:
                raise _misshapen(f"page {listing.pages} of {name} names an earlier page as its next")
            if listing.pages == MAX_PAGES:
                raise _misshapen(f"the list {name} does not end within {MAX_PAGES} pages")
            seen.add(str(url))
            body = await self._page(url, name)
            listing.records += body["data"]
            listing.pages += 1
            url = self._next(url, body, name)
            if url is not None and "cursor" not in url.params:
                listing.by_cursor = False
            self._tell(f"Wonde: {len(listing.records)} {name} in {listing.pages} pages so far")
        return listing

    async def has_any(self, name: str, query: Mapping[str, str]) -> bool:
        """Whether a list has a record."""
        url = httpx.URL(f"{self._school}/{name}", params={**query, "per_page": "1"})
        return bool((await self._page(url, name))["data"])

    async def _page(self, url: httpx.URL, name: str) -> dict[str, Any]:
        answer = await self._answer(url)
        if not answer.is_success:
            raise _refusal(answer.status_code)
        try:
            body = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            raise _misshapen(f"a page of {name} is not JSON") from None
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, list):
            raise _misshapen(f"a page of {name} has no list of records in `data`")
        if not all(isinstance(record, dict) and _is_id(record.get("id")) for record in data):
            raise _misshapen(f"a page of {name} has a record without an id")
        return {**body, "data": data}

    def _next(self, url: httpx.URL, body: Mapping[str, Any], name: str) -> httpx.URL | None:
        """Find the next page; None after the last, which may have no `meta` at all."""
        meta = body.get("meta") or {}
        pagination = (meta.get("pagination") if isinstance(meta, dict) else meta) or {}
        if not isinstance(pagination, dict):
            raise _misshapen(f"a page of {name} does not say in `meta.pagination` what comes next")
        following, more = pagination.get("next"), pagination.get("more")
        if more is False or (not following and not more):
            return None
        if not isinstance(following, str) or not following.startswith(("https://", "http://", "/", "?")):
            raise _misshapen(f"a page of {name} says that there are more, but not where")
        try:
            target = url.join(following)
        except httpx.InvalidURL:
            raise _misshapen(f"a page of {name} names a next page that is no address") from None
        if _origin(target) != self._origin or target.userinfo:
            raise WondeRefusedError(
                f"a page of {name} names a next page at another address; the token was not sent there",
                "Nothing was imported. Check --base-url: schools outside the UK have a host of their own.",
            )
        return target

    async def _answer(self, url: httpx.URL) -> httpx.Response:
        """Ask until there is an answer that will not get better by asking again."""
        for attempt in range(1, self._patience.attempts + 1):
            pause = self._patience.pause_after(attempt)
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT_S):
                    answer = await self._http.get(url)
            except (httpx.RequestError, TimeoutError) as error:
                trouble = f"does not answer ({type(error).__name__})"
            else:
                now = _served_at(answer)
                self.first_answer_at = self.first_answer_at or now
                if not _passes(answer.status_code):
                    return answer
                trouble = f"answers {answer.status_code}"
                pause = _retry_after(answer, now) or pause
            if pause > self._patience.longest_pause_s:
                raise _unavailable(trouble, f"It asks to be left alone for {pause:.0f} s.")
            if attempt < self._patience.attempts:
                self._tell(f"Wonde {trouble}; asking again in {pause:.0f} s")
                await asyncio.sleep(pause)
        raise _unavailable(trouble, "Try again later.")


@asynccontextmanager
async def open_pages(
    source: Source, tell: Tell, patience: Patience | None = None
) -> AsyncIterator[WondePages]:
    """Open a connection that carries the token to the source's origin and follows no redirect."""
    headers = {"Authorization": f"Bearer {source.token}", "Accept": "application/json"}
    # A proxy that the environment names sees no more than an encrypted connection; without https, it would.
    encrypted = httpx.URL(source.base_url).scheme == "https"
    async with httpx.AsyncClient(
        headers=headers, timeout=REQUEST_TIMEOUT_S, follow_redirects=False, trust_env=encrypted
    ) as http:
        yield WondePages(http, source, patience or Patience(), tell)


def _check_address(text: str) -> None:
    advice = f"Give the address up to the version, such as {BASE_URL}."
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise WondeSettingError("the address of Wonde is none", advice) from None
    if url.scheme not in _DEFAULT_PORTS or not url.host or url.query or url.fragment or url.userinfo:
        raise WondeSettingError("the address of Wonde is not a plain https address", advice)
    if url.scheme == "http" and not _is_loopback(url.host):
        raise WondeSettingError(
            "the address of Wonde is not https, and a token must not be sent in the clear", advice
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _passes(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _served_at(answer: httpx.Response) -> dt.datetime:
    return _http_date(answer.headers.get("date", "")) or dt.datetime.now(dt.UTC)


def _retry_after(answer: httpx.Response, now: dt.datetime) -> float | None:
    """Read Retry-After: seconds, or a date by the server's own clock."""
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    date = _http_date(text)
    return None if date is None else max(0.0, (date - now).total_seconds())


def _http_date(text: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _refusal(status: int) -> WondeRefusedError:
    """Say what a status means; the body may hold anything and is not repeated."""
    told: dict[int, tuple[str, str]] = {
        HTTPStatus.UNAUTHORIZED: (
            "Wonde does not accept the token",
            "Check the token; the school may have withdrawn it.",
        ),
        HTTPStatus.FORBIDDEN: (
            "the token may not read this school's students",
            "Ask the school to grant, in Wonde, what its scopes in the Hub need.",
        ),
        HTTPStatus.NOT_FOUND: (
            "Wonde knows no such school at this address",
            "Check --wonde-school and --base-url; schools outside the UK have a host of their own.",
        ),
    }
    unexpected = "Wonde does not answer as expected", "Check --base-url; redirects are not followed."
    message, advice = told.get(status, unexpected)
    return WondeRefusedError(f"{message} ({status})", f"{advice} Nothing was imported.")


def _misshapen(what: str) -> WondeRefusedError:
    return WondeRefusedError(what, "Nothing was imported. Check --base-url; if it is right, ask Wonde.")


def _unavailable(trouble: str, advice: str) -> WondeUnavailableError:
    return WondeUnavailableError(f"Wonde {trouble}", f"{advice} Nothing was imported.")
