"""Evaluations: scoring one, its page, and forty schools that complete at the same moment.

Answers are drawn by chance from every part's possible ones; on the page that is looked at, evidence hangs on
every fifth part. The forty completions are sent together; each has to be in the Hub report, or the benchmark
fails.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, p95, say
from contracts.vocabulary import Urn
from services.audit.frameworks import framework_versions
from services.audit.model.answers import score
from services.audit.model.framework import Profile
from services.audit.model.scores import scores_of
from services.runtime.permissions import Role

SCORING_GOAL: Final = Goal("<=", 2.0)
PAGE_GOAL: Final = Goal("<=", 60.0)
SEED: Final = 2025
SCORINGS: Final = 2_000
PAGES: Final = 100
SCHOOLS: Final = 40
FIRST_URN: Final = 136_600
EVIDENCE_EVERY: Final = 5
VERSION: Final = "gatsby-2025.1"
WITH_POST16: Final = Profile("school", has_post16=True)


async def measure(plan: Plan) -> list[Result]:
    """Score in this process; look at pages and complete through a Hub."""
    scoring = [_scoring_ms() for _ in range(plan.runs)]
    async with running_hub(plan.subfolder("evaluations")) as hub:
        drafts = [await _answered(hub, Urn(str(FIRST_URN + number)), number) for number in range(SCHOOLS)]
        say(f"  {SCHOOLS} schools have answered")
        page_ms = await _page_ms(hub, *drafts[0])
        seconds = await _complete_all(hub, drafts)
    parts = len(framework_versions()[VERSION].parts_for(WITH_POST16))
    return [
        Result(
            "Scoring an evaluation, p95",
            SCORING_GOAL,
            Series(f"of {SCORINGS:,}, {parts} parts each", "ms", scoring),
        ),
        Result(
            "An evaluation's page, p95", PAGE_GOAL, Series(f"of {PAGES}, through the API", "ms", [page_ms])
        ),
        Result(
            "Forty schools complete at once",
            None,
            Series("from the first request until the Hub report has all", "s", [seconds]),
            notes=(f"{SCHOOLS} sent, {SCHOOLS} answered, {SCHOOLS} told and applied",),
        ),
    ]


def _answers(chance: Random) -> dict[str, str]:
    framework = framework_versions()[VERSION]
    return {
        part.id: chance.choice([*framework.answers_of(part)]) for part in framework.parts_for(WITH_POST16)
    }


def _scoring_ms() -> float:
    chance, framework = Random(SEED), framework_versions()[VERSION]
    times = []
    for answers in [_answers(chance) for _ in range(SCORINGS)]:
        began_s = time.perf_counter()
        scores_of(score(framework, WITH_POST16, answers).points)
        times.append(1000 * (time.perf_counter() - began_s))
    return p95(times)


async def _answered(hub: Hub, urn: Urn, number: int) -> tuple[str, str]:
    """Start an evaluation at a school and answer every part; returns its path and a token."""
    token = await hub.token(Role.CAREERS_LEADER, urn)
    base = f"/audit/v1/schools/{urn}"
    begun = await hub.send("POST", f"{base}/drafts", token, json={"setting": "school", "has_post16": True})
    path = f"{base}/evaluations/{begun['evaluation_id']}"
    answers = _answers(Random(SEED + number))
    given: list[dict[str, Any]] = [
        {"part": part, "answer": answer, "version": 0} for part, answer in answers.items()
    ]
    await hub.send("PUT", f"{path}/answers", token, json={"answers": given})
    return path, token


async def _page_ms(hub: Hub, path: str, token: str) -> float:
    page = await hub.send("GET", f"{path}/answers", token)
    for part in page["parts"][::EVIDENCE_EVERY]:
        link = {"part": part["part"], "link": "https://school.example/", "review_on": "2027-07-31"}
        await hub.send("POST", f"{path}/evidence", token, json=link)
    times = []
    for _ in range(PAGES):
        began_s = time.perf_counter()
        await hub.send("GET", f"{path}/answers", token)
        times.append(1000 * (time.perf_counter() - began_s))
    return p95(times)


async def _complete_all(hub: Hub, drafts: Sequence[tuple[str, str]]) -> float:
    began_s = time.perf_counter()
    completed = await asyncio.gather(
        *(hub.send("POST", f"{path}/completion", token) for path, token in drafts)
    )
    urns = {Urn(evaluation["urn"]) for evaluation in completed}
    assert len(urns) == SCHOOLS, f"{len(urns)} schools were answered"
    heads = {Urn(head.key): head.head for head in await hub.context("audit").ledger.heads()}
    assert {urn: heads.get(urn) for urn in urns} == dict.fromkeys(urns, 1), f"the ledger has {heads}"
    await hub.wait_until_applied(heads, service="audit")
    return time.perf_counter() - began_s
