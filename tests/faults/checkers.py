"""The promises P1 to P6, checked against a journal. Each counts what it looked at; nothing looked at is a failure.

A checker is a function from a scene at rest to a `Verdict`; `check_promises` runs all and prints one line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.envelope import Envelope, MalformedEnvelopeError
from services.recount import count_school, flatten, recount
from services.registry import SERVICES
from services.reporting.model.report import own_report, school_year
from services.runtime.permissions import Role
from services.runtime.tenancy import Tenancy
from tests.faults.evidence import INJECTED
from tests.faults.journal import Journal
from tests.faults.scenario import Scene
from tests.faults.schools import YEAR

# Posts that are said again by the second promise's checker, a school.
SAID_AGAIN: Final = 5
SHOWN: Final = 5


@dataclass(slots=True)
class Verdict:
    """What one checker counted, and what it found to be wrong."""

    promise: str
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence where called
        """Note a complaint unless it holds."""
        if not holds:
            self.problems.append(complaint)

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {what}" for what, number in self.counts.items())
        if not self.problems:
            return f"{self.promise} {counts}"
        shown = "; ".join(self.problems[:SHOWN])
        return f"{self.promise} BROKEN {len(self.problems)} times ({counts}): {shown}"


async def p1_acknowledged_is_durable(scene: Scene) -> Verdict:
    """Every acknowledged post is in the state and in the ledger."""
    verdict = Verdict("P1")
    tenancy = Tenancy(scene.evidence.store, scene.place.settings.hub_id)
    for journal in scene.journals:
        urn = journal.school.urn
        stored = await tenancy.school("pupils", urn).collection("activities").find({})
        by_reference = {document["reference"]: document for document in stored}
        rows = await scene.evidence.ledger("pupils", urn)
        told = Counter(_activity_of(row["value"]) for row in rows)
        for reference, kept in journal.activities.items():
            document = by_reference.get(reference)
            number = reference.rpartition("-")[2]
            if document is None:
                verdict.problems.append(f"{urn}: activity {number} was acknowledged and is not stored")
                continue
            verdict.counts["activities"] += 1
            status = "retracted" if kept.retracted else "recorded"
            verdict.expect(
                (document["version"], document["status"]) == (kept.version, status),
                f"{urn}: activity {number} is stored as {document['version']}, {document['status']}, "
                f"and was acknowledged as {kept.version}, {status}",
            )
            verdict.expect(
                told[document["_id"]] == kept.version,
                f"{urn}: activity {number} has {kept.version} acknowledged versions and "
                f"{told[document['_id']]} ledger rows",
            )
        pupils = await tenancy.school("pupils", urn).collection("pupils").count({})
        verdict.expect(pupils == len(journal.on_roll), f"{urn}: {pupils} pupils, {len(journal.on_roll)} sent")
        verdict.counts["events"] += len(rows)
    return verdict


async def p2_counted_once(scene: Scene) -> Verdict:
    """Nothing is in state, ledger or report twice, and saying it again changes nothing."""
    verdict = Verdict("P2")
    tenancy = Tenancy(scene.evidence.store, scene.place.settings.hub_id)
    before = {service: await scene.evidence.heads(service) for service in ("pupils", "audit")}
    for journal in scene.journals:
        urn = journal.school.urn
        for service in ("pupils", "audit"):
            expected, found = journal.events[service], before[service].get(urn, 0)
            verdict.expect(
                found <= expected, f"{urn}: {service} told {found} events of {expected} acknowledged changes"
            )
            ids = {row["_id"] for row in await scene.evidence.ledger(service, urn)}
            verdict.expect(len(ids) == found, f"{urn}: {service} has {len(ids)} event ids in {found} events")
        activities = await tenancy.school("pupils", urn).collection("activities").count({})
        verdict.expect(activities <= len(journal.activities), f"{urn}: {activities} activities stored")
        report = await own_figures(scene, journal)
        for name, value in journal.figures().items():
            verdict.counts["figures"] += 1
            verdict.expect(
                report.get(name, 0) <= value, f"{urn}: {name} is {report.get(name)}, acknowledged {value}"
            )
        verdict.counts["said again"] += SAID_AGAIN
        taken_twice = await scene.loads[urn].say_again(SAID_AGAIN)
        verdict.expect(not taken_twice, f"{urn}: {taken_twice} posts said again were not recognised")
        verdict.problems += [f"{urn}: {surprise}" for surprise in journal.surprises]
    after = {service: await scene.evidence.heads(service) for service in ("pupils", "audit")}
    for service in ("pupils", "audit"):
        for urn in scene.urns:
            verdict.expect(
                before[service].get(urn) == after[service].get(urn), f"{urn}: said again, told again"
            )
    return verdict


async def p3_ordered_per_school(scene: Scene) -> Verdict:
    """Ledgers have no gap, topics carry each key in order, readers were only ever at a prefix of a ledger."""
    verdict = Verdict("P3")
    rows: dict[str, list[dict[str, Any]]] = {}
    for service in ("pupils", "audit"):
        heads = await scene.evidence.heads(service)
        for urn in scene.urns:
            rows[f"{service}/{urn}"] = found = await scene.evidence.ledger(service, urn)
            sequences = [row["sequence"] for row in found]
            verdict.expect(
                sequences == list(range(1, heads.get(urn, 0) + 1)), f"{service}/{urn}: the ledger has a gap"
            )
            verdict.counts["ledger rows"] += len(found)
    await _check_topics(scene, verdict)
    verdict.problems += [f"a read model went back: {what}" for what in scene.went_back]
    for (stream, sequence), state in scene.seen.items():
        verdict.counts["states seen"] += 1
        service, urn = stream.split("/")
        prefix = rows[stream][:sequence]
        mine = {"pupils": prefix if service == "pupils" else [], "audit": prefix if service == "audit" else []}
        expected = count_school(mine["pupils"], mine["audit"], YEAR)
        found_figures = _figures_of_state(urn, service, state)
        verdict.expect(
            len(prefix) == sequence and found_figures == expected,
            f"{stream} was seen at {sequence} in a state that its first {sequence} events do not give",
        )
    return verdict


async def p4_report_equals_recount(scene: Scene) -> Verdict:
    """The report, the recount from the ledgers and the journals' own sums agree."""
    verdict = Verdict("P4")
    result = await recount(scene.evidence.contexts["reporting"], YEAR)
    verdict.problems += [
        f"{m.school}: {m.figure} is {m.published}, recounted {m.recounted}"
        for m in result.mismatches
        if m.school in scene.urns
    ]
    for journal in scene.journals:
        urn = journal.school.urn
        report, expected = await own_figures(scene, journal), journal.figures()
        for name in sorted(report.keys() | expected.keys()):
            verdict.counts["figures"] += 1
            verdict.expect(
                report.get(name, 0) == expected.get(name, 0),
                f"{urn}: {name} is {report.get(name, 0)}, by the journal {expected.get(name, 0)}",
            )
        engagement = (await scene.evidence.engagement(urn)).get(YEAR, {})
        verdict.counts["employers"] += len(engagement)
        verdict.expect(engagement == journal.engagement(), f"{urn}: employers' counts differ")
    return verdict


