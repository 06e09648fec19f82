"""Schools' needs over HTTP: each school's own, all of them for coordinators, and suggested from events."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from contracts.audit import BenchmarkScore, EvaluationCompleted, EvaluationUnshared
from contracts.catalogue import event_of
from contracts.employers import NeedRaised
from contracts.pupils import CoverageCell, RollChanged, SectorCount, SectorsWanted, YearGroupRoll
from contracts.vocabulary import AcademicYear, EvaluationId, Payload, Urn
from services.employers.stream import ENGAGEMENT, SIGNALS
from services.runtime.arrivals import Arrival, Job, Stream
from services.runtime.context import ServiceContext
from services.runtime.projection import Projection, ProjectionApplier
from tests.employers.activities import Tale, figures
from tests.employers.hub import OTHER_URN, URN, Hub, need

YEAR = AcademicYear("2025/26")
EVALUATION = EvaluationId("e" * 32)


async def hear(
    context: ServiceContext, projection: Projection, stream: Stream, events: Sequence[Payload]
) -> None:
    """Have a projection apply a stream's next events."""
    applier = ProjectionApplier(projection, await context.projection(projection))
    cursor = (await applier.cursors([stream]))[stream]
    arrivals = [
        Arrival(stream, place, event_of(event).name, event.model_dump_json().encode(), None, None)
        for place, event in enumerate(events, cursor.sequence + 1)
    ]
    (outcome,) = await applier.apply([Job(stream, cursor, arrivals)])
    assert outcome.error is None


async def test_a_need_is_raised_changed_and_withdrawn_and_told_without_words(hub: Hub) -> None:
    identity = await hub.need(sectors=["F", "C"])

    changed = await hub.ask(
        f"leader@{URN}", "PUT", f"/schools/{URN}/needs/{identity}", need(slots=3) | {"version": 1}
    )
    await hub.post(f"/schools/{URN}/needs/{identity}/withdrawal", {"version": 2}, f"leader@{URN}")

    assert changed.json()["outcome"] == "changed"
    told = [each for each in await hub.told(URN) if isinstance(each, NeedRaised)]
    assert [(each.slots, each.state, each.sic_sections) for each in told] == [
        (1, "open", ("C", "F")),
        (3, "open", ()),
        (3, "withdrawn", ()),
    ]
    assert await hub.get(f"/schools/{URN}/needs", f"leader@{URN}") == {"needs": []}
    versions = await hub.get(f"/schools/{URN}/needs/{identity}/versions", f"leader@{URN}")
    assert [one["version"] for one in versions["versions"]] == [3, 2, 1]


async def test_every_change_of_a_need_is_in_the_schools_access_log(hub: Hub) -> None:
    identity = await hub.need()

    rows = await hub.context.school(URN).collection("access_log").find({})

    entries = [(entry["action"], entry["resource"]) for row in rows for entry in row["entries"]]
    assert entries == [("need.raised", f"needs/{identity}")]


async def test_a_school_never_sees_another_schools_need(hub: Hub) -> None:
    identity = await hub.need(OTHER_URN)
    leader = f"leader@{URN}"

    assert (await hub.get(f"/schools/{URN}/needs", leader))["needs"] == []
    assert (await hub.ask(leader, "GET", f"/schools/{URN}/needs/{identity}")).status_code == 404
    assert (await hub.ask(leader, "GET", f"/schools/{OTHER_URN}/needs")).status_code == 404
    assert (await hub.ask(leader, "GET", "/needs")).status_code == 403
    assert (await hub.ask("admin", "GET", "/needs")).status_code == 403
    own = f"/schools/{URN}/needs/{identity}/withdrawal"
    assert (await hub.ask(leader, "POST", own, {"version": 1})).status_code == 404
    seen = {one["urn"]: [each["id"] for each in one["needs"]] for one in (await hub.get("/needs"))["schools"]}
    assert seen == {URN: [], OTHER_URN: [identity]}


async def test_of_two_who_change_a_need_at_once_one_is_asked_to_read_again(hub: Hub) -> None:
    identity = await hub.need()
    path = f"/schools/{URN}/needs/{identity}"

    answers = await asyncio.gather(
        *(hub.ask(f"leader@{URN}", "PUT", path, need(slots=slots) | {"version": 1}) for slots in (2, 3))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"pupils": 10_000}, "pupils"),
        ({"pupils": 0}, "pupils"),
        ({"slots": 0}, "slots"),
        ({"slots": 201}, "slots"),
        ({"type": "juggling"}, "type"),
        ({"benchmark": "gb8"}, "benchmark"),
        ({"benchmark": "gb6"}, "benchmark"),
        ({"days": ["2026-06-14"]}, "days"),
        ({"days": []}, "days"),
        ({"sectors": ["Z"]}, "sectors"),
        ({"year_groups": [15]}, "year_groups"),
        ({"mode": "by post"}, "mode"),
        ({"note": "for Jo"}, "note"),
    ],
)
async def test_a_need_that_cannot_be_meant_is_refused_with_its_field(
    hub: Hub, changes: dict[str, object], where: str
) -> None:
    answer = await hub.ask(f"leader@{URN}", "POST", f"/schools/{URN}/needs", need(**changes))

    assert answer.status_code == 422, answer.text
    assert any(where in problem["where"] for problem in answer.json()["problems"])
    assert await hub.told(URN) == []


