"""R6: a CSV of 36,000 participations to its receipt, over parsing it and writing the same documents.

One large school. Ours checks each row, names each pupil by the UPN, judges each activity, moves the credits
and tells it, in one transaction. The bare side parses the same file, groups its rows by reference, and
writes in one unordered bulk the very documents that ours has stored for them; those are read back before its
clock starts. The same file is then sent again: it must change nothing, and take a third of the time.

The same school shows how long its pages take when it has just these participations.
"""

from __future__ import annotations

import csv
import io
import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne

from benchmarks.hub import Hub, running_hub
from benchmarks.measure import WARM_UP, Goal, Plan, Result, Series, interleave, p95
from benchmarks.school_year import YEAR, School, enrol, plan_year, some_day
from services.pupils.store import ACTIVITIES, SCHOOL_INDEXES
from services.runtime.mongo import Document

GOAL: Final = Goal(">=", 0.60)
SECOND_GOAL: Final = Goal(">=", 3.0)
COVERAGE_GOAL: Final = Goal("<=", 150.0)
PUPIL_GOAL: Final = Goal("<=", 50.0)
ROWS: Final = 36_000
PUPILS_AN_ACTIVITY: Final = 240
ACTIVITIES_A_FILE: Final = ROWS // PUPILS_AN_ACTIVITY
# Of 50 schools of the area, the largest has some 1,200 pupils.
SCHOOLS_LOOKED_AT: Final = 25
PAGES: Final = 100
# Lessons need no tests; with the names of four tests in each row the file would be over the limit of 4 MiB.
HEADER: Final = "reference,activity_type,title,held_on,mode,upn,status"


@dataclass(slots=True)
class Side:
    """What both sides work on: the school, and the file that was imported last."""

    hub: Hub
    school: School
    file: bytes = b""
    again_s: float = 0.0


async def measure(plan: Plan) -> list[Result]:
    """Import through the Hub and write bare, in turns; before that, look at the school's pages."""
    area = plan_year(SCHOOLS_LOOKED_AT)
    largest = max(area.schools, key=lambda school: len(school.roll))
    chosen = replace(area, schools=(largest,))
    async with running_hub(plan.subfolder("import")) as hub:
        (school,) = await enrol(hub, chosen)
        side = Side(hub, school)
        again: list[float] = []

        async def ours(run: int) -> float:
            side.file = _file(school, f"r{run + 1}")
            first_s = await _send(side, recorded=ROWS)
            if run == WARM_UP:
                pages.extend(await _pages(hub, school))
            again_s = await _send(side, recorded=0)
            if run != WARM_UP:
                again.append(first_s / again_s)
            return ROWS / first_s

        pages: list[Result] = []
        values, bare = await interleave(plan.runs, ours, lambda _run: _bare(side))
    return [
        Result(
            "R6 import of a table",
            GOAL,
            Series("CSV of 36,000 participations to its receipt", "rows/s", values),
            Series("the same file parsed, and the same documents in one bulk", "rows/s", bare),
            (_size(side),),
        ),
        Result("R6 the same file again", SECOND_GOAL, Series("times as fast as the first", "", again)),
        *pages,
    ]


def _size(side: Side) -> str:
    size = f"{len(side.file):,} bytes, {ACTIVITIES_A_FILE} activities"
    return f"{len(side.school.plan.roll):,} pupils on roll; {size}"


def _file(school: School, label: str) -> bytes:
    """Make a table: 150 activities, each of another 240 pupils in a row."""
    upns = [row.upn for row in school.plan.roll]
    lines = [HEADER]
    for number in range(ACTIVITIES_A_FILE):
        name = f"{label}-{number}"
        facts = f"{name},lmi_lesson,Lesson {name},{some_day(name)},in_person"
        begin = number * PUPILS_AN_ACTIVITY
        lines += [
            f"{facts},{upns[place % len(upns)]},attended"
            for place in range(begin, begin + PUPILS_AN_ACTIVITY)
        ]
    return ("\n".join(lines) + "\n").encode()


async def _send(side: Side, *, recorded: int) -> float:
    """Send the file; returns the seconds until its receipt, which must say what was expected."""
    began_s = time.perf_counter()
    receipt = await side.hub.send(
        "POST",
        f"/pupils/v1/schools/{side.school.urn}/activities/import",
        side.school.token,
        content=side.file,
        headers={"Content-Type": "text/csv"},
    )
    took_s = time.perf_counter() - began_s
    assert (receipt["recorded"], receipt["unchanged"]) == (recorded, ROWS - recorded), f"answered {receipt}"
    return took_s


async def _bare(side: Side) -> float:
    """Parse and write what the last import stored; returns rows a second."""
    references = {row["reference"] for row in csv.DictReader(io.StringIO(side.file.decode()))}
    stored = side.hub.context("pupils").school(side.school.urn).collection(ACTIVITIES)
    documents = {
        document["reference"]: document
        for document in await stored.find({"academic_year": YEAR})
        if document["reference"] in references
    }
    assert len(documents) == ACTIVITIES_A_FILE, f"{len(documents)} activities were stored"
    settings = side.hub.settings
    client: Any = AsyncIOMotorClient(settings.mongodb_url.get_secret_value(), w="majority")
    collection = client[f"{settings.hub_id}_bare{secrets.token_hex(4)}"][ACTIVITIES]
    for index in SCHOOL_INDEXES[ACTIVITIES]:
        await collection.create_index(list(index.keys))
    try:
        began_s = time.perf_counter()
        grouped: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in csv.DictReader(io.StringIO(side.file.decode())):
            grouped[row["reference"]].append(row)
        writes: list[InsertOne[Document]] = [InsertOne(documents[reference]) for reference in grouped]
        await collection.bulk_write(writes, ordered=False)
        return ROWS / (time.perf_counter() - began_s)
    finally:
        client.close()


async def _pages(hub: Hub, school: School) -> list[Result]:
    """Look at coverage, criteria and pupils of the school, one after the other."""
    base = f"/pupils/v1/schools/{school.urn}"
    year = {"academic_year": YEAR}
    listed = await hub.send("GET", f"{base}/pupils", school.token, params=year | {"limit": str(PAGES)})
    paths = [f"{base}/pupils/{pupil['pupil']}" for pupil in listed["pupils"]]
    coverage = await _times(hub, school, [f"{base}/coverage"] * PAGES)
    criteria = await _times(hub, school, [f"{base}/criteria"] * PAGES)
    pupils = await _times(hub, school, paths)
    of = f"of {PAGES}, a school with {ROWS:,} participations"
    return [
        Result("Coverage of a school, p95", COVERAGE_GOAL, Series(of, "ms", [p95(coverage)])),
        Result("Criteria of a school, p95", None, Series(of, "ms", [p95(criteria)])),
        Result("A pupil's page, p95", PUPIL_GOAL, Series(of, "ms", [p95(pupils)])),
    ]


async def _times(hub: Hub, school: School, paths: Sequence[str]) -> list[float]:
    times = []
    for path in paths:
        began_s = time.perf_counter()
        await hub.send("GET", path, school.token, params={"academic_year": YEAR})
        times.append(1000 * (time.perf_counter() - began_s))
    return times
