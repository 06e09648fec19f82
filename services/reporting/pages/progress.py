"""What moved since the last term snapshot and a year ago, for people; a break in the series as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts.vocabulary import BENCHMARKS
from services.reporting.pages.wording import FRAMEWORKS, benchmark_title

SINCE: Final = {"since_last_snapshot": "the last term snapshot", "since_last_year": "a year ago"}


def movements(movement: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Lay out what the Hub's schools moved by; of none where it may not be shown."""
    if movement is None:
        return []
    return [_movement(SINCE[name], movement[name]) for name in SINCE]


def since_snapshot(row: Mapping[str, Any]) -> str:
    """Say in a few words what moved at a school since the last term snapshot."""
    return school_movement(row["movement"]["since_last_snapshot"])


def school_movement(moved: Mapping[str, Any] | None) -> str:
    """Say in a few words what moved at a school; a dash unless it reported on both days."""
    if moved is None:
        return "–"
    if moved["series_break"]:
        return "Other framework"
    parts = []
    if moved["gained"]:
        parts.append("+ " + ", ".join(one.upper() for one in moved["gained"]))
    if moved["lost"]:
        parts.append("− " + ", ".join(one.upper() for one in moved["lost"]))
    return "; ".join(parts) or "No change"


def signed(value: float | str) -> str:
    """Write a difference with its sign; a symbol stays as it is."""
    if isinstance(value, str):
        return value
    return f"+{value:g}" if value > 0 else f"{value:g}".replace("-", "−")


def _movement(words: str, moved: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "words": words,
        "since": moved["since"],
        "series_break": moved["series_break"],
        "across": moved["schools_across_the_break"],
        "changes": [
            {
                "framework": FRAMEWORKS.get(change["framework"], change["framework"]),
                "schools": change["schools"],
                "mean": signed(change["mean_achieved"]),
                "rows": [
                    (benchmark_title(name), signed(change["achieving_percent_points"][name]))
                    for name in BENCHMARKS
                ],
            }
            for change in moved["changes"]
        ],
    }