async def test_the_same_request_twice_raises_one_need(hub: Hub) -> None:
    for _ in range(2):
        answer = await hub.ask(
            f"leader@{URN}", "POST", f"/schools/{URN}/needs", need(), **{"Idempotency-Key": "k1"}
        )
        assert answer.status_code == 201
    other = await hub.ask(
        f"leader@{URN}", "POST", f"/schools/{URN}/needs", need(slots=2), **{"Idempotency-Key": "k1"}
    )

    assert other.status_code == 409
    assert len((await hub.get(f"/schools/{URN}/needs", f"leader@{URN}"))["needs"]) == 1


ROLL = RollChanged(
    urn=Urn(URN),
    academic_year=YEAR,
    year_groups=(YearGroupRoll(year_group=9, on_roll=100), YearGroupRoll(year_group=10, on_roll=90)),
    coverage=(
        CoverageCell(year_group=9, benchmark="gb5", reached=100),
        CoverageCell(year_group=10, benchmark="gb5", reached=30),
        *(CoverageCell(year_group=group, benchmark="gb4", reached=100) for group in (9, 10)),
        *(CoverageCell(year_group=group, benchmark="gb6", reached=100) for group in (9, 10)),
    ),
)
WANTED = SectorsWanted(
    urn=Urn(URN),
    academic_year=YEAR,
    sectors=(SectorCount(sic_section="F", at_least=20), SectorCount(sic_section="Q", at_least=35)),
)
WEAK = EvaluationCompleted(
    urn=Urn(URN),
    evaluation_id=EVALUATION,
    academic_year=YEAR,
    framework="gatsby-2025",
    setting="school",
    completed_on=dt.date(2026, 3, 2),
    scores=(
        BenchmarkScore(benchmark="gb6", score_percent=25, achieved=False),
        BenchmarkScore(benchmark="gb1", score_percent=50, achieved=False),
    ),
    shared_with=("hub_lead",),
    weak_benchmarks=("gb6", "gb1"),
)
GONE = EvaluationUnshared(urn=Urn(URN), evaluation_id=EVALUATION, academic_year=YEAR)


async def test_each_suggestion_says_what_it_rests_on(
    hub: Hub, context_for: Callable[[str], ServiceContext]
) -> None:
    context, leader = context_for("employers"), f"leader@{URN}"
    assert (await hub.get(f"/schools/{URN}/needs/suggestions", leader))["suggestions"] == []
    await hear(context, SIGNALS, Stream("pupils", URN), [ROLL, WANTED])
    await hear(context, SIGNALS, Stream("audit", URN), [WEAK])
    # gpg-1 is of section F, so construction has been met.
    await hear(context, ENGAGEMENT, Stream("pupils", URN), [Tale(urn=Urn(URN)).recorded(figures("gpg-1"))])

    weak, gap = (await hub.get(f"/schools/{URN}/needs/suggestions", leader))["suggestions"]

    sector = {"kind": "sector", "sic_section": "Q", "at_least": 35}
    assert (weak["benchmark"], weak["type"], weak["pupils"]) == ("gb6", "workplace_visit", None)
    assert weak["rests_on"] == [
        {
            "kind": "evaluation",
            "evaluation_id": EVALUATION,
            "completed_on": "2026-03-02",
            "benchmark": "gb6",
            "score_percent": 25,
        },
        sector,
    ]
    assert (gap["benchmark"], gap["year_groups"], gap["pupils"], gap["sectors"]) == ("gb5", [10], 60, ["Q"])
    assert gap["rests_on"][0] == {
        "kind": "coverage",
        "academic_year": "2025/26",
        "year_group": 10,
        "benchmark": "gb5",
        "reached": 30,
        "on_roll": 90,
    }
    assert (await hub.get(f"/schools/{OTHER_URN}/needs/suggestions", f"leader@{OTHER_URN}"))[
        "suggestions"
    ] == []


async def test_an_evaluation_that_is_no_longer_shared_suggests_nothing(
    hub: Hub, context_for: Callable[[str], ServiceContext]
) -> None:
    await hear(context_for("employers"), SIGNALS, Stream("audit", URN), [WEAK, GONE])

    assert (await hub.get(f"/schools/{URN}/needs/suggestions", f"leader@{URN}"))["suggestions"] == []


async def test_a_school_that_the_directory_does_not_have_is_told_so(hub: Hub) -> None:
    answer = await hub.ask("leader@150001", "POST", "/schools/150001/needs", need())

    assert answer.status_code == 409
    assert "list it" in answer.json()["detail"]
