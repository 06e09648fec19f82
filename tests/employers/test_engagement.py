"""The fold equals a naive recount, and what is shown of it hides what must be hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.pupils import ActivityFigures
from contracts.vocabulary import AcademicYear, ActivityId
from services.employers.model.engagement import Part, YearFigures, figures_of
from services.employers.stream import ENGAGEMENT
from services.runtime.projection import State
from tests.employers.activities import YEAR, Tale, Told, figures


def folded(events: Sequence[Told]) -> State:
    state = ENGAGEMENT.empty()
    for event in events:
        ENGAGEMENT.on[type(event)](state, event)
    return state


some_figures = st.builds(
    figures,
    st.sampled_from([None, "gpg-1", "gpg-2"]),
    st.integers(0, 40),
    st.integers(0, 3),
)


@st.composite
def some_series(draw: st.DrawFn) -> tuple[list[Told], list[tuple[AcademicYear, ActivityFigures]]]:
    """Anything that can happen to some activities, and those that stand at the end."""
    standing: dict[str, tuple[Tale, ActivityFigures]] = {}
    gone: list[Tale] = []
    events: list[Told] = []
    for step in range(draw(st.integers(0, 25))):
        change = draw(st.sampled_from(["record", "correct", "retract", "return"]))
        if change == "return" and gone:
            # It was merged into another, and is separated again.
            tale, after = gone.pop(), draw(some_figures)
            events.append(tale.recorded(after))
            standing[tale.activity_id] = (tale, after)
            continue
        if change in {"record", "return"} or not standing:
            year = AcademicYear(draw(st.sampled_from(["2024/25", "2025/26"])))
            tale = Tale(academic_year=year, activity_id=ActivityId(f"activity-{step}"))
            after = draw(some_figures)
            events.append(tale.recorded(after))
            standing[tale.activity_id] = (tale, after)
            continue
        tale, before = standing.pop(draw(st.sampled_from(sorted(standing))))
        if change == "correct":
            after = draw(some_figures)
            events.append(tale.corrected(before, after))
            standing[tale.activity_id] = (tale, after)
        else:
            events.append(tale.retracted(before))
            gone.append(tale)
    return events, [(tale.academic_year, activity) for tale, activity in standing.values()]


def recounted(standing: list[tuple[AcademicYear, ActivityFigures]]) -> dict[str, dict[str, dict[str, int]]]:
    """Count what stands, naively."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for year, employer_id in {(y, a.employer_id) for y, a in standing if a.employer_id is not None}:
        mine = [a for y, a in standing if (y, a.employer_id) == (year, employer_id)]
        counts.setdefault(year, {})[employer_id] = {
            "activities": len(mine),
            "attended": sum(group.attended for a in mine for group in a.year_groups),
            "encounters": sum(group.encounters for a in mine for group in a.year_groups),
        }
    return counts


@given(some_series())
def test_after_any_series_the_fold_equals_a_recount(
    series: tuple[list[Told], list[tuple[AcademicYear, ActivityFigures]]],
) -> None:
    events, standing = series

    assert folded(events) == recounted(standing)


def test_a_recorded_encounter_counts_for_its_employer() -> None:
    state = folded([Tale().recorded(figures("gpg-1", 28, 20))])

    assert state == {YEAR: {"gpg-1": {"activities": 1, "attended": 28, "encounters": 20}}}


def test_an_activity_without_an_employer_counts_for_nobody() -> None:
    assert folded([Tale().recorded(figures(None))]) == {}


def test_a_correction_moves_an_activity_to_another_employer() -> None:
    wrong, right = figures("gpg-1", 28), figures("gpg-2", 30)

    state = folded([Tale().recorded(wrong), Tale().corrected(wrong, right)])

    assert state == {YEAR: {"gpg-2": {"activities": 1, "attended": 30, "encounters": 30}}}


