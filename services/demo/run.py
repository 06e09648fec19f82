"""Drive a running Hub through a year: list the area, then each school sends its roll, activities, evaluation.

Only the public HTTP API is used, with the tokens that the people of each school would have. Before anything
is changed, a Hub that others work with is refused. Two schools are at work side by side, each in large
batches. A batch keeps its Idempotency-Key while it is sent again, and each activity has a reference of its
own, so nothing is counted twice, neither now nor in another run.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

import httpx
from rich.console import Console

from contracts.vocabulary import AcademicYear
from services.areas import load_area
from services.demo.cast import HUB_ADMIN, HUB_LEAD, Person, careers_leader_of
from services.demo.hub_client import REQUEST_TIMEOUT_S, DemoError, HubAccess, HubClient
from services.demo.plan import DemoPlan, SchoolPlan, plan_demo
from services.demo.posting import (
    DIRECTORY_KNOWN,
    REPORT_FRESH,
    BatchReceipt,
    Wait,
    fetch_report,
    grant_memberships,
    list_area,
    post_school,
    wait_until_applied,
)
from services.demo.real_data import require_nobody_elses
from services.demo.result import DemoResult
from services.demo.telling import Telling

DEFAULT_SEED: Final = 2025
MOST_SIDE_BY_SIDE: Final = 3
"""The embedded store has one core; more schools at once only wait for each other."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What to demonstrate. `schools` limits how many post; `quiet` tells of no progress.

    `academic_year` is usually `term_dates.last_completed_year(today)`. `freshness_timeout_s` bounds the wait
    for the report after the last post, and for the directory before the first.
    """

    academic_year: AcademicYear
    area: str = "dorset"
    seed: int = DEFAULT_SEED
    schools: int | None = None
    quiet: bool = False
    side_by_side: int = 2
    freshness_timeout_s: float = 120.0

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense; raises ValueError."""
        if self.schools is not None and self.schools < 1:
            raise ValueError("at least 1 school has to post")
        if not 1 <= self.side_by_side <= MOST_SIDE_BY_SIDE:
            raise ValueError(f"1 to {MOST_SIDE_BY_SIDE} schools can post side by side")


async def run_demo(hub: HubAccess, options: DemoOptions, console: Console) -> DemoResult:
    """Post the year and return the totals with the Hub's report; a second run changes nothing.

    `console` writes to stderr. Cancelled (Ctrl-C), it says what the Hub has acknowledged, and stops. Raises
    DemoError if the Hub refuses, does not answer or is somebody else's, and UnknownAreaError.
    """
    area = load_area(options.area)
    plan = plan_demo(area, options.academic_year, options.seed, options.schools)
    timeout = httpx.Timeout(REQUEST_TIMEOUT_S)
    async with httpx.AsyncClient(base_url=hub.base_url, timeout=timeout, transport=hub.transport) as http:
        with Telling(console, plan.attendances, quiet=options.quiet) as telling:
            demonstration = _Demonstration(HubClient(http, hub.cast), options, plan, telling)
            try:
                return await demonstration.run()
            except asyncio.CancelledError:
                telling.stopped(demonstration.stopped())
                raise


@dataclass(slots=True)
class _Demonstration:
    """One run under way, with what the Hub has acknowledged so far."""

    client: HubClient
    options: DemoOptions
    plan: DemoPlan
    telling: Telling
    schools_done: int = 0
    recorded: int = 0
    unchanged: int = 0

    async def run(self) -> DemoResult:
        """Take the steps one after the other; the clock runs from the first request to the fresh report."""
        began_s = time.monotonic()
        leaders = tuple(careers_leader_of(school.school.urn) for school in self.plan.schools)
        self.telling.step("Looking whether the Hub is free for a demonstration")
        await require_nobody_elses(self.client, self.plan.area)
        self.telling.step("Listing the area")
        # Memberships first: by them a run that follows this one knows what is its own.
        await grant_memberships(self.client, (HUB_LEAD, *leaders))
        await list_area(self.client, self.plan.area)
        await self._wait(DIRECTORY_KNOWN, HUB_ADMIN)
        self.telling.step("Posting the year")
        await self._post_schools()
        await self._wait(REPORT_FRESH, HUB_LEAD)
        report = await fetch_report(self.client, self.plan.academic_year)
        self.telling.step("Done")
        return self._result(time.monotonic() - began_s, report)

    def stopped(self) -> str:
        """Say what a run that was cut short leaves behind."""
        return (
            f"Stopped. {self.recorded + self.unchanged:,} activities of this year are in the Hub and safe "
            f"({self.schools_done} of {len(self.plan.schools)} schools complete). Run the demonstration "
            "again to post the rest; nothing is counted twice."
        )

    async def _post_schools(self) -> None:
        """Let all schools post, a few side by side; the first error stops the others."""
        side_by_side = asyncio.Semaphore(self.options.side_by_side)
        try:
            async with asyncio.TaskGroup() as group:
                for school in self.plan.schools:
                    group.create_task(self._post_school(school, side_by_side))
        except ExceptionGroup as failures:
            errors = [error for error in failures.exceptions if isinstance(error, DemoError)]
            if not errors:
                raise
            raise errors[0] from failures

    async def _post_school(self, school: SchoolPlan, side_by_side: asyncio.Semaphore) -> None:
        async with side_by_side:
            await post_school(self.client, school, self.plan.academic_year, self._note_batch)
            self.schools_done += 1
            self.telling.school_done(self.schools_done, len(self.plan.schools))

    def _note_batch(self, receipt: BatchReceipt) -> None:
        self.recorded += receipt.recorded
        self.unchanged += receipt.unchanged
        self.telling.posted(receipt.attendances)

    async def _wait(self, wait: Wait, person: Person) -> None:
        def note(missing: int) -> None:
            if missing:
                self.telling.waiting(f"{wait.what} is {missing} events behind")
            else:
                self.telling.step(f"{wait.what} is up to date")

        await wait_until_applied(self.client, person, wait, self.options.freshness_timeout_s, note)

    def _result(self, seconds: float, report: dict[str, Any]) -> DemoResult:
        return DemoResult(
            area=self.plan.area.name,
            academic_year=self.plan.academic_year,
            seed=self.options.seed,
            schools=len(self.plan.schools),
            schools_without_roll=len(self.plan.without_roll),
            employers=len(self.plan.area.employers),
            pupils=sum(len(school.roll) for school in self.plan.schools),
            activities=self.recorded + self.unchanged,
            recorded=self.recorded,
            unchanged=self.unchanged,
            attendances=self.plan.attendances,
            seconds=seconds,
            report=report,
            attribution=self.plan.area.attribution,
        )
