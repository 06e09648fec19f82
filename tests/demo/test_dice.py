"""Chance that comes out the same everywhere."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.demo.dice import Dice


def test_the_sequence_is_pinned_so_that_no_python_version_can_change_it() -> None:
    dice = Dice(2025, "136500", "pinned")

    assert [dice.between(1, 100) for _ in range(8)] == [63, 33, 99, 39, 31, 3, 2, 91]
    assert dice.shuffled("abcdef") == [*"dcabef"]


@settings(deadline=None)
@given(st.text(), st.lists(st.integers(), max_size=50))
def test_shuffling_keeps_everything_once(label: str, options: list[int]) -> None:
    assert Counter(Dice(label).shuffled(options)) == Counter(options)


@settings(deadline=None)
@given(st.text(), st.integers(-50, 50), st.integers(0, 50))
def test_a_number_lies_between_its_ends(label: str, lowest: int, width: int) -> None:
    assert lowest <= Dice(label).between(lowest, lowest + width) <= lowest + width


def test_both_ends_come_up() -> None:
    dice = Dice("ends")

    assert {dice.between(1, 3) for _ in range(100)} == {1, 2, 3}


def test_certain_things_happen_and_impossible_ones_do_not() -> None:
    dice = Dice("edges")

    assert all(dice.happens(1.0) and not dice.happens(0.0) for _ in range(1000))


def test_options_come_up_by_their_weight() -> None:
    dice = Dice("weights")
    seen = Counter(dice.weigh((("often", 3.0), ("seldom", 1.0), ("never", 0.0))) for _ in range(4000))

    assert 2800 <= seen["often"] <= 3200
    assert seen["never"] == 0


def test_differently_named_dice_are_independent() -> None:
    assert Dice(1, "23").between(0, 10**9) != Dice(12, "3").between(0, 10**9)
