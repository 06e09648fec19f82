"""Nobody can work out a small category of a school from its row and the Hub's."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.model.category_suppression import (
    ProtectedRows,
    add_up,
    protect_rows,
    withheld_of,
)
from services.reporting.model.suppression import is_small
from tests.reporting.attacker import Published

CATEGORIES = ("education", "employment", "neet", "not_known")
rows = st.dictionaries(
    st.sampled_from(["100001", "100002", "100003", "100004", "100005"]),
    st.fixed_dictionaries({c: st.one_of(st.integers(0, 8), st.integers(0, 60)) for c in CATEGORIES}),
    min_size=1,
)


def narrowed(table: dict[str, dict[str, int]], protected: ProtectedRows) -> list[tuple[str, str]]:
    """Name each small number that what is published keeps below six; how many there are in all is public."""
    cells = [(urn, c) for urn in table for c in table[urn]]
    known = Published(cells, [sum(table[urn].values()) for urn, _ in cells])
    for urn, row in table.items():
        known.tell({(urn, c): 1 for c in row}, sum(row.values()))
        for c in row.keys() - protected.schools[urn]:
            known.tell({(urn, c): 1}, row[c])
    for c, number in add_up(table.values()).items():
        if c not in protected.hub:
            known.tell({(urn, c): 1 for urn in table}, number)
    return [
        (urn, c)
        for urn, c in cells
        if is_small(table[urn][c]) and known.most((urn, c)) < min(6, sum(table[urn].values()))
    ]


@settings(max_examples=30, deadline=None)
@given(rows)
def test_an_attacker_with_all_rows_finds_no_small_number(table: dict[str, dict[str, int]]) -> None:
    assert narrowed(table, protect_rows(table)) == []


def test_one_small_category_takes_the_next_smallest_with_it() -> None:
    """Counts 12, 4, 0 of 16 (domain §10.7)."""
    assert withheld_of({"education": 12, "neet": 4, "not_known": 0}) == {"education", "neet"}


def test_the_attacker_sees_a_lone_withheld_category() -> None:
    table = {"100001": {"education": 50, "employment": 20, "neet": 3, "not_known": 9}}
    naive = ProtectedRows({"100001": frozenset({"neet"})}, frozenset(CATEGORIES))
    assert narrowed(table, naive) == [("100001", "neet")]
