"""Every published figure equals a naive count, whatever happened and however it arrived."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.recount.compare import last_words
from services.recount.hub_report import Words, compare_hub_report
from services.recount.reach import Figures, Told, count_hub, count_tables, is_of_pupils, period, told
from services.recount.tables import LISTED, RELATIONSHIP, compare_hub, compare_own
from services.reporting.model.report import hub_report, school_year
from services.reporting.model.report_rows import report_rows
from services.reporting.model.suppression import Protected
from services.reporting.projections import HUB_REPORT
from services.reporting.proof.model.cells import NOT_COUNTED, PLACES, Cells, is_same
from services.reporting.proof.store import pack, unpack
from services.reporting.reach.model import coverage, engagement
from services.reporting.reach.model.tables import TABLES
from services.reporting.reach.model.world import HUB
from services.runtime.arrivals import Arrival, Stream
from services.runtime.projection import State
from tests.reporting.reach.histories import TODAY, URNS, YEAR, History, apply, fold, histories

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
            {"setting": "school", "has_post16": True},
        )
        for urn in URNS
    }
    days = period(YEAR, TODAY)
    exact = {urn: count_tables(school, directory, YEAR, days) for urn, school in schools.items()}
    return exact | {HUB: count_hub(list(schools.values()), directory, YEAR, days)}


def differing(cells: Cells) -> Cells:
    return {name: pair for name, pair in cells.items() if not is_same(pair)}


@settings(max_examples=12, deadline=None)
@given(histories(), deliveries)
def test_a_schools_own_tables_equal_their_recount(history: History, arriving: list[tuple[int, int]]) -> None:
    documents, exact = apply(history, arriving), exact_of(history)
    for urn in URNS:
        compared = compare_own(history.world(documents, urn), exact[urn])

        assert differing(compared) == {}
        assert compared


@settings(max_examples=12, deadline=None)
@given(histories(), deliveries)
def test_the_hubs_tables_show_nothing_but_what_a_recount_rounds_to(
    history: History, arriving: list[tuple[int, int]]
) -> None:
    compared = compare_hub(history.world(apply(history, arriving)), exact_of(history))

    assert differing(compared) == {}
    assert len(compared) > 1_000


def report_of(history: History) -> tuple[dict[str, Any], dict[str, Words]]:
    """Put the Hub report of a history together, and its last words."""
    states: dict[str, State] = {}
    for urn in URNS:
        rows = history.of_school(urn)
        states[urn] = HUB_REPORT.empty()
        arrivals = [
            Arrival(Stream("pupils", urn), place, row["type"], row["value"].encode(), None, None)
            for place, row in enumerate(rows, start=1)
        ]
        fold(HUB_REPORT, states[urn], arrivals)
    schools = [
        school_year({"urn": urn, "name": urn, "setting": "school"}, states[urn], None, YEAR) for urn in URNS
    ]
    words = {urn: last_words(history.of_school(urn), YEAR) for urn in URNS}
    return hub_report("dorset", YEAR, "now", schools), words


@settings(max_examples=25, deadline=None)
@given(histories())
def test_every_figure_of_the_hubs_report_has_its_recounted_twin(history: History) -> None:
    report, words = report_of(history)

    cells = compare_hub_report(report, words)

    assert differing(cells) == {}
    shown = [cell for row in report_rows(report) for cell in row]
    assert len(cells) == len(shown) - 3 * len(report_rows(report))


@settings(max_examples=12, deadline=None)
@given(histories())
def test_every_published_cell_has_its_recounted_twin_and_is_kept_as_it_is(history: History) -> None:
    documents, exact = apply(history), exact_of(history)
    for urn in (None, *URNS):
        world = history.world(documents, urn)
        cells = compare_hub(world, exact) if urn is None else compare_own(world, exact[urn])
        published = [row for table in TABLES.values() for row in table.rows(world)]
        figures = sum(1 for row in published for column in row if column not in {*NOT_COUNTED, *PLACES})
        assert len(cells) == figures

        kept = {
            (table, *place, column): pair
            for table, packed in pack(cells).items()
            for place, row in unpack(packed).items()
            for column, pair in row.items()
        }

        assert kept == cells


@settings(max_examples=25, deadline=None)
@given(histories())
def test_what_is_kept_for_the_hub_has_no_number_that_the_hub_may_not_see(history: History) -> None:
    report, words = report_of(history)
    exact = exact_of(history)
    cells = compare_hub(history.world(apply(history)), exact) | compare_hub_report(report, words)
    for name, pair in cells.items():
        if "c" in pair:
            assert pair == ("c", "c")
        if name[0] != "hub-report" and is_of_pupils((name[0], *name[2:])):
            assert {1, 2, 3, 4}.isdisjoint(pair)


@settings(max_examples=10, deadline=None)
@given(histories())
def test_a_table_that_withholds_nothing_differs_wherever_it_must(history: History) -> None:
    """The recount decides by itself what the Hub may not see."""
    world, exact = history.world(apply(history)), exact_of(history)
    honest = compare_hub(world, exact)
    with pytest.MonkeyPatch.context() as careless:
        for module in (coverage, engagement):
            careless.setattr(module, "protect", lambda *_: Protected(frozenset(), frozenset(), hub=False))
        leaking = compare_hub(world, exact)

    withheld = {name for name, pair in honest.items() if pair == ("c", "c") and name[0] == "work-experience"}
    assert all(leaking[name] == ("#", "c") for name in withheld)
    assert withheld or not any(
        n[0] == "work-experience" and n[-1] == "participations" and v in range(1, 6)
        for figures in exact.values()
        for n, v in figures.items()
    )


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

    compared = compare_own(history.world(apply(history), URNS[0]), exact[URNS[0]])

    assert ("data-quality", "activities") in differing(compared)


@settings(max_examples=15, deadline=None)
@given(histories())
def test_no_table_of_the_hub_shows_one_to_four_pupils(history: History) -> None:
    """A five that is shown is six or seven, rounded."""
    world = history.world(apply(history))
    of_pupils = ("reached", "participations", "pupils", "registered_elsewhere")
    for table in TABLES.values():
        for row in table.rows(world):
            assert {row.get(column) for column in of_pupils}.isdisjoint({1, 2, 3, 4})
