"""The Hub's shares beside England's: bars with a mark, and the table behind them.

England's latest figures are of an earlier framework until newer ones are published: then that is said, and
the two are never one series (domain rule 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from contracts.vocabulary import BENCHMARKS
from services.national import national_reference
from services.reporting.pages.wording import BENCHMARK_SHORT, FRAMEWORKS, benchmark_title
from services.web.charts import bar_chart
from services.web.words import number, percent

ALL_EIGHT: Final = len(BENCHMARKS)


def comparisons(together: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Set each framework's figures beside England's latest."""
    return [_comparison(found) for found in together]


def _comparison(found: Mapping[str, Any]) -> dict[str, Any]:
    reference = national_reference()
    national = reference.shares.achieving_percent
    framework = found["framework"]
    shares = {name: found["benchmarks"][name]["achieving_percent"] for name in BENCHMARKS}
    chart = bar_chart(
        f"Schools that achieve each benchmark, {FRAMEWORKS.get(framework, framework)}",
        [
            (
                f"{name.upper()} {BENCHMARK_SHORT[name]}",
                None if isinstance(share, str) else int(share),
                percent(share),
            )
            for name, share in shares.items()
        ],
        marks=[int(national[name]) for name in BENCHMARKS],
    )
    return {
        "framework": FRAMEWORKS.get(framework, framework),
        "key": framework,
        "schools": found["schools"],
        "mean": number(found["mean_achieved"]),
        "all_eight": number(found["levels"]["all_eight"]),
        "chart": chart,
        "rows": [
            (
                benchmark_title(name),
                number(found["benchmarks"][name]["achieving"]),
                number(found["benchmarks"][name]["applicable"]),
                percent(shares[name]),
                percent(national[name]),
            )
            for name in BENCHMARKS
        ],
        "national_year": reference.shares.academic_year,
        "national_mean": number(reference.mean.mean_achieved),
        "national_mean_year": reference.mean.academic_year,
        "national_sources": reference.sources,
        "series_break": framework not in {reference.shares.framework, reference.mean.framework}
        or reference.shares.framework != reference.mean.framework,
        "national_framework": FRAMEWORKS.get(reference.shares.framework, reference.shares.framework),
    }
