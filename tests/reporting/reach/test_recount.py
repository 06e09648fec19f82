"""Every published figure equals a naive count, whatever happened and however it arrived."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.recount_reach import Figures, Told, count_hub, count_tables, period, told
from services.recount_tables import LISTED, RELATIONSHIP, compare_hub, compare_own
from services.reporting.reach.model.tables import TABLES
from services.reporting.reach.model.world import HUB
from tests.reporting.reach.histories import TODAY, URNS, YEAR, History, apply, histories

deliveries = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=6)


def exact_of(history: History) -> dict[str, Figures]:
    """Count every school and the Hub from the rows."""
    partners = told(history.of("employers"))
    directory = [event for event in partners if event["type"] == LISTED]
    schools = {
        urn: Told(
            told(row for row in history.of("pupils") if row["key"] == urn),
            [event for event in partners if event["type"] == RELATIONSHIP and event["urn"] == urn],
            told(row for row in history.of("employers") if row["key"] == urn),
        )
        for urn in URNS
    }
    days = period(YEAR, TODAY)
    exact = {urn: count_tables(school, directory, YEAR, days) for urn, school in schools.items()}
    return exact | {HUB: count_hub(list(schools.values()), directory, YEAR, days)}


@settings(max_examples=12, deadline=None)
@given(histories(), deliveries)
def test_a_schools_own_tables_equal_their_recount(history: History, arriving: list[tuple[int, int]]) -> None:
    documents, exact = apply(history, arriving), exact_of(history)
    for urn in URNS:
        compared = compare_own(urn, history.world(documents, urn), exact[urn])

        assert compared.differences == []
        assert compared.figures > 0


@settings(max_examples=12, deadline=None)
@given(histories(), deliveries)
def test_the_hubs_tables_show_nothing_but_what_a_recount_rounds_to(
    history: History, arriving: list[tuple[int, int]]
) -> None:
    compared = compare_hub(history.world(apply(history, arriving)), exact_of(history))

    assert compared.differences == []
    assert compared.figures > 1_000


@settings(max_examples=10, deadline=None)
@given(histories())
def test_the_recount_sees_an_activity_that_was_counted_twice(history: History) -> None:
    exact = exact_of(history)
    for number in (1, 2):
        history.tell(
            "pupils", URNS[0], "pupils.activity.recorded.v1", urn=URNS[0], academic_year=YEAR,
            activity_id=f"twice-00{number}", coverage=[],
            activity={"activity_type": "employer_talk", "held_on": "2026-01-15", "year_groups": []},
        )  # fmt: skip

    compared = compare_own(URNS[0], history.world(apply(history), URNS[0]), exact[URNS[0]])

    assert "data-quality/activities" in {found.figure for found in compared.differences}


@settings(max_examples=15, deadline=None)
@given(histories())
def test_no_table_of_the_hub_shows_one_to_four_pupils(history: History) -> None:
    """A five that is shown is six or seven, rounded."""
    world = history.world(apply(history))
    of_pupils = ("reached", "participations", "pupils", "registered_elsewhere")
    for table in TABLES.values():
        for row in table.rows(world):
            assert {row.get(column) for column in of_pupils}.isdisjoint({1, 2, 3, 4})
