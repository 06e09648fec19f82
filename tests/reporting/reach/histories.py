"""Random histories of a small Hub, as ledger rows, and what reporting makes of them however they arrive."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from contracts.catalogue import BY_MODEL, decode
from contracts.vocabulary import AcademicYear
from services.reporting.reach.model.world import Employers, World
from services.reporting.reach.projections import PARTNERS, SCHOOL_REACH
from services.reporting.reach.views import Read, world_of
from services.runtime.arrivals import Arrival, Cursor, Stream, sort_out
from services.runtime.projection import Projection, State

YEAR = AcademicYear("2025/26")
TODAY = dt.date(2026, 6, 15)
URNS = ("136500", "136501", "136502", "136503")
YEAR_GROUPS = (8, 10, 12)
EMPLOYERS = ("gpg-1", "gpg-2", "gpg-3")
BENCHMARKS = ("gb5", "gb6", "gb8")
GROUPS = ("sen", "in_care")
Row = dict[str, Any]


@dataclass
class History:
    """Rows of ledgers by service and key, in order."""

    rows: dict[Stream, list[Row]] = field(default_factory=dict)

    def tell(self, service: str, key: str, event_type: str, **event: Any) -> None:  # noqa: ANN401 - a payload's fields
        """Add the next event of a stream."""
        row = {"key": key, "type": event_type, "value": json.dumps(event)}
        self.rows.setdefault(Stream(service, key), []).append(row)

    def of(self, service: str) -> list[Row]:
        """All rows of a service's ledger."""
        return [row for stream, rows in self.rows.items() if stream.service == service for row in rows]

    def of_school(self, urn: str) -> list[Row]:
        """What a school's own pupils' ledger has."""
        return self.rows.get(Stream("pupils", urn), [])

    def world(self, documents: dict[Stream, tuple[int, State]], urn: str | None = None) -> World:
        """Put the Hub's world together, or a school's own, from what was folded."""
        reach = {
            s.key: {"state": state, "sequence": n, "held": False}
            for s, (n, state) in documents.items()
            if s.service == "pupils"
        }
        partners = {str(s): state for s, (_, state) in documents.items() if s.service == "employers"}
        read = Read(reach, partners, {}, {})
        schools = tuple(
            read.school(
                {"urn": u, "name": f"School {u}", "setting": "school", "has_post16": True}, u, str, YEAR
            )
            for u in URNS
            if urn in {None, u}
        )
        return world_of(schools, Employers(read.employers), YEAR, TODAY, whole=urn is not None)


def apply(history: History, deliveries: Sequence[tuple[int, int]] = ()) -> dict[Stream, tuple[int, State]]:
    """Fold everything: first stretches of each stream as they come, again and out of order, then the rest."""
    documents: dict[Stream, tuple[int, State]] = {}
    for stream, rows in history.rows.items():
        projection = SCHOOL_REACH if stream.service == "pupils" else PARTNERS
        arrivals = [
            Arrival(stream, place, row["type"], row["value"].encode(), None, None)
            for place, row in enumerate(rows, start=1)
        ]
        sequence, state = 0, projection.empty()
        for first, length in (*deliveries, (0, len(rows)), (0, len(rows))):
            found = sort_out(arrivals[first : first + length], Cursor(sequence))
            fold(projection, state, found.next)
            sequence += len(found.next)
        assert sequence == len(rows)
        documents[stream] = (sequence, state)
    return documents


def fold(projection: Projection, state: State, arrivals: Sequence[Arrival]) -> None:
    folds = {BY_MODEL[model].name: fold for model, fold in projection.on.items()}
    for arrival in arrivals:
        payload = decode(arrival.type, arrival.value)
        if arrival.type in folds:
            folds[arrival.type](state, payload)


