"""How long every page takes on the demonstration's Hub, and what the Hub's page weighs with all it needs.

The demonstration is played with forty schools, its present included. Then everybody of the Hub and of one
school follows the links that they are shown, until no page of another kind is left; one of each kind is
looked at again and again by its own reader, one request after the other. Times are a client's on loopback,
so they have the way there and back in them. Files to keep (PDF, CSV, XLSX) are told apart from pages.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final

from rich.console import Console
from starlette.routing import BaseRoute, Match

from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, p95, say
from contracts.vocabulary import Urn
from services.areas import load_area
from services.demo.cast import HUB_ADMIN, OwnAccounts
from services.demo.hub_client import HubAccess
from services.demo.plan import plan_demo
from services.demo.present import play_present
from services.demo.run import DEFAULT_SEED, DemoOptions, run_demo
from services.demo.term_dates import last_completed_year
from services.registry import SERVICES
from services.runtime.api import create_api
from services.runtime.permissions import Role
from services.web.navigation import HUB, SCHOOL
from services.web.routing import PageRoute

AREA: Final = "dorset"
SCHOOLS: Final = 40
LOOKS_A_RUN: Final = 12
SLOWEST_TOLD: Final = 5
IN_TIME: Final = Goal("<=", 200.0)
LIGHT: Final = Goal("<", 200.0)
_LINK: Final = re.compile(r'(?:href|src)="(/[^"#]*)')


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a kind (its route), or a file, with the token of whoever was led there."""

    kind: str
    address: str
    token: str
    is_page: bool


async def measure(plan: Plan) -> list[Result]:
    """Play the demonstration, find every page, and look at each."""
    async with running_hub(plan.subfolder("every_page")) as hub:
        await hub.token(Role.HUB_ADMIN, subject=HUB_ADMIN.name)
        year = last_completed_year(dt.datetime.now(dt.UTC).date())
        options = DemoOptions(academic_year=year, area=AREA, schools=SCHOOLS, quiet=True)
        access = HubAccess(hub.embedded.address, OwnAccounts(lambda person: hub.sign(person.name)))
        await run_demo(access, options, Console(stderr=True))
        await play_present(access, options, dt.datetime.now(dt.UTC).date(), say)
        found = await _find_pages(
            hub, plan_demo(load_area(AREA), year, DEFAULT_SEED, 1).schools[0].school.urn
        )
        took_ms: dict[str, list[float]] = {page.kind: [] for page in found}
        for run in range(plan.runs):
            for page in found:
                took_ms[page.kind] += await _look(hub, page)
            slowest = max(took_ms, key=lambda kind: p95(took_ms[kind]))
            say(f"  run {run + 1}: {slowest} {p95(took_ms[slowest]):.0f} ms")
        weight_kb = await _weight_kb(hub, f"/reporting/hub?academic_year={year}")
    looks = f"{SCHOOLS} schools; {LOOKS_A_RUN * plan.runs} looks at each"
    pages = {page.kind: took_ms[page.kind] for page in found if page.is_page}
    files = {page.kind: took_ms[page.kind] for page in found if not page.is_page}
    return [
        *_results("Pages", IN_TIME, pages, looks),
        *_results("Files", None, files, looks),
        Result(
            "The Hub's page", LIGHT, Series("over the wire, with its styles and scripts", "kB", [weight_kb])
        ),
    ]


def _results(name: str, goal: Goal | None, took_ms: Mapping[str, list[float]], looks: str) -> list[Result]:
    """Tell the slowest, which the promise is held against, and all together."""
    by_kind = sorted(((p95(times), kind) for kind, times in took_ms.items()), reverse=True)
    slowest, kind = by_kind[0]
    next_ones = tuple(f"{took:.0f} ms {kind}" for took, kind in by_kind[1:SLOWEST_TOLD])
    each = Series(f"p95 of each of {len(by_kind)}", "ms", [took for took, _ in by_kind])
    return [
        Result(f"{name}, the slowest", goal, Series(f"p95 of {kind}", "ms", [slowest]), notes=next_ones),
        Result(f"{name}, all", None, each, notes=(looks,)),
    ]


async def _find_pages(hub: Hub, urn: Urn) -> list[Found]:
    """Follow links from each role's navigation until there is one page of every kind that links lead to."""
    routes = [route for route in create_api(tuple(SERVICES.values()), hub.settings).routes if _is_page(route)]
    people = [hub.sign(subject) for subject in _subjects(urn)]
    found: dict[str, Found] = {}
    for token in people:
        ahead = deque(entry.path.format(urn=urn) for entry in (*SCHOOL, *HUB))
        seen: set[str] = set()
        while ahead:
            address = ahead.popleft()
            kind = _kind(routes, address)
            if kind is None or kind in seen:
                continue
            seen.add(kind)
            answer = await hub.client.get(address, headers=_headers(token))
            if answer.is_success:
                is_page = answer.headers["content-type"].startswith("text/html")
                found.setdefault(kind, Found(kind, address, token, is_page))
                ahead.extend(unescape(link) for link in _LINK.findall(answer.text))
    return list(found.values())


def _subjects(urn: Urn) -> list[str]:
    of_school = ["careers-leader", "teacher", "head", "governor", "adviser"]
    return [*(f"demo-{who}-{urn}" for who in of_school), "demo-hub-lead", "demo-coordinator", "demo-employer"]


def _is_page(route: BaseRoute) -> bool:
    return isinstance(route, PageRoute) and "GET" in (route.methods or ())


def _kind(routes: list[BaseRoute], address: str) -> str | None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": address.partition("?")[0],
        "root_path": "",
        "headers": [],
    }
    matching = (route for route in routes if route.matches(scope)[0] is Match.FULL)
    return next((route.path for route in matching if isinstance(route, PageRoute)), None)


async def _look(hub: Hub, page: Found) -> list[float]:
    took_ms = []
    for _ in range(LOOKS_A_RUN):
        began_s = time.perf_counter()
        answer = await hub.client.get(page.address, headers=_headers(page.token))
        took_ms.append((time.perf_counter() - began_s) * 1e3)
        assert answer.is_success, f"{page.address}: {answer.status_code}"
    return took_ms


async def _weight_kb(hub: Hub, address: str) -> float:
    headers = _headers(hub.sign("demo-hub-lead"))
    page = await hub.client.get(address, headers=headers)
    files = {link for link in _LINK.findall(page.text) if "/static/" in link}
    assert files, "a page has a style at least"
    weight = page.num_bytes_downloaded
    for file in files:
        weight += (await hub.client.get(file)).num_bytes_downloaded
    return weight / 1000


def _headers(token: str) -> dict[str, str]:
    return {"Cookie": f"careers-hub-session={token}"}
