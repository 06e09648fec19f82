"""Nobody can work out a withheld cell from what is published around it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.model.suppression import (
    Count,
    Protected,
    coverage,
    is_small,
    protect,
    publish,
    rounded,
    shown,
)
from tests.reporting.attacker import Published

YEAR_GROUPS = (7, 8, 9, 10)
counts = st.dictionaries(
    st.sampled_from(["100001", "100002", "100003", "100004", "100005"]),
    st.dictionaries(st.sampled_from(YEAR_GROUPS), st.integers(0, 40), min_size=1),
    min_size=1,
)


def test_the_domain_vector_withholds_the_small_cell_and_one_more() -> None:
    """Counts 12, 4, 0 with total 16 (domain §10.7)."""
    others = {"100002": {7: 50, 8: 60}, "100003": {7: 70, 8: 80}}
    protected = protect({"100001": {7: 12, 8: 4, 9: 0}, **others})
    assert protected.leaves == {("100001", 7), ("100001", 8)}
    assert not protected.hub


def test_two_ones_do_not_protect_each_other() -> None:
    """Their sum of 2 would give both away."""
    counts = {"100001": {7: 1, 8: 1, 9: 30}, "100002": {7: 50}, "100003": {7: 50}}
    assert ("100001", 9) in protect(counts).leaves or "100001" in protect(counts).schools


def test_the_few_who_are_left_are_withheld_too() -> None:
    """98 of 100 reached says that 2 were not."""
    counts = {"100001": {7: 98, 8: 50}, "100002": {7: 50}, "100003": {7: 50}}
    rolls = {"100001": {7: 100, 8: 100}, "100002": {7: 100}, "100003": {7: 100}}
    protected = protect(counts, rolls)
    assert {("100001", 7), ("100001", 8)} <= protected.leaves
    assert coverage("c", 100) == "c"


def test_a_hub_of_two_schools_shows_no_total() -> None:
    """Each could subtract its own."""
    assert protect({"100001": {7: 50}, "100002": {7: 60}}).hub


@pytest.mark.parametrize(
    ("reached", "on_roll", "percent"),
    [
        (50, 200, 25),
        (200, 300, 66),
        (200, 200, 100),
        (0, 200, 0),
        ("c", 200, "c"),
        (195, 200, 97),
        (1_995, 2_000, 99),
        (5, 9, "c"),
        (0, 0, "z"),
    ],
)
def test_coverage_is_floored_of_what_is_shown(reached: Count, on_roll: int, percent: object) -> None:
    assert coverage(reached, on_roll) == percent


@pytest.mark.parametrize(
    ("number", "of", "visible"),
    [(6, 200, 5), (8, 200, 10), (193, 200, 195), (184, 184, 184), (0, 200, 0)],
)
def test_a_count_is_rounded_to_five_unless_it_is_everybody(number: int, of: int, visible: int) -> None:
    assert shown(number, withheld=False, of=of) == visible


def test_totals_are_added_up_from_what_is_shown_and_the_rest_rounded() -> None:
    counts = {"100001": {7: 12, 8: 4, 9: 31}, "100002": {7: 58}, "100003": {7: 71}}

    table = publish(counts, protect(counts), {})

    assert table.leaves["100001", 9] == 30
    assert table.schools == {"100001": 30 + 15, "100002": 60, "100003": 70}
    assert table.hub == 45 + 60 + 70


@given(counts)
def test_every_small_cell_is_withheld(table: dict[str, dict[int, int]]) -> None:
    protected = protect(table)
    for urn, groups in table.items():
        for year_group, number in groups.items():
            assert not is_small(number) or (urn, year_group) in protected.leaves
        assert not is_small(sum(groups.values())) or urn in protected.schools


@settings(max_examples=25, deadline=None)
@given(counts)
def test_an_attacker_who_solves_the_published_table_finds_no_small_number(
    table: dict[str, dict[int, int]],
) -> None:
    assert narrowed(table, None, protect(table)) == []


@settings(max_examples=25, deadline=None)
@given(counts, st.lists(st.integers(0, 12), min_size=20, max_size=20))
def test_an_attacker_finds_no_few_pupils_left_over_either(
    table: dict[str, dict[int, int]], more: list[int]
) -> None:
    left = iter(more)
    rolls = {urn: {g: n + next(left) for g, n in groups.items()} for urn, groups in table.items()}

    assert narrowed(table, rolls, protect(table, rolls)) == []


@settings(max_examples=25, deadline=None)
@given(counts, st.lists(st.integers(-7, 7), min_size=20, max_size=20))
def test_somebody_who_looks_twice_cannot_tell_that_a_count_moved_by_one_to_five(
    table: dict[str, dict[int, int]], moves: list[int]
) -> None:
    move = iter(moves)
    later = {urn: {g: max(0, n + next(move)) for g, n in groups.items()} for urn, groups in table.items()}

    assert moved_a_little(table, later) == []


def test_the_attacker_sees_a_small_move_where_totals_are_rounded_by_themselves() -> None:
    """12 and 6, then 13 and 6: a leaf moves from 10 to 15, beside a total that stays at 20."""
    table, later = {"100001": {7: 12, 8: 6}}, {"100001": {7: 13, 8: 6}}
    assert moved_a_little(table, later) == []
    assert moved_a_little(table, later, totals=True) == [("100001", 7)]


def moved_a_little(
    table: dict[str, dict[int, int]], later: dict[str, dict[int, int]], *, totals: bool = False
) -> list[tuple[str, int]]:
    """Solve two looks for how far each count can have moved; returns those that moved by 1 to 5 for certain.

    The attacker knows how rounding works, and that what is shown is none of 1 to 5. Totals that are added up
    from what is shown tell no more; with `totals` those of schools are rounded by themselves instead.
    """
    cells = [(look, urn, g) for look in (0, 1) for urn in table for g in table[urn]]
    known = Published(cells, [10_000] * len(cells))
    for look, counts in enumerate((table, later)):
        protected = protect(counts)
        for urn, groups in counts.items():
            for g, number in groups.items():
                if (urn, g) not in protected.leaves:
                    tell_window(known, {(look, urn, g): 1}, number)
            hidden = {(look, urn, g): 1.0 for g in groups if (urn, g) in protected.leaves}
            if totals:
                tell_window(known, {(look, urn, g): 1 for g in groups}, sum(groups.values()))
            elif hidden and urn not in protected.schools:
                tell_window(known, hidden, sum(groups[g] for _, _, g in hidden))
        rest = {(look, urn, g): 1.0 for urn in protected.schools for g in counts[urn]}
        if rest and not protected.hub:
            tell_window(known, rest, sum(counts[urn][g] for _, urn, g in rest))
    return [(urn, g) for urn, groups in table.items() for g in groups if moved_by_few(known, urn, g)]


def moved_by_few(known: Published[tuple[int, str, int]], urn: str, g: int) -> bool:
    """Whether a count rose, or fell, by 1 to 5 for certain; whole numbers have the next bounds inside."""
    most = known.most_of({(1, urn, g): 1, (0, urn, g): -1})
    least = -known.most_of({(1, urn, g): -1, (0, urn, g): 1})
    rose = 0 < math.ceil(least) <= math.floor(most) < 6
    return rose or 0 < math.ceil(-most) <= math.floor(-least) < 6


def tell_window(
    known: Published[tuple[int, str, int]], terms: dict[tuple[int, str, int], float], number: int
) -> None:
    """Know a sum as it is shown: rounded to five, zero itself, and six at least otherwise."""
    if number == 0:
        known.tell(terms, 0)
        return
    least, most = max(6, rounded(number) - 2), rounded(number) + 2
    known.know_not_negative(terms, -least)
    known.know_not_negative({name: -factor for name, factor in terms.items()}, most)


def narrowed(
    table: dict[str, dict[int, int]], rolls: dict[str, dict[int, int]] | None, protected: Protected
) -> list[tuple[str, int, str]]:
    """Solve what is published for the largest value of each small number; returns those below six.

    A count is at most its roll, which is public, so nothing can hide where that is below six itself.
    """
    leaves = [(urn, g) for urn in table for g in table[urn]]
    known = Published(leaves, [10_000 if rolls is None else rolls[urn][g] for urn, g in leaves])
    for urn, g in leaves:
        if (urn, g) not in protected.leaves:
            known.tell({(urn, g): 1}, table[urn][g])
    for urn, groups in table.items():
        if urn not in protected.schools:
            known.tell({(urn, g): 1 for g in groups}, sum(groups.values()))
    if not protected.hub:
        known.tell(dict.fromkeys(leaves, 1), sum(table[urn][g] for urn, g in leaves))
    found = []
    for urn, g in leaves:
        number = table[urn][g]
        roll = 10_000 if rolls is None else rolls[urn][g]
        if is_small(number) and known.most((urn, g)) < min(6, roll):
            found.append((urn, g, "reached"))
        if rolls is not None and number and is_small(roll - number) and roll >= 6:
            found += [(urn, g, "left")] if roll - known.least((urn, g)) < 6 else []
    return found


def test_the_attacker_can_solve_an_unprotected_table() -> None:
    """Withholding the small cell alone gives it away: the attacker above must see that."""
    table = {"100001": {7: 12, 8: 4}, "100002": {7: 50}, "100003": {7: 60}}
    naive = Protected(frozenset({("100001", 8)}), frozenset(), hub=False)
    assert narrowed(table, None, naive) == [("100001", 8, "reached")]


def test_the_attacker_sees_a_sum_that_is_itself_small() -> None:
    """Two ones hide each other's value, and not that they are few."""
    table = {"100001": {7: 1, 8: 1, 9: 30}, "100002": {7: 50}, "100003": {7: 60}}
    naive = Protected(frozenset({("100001", 7), ("100001", 8)}), frozenset(), hub=False)
    assert narrowed(table, None, naive) == [("100001", 7, "reached"), ("100001", 8, "reached")]
