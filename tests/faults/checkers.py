"""The promises P1 to P6, checked against journals. Each counts what it looked at; if nothing, it fails.

A checker is a function from a scene at rest to a `Verdict`; `check_promises` runs all and prints one line.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from services.recount.compare import flatten, recount
from services.runtime.tenancy import Tenancy
from tests.faults.journal import Journal
from tests.faults.leaks import p5_nobody_sees_another_school
from tests.faults.order import p3_ordered_per_school
from tests.faults.scenario import Scene
from tests.faults.schools import YEAR
from tests.faults.verdict import Verdict

# Posts that are said again by the second promise's checker, a school.
SAID_AGAIN: Final = 5


async def p1_acknowledged_is_durable(scene: Scene) -> Verdict:
    """Every acknowledged post is in the state and in the ledger."""
    verdict = Verdict("P1", ("activities", "events"))
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
            unless_retracted = "recorded" if kept.merged_into is None else "merged"
            status = "retracted" if kept.retracted else unless_retracted
            verdict.expect(
                (document["version"], document["status"]) == (kept.version, status),
                f"{urn}: activity {number} is stored as {document['version']}, {document['status']}, "
                f"and was acknowledged as {kept.version}, {status}",
            )
            verdict.expect(
                told[document["_id"]] == kept.told,
                f"{urn}: activity {number} has {kept.told} acknowledged versions to be told and "
                f"{told[document['_id']]} ledger rows",
            )
        for service in ("pupils", "audit"):
            expected, found = journal.events[service], (await scene.evidence.heads(service)).get(urn, 0)
            verdict.expect(
                found >= expected, f"{urn}: {expected} acknowledged changes, {found} {service} ledger rows"
            )
        pupils = await tenancy.school("pupils", urn).collection("pupils").count({})
        verdict.expect(pupils == len(journal.on_roll), f"{urn}: {pupils} pupils, {len(journal.on_roll)} sent")
        verdict.counts["events"] += len(rows)
    return verdict


async def p2_counted_once(scene: Scene) -> Verdict:
    """Nothing is in state, ledger or report twice, and saying it again changes nothing."""
    verdict = Verdict("P2", ("figures", "said again"))
    tenancy = Tenancy(scene.evidence.store, scene.place.settings.hub_id)
    before = {service: await scene.evidence.heads(service) for service in ("pupils", "audit")}
    for journal in scene.journals:
        urn = journal.school.urn
        for service in ("pupils", "audit"):
            expected, found = journal.events[service], before[service].get(urn, 0)
            verdict.expect(
                found <= expected, f"{urn}: {service} told {found} events of {expected} acknowledged changes"
            )
            ids = {row["id"] for row in await scene.evidence.ledger(service, urn)}
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
        for key in scene.urns:
            verdict.expect(
                before[service].get(key) == after[service].get(key), f"{key}: said again, told again"
            )
    return verdict


async def p4_report_equals_recount(scene: Scene) -> Verdict:
    """The report, the recount from the ledgers and the journals' own sums agree."""
    verdict = Verdict("P4", ("figures", "employers"))
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
        counted = journal.engagement()
        verdict.expect(
            engagement == counted, f"{urn}: employers' counts are {engagement}, by the journal {counted}"
        )
    return verdict


async def p6_nothing_dropped(scene: Scene) -> Verdict:
    """Acknowledged = applied + parked, in events; and = reported + retracted + merged, in activities."""
    verdict = Verdict("P6", ("acknowledged", "applied"))
    heads = {service: await scene.evidence.heads(service) for service in ("pupils", "audit")}
    for journal in scene.journals:
        urn = journal.school.urn
        for service in ("pupils", "audit"):
            acknowledged, durable = journal.events[service], heads[service].get(urn, 0)
            verdict.counts["acknowledged"] += acknowledged
            verdict.expect(
                acknowledged == durable, f"{urn}: {acknowledged} acknowledged, {durable} in {service}.ledger"
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
        verdict.counts["merged"] += len(journal.merged)
        if not parked[f"pupils/{urn}"]:
            reported = (await own_figures(scene, journal)).get("activities", 0)
            verdict.expect(
                len(journal.activities) == reported + journal.retracted + len(journal.merged),
                f"{urn}: {len(journal.activities)} activities acknowledged, {reported} reported, "
                f"{journal.retracted} retracted, {len(journal.merged)} merged",
            )
    return verdict


async def own_figures(scene: Scene, journal: Journal) -> dict[str, Any]:
    """What the school reads in its own report, by the names of a recount."""
    client = scene.client_of(journal.school)
    answer = await client.fetch(f"/reporting/v1/schools/{journal.school.urn}/report?academic_year={YEAR}")
    assert answer.is_success, answer.text
    return flatten(answer.json())


def _activity_of(value: str) -> str | None:
    """The activity that an event is about."""
    activity: str | None = json.loads(value).get("activity_id")
    return activity


CHECKERS: Final[tuple[Callable[[Scene], Awaitable[Verdict]], ...]] = (
    p1_acknowledged_is_durable,
    p2_counted_once,
    p3_ordered_per_school,
    p4_report_equals_recount,
    p5_nobody_sees_another_school,
    p6_nothing_dropped,
)


async def examine(scene: Scene) -> dict[str, Verdict]:
    """Run every checker on a scene at rest."""
    verdicts = [await checker(scene) for checker in CHECKERS]
    return {verdict.promise: verdict for verdict in verdicts}


async def check_promises(scene: Scene, happened: str) -> dict[str, Verdict]:
    """Run every checker, print what was done and counted on one line, and fail on anything wrong."""
    verdicts = await examine(scene)
    journals = scene.journals
    attempts = sum(journal.attempts for journal in journals)
    unanswered = sum(journal.lost for journal in journals)
    later = sum(journal.statuses[503] for journal in journals)
    summary = (
        f"{scene.name} seed {scene.seed}: {happened}; {scene.acknowledged} posts in {attempts} attempts "
        f"({unanswered} unanswered, {later} put off), at rest after {scene.settled_s:.1f} s "
        f"| {' | '.join(map(str, verdicts.values()))}"
    )
    print(summary)  # noqa: T201 - the line that `pytest -rA` shows
    broken = [str(verdict) for verdict in verdicts.values() if verdict.problems]
    assert not broken, "\n".join(broken)
    uncounted = [what for verdict in verdicts.values() for what in verdict.uncounted]
    assert not uncounted, "; ".join(uncounted)
    return verdicts
