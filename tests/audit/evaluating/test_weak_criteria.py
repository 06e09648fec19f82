"""The plan begins where the evaluation is weak: by criterion where it is known, by benchmark where not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from contracts.audit import CriterionState
from contracts.vocabulary import EvaluationId
from services.audit.facts import resource_facts, suggested_actions
from services.audit.frameworks import frameworks, known_criteria
from services.audit.model.evaluation import Evaluation
from services.audit.model.framework import benchmark_of
from services.audit.model.scores import Points, scores_of
from services.audit.model.weak_criteria import weak_criteria
from services.audit.surveys import question_sets
from tests.audit.evaluating.conftest import Json, School
from tests.audit.evaluations import body, ladder_of, submission
from tests.conftest import NOW

FRAMEWORK: Final = frameworks()["gatsby-2025"]
ASKED: Final = [criterion.id for criterion in FRAMEWORK.criteria_in("school")]
STATES: Final[list[CriterionState]] = ["not_started", "in_progress", "achieved", "unscored", "not_applicable"]


def evaluation(**changes: object) -> Evaluation:
    sent = replace(submission(), **changes)  # type: ignore[arg-type]  # what a test says
    return Evaluation(EvaluationId("one"), 1, sent, FRAMEWORK.version, NOW, "completed")


@given(st.fixed_dictionaries({criterion: st.sampled_from(STATES) for criterion in ASKED}))
def test_weak_is_what_counts_and_is_not_achieved_the_weakest_first(states: dict[str, CriterionState]) -> None:
    kept = evaluation(criteria=states)
    percents = {score.benchmark: score.score_percent for score in scores_of(kept.submission.points)}

    found = [weak.criterion for weak in weak_criteria(kept, FRAMEWORK)]

    expected = [
        criterion
        for state in ("not_started", "in_progress")
        for percent in range(101)
        for criterion in ASKED
        if states[criterion] == state and percents[benchmark_of(criterion)] == percent
    ]
    assert found == expected


def test_an_evaluation_with_scores_alone_names_the_criteria_of_its_weak_benchmarks() -> None:
    found = weak_criteria(evaluation(), FRAMEWORK)

    assert {weak.state for weak in found} == {None}
    benchmarks = list(dict.fromkeys(benchmark_of(weak.criterion) for weak in found))
    assert benchmarks == ["gb8", "gb3", "gb1", "gb7", "gb4"]


def test_what_does_not_apply_is_not_weak() -> None:
    points = {**evaluation().submission.points, "gb8": Points(0, 0)}

    found = weak_criteria(evaluation(points=points), FRAMEWORK)

    assert "gb8" not in {benchmark_of(weak.criterion) for weak in found}


async def suggested(school: School) -> Json:
    return await school.do("GET", "/plan/suggestions")


async def test_without_an_evaluation_there_is_nothing_to_plan_from(school: School) -> None:
    shown = await suggested(school)

    assert (shown["evaluation"], shown["criteria"]) == (None, [])
    assert shown["note"] == "No evaluation has been completed yet."


async def test_what_was_answered_here_leads_to_suggestions_for_its_weak_criteria(school: School) -> None:
    weak = {
        part: ladder_of(FRAMEWORK, FRAMEWORK.by_part[part])[0]
        for part in ("gb1.2.tailored", "gb8.3.together")
    }
    page = await school.answered()
    answer = await school.answer(page, {**weak})
    assert answer.status_code == 200, answer.text
    completed = await school.complete(answer.json())

    shown = await suggested(school)

    assert shown["evaluation"]["evaluation_id"] == completed["evaluation_id"]
    assert {found["criterion"] for found in shown["criteria"]} == {"gb1.2", "gb8.3"}
    assert {found["state"] for found in shown["criteria"]} <= {"not_started", "in_progress"}
    assert all(found["suggestions"] for found in shown["criteria"])
    assert shown["note"] is None


async def test_the_evaluation_that_stands_counts_and_one_of_another_framework_suggests_nothing(
    school: School,
) -> None:
    await school.do("POST", "/evaluations", json=body("2025-07-10", framework="gatsby-2018"))
    before = await suggested(school)
    await school.do("POST", "/evaluations", json=body("2025-12-05"))
    after = await suggested(school)

    assert before["criteria"] == []
    assert "another framework" in before["note"]
    assert after["criteria"][0]["criterion"].startswith("gb8.")
    assert after["criteria"][0]["benchmark_percent"] == 62
    assert "scores alone" in after["note"]


def test_data_files_name_criteria_that_there_are() -> None:
    suggested_for = {action.criterion for action in suggested_actions().actions}
    assert suggested_for <= frameworks()[suggested_actions().framework].known_criteria
    named: set[str] = set()
    named |= {criterion for gap in resource_facts().gaps.values() for criterion in gap.criteria}
    named |= {
        c for found in question_sets().values() for question in found.questions for c in question.criteria
    }

    assert named <= known_criteria()
