"""How fresh a service's read models are: where each is in the streams that it follows, and what is missing.

Answered from the store alone: positions are in the projections and cursors, heads are what the ledgers last
announced (`progress.py`). A caller who wants to be certain compares `positions` with the owner's ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.runtime.context import ServiceContext
from services.runtime.reaction import CURSORS
from services.runtime.service import Service

Positions = dict[str, dict[str, int]]

# The collection of announced heads; here, so that an api needs nothing that knows the broker.
HEADS: Final = "heads"


@dataclass(frozen=True, slots=True)
class Freshness:
    """`behind` counts announced events that the slowest read model lacks; `held` names stopped streams."""

    behind: int
    held: tuple[str, ...]
    positions: Mapping[str, Positions]

    def to_json(self) -> dict[str, object]:
        """Render for the API: positions by read model, owner and key."""
        return {"behind": self.behind, "held": list(self.held), "positions": dict(self.positions)}


async def read_freshness(context: ServiceContext, service: Service) -> Freshness:
    """Read the positions of all of a service's read models and compare them with the announced heads."""
    heads = {d["_id"]: d["heads"] for d in await context.database().collection(HEADS).find({})}
    positions: dict[str, Positions] = {}
    held: list[str] = []
    behind = 0
    follows = {p.name: p.topics for p in service.projections} | {r.name: r.topics for r in service.reactions}
    for name, found in (await _positions(context, service)).items():
        at: Positions = {}
        for stream, (sequence, stopped) in found.items():
            owner, _, key = stream.partition("/")
            at.setdefault(owner, {})[key] = sequence
            if stopped:
                held.append(f"{name}/{stream}")
        positions[name] = at
        late = sum(
            max(0, head - at.get(card.owner, {}).get(key, 0))
            for card in follows[name]
            for key, head in heads.get(card.owner, {}).items()
        )
        behind = max(behind, late)
    return Freshness(behind, tuple(sorted(held)), positions)


async def _positions(context: ServiceContext, service: Service) -> dict[str, dict[str, tuple[int, bool]]]:
    """By read model and stream: the sequence applied, and whether the stream is held."""
    found: dict[str, dict[str, tuple[int, bool]]] = {}
    for projection in service.projections:
        documents = await (await context.projection(projection)).find({}, fields=["sequence", "held"])
        found[projection.name] = {d["_id"]: (d["sequence"], d["held"]) for d in documents}
    cursors = await context.database().collection(CURSORS).find({})
    for reaction in service.reactions:
        prefix = f"{service.name}.{reaction.name}.v{reaction.version}/"
        found[reaction.name] = {
            c["_id"].removeprefix(prefix): (c["sequence"], c["held"])
            for c in cursors
            if c["_id"].startswith(prefix)
        }
    return found
