"""What a closed survey says, without saying what a few people said.

Below `FEWEST_ANSWERS` in all, nothing of what was answered is shown. From there on, the options of a
question and those who skipped it add up to the number of answers, which is known: so a count of 1 to 5 is
withheld, and the smallest other ones with it, until what is withheld is two counts or more that are together
not small (domain §9.4). The mean is shown only where nothing of its question is withheld: it would be the
equation that solves for the rest. Texts are in the order of a digest, in a different one for each question.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.audit.model.question_set import Answers, Question, QuestionSet

FEWEST_ANSWERS: Final = 10
"""Fewer are shown nothing of (domain §9.4: denominators of 10 at least)."""
SMALLEST_SHOWN: Final = 6
"""Counts of 1 to 5 are withheld (domain §9.4)."""
CONFIDENTIAL: Final = "c"
NO_ANSWER: Final = "no_answer"

Count = int | Literal["c"]


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """Counts by option (numbers of the scale as text) and of those who skipped; the mean of a scale."""

    question: str
    counts: Mapping[str, Count]
    mean: float | None
    texts: tuple[str, ...]


def results_of(asked: QuestionSet, answers: Sequence[Answers]) -> tuple[QuestionResult, ...] | None:
    """Sum up the answers to each question; None where there are too few to show anything."""
    if len(answers) < FEWEST_ANSWERS:
        return None
    return tuple(_result(question, asked, answers) for question in asked.questions)


def withheld(counts: Mapping[str, int]) -> frozenset[str]:
    """Name the counts to withhold, of some that add up to a known total of `FEWEST_ANSWERS` or more.

    The answer is deterministic: the same counts withhold the same ones.
    """
    hidden = {name for name, count in counts.items() if 0 < count < SMALLEST_SHOWN}
    while hidden and (len(hidden) == 1 or sum(counts[name] for name in hidden) < SMALLEST_SHOWN):
        shown = [name for name, count in counts.items() if count and name not in hidden]
        # There is one: were all that is not zero hidden, it would be the total, which is not small.
        hidden.add(min(shown, key=lambda name: (counts[name], name)))
    return frozenset(hidden)


def _result(question: Question, asked: QuestionSet, answers: Sequence[Answers]) -> QuestionResult:
    given = [given[question.id] for given in answers if question.id in given]
    if question.kind == "text":
        return QuestionResult(question.id, {}, None, _shuffled(question.id, map(str, given)))
    names = (
        [str(step) for step in asked.scale.steps]
        if question.kind == "scale"
        else [option.id for option in question.options]
    )
    found = Counter(map(str, given))
    counts = {name: found[name] for name in names} | {NO_ANSWER: len(answers) - len(given)}
    hidden = withheld(counts)
    shown: dict[str, Count] = {
        name: CONFIDENTIAL if name in hidden else count for name, count in counts.items()
    }
    numbers = [number for number in given if isinstance(number, int)]
    mean = round(sum(numbers) / len(numbers), 2) if numbers and not hidden else None
    return QuestionResult(question.id, shown, mean, ())


def _shuffled(question: str, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts, key=lambda text: hashlib.sha256(f"{question}\n{text}".encode()).digest()))
