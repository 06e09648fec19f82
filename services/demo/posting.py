"""The calls of a demonstration, each as the person who would make it.

The Hub's administrator lists the area and grants memberships; each school's careers leader sends that
school's roll, activities and evaluation; the Hub lead reads the report. A membership that exists is left as
it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary import AcademicYear
from services.areas import Area
from services.demo.activity import ActivityPost
from services.demo.cast import HUB_ADMIN, HUB_LEAD, Person, careers_leader_of
from services.demo.hub_client import Call, DemoError, HubClient
from services.demo.plan import SchoolPlan, directory_body
from services.demo.roll import roll_csv

MEMBERSHIPS: Final = "/hub/v1/memberships"
ACTIVITIES_A_BATCH: Final = 50
"""The most that `POST .../activities/bulk` takes."""
_REASONS_SHOWN: Final = 3
_FRESHNESS_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Wait:
    """Which service has to apply what which others told; `what` names the reader's part to people."""

    what: str
    reader: str
    owners: tuple[str, ...]


DIRECTORY_KNOWN: Final = Wait("The directory of the schools' service", "pupils", ("employers",))
"""Activities name employers, and `pupils` refuses one that it has not heard of."""
REPORT_FRESH: Final = Wait("The report", "reporting", ("employers", "pupils", "audit"))


@dataclass(frozen=True, slots=True)
class BatchReceipt:
    """What became of one batch of activities, and the participations that it stands for."""

    recorded: int
    unchanged: int
    attendances: int


async def list_area(client: HubClient, area: Area) -> None:
    """List the area's schools and employers in the shared directory."""
    receipt = await client.fetch_object(
        Call("PUT", "/employers/v1/directory", HUB_ADMIN, directory_body(area))
    )
    _require_nothing_rejected(receipt, f"the directory of {area.title}")


async def grant_memberships(client: HubClient, people: Iterable[Person]) -> None:
    """Grant each person's role to whoever plays them, unless it has been granted before."""
    memberships = await client.fetch_list(Call("GET", MEMBERSHIPS, HUB_ADMIN))
    granted = {(m.get("subject"), m.get("role"), m.get("urn")) for m in memberships if m.get("until") is None}
    for person in people:
        subject = await client.cast.subject(person)
        if (subject, person.role, person.urn) not in granted:
            body = {"subject": subject, "role": person.role, "urn": person.urn}
            await client.fetch_object(Call("PUT", MEMBERSHIPS, HUB_ADMIN, body))
            client.note_grant()


async def post_school(
    client: HubClient,
    plan: SchoolPlan,
    academic_year: AcademicYear,
    on_batch: Callable[[BatchReceipt], None],
) -> None:
    """Send a school's roll, then its activities, then its evaluation; `on_batch` hears of every batch.

    Raises DemoError if the Hub refuses any of it.
    """
    await post_activities(client, plan, academic_year, on_batch)
    evaluation = Call(
        "POST",
        f"/audit/v1/schools/{plan.school.urn}/evaluations",
        careers_leader_of(plan.school.urn),
        plan.evaluation,
        # The same evaluation has the same key, in another run too: it is stored once.
        idempotency_key=f"demo-evaluation-{_digest(plan.evaluation)}",
    )
    await client.fetch_object(evaluation)


async def post_activities(
    client: HubClient,
    plan: SchoolPlan,
    academic_year: AcademicYear,
    on_batch: Callable[[BatchReceipt], None],
) -> None:
    """Send a school's roll, then its activities; raises DemoError if the Hub refuses any of it."""
    school = plan.school
    path, leader = f"/pupils/v1/schools/{school.urn}/roll", careers_leader_of(school.urn)
    roll = Call("PUT", path, leader, roll_csv(plan.roll), {"academic_year": academic_year})
    _require_nothing_rejected(await client.fetch_object(roll), f"the roll of {school.name}")
    for start in range(0, len(plan.activities), ACTIVITIES_A_BATCH):
        batch = plan.activities[start : start + ACTIVITIES_A_BATCH]
        on_batch(await _post_batch(client, plan, batch))


