"""A Hub of schools for the tests of attainment: told on audit's ledger, read through reporting's routes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from contracts.audit import (
    HUB_READERS,
    BenchmarkScore,
    CriterionResult,
    EvaluationCompleted,
    EvaluationShared,
    EvaluationSuperseded,
    EvaluationUnshared,
    HubReader,
    PlanProgressed,
)
from contracts.vocabulary import (
    BENCHMARKS,
    AcademicYear,
    EvaluationId,
    Framework,
    Payload,
    Urn,
    academic_year_of,
)
from services.reporting.attainment.projections import ATTAINMENT
from services.reporting.projections import HUB_REPORT
from services.reporting.store import SCHOOLS
from services.runtime.arrivals import Arrival, Cursor, Job, Stream
from services.runtime.context import ServiceContext
from services.runtime.projection import ProjectionApplier
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import TokenFor

LATEST_PLACE: Final = 10_000


def urn_of(number: int) -> Urn:
    return Urn(str(136_500 + number))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def framework_on(completed_on: str) -> Framework:
    return "gatsby-2018" if completed_on < "2025-09-01" else "gatsby-2025"


def scores(achieved: Iterable[int] = (), **others: int) -> dict[str, int]:
    """Scores of 50 but for the benchmarks achieved, by number, and those named."""
    full = {f"gb{number}" for number in achieved}
    return {name: others.get(name, 100 if name in full else 50) for name in BENCHMARKS}


def told(found: Mapping[str, int]) -> tuple[BenchmarkScore, ...]:
    return tuple(
        BenchmarkScore(benchmark=name, score_percent=found[name], achieved=found[name] == 100)
        for name in BENCHMARKS
        if name in found
    )


def completed(  # noqa: PLR0913 - an evaluation as a test tells it
    urn: str,
    completed_on: str,
    found: Mapping[str, int] | None,
    *,
    readers: tuple[HubReader, ...] = HUB_READERS,
    again: int = 0,
    criteria: Mapping[str, Any] | None = None,
) -> EvaluationCompleted:
    return EvaluationCompleted(
        urn=Urn(urn),
        evaluation_id=identity(urn, completed_on, again),
        academic_year=academic_year_of(day(completed_on)),
        framework=framework_on(completed_on),
        setting="school",
        completed_on=day(completed_on),
        scores=None if found is None else told(found),
        shared_with=() if found is None else readers,
        criteria=()
        if found is None
        else tuple(CriterionResult(criterion=c, state=s) for c, s in (criteria or {}).items()),
    )


def identity(urn: str, completed_on: str, again: int = 0) -> EvaluationId:
    return EvaluationId(f"evaluation-{urn}-{completed_on}-{again}")


def shared(
    urn: str, completed_on: str, found: Mapping[str, int], *readers: HubReader, again: int = 0
) -> EvaluationShared:
    return EvaluationShared(
        urn=Urn(urn),
        evaluation_id=identity(urn, completed_on, again),
        academic_year=academic_year_of(day(completed_on)),
        framework=framework_on(completed_on),
        setting="school",
        completed_on=day(completed_on),
        shared_with=readers or HUB_READERS,
        scores=told(found),
    )


def unshared(urn: str, completed_on: str, again: int = 0) -> EvaluationUnshared:
    return EvaluationUnshared(
        urn=Urn(urn),
        evaluation_id=identity(urn, completed_on, again),
        academic_year=academic_year_of(day(completed_on)),
    )


def superseded(urn: str, completed_on: str, by: EvaluationId, again: int = 0) -> EvaluationSuperseded:
    return EvaluationSuperseded(
        urn=Urn(urn),
        evaluation_id=identity(urn, completed_on, again),
        academic_year=academic_year_of(day(completed_on)),
        superseded_by=by,
    )


def progressed(urn: str, year: str, **actions: int) -> PlanProgressed:
    return PlanProgressed.model_validate(
        {"urn": urn, "academic_year": AcademicYear(year), "actions": actions}
    )


@dataclass(slots=True)
class Hub:
    """Reporting's routes over a real store, with audit's ledger behind them."""

    client: httpx.AsyncClient
    audit: ServiceContext
    reporting: ServiceContext
    token: TokenFor

    async def list_schools(self, *urns: str, **changes: Any) -> None:  # noqa: ANN401 - fields of a listing
        for urn in urns:
            entry = {
                "urn": urn,
                "name": f"School {urn}",
                "setting": "school",
                "lowest_year": 7,
                "highest_year": 11,
                "has_post16": False,
                "district": "Dorset",
                "phase": "Secondary",
                **changes,
            }
            await self.reporting.database().collection(SCHOOLS).insert({"_id": urn, **entry})

    async def tell(self, *payloads: Payload) -> None:
        """Commit events to audit's ledger, and fold them as the worker's readers do."""
        for urn in dict.fromkeys(payload.urn for payload in payloads):  # type: ignore[attr-defined]
            of_school = [payload for payload in payloads if payload.urn == urn]  # type: ignore[attr-defined]

            async def work(unit: UnitOfWork, told: list[Payload] = of_school) -> None:
                for payload in told:
                    unit.tell(payload)

            await self.audit.in_school(Actor("leader"), urn, work)
            await self.fold(urn)

    async def fold(self, urn: str) -> None:
        """Apply what is in the ledger and not yet in the read models."""
        stream = Stream("audit", urn)
        for projection in (HUB_REPORT, ATTAINMENT):
            applier = ProjectionApplier(projection, await self.reporting.projection(projection))
            cursor: Cursor = (await applier.cursors([stream]))[stream]
            rows = await self.audit.ledger.read(Urn(urn), cursor.sequence, LATEST_PLACE)
            arrivals = [
                Arrival(stream, row.sequence, row.event.type, row.event.value.encode(), None, None)
                for row in rows
            ]
            [outcome] = await applier.apply([Job(stream, cursor, arrivals)])
            assert outcome.error is None
            assert outcome.applied == len(arrivals)

    async def ask(
        self, path: str, role: str = "hub_lead", at: str | None = None, **query: str
    ) -> httpx.Response:
        """Ask one of reporting's routes as somebody of a role."""
        bearer = await self.token(f"a {role} of {at}", role, at)
        return await self.client.get(
            f"/reporting/v1{path}", params=query, headers={"Authorization": f"Bearer {bearer}"}
        )

    async def get(self, path: str, role: str = "hub_lead", at: str | None = None, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = await self.ask(path, role, at, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def own(self, urn: str, path: str = "", **query: str) -> Any:  # noqa: ANN401 - JSON
        """Read a school's own page as its Careers Leader."""
        return await self.get(f"/schools/{urn}/attainment{path}", "careers_leader", urn, **query)
