"""Published equals recounted over random histories; and who may not see a school's scores learns nothing."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import BENCHMARKS
from services.recount.attainment import count_movement, count_row, count_together, recount_snapshot, story_of
from services.reporting.attainment.figures import movement_figures_of, row_figures_of, together_figures_of
from services.reporting.attainment.model.aggregate import criteria_counts, tallies
from services.reporting.attainment.model.disclosure import FEWEST_WITH_AN_INSIDER, told_to_everyone
from services.reporting.attainment.model.frozen import entries_wanted, freeze
from services.reporting.attainment.model.movement import hub_movement
from services.reporting.attainment.model.position import (
    AUDIENCES,
    EVERYONE,
    Audience,
    Evaluation,
    Position,
    School,
    position_alone,
    position_on,
)
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.rows import rows_of
from services.reporting.attainment.model.selection import (
    DIMENSIONS,
    Dimension,
    fits,
    may_be_shown,
    reporting_by,
    shown_values,
)
from services.reporting.attainment.model.terms import (
    Counting,
    SnapshotDay,
    due_snapshots,
    snapshot_before,
    window_on,
)
from services.reporting.attainment.model.together import groups_of, together_of
from services.reporting.attainment.views import movement_of
from tests.reporting.attainment.hub import completed, day, scores, urn_of
from tests.reporting.attainment.stories import DAYS, Row, hub_story, row_of, schools_of

Stories = dict[str, list[Row]]
DAY = st.sampled_from(DAYS)
COUNTING: st.SearchStrategy[Counting] = st.sampled_from(("term", "year"))
ORDER = st.lists(st.integers(0, 40), max_size=30)
HUB_AUDIENCES = [audience for audience in AUDIENCES if not audience.is_everyone]
AUTUMN = SnapshotDay("2025/26", "autumn", dt.date(2025, 12, 31))  # type: ignore[arg-type]


@given(hub_story(), DAY, COUNTING, ORDER)
def test_every_figure_equals_its_recount_whatever_came_twice_or_late(
    stories: Stories, on: str, counting: Counting, order: list[int]
) -> None:
    schools = schools_of(stories, order)
    question = Question(day(on), counting)
    for row in rows_of(schools, question, None):
        assert row_figures_of(row, question) == count_row(story_of(stories[row["urn"]]), on, counting)
    for audience in HUB_AUDIENCES:
        positions = [position_alone(school, window_on(day(on), counting), audience) for school in schools]
        published = together_figures_of(together_of(positions, shown=True), f"attainment.{on}.{counting}")
        told = [story_of(rows) for rows in stories.values()]
        readers = set(audience.readers)
        assert published == count_together(told, readers, on, counting)
        moved = movement_figures_of(movement_of(schools, question, audience), f"attainment.{on}.{counting}")
        assert moved == count_movement(told, readers, on, counting)


@given(hub_story(), ORDER)
def test_a_frozen_snapshot_equals_its_recount_whatever_is_told_afterwards(
    stories: Stories, order: list[int]
) -> None:
    some = {urn: rows[: len(rows) // 2 + 1] for urn, rows in stories.items()}
    schools = schools_of(some, order)
    nonces = [str(number) for number in range(entries_wanted(schools))]
    frozen = freeze(AUTUMN, schools, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), nonces)
    document = {
        "_id": AUTUMN.identity,
        "academic_year": "2025/26",
        "term": "autumn",
        "on": "2025-12-31",
        "frozen_at": frozen.frozen_at,
        "texts": list(frozen.texts),
        "digest": frozen.digest,
    }
    rows = [row for of_school in stories.values() for row in of_school]

    compared = list(recount_snapshot(document, rows))

    assert [published for _, published, _ in compared] == [counted for _, _, counted in compared]
    assert len(compared) == 1 + len(schools) + len(HUB_AUDIENCES)


@given(hub_story(), DAY, COUNTING)
def test_the_mean_is_the_sum_of_the_shares_over_the_same_schools(
    stories: Stories, on: str, counting: Counting
) -> None:
    for audience in AUDIENCES:
        window = window_on(day(on), counting)
        positions = [position_on(school, window, audience) for school in schools_of(stories)]
        for tally in tallies(p.evaluation for p in positions if p.evaluation):
            assert sum(tally.achieving.values()) == sum(n * s for n, s in tally.by_achieved.items())
            assert sum(tally.by_achieved.values()) == tally.schools
            assert all(
                tally.achieving[name] <= tally.applicable[name] <= tally.schools for name in BENCHMARKS
            )


def pages_of(schools: Sequence[School], audience: Audience) -> str:
    """All that can be asked of a Hub by an audience: days, filters and pairs of them, groups, movement."""
    found: list[Any] = []
    for on, counting in itertools.product(DAYS, ("term", "year")):
        question = Question(day(on), "term" if counting == "term" else "year")
        found.append(rows_of(schools, question, audience))
        positions = _alone(schools, question, audience)
        found.append(criteria_counts(p.evaluation for p in positions if p.evaluation))
        before = _alone(schools, Question(snapshot_before(day(on)), question.counting), audience)
        found.append(hub_movement(snapshot_before(day(on)), before, positions))
        for dimension in DIMENSIONS:
            found.append(groups_of(schools, positions, Question(day(on), question.counting, {}, dimension)))
            for value in {school.groups[dimension] for school in schools}:
                chosen = [p for p in positions if fits(p.school, {dimension: value})]
                found.append(together_of(chosen, shown=may_be_shown(positions, {dimension: value})))
    for snapshot in due_snapshots(day("2025-04-30"), day("2026-06-15")):
        window = window_on(snapshot.on, "term")
        found.append(told_to_everyone([position_on(school, window, EVERYONE) for school in schools]))
    return json.dumps(found, sort_keys=True)


def _alone(schools: Sequence[School], question: Question, audience: Audience) -> list[Position]:
    window = window_on(question.on, question.counting)
    return [position_alone(school, window, audience) for school in schools]


@settings(deadline=None, max_examples=30)  # hundreds of pages an example
@given(hub_story(most=4))
def test_no_page_depends_on_scores_that_its_reader_may_not_see(stories: Stories) -> None:
    """Whatever somebody asks, of any days and filters, and works out from all of it together."""
    schools = schools_of(stories)
    for audience in AUDIENCES:
        hidden = _hidden_from(audience)
        changed = [_with_other_scores(school, hidden) for school in schools]
        assert pages_of(schools, audience) == pages_of(changed, audience)


def test_the_attacker_sees_a_planted_leak() -> None:
    """Scores that are shared do move the pages: the check above can fail."""
    urn = urn_of(0)
    schools = schools_of({urn: [row_of(urn, 1, completed(urn, "2026-06-15", scores([1])))]})
    changed = [_with_other_scores(school, lambda _: True) for school in schools]
    assert pages_of(schools, HUB_AUDIENCES[0]) != pages_of(changed, HUB_AUDIENCES[0])


def _hidden_from(audience: Audience) -> Callable[[Evaluation], bool]:
    return lambda found: not audience.sees(found.shared_with)


def _with_other_scores(school: School, where: Callable[[Evaluation], bool]) -> School:
    evaluations = tuple(
        replace(
            found,
            scores={name: 100 if score < 100 else 10 for name, score in found.scores.items()},
            criteria={"gb1.1": "achieved"},
        )
        if found.scores is not None and where(found)
        else found
        for found in school.evaluations
    )
    return replace(school, evaluations=evaluations)


@pytest.mark.parametrize(
    "kinds",
    [
        ("school",) * 3,
        ("school",) * 4,
        ("school",) * 5,
        ("school",) * 6,
        ("school",) * 4 + ("special",) * 2,
        ("school",) * 4 + ("special",) * 3,
        ("school",) * 4 + ("special",) * 4,
        ("school",) * 3 + ("special",) * 3 + ("college",) * 2,
    ],
)
def test_whoever_is_told_the_hubs_figures_and_knows_one_school_can_solve_for_no_other(
    kinds: tuple[str, ...],
) -> None:
    """The attacker knows the rules, and tries every Hub that there could be against what was told."""
    worlds: dict[str, list[tuple[bool, ...]]] = {}
    for world in itertools.product((False, True), repeat=len(kinds)):
        told = json.dumps(
            told_to_everyone(
                [_school(n, s, achieves=a) for n, (s, a) in enumerate(zip(kinds, world, strict=True))]
            )
        )
        worlds.setdefault(told, []).append(world)
    solved = [
        (world, insider, school)
        for possible in worlds.values()
        for world in possible
        for insider, school in itertools.permutations(range(len(kinds)), 2)
        if len({other[school] for other in possible if other[insider] == world[insider]}) == 1
    ]
    assert solved == []
    # Of four schools and more, something is told: the attacker had something to work with.
    assert len(worlds) > 1 or len(kinds) < FEWEST_WITH_AN_INSIDER


def _school(number: int, setting: str, *, achieves: bool) -> Position:
    scored: dict[str, int] = dict.fromkeys(BENCHMARKS, 100 if achieves else 50)
    evaluation = Evaluation(
        str(number), day("2025-11-03"), "gatsby-2025", setting, scored, {}, ("hub_lead",), superseded=False
    )
    groups = {"setting": setting, "district": "Dorset", "phase": "Secondary", "post16": "no"}
    return Position(School(str(number), str(number), str(number), groups), "reported", evaluation, None)


def test_a_benchmark_that_applies_to_two_schools_moves_by_nothing_that_is_shown() -> None:
    """Its share is withheld on either day, and so is the mean that would give it away."""

    def on(*, achieves: bool) -> list[Position]:
        schools = [_school(n, "school", achieves=achieves) for n in range(4)]
        for position in schools[2:]:
            assert position.evaluation is not None
            del position.evaluation.scores["gb8"]  # type: ignore[union-attr]
        return schools

    [change] = hub_movement(day("2025-12-31"), on(achieves=False), on(achieves=True))["changes"]

    assert change["achieving_percent_points"]["gb7"] == 100
    assert (change["achieving_percent_points"]["gb8"], change["mean_achieved"]) == ("c", "c")


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 6)))
def test_of_a_table_and_its_total_nobody_can_subtract_down_to_one_or_two_schools(
    reporting: dict[str, int],
) -> None:
    shown = shown_values(reporting)

    assert all(reporting[value] >= 3 for value in shown)
    hidden = sum(number for value, number in reporting.items() if value not in shown)
    assert hidden == 0 or hidden >= 3 or not shown


@given(hub_story(), DAY)
def test_of_two_selections_one_in_the_other_the_difference_is_nobody_or_three_schools(
    stories: Stories, on: str
) -> None:
    schools = schools_of(stories)
    positions = _alone(schools, Question(day(on), "year"), HUB_AUDIENCES[-1])
    selections: list[dict[Dimension, str]] = [{}]
    selections += [{d: v} for d in DIMENSIONS for v in {s.groups[d] for s in schools}]
    selections += [{**a, **b} for a, b in itertools.combinations(selections[1:], 2) if a.keys() != b.keys()]
    shown = {
        json.dumps(filters): {p.school.urn for p in positions if p.is_reported and fits(p.school, filters)}
        for filters in selections
        if may_be_shown(positions, filters)
    }
    published = {key: members for key, members in shown.items() if len(members) >= 3}
    for filters, members in published.items():
        for wider, everybody in published.items():
            if json.loads(wider).items() <= json.loads(filters).items():
                assert len(everybody - members) not in {1, 2}


def test_groups_are_counted_by_who_reports() -> None:
    positions = [_school(n, s, achieves=True) for n, s in enumerate(["school", "school", "special"])]
    assert reporting_by(positions, "setting", {}) == {"school": 2, "special": 1}
