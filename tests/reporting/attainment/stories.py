"""Random histories of a Hub's evaluations, as rows of the ledger, for properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

from contracts.audit import HUB_READERS, HubReader
from contracts.catalogue import BY_MODEL, event_of
from contracts.vocabulary import Payload
from services.reporting.attainment.model.position import School, school_of
from services.reporting.attainment.projections import ATTAINMENT
from services.runtime.arrivals import Arrival, Cursor, Stream, payload_of, sort_out
from services.runtime.projection import State
from tests.reporting.attainment.hub import (
    completed,
    identity,
    progressed,
    shared,
    superseded,
    unshared,
    urn_of,
)

Row = dict[str, Any]
DAYS: Final = (
    *("2025-04-30", "2025-07-31", "2025-08-31", "2025-09-01", "2025-12-31"),
    *("2026-01-01", "2026-03-31", "2026-04-01", "2026-06-15"),
)
Readers = tuple[HubReader, ...]
READERS: Final[st.SearchStrategy[Readers]] = st.sampled_from(
    (("hub_lead",), ("enterprise_coordinator",), HUB_READERS)
)
SETTINGS: Final = ("school", "special", "college")


def row_of(urn: str, sequence: int, payload: Payload) -> Row:
    """A row of the ledger as `careers-hub recount` reads it."""
    return {
        "key": urn,
        "sequence": sequence,
        "type": event_of(payload).name,
        "value": payload.model_dump_json(),
    }


@st.composite
def some_scores(draw: st.DrawFn) -> dict[str, int]:
    """Scores, some achieved; now and then a benchmark does not apply."""
    drawn = {f"gb{n}": draw(st.sampled_from([0, 50, 94, 100])) for n in range(1, 9)}
    if draw(st.integers(0, 5)) == 0:
        del drawn[draw(st.sampled_from(sorted(drawn)))]
    return drawn


@st.composite
def story(draw: st.DrawFn, urn: str) -> list[Row]:
    """A school's evaluations: completed early and late, shared, withdrawn, superseded; and its plan."""
    told: list[Payload] = []
    known: list[tuple[str, int]] = []
    for number in range(draw(st.integers(0, 8))):
        action = draw(st.sampled_from(["complete", "share", "unshare", "plan"])) if known else "complete"
        if action == "complete":
            on = draw(st.sampled_from(DAYS))
            readers = draw(READERS)
            told.append(completed(urn, on, draw(st.none() | some_scores()), readers=readers, again=number))
            replaces = draw(st.booleans())
            if known and replaces:
                old, again = known[-1]
                told.append(superseded(urn, old, identity(urn, on, number), again=again))
            known.append((on, number))
        elif action == "plan":
            told.append(progressed(urn, "2025/26", done=draw(st.integers(0, 3)), in_progress=1))
        else:
            on, again = draw(st.sampled_from(known))
            told.append(
                shared(urn, on, draw(some_scores()), *draw(READERS), again=again)
                if action == "share"
                else unshared(urn, on, again=again)
            )
    return [row_of(urn, place, payload) for place, payload in enumerate(told, start=1)]


@st.composite
def hub_story(draw: st.DrawFn, most: int = 6) -> dict[str, list[Row]]:
    """A Hub's schools, each with its story."""
    return {urn: draw(story(urn)) for urn in (urn_of(n) for n in range(draw(st.integers(1, most))))}


def delivered(rows: Sequence[Row], order: Sequence[int]) -> State:
    """Fold rows as they arrive: in any order, any number of times, until all are applied."""
    folds = {BY_MODEL[model].name: fold for model, fold in ATTAINMENT.on.items()}
    state: State = {}
    cursor = Cursor(0)
    arrivals = [
        Arrival(Stream("audit", row["key"]), row["sequence"], row["type"], row["value"].encode(), None, None)
        for row in rows
    ]
    # What was early is asked for again, which is what the last delivery in order stands for.
    for batch in [[arrivals[place % len(arrivals)] for place in order] if arrivals else [], arrivals]:
        ready = sort_out(batch, cursor).next
        for arrival in ready:
            folds[arrival.type](state, payload_of(arrival))
        cursor = Cursor(cursor.sequence + len(ready))
    assert cursor.sequence == len(rows)
    return state


def schools_of(stories: dict[str, list[Row]], order: Sequence[int] = ()) -> list[School]:
    """The Hub's schools as the read model has them; settings go round."""
    return [
        school_of(
            {
                "urn": urn,
                "name": urn,
                "setting": SETTINGS[place % len(SETTINGS)],
                "district": "Dorset" if place % 2 else "Poole",
                "phase": None,
                "has_post16": place % 2 == 0,
            },
            urn,
            {"state": delivered(rows, order), "sequence": len(rows)},
        )
        for place, (urn, rows) in enumerate(stories.items())
    ]
