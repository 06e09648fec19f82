"""Snapshots, comparison and national figures, without a store."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from importlib.resources import files
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.audit import HUB_READERS
from contracts.vocabulary import BENCHMARKS, AcademicYear, EvaluationId
from services.audit.model.comparison import compare, previous_of
from services.audit.model.evaluation import Evaluation
from services.audit.model.snapshot import snapshots
from services.audit.store.evaluations import from_document, to_document
from services.national import national_figures, national_reference, read_figures
from tests.audit.evaluations import submission

TODAY = dt.date(2026, 9, 15)
YEAR = AcademicYear("2025/26")


def evaluation(completed_on: str, number: int = 1, recorded_at: str | None = None) -> Evaluation:
    at = dt.datetime.fromisoformat(f"{recorded_at or completed_on}T12:00:00+00:00")
    return Evaluation(
        EvaluationId(f"evaluation-{number}"),
        number,
        submission(completed_on),
        "gatsby-2025.1",
        at,
        "completed",
    )


# Domain §10.4: the sum of the shares that achieve each benchmark is the mean number achieved.
@pytest.mark.parametrize(
    ("academic_year", "mean"), [("2017/18", 2.133), ("2018/19", 3.01), ("2022/23", 5.496)]
)
def test_the_national_identity_holds(academic_year: str, mean: float) -> None:
    [found] = [
        row
        for row in national_figures()
        if row.academic_year == academic_year and row.area == "England" and row.achieving_percent
    ]

    assert sum(found.achieving_percent.values()) / 100 == pytest.approx(mean, abs=0.001)
    assert found.mean_achieved == pytest.approx(mean, abs=0.015)
    assert set(found.achieving_percent) == set(BENCHMARKS)


def test_the_reference_is_the_latest_year_of_the_country_with_shares_and_with_a_mean() -> None:
    found = national_reference()

    assert (found.shares.academic_year, found.shares.area) == ("2022/23", "England")
    assert (found.mean.academic_year, found.mean.mean_achieved, found.mean.institutions) == (
        "2024/25",
        5.96,
        4863,
    )
    assert len(found.sources) == 3


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda row: row["achieving_percent"].update(gb1=101), "achieving_percent.gb1"),
        (lambda row: row["achieving_percent"].pop("gb1"), "gb1 missing"),
        (
            lambda row: (row["achieving_percent"].clear(), row.pop("mean_achieved")),
            "neither shares nor a mean",
        ),
        (lambda row: row.update(mean_achieved=9), "mean_achieved"),
        (lambda row: row.update(sources=["hearsay"]), "source 'hearsay'"),
        (lambda row: row.update(sources=["sotn-2018-news"]), "'sotn-2018'"),
    ],
)
def test_figures_that_make_no_sense_are_refused(spoil: Callable[[Any], object], message: str) -> None:
    file = json.loads(files("services.national").joinpath("reference-figures.json").read_text("utf-8"))
    spoil(next(row for row in file["figures"] if row["academic_year"] == "2017/18"))

    with pytest.raises(ValueError, match=message):
        read_figures(json.dumps(file))


def test_there_are_no_national_figures_of_the_updated_benchmarks_yet() -> None:
    assert {row.framework for row in national_figures()} == {"gatsby-2018"}


@pytest.mark.parametrize(
    ("completed_on", "reported"),
    [
        ("2025-09-01", [True, False, False]),
        ("2025-12-31", [True, False, False]),
        ("2026-01-01", [False, True, False]),
        ("2026-03-31", [False, True, False]),
        ("2026-04-01", [False, False, True]),
        ("2026-07-31", [False, False, True]),
        ("2026-08-01", [False, False, False]),
    ],
)
def test_an_evaluation_is_reported_in_its_own_term_alone(completed_on: str, reported: list[bool]) -> None:
    found = snapshots([evaluation(completed_on)], YEAR, TODAY, None)

    assert [snapshot.status == "reported" for snapshot in found] == reported
    assert not any(snapshot.restated for snapshot in found)


def test_a_correction_of_the_same_day_is_the_position() -> None:
    first, corrected = evaluation("2025-12-05", 1), evaluation("2025-12-05", 2, "2026-02-01")

    (autumn, *_) = snapshots([corrected, first], YEAR, TODAY, None)

    assert (autumn.evaluation, autumn.restated) == (corrected, True)


days = st.dates(dt.date(2025, 9, 1), dt.date(2026, 8, 31))


@given(st.lists(st.tuples(days, days), max_size=8), st.randoms())
def test_snapshots_do_not_depend_on_the_order_of_arrival_in_the_list(
    made: list[tuple[dt.date, dt.date]], dice: Random
) -> None:
    evaluations = [
        evaluation(completed.isoformat(), number, max(completed, recorded).isoformat())
        for number, (completed, recorded) in enumerate(made, 1)
    ]
    expected = snapshots(evaluations, YEAR, TODAY, None)
    dice.shuffle(evaluations)

    assert snapshots(evaluations, YEAR, TODAY, None) == expected
    for snapshot in expected:
        in_term = [e for e in evaluations if _term_of(e) == snapshot.term]
        assert (snapshot.status == "reported") == bool(in_term)
        if in_term:
            assert snapshot.evaluation is not None
            latest = max(e.submission.completed_on for e in in_term)
            assert snapshot.evaluation.submission.completed_on == latest


def _term_of(found: Evaluation) -> str | None:
    month = found.submission.completed_on.month
    if month >= 9:
        return "autumn"
    return "spring" if month <= 3 else "summer" if month <= 7 else None


def test_the_previous_evaluation_is_the_last_one_completed_before() -> None:
    first, second, third = (
        evaluation("2025-10-01", 1),
        evaluation("2025-12-05", 2),
        evaluation("2026-03-12", 3),
    )

    assert previous_of(third, [third, first, second]) == second
    assert previous_of(first, [third, first, second]) is None
    assert compare(first, None).changes == ()


@pytest.mark.parametrize(("was_shared", "readers"), [(True, HUB_READERS), (False, ())])
def test_an_evaluation_that_release_0_1_stored_is_read_as_it_was_meant(
    was_shared: bool,  # noqa: FBT001 - a column of the table
    readers: tuple[str, ...],
) -> None:
    document = to_document(evaluation("2025-12-05"))
    for name in ("shared_with", "criteria", "sheet"):
        del document[name]

    read = from_document(document | {"shared_with_hub": was_shared})

    assert read.submission.shared_with == readers
    assert (read.submission.criteria, read.submission.sheet) == ({}, None)
    assert read.submission.content == document["content"]