async def p6_nothing_dropped(scene: Scene) -> Verdict:
    """Acknowledged = applied + parked, in events; and = reported + retracted, in activities."""
    verdict = Verdict("P6")
    heads = {service: await scene.evidence.heads(service) for service in ("pupils", "audit")}
    for journal in scene.journals:
        urn = journal.school.urn
        for service in ("pupils", "audit"):
            acknowledged, durable = journal.events[service], heads[service].get(urn, 0)
            verdict.counts["acknowledged"] += acknowledged
            verdict.expect(
                acknowledged == durable, f"{urn}: {acknowledged} acknowledged, {durable} in {service}'s ledger"
            )
    parked: dict[str, int] = defaultdict(int)
    for position in await scene.positions():
        verdict.counts["applied"] += position.applied
        parked[str(position.stream)] += position.parked
        verdict.expect(
            not position.missing,
            f"{position.reader} has {position.applied} applied and {position.parked} parked of "
            f"{position.head} events of {position.stream}",
        )
    verdict.counts["parked"] = sum(parked.values())
    for journal in scene.journals:
        urn = journal.school.urn
        verdict.counts["retracted"] += journal.retracted
        if not parked[f"pupils/{urn}"]:
            reported = (await own_figures(scene, journal)).get("activities", 0)
            verdict.expect(
                len(journal.activities) == reported + journal.retracted,
                f"{urn}: {len(journal.activities)} activities acknowledged, {reported} reported, "
                f"{journal.retracted} retracted",
            )
    return verdict
