"""A small HTTP server with the routes that the demonstration uses, and nothing behind them but memory.

It stands at the other end of a real socket, to test the driver: what is sent, by whom, how often and how many
at a time. That a real Hub takes it is tested where a real Hub runs.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

START_TIMEOUT_S = 10.0


def token_for(subject: str, role: str, urn: str | None) -> str:
    """Write down who somebody is, for the server to read."""
    return f"{subject}/{role}/{urn or 'hub'}"


@dataclass
class SmallHub:
    """What the server has been told; the knobs make it misbehave."""

    url: str = ""
    directory: dict[str, Any] = field(default_factory=dict)
    memberships: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: int = 0
    rolls: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    activities: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    batch_sizes: list[int] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    key_uses: Counter[str] = field(default_factory=Counter)
    evaluations: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    at_work: Counter[str] = field(default_factory=Counter)
    most_side_by_side: int = 0
    looks: Counter[str] = field(default_factory=Counter)
    looks_until_fresh: int = 2
    replies_to_lose: int = 0
    reject: bool = False
    hold_after_batches: int | None = None
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> Starlette:
        """Build the application."""
        return Starlette(
            routes=[
                Route("/hub/v1/memberships", self.list_memberships, methods=["GET"]),
                Route("/hub/v1/memberships", self.grant, methods=["PUT"]),
                Route("/employers/v1/directory", self.put_directory, methods=["PUT"]),
                Route("/employers/v1/schools", self.list_schools, methods=["GET"]),
                Route("/pupils/v1/schools/{urn}/roll", self.put_roll, methods=["PUT"]),
                Route("/pupils/v1/schools/{urn}/activities/bulk", self.post_bulk, methods=["POST"]),
                Route("/audit/v1/schools/{urn}/evaluations", self.post_evaluation, methods=["POST"]),
                Route("/{owner}/v1/ledger", self.ledger, methods=["GET"]),
                Route("/{reader}/v1/freshness", self.freshness, methods=["GET"]),
                Route("/reporting/v1/hub-report", self.report, methods=["GET"]),
            ]
        )

    def refusal(self, request: Request, role: str) -> Response | None:
        """Answer 403 unless the caller has the role, at this school, and it was granted."""
        given = request.headers["authorization"].removeprefix("Bearer ")
        place = request.path_params.get("urn", "hub")
        granted = role == "hub_admin" or given in self.memberships
        if granted and given.endswith(f"/{role}/{place}"):
            return None
        return problem(403, "Not allowed", f"{role} is needed for {request.url.path}.")

    async def list_memberships(self, request: Request) -> Response:
        return self.refusal(request, "hub_admin") or JSONResponse(list(self.memberships.values()))

    async def grant(self, request: Request) -> Response:
        if refused := self.refusal(request, "hub_admin"):
            return refused
        body = await request.json()
        self.grants += 1
        self.memberships[token_for(**body)] = {**body, "until": None}
        return JSONResponse(body)

    async def put_directory(self, request: Request) -> Response:
        if refused := self.refusal(request, "hub_admin"):
            return refused
        self.directory = await request.json()
        return JSONResponse({"schools": len(self.directory["schools"])})

    async def list_schools(self, request: Request) -> Response:
        return self.refusal(request, "hub_admin") or JSONResponse(
            {"schools": self.directory.get("schools", [])}
        )

    async def put_roll(self, request: Request) -> Response:
        if refused := self.refusal(request, "careers_leader"):
            return refused
        assert request.headers["content-type"].startswith("text/csv")
        assert request.query_params["academic_year"] == "2025/26"
        text = (await request.body()).decode("utf-8")
        self.rolls[request.path_params["urn"]] = list(csv.DictReader(io.StringIO(text)))
        return JSONResponse({"rejected": []})

    async def post_bulk(self, request: Request) -> Response:
        if refused := self.refusal(request, "careers_leader"):
            return refused
        urn, key = request.path_params["urn"], request.headers["idempotency-key"]
        self.at_work[urn] += 1
        self.most_side_by_side = max(
            self.most_side_by_side, sum(1 for count in self.at_work.values() if count)
        )
        try:
            self.key_uses[key] += 1
            posted = (await request.json())["activities"]
            if self.hold_after_batches is not None and len(self.batch_sizes) >= self.hold_after_batches:
                self.held.set()
                await asyncio.sleep(START_TIMEOUT_S)
            if key not in self.answers:
                self.answers[key] = self.record(urn, posted)
            if self.replies_to_lose:
                self.replies_to_lose -= 1
                return problem(503, "Try again", "The store restarts.", {"Retry-After": "0"})
            return JSONResponse(self.answers[key])
        finally:
            self.at_work[urn] -= 1

    def record(self, urn: str, posted: list[dict[str, Any]]) -> dict[str, Any]:
        """Store what is new by its reference."""
        self.batch_sizes.append(len(posted))
        if self.reject:
            reason = "nobody of Year 7 is on the roll"
            return {
                "recorded": 0,
                "unchanged": 0,
                "rejected": [{"index": 0, "reference": posted[0]["reference"], "reason": reason}],
            }
        known = self.activities[urn]
        unchanged = sum(known.get(activity["reference"]) == activity for activity in posted)
        known.update({activity["reference"]: activity for activity in posted})
        return {"recorded": len(posted) - unchanged, "unchanged": unchanged, "rejected": []}

    async def post_evaluation(self, request: Request) -> Response:
        if refused := self.refusal(request, "careers_leader"):
            return refused
        key = f"evaluation {request.path_params['urn']} {request.headers['idempotency-key']}"
        if key not in self.answers:
            self.evaluations[request.path_params["urn"]].append(await request.json())
            self.answers[key] = {"evaluation_id": f"evaluation-{len(self.answers)}"}
        return JSONResponse(self.answers[key], status_code=201)

    def heads(self, owner: str) -> dict[str, int]:
        """Number what has been told, by ledger and key."""
        if owner == "employers":
            return {"directory": len(self.directory.get("schools", ()))}
        return {urn: 1 + len(known) for urn, known in self.activities.items()}

    async def ledger(self, request: Request) -> Response:
        owner = request.path_params["owner"]
        return JSONResponse({"service": owner, "heads": self.heads(owner), "published": {}})

    async def freshness(self, request: Request) -> Response:
        """Lag behind by one event for the first looks at each service, without having heard of it."""
        reader = request.path_params["reader"]
        self.looks[reader] += 1
        if refused := self.refusal(request, "hub_lead" if reader == "reporting" else "hub_admin"):
            return refused
        late = self.looks[reader] <= self.looks_until_fresh
        positions = {
            owner: {key: head - late for key, head in self.heads(owner).items()}
            for owner in ("employers", "pupils", "audit")
        }
        return JSONResponse({"behind": 0, "held": [], "positions": {"everything": positions}})

    async def report(self, request: Request) -> Response:
        if refused := self.refusal(request, "hub_lead"):
            return refused
        year = request.query_params["academic_year"]
        activities = sum(len(known) for known in self.activities.values())
        totals = {"activities": activities, "encounters": 10 * activities}
        return JSONResponse({"hub": "small", "academic_year": year, "schools": [], "totals": totals})


def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Answer as the Hub does when something is wrong."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


@asynccontextmanager
async def serve(hub: SmallHub) -> AsyncIterator[SmallHub]:
    """Serve a small Hub on a free port of the loopback."""
    config = uvicorn.Config(hub.app(), host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(START_TIMEOUT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    hub.url = f"http://127.0.0.1:{port}"
    try:
        yield hub
    finally:
        server.should_exit = True
        server.force_exit = True
        await running
