"""What is told to those who see no single school: the Hub's picture of a term snapshot, and no other day.

They may be at a school themselves and know its scores, and they know these rules. So a figure is told only
where even then each school may have achieved the benchmark or not: of four schools or more, with two or more
on either side. Settings are told only if every one of them can be. There is no mean beside shares that are
withheld. Of days between snapshots nothing is told: the day before and the day after a school's evaluation
would be that school's scores. Evaluations of two terms are never the same one, so nothing can be worked out
from two snapshots either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from contracts.vocabulary import BENCHMARKS
from services.reporting.attainment.model.aggregate import Tally, floored, share, tallies
from services.reporting.attainment.model.position import Evaluation, Json, Position
from services.reporting.model.suppression import CONFIDENTIAL

FEWEST_WITH_AN_INSIDER: Final = 4
"""Three others at least remain for whoever knows one school's scores (domain §9.4)."""
FEWEST_EITHER_SIDE: Final = 2
"""One school that achieves, or does not, knows by its own what all the others are."""


def told_to_everyone(positions: Sequence[Position]) -> list[Json]:
    """Put together, framework by framework, what everybody may be told of these positions."""
    by_setting: dict[str, list[Evaluation]] = {}
    for found in positions:
        if found.evaluation is not None:
            by_setting.setdefault(found.school.groups["setting"], []).append(found.evaluation)
    everywhere = [one for found in by_setting.values() for one in found]
    settings = {setting: {t.framework: t for t in tallies(found)} for setting, found in by_setting.items()}
    return [
        {
            **_shown(tally),
            "settings": _settings(
                {
                    setting: found[tally.framework]
                    for setting, found in sorted(settings.items())
                    if tally.framework in found
                }
            ),
        }
        for tally in tallies(everywhere)
    ]


def _shown(tally: Tally) -> Json:
    cells = {benchmark: _cell(tally, benchmark) for benchmark in BENCHMARKS}
    whole = all(cell != CONFIDENTIAL for cell in cells.values())
    return {
        "framework": tally.framework,
        "schools": tally.schools if tally.schools >= FEWEST_WITH_AN_INSIDER else CONFIDENTIAL,
        "achieving_percent": cells,
        "mean_achieved": floored(tally.achievements, tally.schools) if whole else CONFIDENTIAL,
    }


def _settings(by_setting: Mapping[str, Tally]) -> Json | None:
    """Show each setting, benchmark by benchmark where it can be told of all of them; None of one alone."""
    if len(by_setting) < 2:  # noqa: PLR2004 - the only setting is the whole
        return None
    if any(tally.schools < FEWEST_WITH_AN_INSIDER for tally in by_setting.values()):
        return None
    told = {
        benchmark: all(_cell(tally, benchmark) != CONFIDENTIAL for tally in by_setting.values())
        for benchmark in BENCHMARKS
    }
    return {
        setting: {
            "schools": tally.schools,
            "achieving_percent": {
                benchmark: _cell(tally, benchmark) if told[benchmark] else CONFIDENTIAL
                for benchmark in BENCHMARKS
            },
        }
        for setting, tally in by_setting.items()
    }


def _cell(tally: Tally, benchmark: str) -> float | str:
    applicable, achieving = tally.applicable[benchmark], tally.achieving[benchmark]
    if applicable < FEWEST_WITH_AN_INSIDER:
        return CONFIDENTIAL
    if min(achieving, applicable - achieving) < FEWEST_EITHER_SIDE:
        return CONFIDENTIAL
    return share(achieving, applicable)
