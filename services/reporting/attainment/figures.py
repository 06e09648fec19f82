"""Every published figure of attainment by a name of its own, to be counted again and shown side by side.

A name says the day, what is counted on it, and the figure: `attainment.2026-03-31.term.scores.gb5`. Whose it
is, the subject says: a school's URN, or `hub:` and an audience.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

from services.reporting.attainment.model.position import Json
from services.reporting.attainment.model.question import Question

Figures = dict[str, Any]
PREFIX: Final = "attainment"
_PARTS: Final = 4
"""`attainment`, the day, what is counted, and the rest."""


def hub_subject(audience: str) -> str:
    """Name the Hub as an audience sees it."""
    return f"hub:{audience}"


def prefix_of(question: Question) -> str:
    """Begin the names of a day's figures."""
    return f"{PREFIX}.{question.on.isoformat()}.{question.counting}"


def question_of(name: str) -> Question | None:
    """Read the day of a figure from its name; None for a name that is none."""
    parts = name.split(".", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != PREFIX or parts[2] not in {"term", "year"}:
        return None
    try:
        on = dt.date.fromisoformat(parts[1])
    except ValueError:
        return None
    return Question(on, "term" if parts[2] == "term" else "year")


def row_figures_of(row: Json, question: Question) -> Figures:
    """Name a school's figures."""
    prefix = prefix_of(question)
    if row["status"] == "no_data_yet":
        return {}
    figures: Figures = {
        f"{prefix}.status": row["status"],
        f"{prefix}.last_completed_on": row["last_completed_on"],
    }
    evaluation = row["evaluation"]
    if evaluation is not None:
        figures[f"{prefix}.framework"] = evaluation["framework"]
        figures[f"{prefix}.achieved_count"] = evaluation["achieved_count"]
        figures |= {f"{prefix}.scores.{name}": score for name, score in evaluation["scores"].items()}
    for since, moved in row["movement"].items():
        if moved is not None and not moved["series_break"]:
            figures |= {f"{prefix}.{since}.{name}": points for name, points in moved["points"].items()}
        elif moved is not None:
            figures[f"{prefix}.{since}.series_break"] = True
    for status, number in (row["plan"] or {}).items():
        if number:
            figures[f"{prefix}.plan.{status}"] = number
    return figures


def together_figures_of(together: Sequence[Json], prefix: str) -> Figures:
    """Name what schools come to together, framework by framework."""
    return dict(_together(together, prefix))


def movement_figures_of(movement: Json | None, prefix: str) -> Figures:
    """Name what the Hub's schools moved by since the days before; nothing where it is not shown."""
    figures: Figures = {}
    for since, moved in (movement or {}).items():
        figures[f"{prefix}.{since}.schools_across_the_break"] = moved["schools_across_the_break"]
        for change in moved["changes"]:
            of = f"{prefix}.{since}.{change['framework']}"
            figures[f"{of}.schools"] = change["schools"]
            figures[f"{of}.mean_achieved"] = change["mean_achieved"]
            points = change["achieving_percent_points"]
            figures |= {f"{of}.{benchmark}": found for benchmark, found in points.items()}
    return figures


def _together(together: Sequence[Json], prefix: str) -> Iterator[tuple[str, Any]]:
    for found in together:
        of = f"{prefix}.{found['framework']}"
        yield f"{of}.schools", found["schools"]
        yield f"{of}.mean_achieved", found["mean_achieved"]
        for benchmark, cell in found["benchmarks"].items():
            for what, value in cell.items():
                yield f"{of}.{benchmark}.{what}", value
        for level, number in found["levels"].items():
            yield f"{of}.levels.{level}", number
