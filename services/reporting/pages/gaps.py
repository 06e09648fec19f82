"""What to do next in a Hub: what is missing, said so that somebody can act on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary import CREDITED_BENCHMARKS
from services.reporting.pages.wording import benchmark_title
from services.reporting.reach.model.world import Row

MOST_NAMED: Final = 5
"""More names than that are a list for the table, and not for a screen."""
LEAST_COVERED: Final = 2
"""How many benchmarks are named as those that reach fewest pupils."""
TABLES: Final = "/reporting/tables"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something to do: what, of whom, and where to look."""

    what: str
    names: tuple[str, ...]
    more: int
    href: str
    link: str


def gaps_of(
    report: Mapping[str, Any],
    positions: Sequence[Mapping[str, Any]],
    coverage: Sequence[Mapping[str, Any]],
    advisers: Sequence[Row],
    matches: Sequence[Row],
) -> list[Gap]:
    """List what is missing, in the order in which to see to it."""
    without_roll = [school["name"] for school in coverage if school["on_roll"] == "x"]
    unadvised = [str(row["name"]) for row in advisers if row["with_adviser"] == 0]
    unevaluated = [r["name"] for r in positions if r["status"] in {"no_data_yet", "not_reported"}]
    unshared = [row["name"] for row in positions if row["status"] == "not_shared"]
    unmet = [row for row in matches if isinstance(row["slots_unmet"], int) and row["slots_unmet"] > 0]
    slots = sum(int(row["slots_unmet"]) for row in unmet)
    found = [
        _gap(
            without_roll,
            "{} without a roll this year: ask the Careers Leader to import it",
            ("data-quality", "Freshness and quality"),
        ),
        _gap(
            unevaluated,
            "{} without an evaluation this year: agree a date for one",
            ("#scores", "Scores"),
        ),
        _gap(
            unshared,
            "{} not sharing its scores with you: ask whether they may",
            ("#scores", "Scores"),
        ),
        _gap(unadvised, "{} without an active Enterprise Adviser", ("advisers", "Enterprise Advisers")),
        _gap(
            [str(row["name"]) for row in unmet],
            f"{{}} with needs that no employer has taken up yet: {slots:,} encounters",
            ("matches", "Matches and needs"),
        ),
    ]
    return [*(gap for gap in found if gap is not None), *_least_covered(report)]


def _gap(names: Sequence[str], words: str, table: tuple[str, str]) -> Gap | None:
    if not names:
        return None
    count = f"{len(names)} school" + ("" if len(names) == 1 else "s")
    name, link = table
    href = name if name.startswith("#") else f"{TABLES}/{name}"
    return Gap(words.format(count), tuple(names[:MOST_NAMED]), max(0, len(names) - MOST_NAMED), href, link)


def _least_covered(report: Mapping[str, Any]) -> list[Gap]:
    cells = report["totals"]["benchmarks"]
    known = [
        (cells[name]["coverage_percent"], name)
        for name in CREDITED_BENCHMARKS
        if isinstance(cells[name]["coverage_percent"], int)
    ]
    if not known:
        return []
    least = sorted(known)[:LEAST_COVERED]
    names = tuple(f"{benchmark_title(name)} ({percent}%)" for percent, name in least)
    what = "Benchmarks that reach fewest pupils of the Hub this year"
    return [Gap(what, names, 0, f"{TABLES}/coverage", "Pupils reached, by benchmark")]