async def wait_until_applied(
    client: HubClient, person: Person, wait: Wait, timeout_s: float, on_look: Callable[[int], None]
) -> None:
    """Wait until a service has applied all that others have told up to now; `on_look` hears what is missing.

    The ledgers are asked first: a service's own `behind` knows only what has been announced to it, which
    may be a second old. Raises DemoError after `timeout_s`.
    """
    give_up_at_s = time.monotonic() + timeout_s
    heads = {owner: await ledger_heads(client, person, owner) for owner in wait.owners}
    while True:
        freshness = await client.fetch_object(Call("GET", f"/{wait.reader}/v1/freshness", person))
        missing = events_missing(heads, freshness)
        on_look(missing)
        if missing == 0:
            return
        if time.monotonic() >= give_up_at_s:
            held = ", ".join(map(str, freshness.get("held", []))) or "none"
            raise DemoError(
                f"{wait.what} has not caught up",
                f"It is still {missing} events behind after {timeout_s:.0f} s (held streams: {held}). "
                "All that was posted is safe; see whether the workers run, and `careers-hub parked list`.",
            )
        await asyncio.sleep(_FRESHNESS_EVERY_S)


def events_missing(heads: Mapping[str, Mapping[str, int]], freshness: Mapping[str, Any]) -> int:
    """Count the events between ledgers' heads (by owner and key) and the slowest read model that follows.

    Raises DemoError for an answer that does not say how far the read models are.
    """
    positions, behind = freshness.get("positions"), freshness.get("behind")
    if not isinstance(positions, dict) or not isinstance(behind, int):
        raise DemoError(
            "The Hub does not say how fresh its figures are", "`behind` or `positions` is not there."
        )
    missing = 0
    for owner, ledger in heads.items():
        # A read model that does not follow this ledger, or has applied nothing of it, does not name it.
        following = [at[owner] for at in positions.values() if owner in at]
        for key, head in ledger.items():
            applied = min((at.get(key, 0) for at in following), default=0)
            missing += max(0, head - applied)
    return max(missing, behind)


async def ledger_heads(client: HubClient, person: Person, owner: str) -> dict[str, int]:
    """Read how many events a service has told, by key; raises DemoError for an answer that does not say."""
    heads = (await client.fetch_object(Call("GET", f"/{owner}/v1/ledger", person))).get("heads")
    if not isinstance(heads, dict):
        raise DemoError("The Hub does not say how far its ledger is", f"{owner} names no `heads`.")
    return heads


async def fetch_report(client: HubClient, academic_year: AcademicYear) -> dict[str, Any]:
    """Read the Hub's report."""
    return await client.fetch_object(
        Call("GET", "/reporting/v1/hub-report", HUB_LEAD, query={"academic_year": academic_year})
    )


async def _post_batch(client: HubClient, plan: SchoolPlan, batch: tuple[ActivityPost, ...]) -> BatchReceipt:
    answer = await client.fetch_object(
        Call(
            "POST",
            f"/pupils/v1/schools/{plan.school.urn}/activities/bulk",
            careers_leader_of(plan.school.urn),
            {"activities": [activity.to_json() for activity in batch]},
            # New in every run, so that a later run is told `unchanged` rather than this run's answer again.
            idempotency_key=f"demo-{uuid.uuid4()}",
        )
    )
    _require_nothing_rejected(answer, f"activities of {plan.school.name}")
    receipt = BatchReceipt(
        recorded=int(answer.get("recorded", 0)),
        unchanged=int(answer.get("unchanged", 0)),
        attendances=sum(activity.participations for activity in batch),
    )
    if receipt.recorded + receipt.unchanged != len(batch):
        raise DemoError(
            "The Hub's receipt does not add up",
            f"{plan.school.name}: {len(batch)} activities were sent, {receipt.recorded} recorded and "
            f"{receipt.unchanged} unchanged.",
        )
    return receipt


def _require_nothing_rejected(receipt: dict[str, Any], what: str) -> None:
    rejected = receipt.get("rejected")
    if isinstance(rejected, list) and rejected:
        reasons = "; ".join(str(item) for item in rejected[:_REASONS_SHOWN])
        raise DemoError(f"The Hub refused part of {what}", f"{len(rejected)} refused: {reasons}")


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
