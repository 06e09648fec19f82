"""The question sets that ship, files that contradict themselves, and answers that do not fit."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pydantic import ValidationError

from services.audit.model.question_set import AUDIENCES, QuestionSet, answer_problems
from services.audit.surveys import question_sets

ASKED: Final = question_sets()["pupils"]
GOOD: Final[dict[str, Any]] = {"know_routes": 4, "adviser": "partly", "more_of": "Visits\nand talks"}


def test_every_audience_has_a_set_in_all_three_kinds_of_question_that_informs_gb1_4() -> None:
    assert list(question_sets()) == list(AUDIENCES)
    for audience, asked in question_sets().items():
        assert asked.audience == audience
        assert {question.kind for question in asked.questions} == {"scale", "choice", "text"}
        assert "gb1.4" in {criterion for question in asked.questions for criterion in question.criteria}


def test_answers_that_fit_have_no_problems_and_everything_may_be_skipped_but_all() -> None:
    assert answer_problems(GOOD, ASKED) == ()
    assert answer_problems({"adviser": "no"}, ASKED) == ()
    assert [problem.where for problem in answer_problems({}, ASKED)] == ["answers"]


@pytest.mark.parametrize(
    ("answers", "where"),
    [
        ({"know_routes": 0}, "answers.know_routes"),
        ({"know_routes": 6}, "answers.know_routes"),
        ({"know_routes": "4"}, "answers.know_routes"),
        ({"know_routes": True}, "answers.know_routes"),
        ({"know_routes": 4.0}, "answers.know_routes"),
        ({"adviser": "perhaps"}, "answers.adviser"),
        ({"adviser": 1}, "answers.adviser"),
        ({"more_of": "x" * 501}, "answers.more_of"),
        ({"more_of": "  "}, "answers.more_of"),
        ({"more_of": 7}, "answers.more_of"),
        ({"more_of": "hidden \u202e"}, "answers.more_of"),
        ({"shoe_size": 44}, "answers"),
    ],
)
def test_answers_that_do_not_fit_are_named_and_not_repeated(answers: dict[str, Any], where: str) -> None:
    [problem] = answer_problems(GOOD | answers, ASKED)
    assert problem.where == where
    assert "perhaps" not in problem.reason
    assert "shoe_size" not in problem.reason


def test_the_longest_text_fits() -> None:
    assert answer_problems({"more_of": "x" * 500}, ASKED) == ()


def changed(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a file
    """A file with something else in its first question."""
    raw = ASKED.model_dump(mode="json")
    raw["questions"][0] |= parts
    return raw


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (changed(id="information"), "id is there twice"),
        (changed(kind="choice"), "two options or more"),
        (changed(options=[{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]), "two options or more"),
        (
            changed(kind="choice", options=[{"id": "a", "text": "A"}, {"id": "a", "text": "B"}]),
            "an option is there twice",
        ),
        (changed(criteria=["gb9.9"]), "is not a criterion"),
        (changed(criteria=[]), "at least 1 item"),
        (changed(sources=["nowhere"]), "not one of the file's sources"),
        (changed(confidence="X"), "confidence"),
        (ASKED.model_dump(mode="json") | {"version": "staff-1"}, "must begin with 'pupils-'"),
        (
            ASKED.model_dump(mode="json") | {"scale": ASKED.scale.model_dump() | {"highest": 1}},
            "not below its highest",
        ),
        (ASKED.model_dump(mode="json") | {"sources": ASKED.sources | {"more": "unused"}}, "nothing is said"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(raw: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        QuestionSet.model_validate(raw)
