"""The time box: whatever the child does, the caller has an answer or an error in time, and can go on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import psutil
import pytest

from services.employers import solver as module
from services.employers.matching.propose import propose
from services.employers.solver import SolveAbandonedError, Solver
from services.runtime.errors import InvalidError
from tests.employers.matching.rounds import by_hand, seeded, terms

SLOW = "tests.employers.matching.slow_questions"
START_S = 30.0
"""A child has to start and import the engine, on a busy machine."""


@pytest.fixture
def solver() -> Iterator[Solver]:
    with Solver(START_S) as started:
        yield started


def test_the_child_finds_the_plan_that_we_find(solver: Solver) -> None:
    plan = solver.ask("propose", seeded(1), terms())

    assert plan == propose(seeded(1), terms())


def test_a_round_that_is_refused_there_is_refused_here_with_its_problems(solver: Solver) -> None:
    with pytest.raises(InvalidError) as caught:
        solver.ask("propose", by_hand(slots=0), terms())

    assert [each.where for each in caught.value.problems] == ["needs.n-0.slots"]


def test_a_solve_that_does_not_end_is_given_up_in_time_and_the_next_one_works(solver: Solver) -> None:
    child = solver.ask(f"{SLOW}.which_process")
    began_s = time.monotonic()

    with pytest.raises(SolveAbandonedError, match="The last plan stands"):
        solver.ask(f"{SLOW}.sleep_for_ever", 600, time_limit_s=0.3)

    assert time.monotonic() - began_s < 10
    assert not psutil.pid_exists(child)
    assert solver.ask("propose", by_hand(), terms()).lines


@pytest.mark.parametrize("question", ["die", "devour"])
def test_a_child_that_dies_or_wants_too_much_is_an_error_and_the_next_one_works(
    solver: Solver, question: str
) -> None:
    with pytest.raises(SolveAbandonedError, match="memory"):
        solver.ask(f"{SLOW}.{question}")

    assert solver.ask("propose", by_hand(), terms()).lines


def test_one_child_answers_one_question_after_the_other_and_ends_with_its_solver() -> None:
    with Solver(START_S) as solver:
        children = {solver.ask(f"{SLOW}.which_process") for _ in range(3)}
        (child,) = children
        assert child != os.getpid()

    assert not psutil.pid_exists(child)


@pytest.fixture(autouse=True)
def questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the solver be asked for the slow ones too; the parent looks names up, the child need not know."""
    more = {
        f"{SLOW}.{name}": f"{SLOW}.{name}" for name in ("sleep_for_ever", "die", "devour", "which_process")
    }
    monkeypatch.setattr(module, "QUESTIONS", {**module.QUESTIONS, **more})
