"""Nobody can work out a withheld cell from what is published around it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.model.suppression import Protected, coverage, is_small, protect

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
    assert coverage(98, 100, withheld=True) == "95+"


def test_a_hub_of_two_schools_shows_no_total() -> None:
    """Each could subtract its own."""
    assert protect({"100001": {7: 50}, "100002": {7: 60}}).hub


@pytest.mark.parametrize(
    ("reached", "on_roll", "withheld", "shown"),
    [
        (50, 200, False, 25),
        (199, 300, False, 66),
        (200, 200, False, 100),
        (0, 200, False, 0),
        (4, 200, True, "c"),
        (198, 200, True, "97+"),
        (4, 9, False, "c"),
        (0, 0, False, "z"),
    ],
)
def test_coverage_is_floored_and_withheld(reached: int, on_roll: int, withheld: bool, shown: object) -> None:  # noqa: FBT001
    assert coverage(reached, on_roll, withheld=withheld) == shown


@given(counts)
def test_every_small_cell_is_withheld(table: dict[str, dict[int, int]]) -> None:
    protected = protect(table)
    for urn, groups in table.items():
        for year_group, number in groups.items():
            assert not is_small(number) or (urn, year_group) in protected.leaves
        assert not is_small(sum(groups.values())) or urn in protected.schools


@given(counts)
def test_an_attacker_who_solves_the_published_table_finds_no_withheld_cell(
    table: dict[str, dict[int, int]],
) -> None:
    protected = protect(table)
    assert not solvable(table, protected)


@given(counts, st.integers(0, 30))
def test_an_attacker_finds_no_pupils_left_over_either(table: dict[str, dict[int, int]], more: int) -> None:
    rolls = {urn: {g: n + more for g, n in groups.items()} for urn, groups in table.items()}
    assert not solvable(table, protect(table, rolls))


def solvable(table: dict[str, dict[int, int]], protected: Protected) -> set[tuple[str, ...]]:
    """Solve the sums for the withheld cells; returns those that have one possible value only."""
    cells: dict[tuple[str, ...], bool] = {(): protected.hub}
    sums: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = [((), [(urn,) for urn in table])]
    for urn, groups in table.items():
        cells[urn,] = urn in protected.schools
        leaves: list[tuple[str, ...]] = [(urn, str(g)) for g in groups]
        cells |= {(urn, str(g)): (urn, g) in protected.leaves for g in groups}
        sums.append(((urn,), leaves))
    unknown = [cell for cell, hidden in cells.items() if hidden]
    rows = [[Fraction((cell in parts) - (cell == total)) for cell in unknown] for total, parts in sums]
    return {unknown[c] for row in reduce_rows(rows) for c in [lone(row)] if c is not None}


def reduce_rows(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss-Jordan elimination."""
    rows = [row[:] for row in rows if any(row)]
    done: list[list[Fraction]] = []
    while rows:
        row = rows.pop()
        pivot = next((i for i, v in enumerate(row) if v), None)
        if pivot is None:
            continue
        row = [v / row[pivot] for v in row]
        rows = [[v - r[pivot] * w for v, w in zip(r, row, strict=True)] for r in rows]
        done = [[v - r[pivot] * w for v, w in zip(r, row, strict=True)] for r in done]
        done.append(row)
    return done


def lone(row: list[Fraction]) -> int | None:
    """The only unknown of an equation, if it has one only."""
    used = [i for i, v in enumerate(row) if v]
    return used[0] if len(used) == 1 else None


def test_the_attacker_can_solve_an_unprotected_table() -> None:
    """Withholding the small cell alone gives it away: the attacker above must see that."""
    table = {"100001": {7: 12, 8: 4}, "100002": {7: 50}, "100003": {7: 60}}
    naive = Protected(frozenset({("100001", 8)}), frozenset(), hub=False)
    assert solvable(table, naive) == {("100001", "8")}
