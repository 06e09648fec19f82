"""What a survey says: summed up right, and nobody can work out what a few people answered."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.model.question_set import Answers, QuestionSet
from services.audit.model.survey_results import (
    CONFIDENTIAL,
    FEWEST_ANSWERS,
    NO_ANSWER,
    SMALLEST_SHOWN,
    QuestionResult,
    results_of,
    withheld,
)
from services.audit.surveys import question_sets

ASKED: Final = question_sets()["pupils"]
SCALE: Final = ("know_routes", "information")
CHOICE: Final = "adviser"
TEXT: Final = "more_of"

answers_to_scale = st.lists(
    st.one_of(st.none(), st.integers(ASKED.scale.lowest, ASKED.scale.highest)), max_size=60
)


def given_answers(values: Sequence[int | None], question: str = SCALE[0]) -> list[Answers]:
    """Answers to one question; None skips it."""
    return [{} if value is None else {question: value} for value in values]


def result_for(question: str, asked: QuestionSet, answers: list[Answers]) -> QuestionResult:
    found = results_of(asked, answers)
    assert found is not None
    return next(result for result in found if result.question == question)


def test_below_ten_answers_nothing_is_shown() -> None:
    assert results_of(ASKED, given_answers([5] * 9)) is None
    assert results_of(ASKED, given_answers([5] * 10)) is not None


def test_counts_and_mean_of_large_groups_are_shown() -> None:
    result = result_for(SCALE[0], ASKED, given_answers([5] * 12 + [2] * 6 + [None] * 6))

    assert result.counts == {"1": 0, "2": 6, "3": 0, "4": 0, "5": 12, NO_ANSWER: 6}
    assert result.mean == 4.0


def test_the_domain_vector_withholds_the_small_count_and_the_next_one() -> None:
    """Counts 12, 4, 0 with total 16 (domain §10.7)."""
    assert withheld({"a": 12, "b": 4, "c": 0}) == {"a", "b"}


def test_two_ones_do_not_protect_each_other() -> None:
    """Their sum of 2 would give both away."""
    assert withheld({"a": 1, "b": 1, "c": 8, "d": 20}) == {"a", "b", "c"}


def test_a_few_who_skipped_are_protected_too() -> None:
    result = result_for(SCALE[0], ASKED, given_answers([5] * 12 + [4] * 20 + [None] * 2))
    assert result.counts == {"1": 0, "2": 0, "3": 0, "4": 20, "5": "c", NO_ANSWER: "c"}
    assert result.mean is None


def test_a_choice_has_no_mean_and_counts_its_options() -> None:
    answers: list[Answers] = [{CHOICE: option} for option in ["yes"] * 10 + ["no"] * 7]
    result = result_for(CHOICE, ASKED, answers)
    assert (result.counts, result.mean) == (
        {"yes": 10, "partly": 0, "no": 7, "not_sure": 0, NO_ANSWER: 0},
        None,
    )


@given(answers_to_scale.filter(lambda values: len(values) >= FEWEST_ANSWERS))
def test_what_is_shown_equals_a_naive_recount_and_what_is_small_is_not_shown(
    values: list[int | None],
) -> None:
    result = result_for(SCALE[0], ASKED, given_answers(values))
    naive = Counter(NO_ANSWER if value is None else str(value) for value in values)
    for name, shown in result.counts.items():
        assert shown in {CONFIDENTIAL, naive[name]}
        assert not 0 < naive[name] < SMALLEST_SHOWN or shown == CONFIDENTIAL
    numbers = [value for value in values if value is not None]
    if result.mean is not None:
        assert result.mean == pytest.approx(sum(numbers) / len(numbers), abs=0.005)
        assert CONFIDENTIAL not in result.counts.values()


@given(answers_to_scale.filter(lambda values: len(values) >= FEWEST_ANSWERS))
def test_an_attacker_who_knows_the_total_finds_no_withheld_count(values: list[int | None]) -> None:
    """All that fits what is published is tried: each withheld count has two possible values or more."""
    result = result_for(SCALE[0], ASKED, given_answers(values))
    for name, possible in possibilities(result, len(values)).items():
        assert len(possible) > 1, name


def possibilities(result: QuestionResult, total: int) -> dict[str, set[int]]:
    """Name the values that each withheld count can have; none can be zero, because zeros are shown."""
    hidden = [name for name, shown in result.counts.items() if shown == CONFIDENTIAL]
    left = total - sum(shown for shown in result.counts.values() if isinstance(shown, int))
    found: dict[str, set[int]] = {name: set() for name in hidden}
    # The first few values are enough to see whether there is more than one.
    for some in itertools.product(range(1, min(left, 4) + 1), repeat=max(0, len(hidden) - 1)):
        rest = left - sum(some)
        if hidden and rest > 0:
            for name, value in zip(hidden, (*some, rest), strict=True):
                found[name].add(value)
    return found


def test_the_attacker_finds_a_count_that_is_withheld_alone() -> None:
    """The attacker above must see that this gives the count away."""
    alone = QuestionResult("q", {"a": 12, "b": CONFIDENTIAL, "c": 0}, None, ())
    assert possibilities(alone, 16) == {"b": {4}}


def test_a_mean_beside_two_withheld_counts_would_give_both_away() -> None:
    """Why there is none: of 16 answers, 12 are shown as 5; with a mean of 4.25 only 2 and 2 fit."""
    shown, total, mean = {5: 12}, 16, 4.25
    fitting = [
        (first, total - 12 - first)
        for first in range(1, 4)
        if (5 * shown[5] + 1 * first + 3 * (total - 12 - first)) / total == mean
    ]
    assert fitting == [(2, 2)]
    result = result_for(SCALE[0], ASKED, given_answers([5] * 12 + [1] * 2 + [3] * 2))
    assert result.mean is None


@given(st.permutations([f"text {number}" for number in range(10)]))
def test_texts_come_in_an_order_that_says_nothing_of_who_answered_when(texts: list[str]) -> None:
    answers: list[Answers] = [{TEXT: text, SCALE[0]: 5} for text in texts]
    shown = result_for(TEXT, ASKED, answers).texts
    assert shown == result_for(TEXT, ASKED, answers[::-1]).texts
    assert sorted(shown) == sorted(texts)


def test_texts_of_two_questions_are_in_different_orders() -> None:
    twice = ASKED.model_copy(
        update={
            "questions": (
                *ASKED.questions,
                ASKED.questions[-1].model_copy(update={"id": "second"}),
            )
        }
    )
    answers: list[Answers] = [{TEXT: f"{n}", "second": f"{n}"} for n in range(20)]
    assert result_for(TEXT, twice, answers).texts != result_for("second", twice, answers).texts
