"""Given what a school has, when it submits an evaluation, then this is stored and told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import BENCHMARKS, EvaluationId, Urn
from services.audit.frameworks import frameworks
from services.audit.model.evaluation import (
    EVALUATIONS_A_YEAR,
    Evaluation,
    Recorded,
    SharingChanged,
    Stamp,
    Submission,
    Unchanged,
    check,
    complete,
)
from services.audit.model.scores import Points
from services.runtime.errors import ConflictError, InvalidError
from tests.audit.evaluations import submission

NOW = dt.datetime(2026, 6, 15, 10, 0, tzinfo=dt.UTC)
URN = Urn("136500")
CLOSED = "gatsby-2018 is for evaluations completed from 2018-01-01 to 2025-08-31"


def stamp(name: str) -> Stamp:
    return Stamp(EvaluationId(name), "gatsby-2025.1", NOW)


def history(*submissions: Submission) -> list[Evaluation]:
    """Complete submissions one after the other and keep what is stored, by the order of arrival."""
    stored: dict[str, Evaluation] = {}
    for number, given_one in enumerate(submissions, 1):
        outcome = complete(given_one, list(stored.values()), stamp(f"evaluation-{number}"))
        stored[outcome.evaluation.id] = outcome.evaluation
        if isinstance(outcome, Recorded) and outcome.superseded is not None:
            stored[outcome.superseded.id] = outcome.superseded
    return list(stored.values())


def problems_of(refused: InvalidError) -> dict[str, str]:
    return {problem.where: problem.reason for problem in refused.problems}


def test_the_first_evaluation_of_a_year_stands() -> None:
    outcome = complete(submission(), [], stamp("first-one"))

    assert isinstance(outcome, Recorded)
    assert outcome.superseded is None
    assert outcome.evaluation.state == "completed"
    assert outcome.evaluation.number == 1
    assert outcome.evaluation.framework_version == "gatsby-2025.1"


def test_the_same_content_is_the_same_evaluation_unchanged() -> None:
    known = history(submission())

    assert complete(submission(), known, stamp("another")) == Unchanged(known[0])


def test_a_later_evaluation_supersedes_the_one_that_stood() -> None:
    known = history(submission("2025-12-05"))

    outcome = complete(submission("2026-03-12"), known, stamp("spring-one"))

    assert outcome == Recorded(
        outcome.evaluation,
        replace(known[0], state="superseded", superseded_by=EvaluationId("spring-one")),
    )
    assert outcome.evaluation.state == "completed"


def test_a_correction_of_the_same_day_supersedes_what_it_corrects() -> None:
    known = history(submission())

    outcome = complete(submission(points={"gb1": Points(14, 17)}), known, stamp("corrected"))

    assert isinstance(outcome, Recorded)
    assert outcome.superseded is not None
    assert outcome.superseded.id == known[0].id


def test_one_that_arrives_late_is_history_at_once() -> None:
    known = history(submission("2026-03-12"))

    outcome = complete(submission("2025-12-05"), known, stamp("late-one"))

    assert outcome == Recorded(outcome.evaluation)
    assert outcome.evaluation.state == "superseded"
    assert outcome.evaluation.superseded_by == known[0].id


def test_a_superseded_evaluation_that_is_sent_again_stays_superseded() -> None:
    known = history(submission("2025-12-05"), submission("2026-03-12"))

    outcome = complete(submission("2025-12-05"), known, stamp("again-sent"))

    assert isinstance(outcome, Unchanged)
    assert outcome.evaluation.state == "superseded"


def test_sharing_a_known_evaluation_is_telling_it_again_with_its_scores() -> None:
    known = history(submission(shared=False))

    outcome = complete(submission(shared=True), known, stamp("another"))

    assert isinstance(outcome, SharingChanged)
    assert outcome.evaluation.id == known[0].id
    assert outcome.evaluation.told(URN).scores is not None
    assert known[0].told(URN).scores is None


def test_sharing_of_a_superseded_evaluation_cannot_change() -> None:
    known = history(submission("2025-12-05"), submission("2026-03-12"))

    with pytest.raises(ConflictError, match="has been superseded"):
        complete(submission("2025-12-05", shared=False), known, stamp("another"))


def test_there_is_an_end_to_a_years_evaluations() -> None:
    known = history(submission())
    many = [
        replace(known[0], submission=submission(points={"gb7": Points(0, n)}))
        for n in range(1, EVALUATIONS_A_YEAR + 1)
    ]

    with pytest.raises(ConflictError, match="100 evaluations"):
        complete(submission(points={"gb7": Points(0, 999)}), many, stamp("one-more"))


days = st.dates(dt.date(2025, 9, 1), dt.date(2026, 6, 15)).map(dt.date.isoformat)
some_submissions = st.lists(
    st.builds(
        lambda day, points: submission(day, points={"gb1": Points(points, 17)}), days, st.integers(0, 3)
    ),
    min_size=1,
    max_size=12,
)


@given(some_submissions)
def test_whatever_the_order_the_latest_evaluation_stands_alone(submissions: list[Submission]) -> None:
    stored = history(*submissions)

    standing = [evaluation for evaluation in stored if evaluation.state == "completed"]
    latest = max(stored, key=lambda e: (e.submission.completed_on, e.number))
    assert standing == [latest]
    assert {e.submission.content for e in stored} == {s.content for s in submissions}
    assert all(e.superseded_by in {other.id for other in stored} - {e.id} for e in stored if e != latest)


def test_what_is_told_are_the_scores_of_what_applies() -> None:
    evaluation = complete(submission(points={"gb7": Points(0, 0)}), [], stamp("told-one")).evaluation

    told = evaluation.told(URN)

    assert (told.urn, told.evaluation_id, told.academic_year) == (URN, "told-one", "2025/26")
    assert told.scores is not None
    assert {score.benchmark: score.score_percent for score in told.scores} == {
        "gb1": 76, "gb2": 100, "gb3": 72, "gb4": 87, "gb5": 100, "gb6": 100, "gb8": 62,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("framework", "day"),
    [
        ("gatsby-2025", "2025-09-01"),
        ("gatsby-2025", "2026-06-15"),
        ("gatsby-2018", "2025-08-31"),
        ("gatsby-2018", "2018-01-01"),
    ],
)
def test_an_evaluation_in_its_frameworks_time_is_accepted(framework: str, day: str) -> None:
    given_one = replace(submission(day), framework=framework)  # type: ignore[arg-type]  # parametrised literal

    assert check(given_one, frameworks(), NOW).framework == framework


@pytest.mark.parametrize(
    ("framework", "day", "reason"),
    [
        (
            "gatsby-2018",
            "2025-09-01",
            f"{CLOSED}, use gatsby-2025 for that day",
        ),
        (
            "gatsby-2025",
            "2025-08-31",
            "gatsby-2025 is for evaluations completed from 2025-09-01 on, use gatsby-2018 for that day",
        ),
        (
            "gatsby-2018",
            "2017-12-31",
            f"{CLOSED}, there is no framework for that day",
        ),
    ],
)
def test_an_evaluation_outside_its_frameworks_time_is_refused(framework: str, day: str, reason: str) -> None:
    given_one = replace(submission(day), framework=framework)  # type: ignore[arg-type]  # parametrised literal

    with pytest.raises(InvalidError) as refused:
        check(given_one, frameworks(), NOW)

    assert problems_of(refused.value) == {"framework": reason}


def test_an_evaluation_of_tomorrow_is_refused() -> None:
    with pytest.raises(InvalidError) as refused:
        check(submission("2026-06-16"), frameworks(), NOW)

    assert "is in the future" in problems_of(refused.value)["completed_on"]


def test_after_midnight_in_england_it_is_today() -> None:
    just_after_midnight = dt.datetime(2026, 6, 15, 23, 30, tzinfo=dt.UTC)

    assert check(submission("2026-06-16"), frameworks(), just_after_midnight)


def test_everything_that_does_not_fit_is_listed_at_once() -> None:
    spoilt = submission("2026-06-16", framework="gatsby-2018", points={"gb3": Points(12, 11)})
    without_gb5 = dict(spoilt.points)
    del without_gb5["gb5"]

    with pytest.raises(InvalidError) as refused:
        check(replace(spoilt, points=without_gb5), frameworks(), NOW)

    assert set(problems_of(refused.value)) == {
        "benchmarks.gb3.points", "benchmarks.gb5", "completed_on", "framework",
    }  # fmt: skip


def test_an_evaluation_of_which_nothing_applies_is_refused() -> None:
    nothing = submission(points={benchmark: Points(0, 0) for benchmark in BENCHMARKS})

    with pytest.raises(InvalidError) as refused:
        check(nothing, frameworks(), NOW)

    assert "none applies" in problems_of(refused.value)["benchmarks"]


def test_a_setting_that_the_framework_does_not_have_is_refused() -> None:
    known = dict(frameworks())
    for_schools = {"school": known["gatsby-2025"].settings["school"]}
    known["gatsby-2025"] = known["gatsby-2025"].model_copy(update={"settings": for_schools})

    with pytest.raises(InvalidError) as refused:
        check(replace(submission(), setting="college"), known, NOW)

    assert problems_of(refused.value) == {"setting": "gatsby-2025 has none of this kind, only school"}
