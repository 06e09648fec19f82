"""A frozen snapshot: what was known when it was taken, in entries that can be shown one without the other.

Each entry (a school, or what an audience was told together) is canonical JSON with a number of its own that
nobody can guess, and is told by its hash. The snapshot's hash is of all those hashes in order. So whoever may
see some entries can check them and the whole, and of the others, whose values are few, no guess can be tried
against a hash (ADR 15). Frozen is never changed: what is told later stands beside it as a restatement.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.reporting.attainment.model.aggregate import aggregate, tallies
from services.reporting.attainment.model.disclosure import told_to_everyone
from services.reporting.attainment.model.position import (
    AUDIENCES,
    Audience,
    Evaluation,
    Json,
    Position,
    School,
    position_on,
    standing_on,
)
from services.reporting.attainment.model.terms import SnapshotDay, window_on


@dataclass(frozen=True, slots=True)
class Frozen:
    """A snapshot as it was taken; `texts` are the entries' canonical JSON."""

    day: SnapshotDay
    frozen_at: str
    texts: tuple[str, ...]
    digest: str

    @property
    def is_intact(self) -> bool:
        """Whether it is what was frozen."""
        return digest_of(self.day, self.frozen_at, self.texts) == self.digest

    def entries(self) -> list[Json]:
        """Read the entries."""
        return [json.loads(text) for text in self.texts]


def freeze(
    day: SnapshotDay, schools: Sequence[School], frozen_at: dt.datetime, nonces: Sequence[str]
) -> Frozen:
    """Take a snapshot; `nonces` are as many as `entries_wanted` says, each never used before."""
    entries = [*(_school_entry(day, school) for school in schools), *_told(day, schools)]
    texts = tuple(canonical({**entry, "nonce": nonce}) for entry, nonce in zip(entries, nonces, strict=True))
    at = frozen_at.isoformat(timespec="seconds")
    return Frozen(day, at, texts, digest_of(day, at, texts))


def entries_wanted(schools: Sequence[School]) -> int:
    """Count the entries of a snapshot of these schools."""
    return len(schools) + len(AUDIENCES)


def canonical(value: Json) -> str:
    """Write JSON in the one way in which its bytes are hashed: sorted names, no spaces, ASCII alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def hash_of(text: str) -> str:
    """Hash an entry's text."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def digest_of(day: SnapshotDay, frozen_at: str, texts: Sequence[str]) -> str:
    """Hash a snapshot: its day, the moment, and its entries' hashes in order."""
    head = {
        "academic_year": day.academic_year,
        "term": day.term,
        "on": day.on.isoformat(),
        "frozen_at": frozen_at,
        "entries": [hash_of(text) for text in texts],
    }
    return hash_of(canonical(head))


def told_together(audience: Audience, positions: Sequence[Position]) -> list[Json]:
    """Put together what an audience is told of the schools as one."""
    if audience.is_everyone:
        return told_to_everyone(positions)
    return [aggregate(tally) for tally in tallies(p.evaluation for p in positions if p.evaluation)]


def contributors(entries: Sequence[Json], audience: Audience) -> list[Json]:
    """Name the school entries that a frozen figure of an audience was made of."""
    return [
        entry
        for entry in entries
        if entry["kind"] == "school" and entry["scores"] is not None and audience.sees(entry["shared_with"])
    ]


def still_seen(entries: Sequence[Json], audience: Audience, schools: Mapping[str, School]) -> bool:
    """Whether every school that a frozen figure was made of may still be seen by its audience.

    Were one withdrawn and the figure shown, the other schools could be subtracted from it.
    """
    return all(
        audience.sees(shared_now(schools.get(entry["tenant"]), entry["evaluation_id"]))
        for entry in contributors(entries, audience)
    )


def shared_now(school: School | None, evaluation_id: str | None) -> tuple[str, ...]:
    """Say with whom an evaluation is shared now; with nobody if there is none of this id."""
    for found in () if school is None else school.evaluations:
        if found.id == evaluation_id:
            return found.shared_with
    return ()


def differs(entry: Json, standing: Evaluation | None) -> bool:
    """Whether a school's position of that day is another one by now."""
    if standing is None:
        return bool(entry["evaluation_id"])
    scores = None if standing.scores is None else dict(standing.scores)
    return (entry["evaluation_id"], entry["scores"]) != (standing.id, scores)


def _school_entry(day: SnapshotDay, school: School) -> Json:
    window = window_on(day.on, "term")
    standing = standing_on(school, window)
    return {
        "kind": "school",
        "tenant": school.tenant,
        "urn": school.urn,
        "groups": dict(school.groups),
        "sequence": school.sequence,
        "status": position_on(school, window, None).status,
        "evaluation_id": None if standing is None else standing.id,
        "completed_on": None if standing is None else standing.completed_on.isoformat(),
        "framework": None if standing is None else standing.framework,
        "scores": None if standing is None or standing.scores is None else dict(standing.scores),
        "shared_with": [] if standing is None else list(standing.shared_with),
    }


def _told(day: SnapshotDay, schools: Sequence[School]) -> list[Json]:
    window = window_on(day.on, "term")
    return [
        {
            "kind": "together",
            "audience": audience.name,
            "figures": told_together(audience, [position_on(s, window, audience) for s in schools]),
        }
        for audience in AUDIENCES
    ]
