"""How long a search of a directory of 12,000 employers takes, from the request to its answer.

The employers are the shipped ones, each several times with another town in its name, so that words are as
common as they are in a register. The directory is listed over the API, then asked by one client after the
other's answer, what people type: the beginnings of words, two words, a section of industry, the next page.
Now and then a request comes right after another process has changed an entry, so that bringing the directory
up to date counts in what is promised; those requests alone are the second line.
"""

from __future__ import annotations

import random
import time
from itertools import cycle, islice
from typing import Any, Final

from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, p95, say
from services.areas import Employer, area_names, load_area
from services.employers.api import EmployerEntry
from services.employers.commands import list_directory
from services.employers.model.directory import Employer as DirectoryEmployer
from services.runtime.permissions import Role
from services.runtime.uow import Actor

EMPLOYERS: Final = 12_000
ENTRIES_A_LISTING: Final = 2_000
SEARCHES: Final = 400
# A directory is looked at far more often than it is changed; this is a day on which somebody tidies it. More
# than every 20th, so that the p95 is of those that read what changed.
CHANGE_EVERY: Final = 10
GOAL: Final = Goal("<=", 60.0)
SEED: Final = 5
DIRECTORY: Final = "/employers/v1/directory"
SEARCH: Final = "/employers/v1/employers"


async def measure(plan: Plan) -> list[Result]:
    """List 12,000 employers and search among them."""
    async with running_hub(plan.subfolder("directory_search")) as hub:
        admin = await hub.token(Role.HUB_ADMIN)
        entries = _entries()
        for first in range(0, EMPLOYERS, ENTRIES_A_LISTING):
            listing = {"employers": entries[first : first + ENTRIES_A_LISTING]}
            await hub.send("PUT", DIRECTORY, admin, json=listing)
        everything: list[float] = []
        after_change: list[float] = []
        for run in range(plan.runs):
            all_ms, changed_ms = await _searches(hub, admin, entries, random.Random(SEED + run))
            everything.append(p95(all_ms))
            after_change.append(p95(changed_ms))
            say(f"  run {run + 1}: p95 {everything[-1]:.1f} ms, after a change {after_change[-1]:.1f} ms")
    note = f"{EMPLOYERS:,} employers, {SEARCHES} searches a run, a change before every {CHANGE_EVERY}th"
    return [
        Result("Directory search", GOAL, Series("p95 of a search, all", "ms", everything), notes=(note,)),
        Result(
            "Directory search after a change",
            None,
            Series("p95 of those that read it anew", "ms", after_change),
        ),
    ]


async def _searches(
    hub: Hub, admin: str, entries: list[dict[str, Any]], chance: random.Random
) -> tuple[list[float], list[float]]:
    all_ms: list[float] = []
    changed_ms: list[float] = []
    for number in range(SEARCHES):
        is_after_change = number % CHANGE_EVERY == 0
        if is_after_change:
            changed = chance.choice(entries)
            if chance.random() < 0.5:
                changed["name"] = f"{changed['name'].rsplit(maxsplit=1)[0]} {chance.randrange(EMPLOYERS)}"
            changed["town"] = f"Town {chance.randrange(10_000)}"
            # As another process does it, so that the one that is asked has not seen it.
            await list_directory(hub.context("employers"), Actor("bench"), [], [_employer(changed)])
        asked = _query(entries, chance)
        began_s = time.perf_counter()
        answer = await hub.send("GET", SEARCH, admin, params=asked)
        took_ms = (time.perf_counter() - began_s) * 1e3
        assert answer["employers"], "every search is for something that is there"
        all_ms.append(took_ms)
        if is_after_change:
            changed_ms.append(took_ms)
    return all_ms, changed_ms


def _query(entries: list[dict[str, Any]], chance: random.Random) -> dict[str, str]:
    wanted = chance.choice(entries)
    words = [word for word in wanted["name"].split() if word.isalnum()] or ["a"]
    match chance.randrange(4):
        case 0:
            return {"q": words[0][: chance.randint(1, 4)]}
        case 1:
            return {"q": " ".join(words[:2])}
        case 2:
            return {"q": words[0][:2]} | (
                {} if wanted["sic_section"] is None else {"sic_section": wanted["sic_section"]}
            )
        case _:
            return {"cursor": entries[0]["employer_id"], "limit": "100"}


def _entries() -> list[dict[str, Any]]:
    shipped = [employer for area in area_names() for employer in load_area(area).employers]
    return [_entry(employer, number) for number, employer in enumerate(islice(cycle(shipped), EMPLOYERS))]


def _entry(employer: Employer, number: int) -> dict[str, Any]:
    return {
        "employer_id": f"bench-{number}",
        "name": f"{employer.name} {employer.town} {number}",
        "sic_section": employer.sic_section,
        "size_band": employer.size_band,
        "town": employer.town or None,
        "latitude": employer.latitude,
        "longitude": employer.longitude,
    }


def _employer(entry: dict[str, Any]) -> DirectoryEmployer:
    return EmployerEntry.model_validate(entry).employer()
