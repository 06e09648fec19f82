"""What a browser sends of a survey's form, and what the form shows: questions, answers so far, what is wrong.

A form has texts only. What stands for a number of the scale becomes one; what is empty was skipped; whether
the rest fits the questions, the model says (`model/question_set.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from services.audit.model.days import spoken
from services.audit.model.question_set import Answer
from services.audit.views.versions import View
from services.runtime.errors import FieldProblem
from services.web.forms import read_form

MOST_FIELDS: Final = 100
_NUMBER_DIGITS: Final = 3
"""Of a step of a scale; a longer number is none, and is not worth reading."""
_NOTHING: Final = "You have not answered anything yet. Answer one question at least."
_NOT_ASKED: Final = "Something was sent that this survey does not ask. Load the page again, and answer there."


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was filled in: what was typed by question, the answers in it, and what is wrong."""

    typed: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    """By question; under no name what is wrong with the whole."""

    def with_problems(self, found: Sequence[FieldProblem]) -> Filled:
        """Return it with what the model says of it."""
        problems = {}
        for problem in found:
            question = problem.where.partition(".")[2]
            problems[question] = f"Your answer {problem.reason}." if question else _NOT_ASKED
        return replace(self, problems=problems)


def form_of(body: bytes) -> Sequence[tuple[str, str]]:
    """Read names and values; raises InvalidError for what no browser sends."""
    return read_form(body, MOST_FIELDS).fields


def filled_in(fields: Sequence[tuple[str, str]], questions: Sequence[View]) -> Filled:
    """Make answers of fields, in the order of the questions."""
    kinds = {question["id"]: question["kind"] for question in questions}
    typed: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, value in fields:
        if name not in kinds:
            problems[""] = _NOT_ASKED
        elif name in typed:
            problems[name] = "This was answered twice. Choose one answer."
        else:
            typed[name] = value
    answers = {name: _answer(kind, typed[name]) for name, kind in kinds.items() if typed.get(name)}
    if not answers and not problems:
        problems[""] = _NOTHING
    return Filled(typed, answers, problems)


def opened(shown: View, filled: Filled) -> dict[str, Any]:
    """Lay out the form's questions with what was typed, and what is wrong with the field that it is in."""
    questions = shown["questions"]
    # What is wrong with the whole is put right anywhere: begin at the top.
    whole = [(questions[0]["id"], filled.problems[""])] if "" in filled.problems else []
    return {
        "title": shown["title"],
        "introduction": shown["introduction"],
        "closes_on": spoken(dt.date.fromisoformat(shown["closes_on"])),
        "problems": whole
        + [
            (question["id"], f"{question['text']} {filled.problems[question['id']]}")
            for question in questions
            if question["id"] in filled.problems
        ],
        "questions": [
            {
                **question,
                "choices": _choices(question, shown["scale"], filled.typed.get(question["id"], "")),
                "typed": filled.typed.get(question["id"], ""),
                "problem": filled.problems.get(question["id"]),
            }
            for question in questions
        ],
    }


def _choices(question: View, scale: View, typed: str) -> list[dict[str, Any]]:
    """List what can be chosen as the design system's radios take it; who chose can still choose nothing."""
    if question["kind"] == "scale":
        means = {scale["lowest"]: scale["lowest_means"], scale["highest"]: scale["highest_means"]}
        steps = range(scale["lowest"], scale["highest"] + 1)
        texts = {str(step): f"{step} – {means[step]}" if step in means else str(step) for step in steps}
    else:
        texts = {option["id"]: option["text"] for option in question["options"]}
    chosen = [{"value": value, "text": text, "checked": value == typed} for value, text in texts.items()]
    return [*chosen, {"divider": "or"}, {"value": "", "text": "No answer", "checked": False}]


def _answer(kind: str, text: str) -> Answer:
    is_number = kind == "scale" and text.isascii() and text.isdecimal() and len(text) <= _NUMBER_DIGITS
    return int(text) if is_number else text
