"""The recount withholds what the tables withhold, decided by other code over small and large Hubs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.recount.reach import Told, count_hub, count_tables
from services.recount.tables import compare_hub
from services.recount.withheld import HUB, Part, hidden_of_tree, withheld
from services.reporting.model.suppression import protect
from services.reporting.proof.model.cells import is_same
from services.reporting.reach.model.school import SchoolReach
from services.reporting.reach.model.world import Employers, World

YEAR = "2025/26"
FIRST, LAST = dt.date(2025, 9, 1), dt.date(2026, 6, 15)
DAYS = (FIRST.isoformat(), LAST.isoformat())
GROUPS = ("sen", "eal")
NUMBER = st.one_of(st.integers(0, 12), st.integers(0, 200))
CATEGORIES = ("education", "apprenticeship", "employment", "training", "other", "neet", "not_known")


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[str, dict[int, int]], dict[str, dict[int, int]]]:
    """Counts by school and year group, and rolls of as many or more."""
    counts = draw(
        st.dictionaries(
            st.sampled_from("abcdefg"), st.dictionaries(st.integers(7, 13), NUMBER, max_size=4), max_size=6
        )
    )
    rolls = {s: {g: n + draw(NUMBER) for g, n in of_school.items()} for s, of_school in counts.items()}
    return counts, rolls


@settings(max_examples=200)
@given(drawn=trees())
@pytest.mark.parametrize("of_pupils", [True, False])
def test_counts_of_everybody_are_withheld_as_the_report_withholds_them(
    drawn: tuple[dict[str, dict[int, int]], dict[str, dict[int, int]]], *, of_pupils: bool
) -> None:
    counts, rolls = drawn
    protected = protect(counts, rolls if of_pupils else None)
    parts: dict[str, dict[str, Part]] = {
        urn: {str(g): (n, rolls[urn][g] - n if of_pupils else None) for g, n in of_school.items()}
        for urn, of_school in counts.items()
    }

    leaves, schools, hub = hidden_of_tree(parts)

    assert {(urn, int(group)) for urn, groups in leaves.items() for group in groups} == protected.leaves
    assert (frozenset(schools), hub) == (protected.schools, protected.hub)


Year = dict[str, Any]


@st.composite
def schools_of_groups(draw: st.DrawFn) -> dict[str, list[Year]]:
    """By school, a roll with groups, whom one benchmark reached of each, and where they mean to go."""
    told: dict[str, list[Year]] = {}
    for urn in [str(136_500 + number) for number in range(draw(st.integers(1, 5)))]:
        groups, cells = [], []
        for year_group in draw(st.lists(st.sampled_from((10, 11)), unique=True)):
            on_roll = draw(NUMBER)
            members = {g: draw(st.integers(0, on_roll)) for g in GROUPS if draw(st.booleans())}
            inside = {g: draw(st.integers(0, n)) for g, n in members.items()}
            least = max(inside.values(), default=0)
            most = on_roll - max((n - inside[g] for g, n in members.items()), default=0)
            reached = draw(st.integers(least, max(least, most)))
            groups.append({"year_group": year_group, "on_roll": on_roll, "by_group": members})
            cell = {"benchmark": "gb5", "reached": reached, "by_group": inside}
            cells.append({"year_group": year_group, **cell})
        of_year = {"academic_year": YEAR, "urn": urn}
        told[urn] = [{"type": "pupils.roll.changed.v1", **of_year, "year_groups": groups, "coverage": cells}]
        if draw(st.booleans()):
            intended = {category: draw(NUMBER) for category in CATEGORIES}
            told[urn].append({
                "type": "pupils.destinations.counted.v1", **of_year, "year_group": 11, "intended": intended,
            })  # fmt: skip
    return told


def world_of(told: dict[str, list[Year]]) -> World:
    schools = []
    for urn, (rolled, *destinations) in told.items():
        roll = {
            str(g["year_group"]): {"all": g["on_roll"], "subsidiary": 0, **g["by_group"]}
            for g in rolled["year_groups"]
        }
        reached = {str(c["year_group"]): {"all": c["reached"], **c["by_group"]} for c in rolled["coverage"]}
        year: Year = {"roll": roll, "reached": {"gb5": reached}}
        year["destinations"] = {str(one["year_group"]): {"intended": one["intended"]} for one in destinations}
        schools.append(SchoolReach(urn, f"School {urn}", "school", has_post16=False, year=year))
    return World(tuple(schools), Employers({}), FIRST, LAST, whole=False)


@settings(max_examples=150, deadline=None)
@given(schools_of_groups())
def test_groups_and_categories_are_withheld_where_they_must_and_nowhere_without_a_reason(
    told: dict[str, list[Year]],
) -> None:
    schools = {urn: Told(events, [], [], {"setting": "school"}) for urn, events in told.items()}
    exact = {urn: count_tables(school, [], YEAR, DAYS) for urn, school in schools.items()}
    exact[HUB] = count_hub(list(schools.values()), [], YEAR, DAYS)

    cells = compare_hub(world_of(told), exact)

    assert {name: pair for name, pair in cells.items() if not is_same(pair)} == {}
    for urn, name in withheld(exact).must:
        assert cells[name[0], urn, *name[1:]] == ("c", "c")
