"""Recount of advisers, matches and needs, from the payloads that `employers` told; see `reach.py`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

Json = dict[str, Any]
Figures = dict[tuple[str, ...], Any]
STATES: Final = ("proposed", "introduced", "active", "paused")
TAKEN: Final = frozenset({"accepted", "confirmed", "completed"})
"""A match in one of these takes a slot of its need."""


def count_advisers(schools: Sequence[Iterable[Json]], first: str, last: str) -> Figures:
    """Count the relationships of some schools with their advisers; days are ISO text."""
    standing: Counter[str] = Counter()
    tenures: list[int] = []
    waits: list[int] = []
    with_adviser = at_work = ended = 0
    for events in schools:
        stories = _stories(events)
        now = [_on(story, last) for story in stories]
        standing.update(state for state in now if state)
        with_adviser += "active" in now
        for story, state in zip(stories, now, strict=True):
            began, end = _began(story), _ended(story)
            if began is None or began > last:
                continue
            if state != "ended":
                tenures.append(_days(began, last))
            if end is None or end >= first:
                at_work += 1
                ended += end is not None and end <= last
            if began >= first:
                others = [
                    e for s in stories if s is not story and (e := _ended(s)) is not None and e <= began
                ]
                waits.append(_days(min([story[0]["since"], *([max(others)] if others else [])]), began))
    figures: Figures = {("advisers", state): standing[state] for state in STATES}
    counts = {
        "schools": len(schools),
        "with_adviser": with_adviser,
        "with_adviser_percent": _percent(with_adviser, len(schools)),
        "at_work": at_work,
        "ended": ended,
        "churn_percent": _percent(ended, at_work),
        "tenure_days": _middle(tenures),
        "days_to_match": _middle(waits),
    }
    return figures | {("advisers", column): value for column, value in counts.items()}


def count_matches(schools: Sequence[Iterable[Json]], year: str) -> Figures:
    """Count matches of the year's rounds by state, and open needs with what of them is met."""
    figures: Figures = {}
    first, last = f"{year[:4]}-09-01", f"{int(year[:4]) + 1}-08-31"
    counts: Counter[str] = Counter()
    for events in schools:
        known = list(events)
        needs = {e["need_id"]: e for e in known if e["type"] == "employers.need.raised.v1"}
        matches = {e["match_id"]: e for e in known if e["type"] == "employers.match.changed.v1"}
        counts.update(m["state"] for m in matches.values() if first <= m["round_ends_on"] <= last)
        for identity, need in needs.items():
            if need["state"] == "open":
                agreed = [m for m in matches.values() if m["state"] in TAKEN]
                met = min(need["slots"], sum(1 for m in agreed if m["need_id"] == identity))
                counts.update(
                    needs_open=1, slots_open=need["slots"], slots_met=met, slots_unmet=need["slots"] - met
                )
    figures |= {("matches", column): value for column, value in counts.items()}
    return figures


def _stories(events: Iterable[Json]) -> list[list[Json]]:
    stories: dict[str, list[Json]] = {}
    for event in events:
        stories.setdefault(event["relationship_id"], []).append(event)
    return list(stories.values())


def _on(story: Sequence[Json], day: str) -> str | None:
    states = [event["state"] for event in story if event["since"] <= day]
    return states[-1] if states else None


def _began(story: Sequence[Json]) -> str | None:
    days = [event["since"] for event in story if event["state"] == "active"]
    return days[0] if days else None


def _ended(story: Sequence[Json]) -> str | None:
    return story[-1]["since"] if story[-1]["state"] == "ended" else None


def _days(first: str, last: str) -> int:
    return (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days


def _percent(part: int, of: int) -> int | str:
    return part * 100 // of if of else "z"


def _middle(lengths: list[int]) -> int | str:
    return sorted(lengths)[(len(lengths) - 1) // 2] if lengths else "z"