@st.composite
def figures(draw: st.DrawFn) -> Row:
    """One activity's figures."""
    groups = draw(st.lists(st.sampled_from(YEAR_GROUPS), min_size=1, max_size=2, unique=True))
    return {
        "activity_type": "careers_fair",
        "held_on": f"2026-0{draw(st.integers(1, 5))}-1{draw(st.integers(0, 9))}",
        "employer_id": draw(st.sampled_from([None, *EMPLOYERS])),
        "year_groups": [
            {
                "year_group": group,
                "attended": (attended := draw(st.integers(0, 40))),
                "absent": 0,
                "excused": 0,
                "encounters": draw(st.sampled_from([0, attended])),
                "work_minutes": draw(st.sampled_from([0, 0, 90, 7_000])),
                "provider_access": draw(
                    st.one_of(st.none(), st.fixed_dictionaries({
                        "phase": st.sampled_from([1, 2, 3]), "counted": st.integers(0, 40),
                    }))
                ),
            }
            for group in groups
        ],
    }  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Rolls, activities that come, change and go, sectors, destinations, advisers, needs and matches."""
    history = History()
    for employer in EMPLOYERS:
        tell_employer(draw, history, employer)
    for urn in URNS:
        rolls = tell_roll(draw, history, urn)
        tell_activities(draw, history, urn, rolls)
        tell_summaries(draw, history, urn)
        tell_adviser(draw, history, urn)
        tell_matches(draw, history, urn)
    tell_employer(draw, history, draw(st.sampled_from(EMPLOYERS)))
    return history


def tell_employer(draw: st.DrawFn, history: History, employer: str) -> None:
    into = draw(st.sampled_from([None, None, *[e for e in EMPLOYERS if e > employer]]))
    history.tell(
        "employers", "directory", "employers.employer.listed.v1",
        employer_id=employer, name="A firm", merged_into=into,
        sic_section=draw(st.sampled_from([None, "F", "Q"])),
        size_band=draw(st.sampled_from(["sole_trader", "large", "unknown"])),
    )  # fmt: skip


def tell_roll(draw: st.DrawFn, history: History, urn: str) -> dict[int, Row]:
    rolls: dict[int, Row] = {}
    for _ in range(draw(st.integers(1, 2))):
        for group in YEAR_GROUPS:
            on_roll = draw(st.integers(40, 90))
            members = {g: n for g in GROUPS if (n := draw(st.sampled_from([0, 3, 12])))}
            rolls[group] = {
                "year_group": group, "on_roll": on_roll, "by_group": members,
                "subsidiary": draw(st.integers(0, 9)),
            }  # fmt: skip
        history.tell(
            "pupils", urn, "pupils.roll.changed.v1", urn=urn, academic_year=YEAR,
            year_groups=list(rolls.values()), changed_on=draw(st.sampled_from(["2025-09-05", "2026-01-05"])),
        )  # fmt: skip
    return rolls


def tell_activities(draw: st.DrawFn, history: History, urn: str, rolls: dict[int, Row]) -> None:
    standing: dict[str, Row] = {}
    for number in range(draw(st.integers(0, 8))):
        choices = ["recorded", *(["corrected", "retracted"] if standing else [])]
        action = draw(st.sampled_from(choices))
        event: Row = {"urn": urn, "academic_year": YEAR}
        if action == "recorded":
            event["activity_id"] = f"activity-{number:03d}"
            standing[event["activity_id"]] = event["activity"] = draw(figures())
        else:
            event["activity_id"] = draw(st.sampled_from(sorted(standing)))
            event["before"] = standing.pop(event["activity_id"])
            if action == "corrected":
                standing[event["activity_id"]] = event["after"] = draw(figures())
        event["coverage"] = [cell(draw, rolls[draw(st.sampled_from(YEAR_GROUPS))])]
        history.tell("pupils", urn, f"pupils.activity.{action}.v1", **event)


def cell(draw: st.DrawFn, roll: Row) -> Row:
    members = roll["by_group"]
    inside = {g: draw(st.integers(0, n)) for g, n in members.items()}
    least = max(inside.values(), default=0)
    most = roll["on_roll"] - max((n - inside[g] for g, n in members.items()), default=0)
    return {
        "year_group": roll["year_group"],
        "benchmark": draw(st.sampled_from(BENCHMARKS)),
        "reached": draw(st.one_of(st.integers(least, most), st.just(most))),
        "by_group": {g: n for g, n in inside.items() if n},
    }


def tell_summaries(draw: st.DrawFn, history: History, urn: str) -> None:
    wanted = draw(st.dictionaries(st.sampled_from(["F", "J"]), st.sampled_from([5, 10])))
    history.tell(
        "pupils", urn, "pupils.sectors.wanted.v1", urn=urn, academic_year=YEAR,
        sectors=[{"sic_section": s, "at_least": n} for s, n in wanted.items()],
    )  # fmt: skip
    if draw(st.booleans()):
        intended = {c: draw(st.integers(0, 50)) for c in ("education", "neet", "not_known")}
        history.tell(
            "pupils", urn, "pupils.destinations.counted.v1", urn=urn, academic_year=YEAR, year_group=10,
            on_roll=sum(intended.values()), intended=intended,
        )  # fmt: skip


def tell_adviser(draw: st.DrawFn, history: History, urn: str) -> None:
    day = dt.date(2025, 5, 1)
    for number in range(draw(st.integers(0, 2))):
        states = ["proposed", "introduced", "active", "paused", "active", "ended"]
        for state in states[: draw(st.integers(1, len(states)))]:
            day += dt.timedelta(days=draw(st.integers(0, 90)))
            history.tell(
                "employers", "advisers", "employers.adviser-relationship.changed.v1", urn=urn,
                relationship_id=f"{urn}-{number:04d}", state=state, since=day.isoformat(),
                ended_because="completed" if state == "ended" else None,
            )  # fmt: skip


def tell_matches(draw: st.DrawFn, history: History, urn: str) -> None:
    needs = [f"need-{number:04d}" for number in range(draw(st.integers(0, 2)))]
    for need in needs:
        history.tell(
            "employers", urn, "employers.need.raised.v1", urn=urn, need_id=need,
            activity_type="employer_talk", year_groups=[10], group_size=30, slots=draw(st.integers(1, 3)),
            state=draw(st.sampled_from(["open", "withdrawn"])),
        )  # fmt: skip
    for number in range(draw(st.integers(0, 4)) if needs else 0):
        history.tell(
            "employers", urn, "employers.match.changed.v1", urn=urn, match_id=f"match-{number % 2:04d}",
            round_id="round-0001", round_ends_on=draw(st.sampled_from(["2025-07-18", "2026-03-27"])),
            need_id=draw(st.sampled_from(needs)), offer_id="offer-0001", employer_id="gpg-1",
            activity_type="employer_talk",
            state=draw(st.sampled_from(["proposed", "accepted", "confirmed", "completed", "cancelled"])),
        )  # fmt: skip