def test_a_retraction_leaves_no_trace() -> None:
    assert folded([Tale().recorded(figures()), Tale().retracted(figures())]) == {}


@pytest.mark.parametrize(
    "events",
    [
        [Tale().retracted(figures())],
        [Tale().recorded(figures("gpg-1", 28)), Tale().retracted(figures("gpg-1", 27))],
        [Tale().recorded(figures("gpg-1", 28)), Tale().retracted(figures("gpg-1", 29))],
    ],
    ids=["never entered", "less than entered", "more than entered"],
)
def test_leaving_what_did_not_enter_is_refused(events: list[Told]) -> None:
    with pytest.raises(ValueError, match="is not what entered"):
        folded(events)


def shown(*parts: tuple[int, int], for_hub_team: bool = False) -> YearFigures:
    """What is shown of schools' (attended, encounters)."""
    [year] = figures_of({YEAR: [Part(1, *part) for part in parts]}, for_hub_team=for_hub_team)
    return year


@pytest.mark.parametrize(
    ("parts", "attended", "encounters"),
    [
        ([(28, 28)], 28, 28),
        ([(0, 0)], 0, 0),
        ([(5, 5)], "c", "c"),
        ([(6, 6)], 6, 6),
        ([(3, 3), (3, 3)], 6, 6),
        ([(28, 5)], 28, "c"),
        ([(28, 23)], 28, "c"),
        ([(28, 22)], 28, 22),
        ([(28, 0)], 28, 0),
        ([(5, 0)], "c", 0),
    ],
)
def test_the_hubs_team_sees_all_but_small_numbers(
    parts: list[tuple[int, int]], attended: object, encounters: object
) -> None:
    year = shown(*parts, for_hub_team=True)

    assert (year.attended, year.encounters) == (attended, encounters)


@pytest.mark.parametrize(
    ("parts", "attended"),
    [
        ([(28, 28)], "c"),
        ([(28, 28), (30, 30)], "c"),
        ([(28, 28), (30, 30), (20, 20)], 78),
        ([(28, 28), (3, 3), (2, 2)], "c"),
        ([(28, 28), (3, 3), (3, 3)], 34),
        ([(28, 28), (0, 0), (0, 0)], "c"),
        ([(0, 0)], 0),
    ],
)
def test_a_school_sees_a_sum_only_if_it_cannot_take_its_own_part_away(
    parts: list[tuple[int, int]], attended: object
) -> None:
    assert shown(*parts).attended == attended


def test_organisations_activities_are_shown_as_they_are() -> None:
    year = shown((1, 1))

    assert (year.schools, year.activities) == (1, 1)


def test_the_latest_year_comes_first() -> None:
    parts = {AcademicYear("2024/25"): [Part(1, 9, 9)], AcademicYear("2025/26"): [Part(1, 9, 9)]}

    assert [year.academic_year for year in figures_of(parts, for_hub_team=True)] == ["2025/26", "2024/25"]


some_parts = st.lists(
    st.integers(0, 12).flatmap(lambda attended: st.tuples(st.just(attended), st.integers(0, attended))),
    min_size=1,
    max_size=5,
)


@given(some_parts)
def test_no_school_can_work_out_a_small_number_of_the_others(parts: list[tuple[int, int]]) -> None:
    """The attacker knows one school's part and everything that is shown."""
    year = shown(*parts)
    cells: dict[str, Any] = {"attended": year.attended, "encounters": year.encounters}
    truth = {
        "attended": [attended for attended, _ in parts],
        "encounters": [encounters for _, encounters in parts],
        "without": [attended - encounters for attended, encounters in parts],
    }
    if "c" not in cells.values():
        cells["without"] = cells["attended"] - cells["encounters"]
    for name, total in cells.items():
        for own in truth[name] if total != "c" else ():
            left = total - own
            assert left == 0 or left > 5, f"{name}: {total} less {own}"
            assert left == 0 or sum(count > 0 for count in truth[name]) >= 3
