"""The sections of the governor pack that show figures: the school's own scores, and the national reference.

A score is a share of a benchmark's points; the national figure is a share of schools. They stand in different
sections, each in a table with its own heading, so that nobody reads one against the other (domain §2.5, rule
1). Across a change of framework nothing is subtracted (rule 4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import BENCHMARKS, AcademicYear, Benchmark
from services.audit.model.days import spoken
from services.audit.model.paper import Bar, BarChart, Block, Cell, Section, Table, Text
from services.national.figures import NationalFigures, NationalReference

NOT_APPLICABLE: Final = "does not apply"


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """A benchmark's score in per cent and whether it is achieved; None where it does not apply."""

    percent: int | None
    achieved: bool | None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A completed evaluation as the pack shows it."""

    completed_on: dt.date
    academic_year: AcademicYear
    framework: str
    framework_title: str
    names: Mapping[Benchmark, str]
    results: Mapping[Benchmark, BenchmarkResult]

    @property
    def achieved(self) -> int:
        """How many benchmarks are achieved."""
        return sum(result.achieved is True for result in self.results.values())

    @property
    def applicable(self) -> int:
        """How many benchmarks apply."""
        return sum(result.percent is not None for result in self.results.values())


def evaluation_section(latest: Evaluated | None, previous: Evaluated | None) -> Section:
    """Show the latest completed evaluation, and what has changed since the one before."""
    heading = "Where the programme stands"
    if latest is None:
        return Section("evaluation", heading, (Text("No evaluation has been completed yet."),))
    blocks: list[Block] = [
        Text(
            f"{latest.achieved} of {latest.applicable} benchmarks that apply are achieved, in the evaluation "
            f"of {spoken(latest.completed_on)} ({latest.academic_year}, {latest.framework_title})."
        ),
        Text(
            "A score is the share of a benchmark's points that the school has, rounded down. A benchmark is "
            "achieved only at 100%: 94% is not achieved."
        ),
        BarChart(
            title="Score by benchmark",
            description="One bar for each benchmark, from 0 to 100%. The table below has the same figures.",
            bars=[_bar(benchmark, latest) for benchmark in BENCHMARKS],
            marked_as="achieved",
        ),
    ]
    if previous is None:
        blocks.append(Text("There is no earlier evaluation to compare with."))
    elif previous.framework == latest.framework:
        blocks.append(
            Text(
                f"The evaluation before is of {spoken(previous.completed_on)}: {previous.achieved} of "
                f"{previous.applicable} benchmarks were achieved."
            )
        )
    else:
        blocks.append(
            Text(
                f"Break in the series: the evaluation before, of {spoken(previous.completed_on)}, was made "
                f"against another framework ({previous.framework_title}). Its scores are shown, and no "
                "change is worked out: the two do not measure the same.",
                warning=True,
            )
        )
    blocks.append(_scores_table(latest, previous))
    return Section("evaluation", heading, tuple(blocks))


def national_section(national: NationalReference, latest: Evaluated | None) -> Section:
    """Show how many schools achieve each benchmark, apart from the school's own scores."""
    shares, names = national.shares, {} if latest is None else latest.names
    rows: list[tuple[Cell, ...]] = [
        (name_of(benchmark, names), f"{shares.achieving_percent[benchmark]}% of schools")
        for benchmark in BENCHMARKS
    ]
    blocks: list[Block] = [
        Text(
            "These are shares of schools, not scores. 80% here means that 80 of 100 schools achieve the "
            "benchmark in full; it must not be compared with a score of 80%.",
            warning=True,
        ),
        Table(
            f"Share of schools that achieve each benchmark, {shares.area}, {shares.academic_year}",
            ("Benchmark", "Share of schools that achieve this benchmark"),
            rows,
            frozenset({1}),
        ),
        Text(_mean(national.mean)),
    ]
    if latest is not None and latest.framework != shares.framework:
        blocks.append(
            Text(
                f"These figures are of the framework before ({shares.framework}): a break in the series "
                "lies between them and the school's evaluation.",
                warning=True,
            )
        )
    note = "" if shares.note is None else f"{shares.note} "
    blocks.append(Text(f"{note}Sources: {'; '.join(national.sources)}."))
    return Section("national", "National reference: how many schools achieve each benchmark", tuple(blocks))


def _mean(row: NationalFigures) -> str:
    counted = "" if row.institutions is None else f" ({row.institutions:,} institutions)"
    return (
        f"On average an institution achieved {row.mean_achieved} of eight benchmarks in "
        f"{row.academic_year}{counted}."
    )


def _bar(benchmark: Benchmark, latest: Evaluated) -> Bar:
    result = latest.results[benchmark]
    return Bar(name_of(benchmark, latest.names), result.percent, result.achieved is True)


def _scores_table(latest: Evaluated, previous: Evaluated | None) -> Table:
    columns = ["Benchmark", f"Score on {spoken(latest.completed_on)}", "Achieved"]
    if previous is not None:
        columns += [f"Score on {spoken(previous.completed_on)}", "Change in points of per cent"]
    rows = [tuple(_score_row(benchmark, latest, previous)) for benchmark in BENCHMARKS]
    return Table("The school's own scores", tuple(columns), rows, frozenset({1, 3, 4}))


def _score_row(benchmark: Benchmark, latest: Evaluated, previous: Evaluated | None) -> Iterable[Cell]:
    now = latest.results[benchmark]
    yield name_of(benchmark, latest.names)
    yield _percent(now.percent)
    yield NOT_APPLICABLE if now.achieved is None else "Yes" if now.achieved else "No"
    if previous is not None:
        before = previous.results[benchmark]
        yield _percent(before.percent)
        yield _change(now, before, same_series=previous.framework == latest.framework)


def _change(now: BenchmarkResult, before: BenchmarkResult, *, same_series: bool) -> str:
    if not same_series:
        return "break in series"
    if now.percent is None or before.percent is None:
        return NOT_APPLICABLE
    change = now.percent - before.percent
    lost = ", no longer achieved" if before.achieved and not now.achieved else ""
    return ("no change" if change == 0 else f"{'+' if change > 0 else '−'}{abs(change)}") + lost


def _percent(percent: int | None) -> str:
    return NOT_APPLICABLE if percent is None else f"{percent}%"


def name_of(benchmark: Benchmark, names: Mapping[Benchmark, str]) -> str:
    """Call a benchmark by its number and, where a framework says it, its name."""
    number = benchmark.removeprefix("gb")
    return f"{number}. {names[benchmark]}" if benchmark in names else f"Benchmark {number}"
