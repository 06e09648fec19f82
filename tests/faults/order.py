"""P3: a school's events keep their order, in the ledgers, on the broker and in what readers make of them."""

from __future__ import annotations

from typing import Any

from services.recount.compare import count_school, flatten
from services.reporting.model.report import own_report, school_year
from tests.faults.evidence import INJECTED
from tests.faults.scenario import Scene
from tests.faults.schools import YEAR
from tests.faults.verdict import Verdict


async def p3_ordered_per_school(scene: Scene) -> Verdict:
    """Ledgers have no gap, topics carry each key in order, readers were only ever at a prefix of a ledger."""
    verdict = Verdict("P3", ("ledger rows", "states seen", "records"))
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
        of_pupils, of_audit = (prefix if owner == service else [] for owner in ("pupils", "audit"))
        expected = count_school(of_pupils, of_audit, YEAR)
        found_figures = _figures_of_state(urn, service, state)
        verdict.expect(
            len(prefix) == sequence and found_figures == expected,
            f"{stream} was seen at {sequence} in a state that its first {sequence} events do not give",
        )
    return verdict


async def _check_topics(scene: Scene, verdict: Verdict) -> None:
    """Check that no sequence comes before the one below it; what comes again is allowed."""
    highest: dict[tuple[str, str], int] = {}
    for record in await scene.evidence.topics():
        headers = dict(record.headers)
        if INJECTED in headers or "ce_sequence" not in headers or record.key is None:
            continue
        key, sequence = record.key.decode(), int(headers["ce_sequence"])
        if key in scene.urns:
            verdict.counts["records"] += 1
            before = highest.get((record.topic, key))
            # After a broker that lost everything, a topic begins in the middle of a ledger.
            verdict.expect(
                before is None or sequence <= before + 1,
                f"{record.topic} has {key}/{sequence} after {before}",
            )
            highest[record.topic, key] = max(sequence, before or 0)


def _figures_of_state(urn: str, service: str, state: dict[str, Any]) -> dict[str, Any]:
    """Name the figures in one stream's state as a recount names them."""
    listed = {"urn": urn, "name": urn, "setting": "school"}
    year = school_year(
        listed, state if service == "pupils" else None, state if service == "audit" else None, YEAR
    )
    return flatten(own_report(YEAR, "", year))
