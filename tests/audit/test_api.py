"""The routes of audit, over the real store: what a school sends, sees, and what its ledger tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from contracts.audit import EvaluationCompleted, EvaluationSuperseded, EvaluationUnshared
from contracts.catalogue import decode
from contracts.vocabulary import AcademicYear, EvaluationId, Payload, Urn
from services.audit.commands import evaluations as commands
from services.audit.commands.evaluations import Receipt, Request, complete_evaluation
from services.audit.model.evaluation import Stamp
from services.audit.service import SERVICE
from services.audit.store.evaluations import EVALUATIONS
from services.runtime.context import ServiceContext
from services.runtime.ledger import LedgerRow
from services.runtime.uow import Actor, UnitOfWork
from tests.audit.evaluations import benchmarks, body, submission
from tests.conftest import NOW, ClientFor, TokenFor

URN = "136500"
OTHER_URN = "147467"
PATH = f"/audit/v1/schools/{URN}/evaluations"

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
async def client(client_for: ClientFor, token: TokenFor) -> AsyncIterator[httpx.AsyncClient]:
    """A Careers Leader of the school."""
    async with client_for([SERVICE]) as client:
        client.headers["Authorization"] = f"Bearer {await token('leader', 'careers_leader', URN)}"
        yield client


async def told(context_for: ContextFor) -> list[Payload]:
    rows: list[LedgerRow] = await context_for("audit").ledger.read(URN, 0, 100)
    return [decode(row.event.type, row.event.value.encode()) for row in rows]


async def completed(context_for: ContextFor) -> list[EvaluationCompleted]:
    return [event for event in await told(context_for) if isinstance(event, EvaluationCompleted)]


def problems_of(answer: httpx.Response) -> dict[str, str]:
    return {problem["where"]: problem["reason"] for problem in answer.json()["problems"]}


async def test_a_completed_evaluation_is_stored_scored_and_told(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    answer = await client.post(PATH, json=body())

    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["result"], receipt["state"], receipt["academic_year"]) == (
        "recorded",
        "completed",
        "2025/26",
    )
    assert (receipt["achieved_count"], receipt["applicable_count"]) == (3, 8)
    assert {b["benchmark"]: b["score_percent"] for b in receipt["benchmarks"]} == {
        "gb1": 76, "gb2": 100, "gb3": 72, "gb4": 87, "gb5": 100, "gb6": 100, "gb7": 83, "gb8": 62,
    }  # fmt: skip
    [event] = await completed(context_for)
    assert event.evaluation_id == receipt["evaluation_id"]
    assert event.scores is not None
    assert len(event.scores) == 8


async def test_what_was_stored_is_what_is_read(client: httpx.AsyncClient) -> None:
    receipt = (await client.post(PATH, json=body())).json()
    receipt.pop("result")

    one = await client.get(f"{PATH}/{receipt['evaluation_id']}")
    listed = await client.get(PATH)

    assert one.json() == receipt
    assert listed.json() == {"evaluations": [receipt]}


async def test_scores_that_are_not_shared_are_not_told(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    answer = await client.post(PATH, json=body(share_with_hub=False))

    assert answer.status_code == 201, answer.text
    assert [event.scores for event in await completed(context_for)] == [None]


async def test_a_benchmark_that_does_not_apply_has_no_score(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    answer = await client.post(PATH, json=body(benchmarks=benchmarks(gb6=(0, 0))))

    [gb6] = [b for b in answer.json()["benchmarks"] if b["benchmark"] == "gb6"]
    assert (gb6["score_percent"], gb6["achieved"]) == (None, None)
    [event] = await completed(context_for)
    assert event.scores is not None
    assert "gb6" not in {score.benchmark for score in event.scores}


async def test_the_same_evaluation_again_changes_nothing_and_tells_nothing(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    first = await client.post(PATH, json=body())
    again = await client.post(PATH, json=body())

    assert again.status_code == 200
    assert again.json() == first.json() | {"result": "unchanged"}
    assert len(await told(context_for)) == 1


async def test_the_same_idempotency_key_gets_the_first_answer_again(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "spring-2026"}
    first = await client.post(PATH, json=body(), headers=headers)
    await client.post(PATH, json=body("2026-06-01"))

    again = await client.post(PATH, json=dict(reversed(body().items())), headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())


async def test_an_idempotency_key_for_something_else_is_refused(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    headers = {"Idempotency-Key": "spring-2026"}
    await client.post(PATH, json=body(), headers=headers)

    other = await client.post(PATH, json=body("2026-06-01"), headers=headers)

    assert other.status_code == 409
    assert len(await told(context_for)) == 1


async def test_a_later_evaluation_supersedes_and_history_stays(client: httpx.AsyncClient) -> None:
    autumn = (await client.post(PATH, json=body("2025-12-05"))).json()
    spring = (await client.post(PATH, json=body("2026-03-12"))).json()

    listed = (await client.get(PATH)).json()["evaluations"]

    assert [(e["evaluation_id"], e["state"], e["superseded_by"]) for e in listed] == [
        (spring["evaluation_id"], "completed", None),
        (autumn["evaluation_id"], "superseded", spring["evaluation_id"]),
    ]


async def test_an_evaluation_that_is_superseded_is_told_by_which(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    spring = (await client.post(PATH, json=body("2026-03-12"))).json()["evaluation_id"]
    autumn = (await client.post(PATH, json=body("2025-12-05"))).json()["evaluation_id"]
    summer = (await client.post(PATH, json=body("2026-06-01"))).json()["evaluation_id"]

    events = [event for event in await told(context_for) if isinstance(event, EvaluationSuperseded)]
    assert [(event.evaluation_id, event.superseded_by) for event in events] == [
        (autumn, spring),
        (spring, summer),
    ]


async def test_an_evaluation_of_another_year_supersedes_nothing(client: httpx.AsyncClient) -> None:
    await client.post(PATH, json=body("2025-07-10", framework="gatsby-2018"))
    await client.post(PATH, json=body("2026-03-12"))

    every_year = (await client.get(PATH)).json()["evaluations"]
    this_year = (await client.get(PATH, params={"academic_year": "2025/26"})).json()["evaluations"]

    assert [e["state"] for e in every_year] == ["completed", "completed"]
    assert [e["academic_year"] for e in this_year] == ["2025/26"]


async def test_a_school_withdraws_its_scores_by_sending_the_evaluation_unshared(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    shared = (await client.post(PATH, json=body())).json()

    withdrawn = await client.post(PATH, json=body(share_with_hub=False))

    assert withdrawn.status_code == 200
    assert withdrawn.json() == shared | {
        "result": "sharing_changed",
        "shared_with_hub": False,
        "shared_with": [],
    }
    first, unshared = await told(context_for)
    assert isinstance(first, EvaluationCompleted)
    assert first.scores is not None
    assert unshared == EvaluationUnshared(
        urn=Urn(URN), evaluation_id=shared["evaluation_id"], academic_year=AcademicYear("2025/26")
    )


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"framework": "gatsby-2014"}, "body.framework"),
        ({"framework": "gatsby-2018"}, "framework"),
        ({"setting": "nursery"}, "body.setting"),
        ({"completed_on": "2026-06-16"}, "completed_on"),
        ({"completed_on": "12 March"}, "body.completed_on"),
        ({"share_with_hub": "perhaps"}, "body.share_with_hub"),
        ({"benchmarks": benchmarks(gb3=(12, 11))}, "benchmarks.gb3.points"),
        ({"benchmarks": benchmarks(gb3=(-1, 11))}, "body.benchmarks.gb3.points"),
        ({"benchmarks": {"gb1": {"points": 1, "applicable_points": 1}}}, "benchmarks.gb2"),
        (
            {"benchmarks": benchmarks() | {"gb9": {"points": 1, "applicable_points": 1}}},
            "body.benchmarks.gb9.[key]",
        ),
        (
            {"benchmarks": benchmarks() | {"gb1": {"points": 1.5, "applicable_points": 2}}},
            "body.benchmarks.gb1.points",
        ),
        ({"comment": "we did our best"}, "body.comment"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_place_and_stores_nothing(
    client: httpx.AsyncClient, context_for: ContextFor, changes: dict[str, Any], where: str
) -> None:
    answer = await client.post(PATH, json=body(**changes))

    assert answer.status_code == 422
    assert where in problems_of(answer)
    assert (await client.get(PATH)).json() == {"evaluations": []}
    assert await told(context_for) == []


async def test_another_schools_evaluations_answer_as_if_there_were_no_such_school(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    mine = (await client.post(PATH, json=body())).json()
    stranger = {"Authorization": f"Bearer {await token('stranger', 'careers_leader', OTHER_URN)}"}
    foreign = PATH.replace(URN, OTHER_URN)

    for_stranger = [
        await client.get(PATH, headers=stranger),
        await client.get(f"{PATH}/{mine['evaluation_id']}", headers=stranger),
        await client.post(PATH, json=body(), headers=stranger),
        await client.get(f"{foreign}/{mine['evaluation_id']}", headers=stranger),
    ]

    assert [answer.status_code for answer in for_stranger] == [404, 404, 404, 404]
    assert (await client.get(foreign)).status_code == 404


@pytest.mark.parametrize("role", ["teacher", "school_leader", "link_governor", "enterprise_adviser"])
async def test_only_the_careers_leader_completes_an_evaluation_others_read_it(
    client: httpx.AsyncClient, token: TokenFor, role: str
) -> None:
    reader = {"Authorization": f"Bearer {await token('reader', role, URN)}"}

    assert (await client.post(PATH, json=body(), headers=reader)).status_code == 403
    assert (await client.get(PATH, headers=reader)).status_code == 200


async def test_the_hub_reads_no_evaluation_here(client: httpx.AsyncClient, token: TokenFor) -> None:
    lead = {"Authorization": f"Bearer {await token('lead', 'hub_lead')}"}

    assert (await client.get(PATH, headers=lead)).status_code == 404


async def test_a_change_is_in_the_schools_access_log(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    receipt = (await client.post(PATH, json=body())).json()

    rows = await context_for("audit").school(URN).collection("access_log").find({})

    entries = [entry for row in rows for entry in row["entries"]]
    assert [(entry["subject"], entry["action"], entry["resource"]) for entry in entries] == [
        ("leader", "evaluation.recorded", f"evaluations/{receipt['evaluation_id']}")
    ]
    assert (await context_for("audit").access_log(URN).verify()).broken_at is None


@pytest.mark.usefixtures("client")
async def test_of_two_processes_with_the_same_evaluation_one_stores_it(context_for: ContextFor) -> None:
    """The other commits after this one has begun: this one's writes are refused, and it runs again."""
    here, there = context_for("audit"), context_for("audit")
    receipts: list[Receipt] = []

    async def overtaken(unit: UnitOfWork) -> str:
        await unit.collection(EVALUATIONS).find({})
        if not receipts:
            request = Request(None, "")
            receipts.append(
                await complete_evaluation(there, Actor("leader"), Urn(URN), submission(), request)
            )
        stamp = Stamp(EvaluationId("second-one"), "gatsby-2025.1", NOW)
        answer = await commands._complete(unit, submission(), stamp)
        return str(answer["result"])

    result = await here.in_school(Actor("leader"), URN, overtaken)

    assert (receipts[0].result, result) == ("recorded", "unchanged")
    assert await here.school(URN).collection(EVALUATIONS).count({}) == 1
    assert len(await told(context_for)) == 1
