"""What schools post: the year of a real area's schools, as `careers-hub demo` makes it, in bulks.

Rolls and activities are synthetic and seeded, and follow the schools' real sizes; an activity is for whole
year groups, tutor groups or listed pupils. A school may post its year again under another label, which is
part of each activity's reference and title: so to the Hub these are other activities.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from benchmarks.hub import Hub
from contracts.vocabulary import AcademicYear, Urn
from services.areas import load_area
from services.demo.activity import ActivityPost
from services.demo.plan import DemoPlan, SchoolPlan, directory_body, plan_demo
from services.demo.roll import roll_csv
from services.pupils.store import EMPLOYERS
from services.runtime.permissions import Role

YEAR: Final = AcademicYear("2024/25")
FIRST_DAY: Final = dt.date(2024, 9, 2)
DAYS: Final = 320
"""Days of the year that made-up activities are spread over."""
AREA: Final = "dorset"
SEED: Final = 2025
# What `POST .../activities/bulk` takes at most, and what the demonstration sends.
ACTIVITIES_A_BULK: Final = 50
KNOWN_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Bulk:
    """One body of `POST .../activities/bulk`; `encounters` counts the attendances that it stands for."""

    body: bytes
    activities: int
    encounters: int


@dataclass(frozen=True, slots=True)
class School:
    """A school with its roll in the Hub, ready to post."""

    plan: SchoolPlan
    token: str

    @property
    def urn(self) -> Urn:
        """Its number."""
        return self.plan.school.urn

    def bulks(self, label: str) -> list[Bulk]:
        """Make the bodies of its year under a label."""
        activities = self.plan.activities
        return [
            _bulk(activities[start : start + ACTIVITIES_A_BULK], label)
            for start in range(0, len(activities), ACTIVITIES_A_BULK)
        ]


def plan_year(schools: int) -> DemoPlan:
    """Plan the year of the area's first schools."""
    return plan_demo(load_area(AREA), YEAR, SEED, schools)


async def enrol(hub: Hub, plan: DemoPlan) -> list[School]:
    """List the directory and import the rolls; returns the schools with what they are going to post."""
    admin = await hub.token(Role.HUB_ADMIN)
    await hub.send("PUT", "/employers/v1/directory", admin, json=directory_body(plan.area))
    schools = [await _enrol_school(hub, school) for school in plan.schools]
    await _wait_until_employers_are_known(hub, len(plan.area.employers))
    await hub.wait_until_applied(await hub.heads())
    return schools


async def post_bulks(hub: Hub, school: School, bulks: Sequence[Bulk]) -> None:
    """Post a school's bulks one after the other; each must be recorded whole."""
    for bulk in bulks:
        await post_bulk(hub, school, bulk)


async def post_bulk(hub: Hub, school: School, bulk: Bulk) -> None:
    """Post one bulk."""
    receipt = await hub.send(
        "POST",
        f"/pupils/v1/schools/{school.urn}/activities/bulk",
        school.token,
        content=bulk.body,
        headers={"Content-Type": "application/json"},
    )
    assert receipt["recorded"] == bulk.activities, f"recorded {receipt}"


def _under_label(activity: ActivityPost, label: str) -> dict[str, object]:
    """Make another encounter of an activity: of another reference, title and day."""
    body = activity.to_json()
    reference = f"{activity.reference}-{label}"
    return {
        **body,
        "reference": reference,
        "title": f"{body['title']} {label}",
        "held_on": some_day(reference),
    }


async def _enrol_school(hub: Hub, plan: SchoolPlan) -> School:
    urn = plan.school.urn
    token = await hub.token(Role.CAREERS_LEADER, urn)
    receipt = await hub.send(
        "PUT",
        f"/pupils/v1/schools/{urn}/roll",
        token,
        params={"academic_year": YEAR},
        content=roll_csv(plan.roll).encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert receipt["new"] == len(plan.roll), f"imported {receipt}"
    return School(plan, token)


async def _wait_until_employers_are_known(hub: Hub, employers: int) -> None:
    """An activity may name an employer once `pupils` has heard of it."""
    known = hub.context("pupils").database().collection(EMPLOYERS)
    async with asyncio.timeout(KNOWN_TIMEOUT_S):
        while True:
            if await known.count({}) >= employers:
                return
            await asyncio.sleep(0.1)


def some_day(name: str) -> str:
    """Choose a day of the year for an activity: of one day, they would all be possible repeats."""
    return (FIRST_DAY + dt.timedelta(days=zlib.crc32(name.encode()) % DAYS)).isoformat()


def _bulk(activities: Sequence[ActivityPost], label: str) -> Bulk:
    bodies = [_under_label(activity, label) for activity in activities]
    return Bulk(
        orjson.dumps({"activities": bodies}),
        len(activities),
        sum(activity.participations for activity in activities),
    )
