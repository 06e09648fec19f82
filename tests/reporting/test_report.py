"""The report equals a naive count of the events, whatever order of work a school had."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given

from services.recount.compare import count_school, flatten
from services.reporting.model.report import SchoolYear, hub_report, own_report, school_year
from services.reporting.projections import HUB_REPORT
from services.runtime.arrivals import Arrival, Cursor, Job, Stream
from services.runtime.context import ServiceContext
from services.runtime.projection import ProjectionApplier
from tests.reporting.events import (
    URN,
    YEAR,
    Row,
    activity,
    audit_story,
    evaluation,
    fold,
    row,
    shared,
    story,
    unshared,
)

LISTED = {"urn": URN, "name": "Purbeck School", "setting": "school"}


def report_of(pupils: list[Row], audit: list[Row]) -> SchoolYear:
    return school_year(LISTED, {**fold(pupils)}, {**fold(audit)}, YEAR)


@given(story())
def test_the_report_of_any_story_equals_its_recount(rows: list[Row]) -> None:
    audit = [evaluation("2026-03-12", {"gb1": 100, "gb2": 76})]
    published = flatten(own_report(YEAR, "now", report_of(rows, audit)))
    assert published == count_school(rows, audit, YEAR)


@given(story(), activity())
def test_the_recount_sees_a_single_activity_too_many(rows: list[Row], extra: dict[str, object]) -> None:
    """A counter that counts twice is caught."""
    twice = [*rows, row("pupils.activity.recorded.v1", activity_id="twice-00", coverage=[], activity=extra)]
    published = flatten(own_report(YEAR, "now", report_of(twice, [])))
    assert published != count_school(rows, [], YEAR)


def test_the_latest_completed_evaluation_is_the_schools_position() -> None:
    audit = [evaluation("2026-03-12", {"gb1": 100}), evaluation("2025-12-01", {"gb1": 50})]
    assert report_of([], audit).scores == {"gb1": 100}


@given(audit_story())
def test_what_is_shared_equals_its_recount_whatever_was_shared_and_withdrawn(audit: list[Row]) -> None:
    published = flatten(own_report(YEAR, "now", report_of([], audit)))

    assert published == count_school([], audit, YEAR)


def test_a_withdrawn_score_is_gone_and_one_that_is_shared_later_is_there() -> None:
    story = [evaluation("2026-03-12", {"gb1": 100}), unshared("2026-03-12")]
    assert report_of([], story).scores is None

    story.append(shared("2026-03-12", {"gb1": 76}, "hub_lead"))

    assert report_of([], story).scores == {"gb1": 76}


def test_a_score_is_seen_by_the_readers_that_it_is_shared_with_and_no_others() -> None:
    school = report_of(
        [], [evaluation("2026-03-12", None), shared("2026-03-12", {"gb1": 76}, "enterprise_coordinator")]
    )

    assert school.seen_by({"enterprise_coordinator"}).scores == {"gb1": 76}
    assert school.seen_by({"hub_lead"}).scores is None
    assert school.seen_by(frozenset()).scores is None
    assert report_of([], [evaluation("2026-03-12", {"gb1": 100})]).seen_by({"hub_lead"}).achieved == 1


async def test_the_reader_steps_over_what_it_makes_nothing_of_and_goes_on(
    context_for: Callable[[str], ServiceContext],
) -> None:
    progressed = row("audit.plan.progressed.v1", actions={"not_started": 1})
    rows = [
        progressed,
        evaluation("2026-03-12", {"gb1": 100}),
        progressed,
        evaluation("2026-03-13", {"gb1": 76}),
    ]
    stream = Stream("audit", URN)
    applier = ProjectionApplier(HUB_REPORT, await context_for("reporting").projection(HUB_REPORT))
    cursor = (await applier.cursors([stream]))[stream]
    arrivals = [
        Arrival(stream, place, found["type"], found["value"].encode(), None, None)
        for place, found in enumerate(rows, start=1)
    ]

    [outcome] = await applier.apply([Job(stream, cursor, arrivals)])

    assert (outcome.error, outcome.applied) == (None, len(rows))
    assert (await applier.cursors([stream]))[stream] == Cursor(len(rows), held=False)
    assert report_of([], rows).scores == {"gb1": 76}


def test_a_school_that_does_not_share_has_no_score() -> None:
    school = report_of([], [evaluation("2026-03-12", None)])
    assert school.scores is None
    assert school.achieved is None


def test_ninety_four_percent_is_not_achieved() -> None:
    """Domain rule 1."""
    school = report_of([], [evaluation("2026-03-12", {"gb1": 94, "gb2": 100, "gb3": 99})])
    assert school.achieved == 1


def test_a_school_without_a_roll_is_listed_and_shows_nothing() -> None:
    report = hub_report("dorset", YEAR, "now", [report_of([], [])])
    (school,) = report["schools"]
    assert school["on_roll"] == "x"
    assert school["benchmarks"]["gb5"] == {"reached": "x", "coverage_percent": "x"}
    assert report["totals"]["schools_with_roll"] == 0


def test_the_hub_report_withholds_what_the_school_sees() -> None:
    """Three pupils met an employer: their school may know, the Hub may not."""
    roll = row("pupils.roll.changed.v1", year_groups=[{"year_group": 10, "on_roll": 200}])
    told = row(
        "pupils.activity.recorded.v1",
        activity_id="activity-1",
        coverage=[{"year_group": 10, "benchmark": "gb5", "reached": 3}],
        activity={
            "activity_type": "employer_talk",
            "held_on": "2026-01-15",
            "year_groups": [
                {"year_group": 10, "attended": 3, "absent": 0, "excused": 0, "encounters": 3, "credits": {}}
            ],
        },
    )
    school = report_of([roll, told], [])
    own = own_report(YEAR, "now", school)
    (seen_by_hub,) = hub_report("dorset", YEAR, "now", [school])["schools"]
    assert own["benchmarks"]["gb5"]["reached"] == 3
    assert seen_by_hub["benchmarks"]["gb5"] == {"reached": "c", "coverage_percent": "c"}
    assert seen_by_hub["encounters"] == "c"
    assert seen_by_hub["year_groups"][0]["benchmarks"]["gb5"]["reached"] == "c"


def test_the_mean_of_benchmarks_achieved_counts_schools_that_report() -> None:
    schools = [
        report_of([], [evaluation("2026-03-12", {"gb1": 100, "gb2": score})]) for score in (100, 100, 0, 0)
    ]
    totals = hub_report("dorset", YEAR, "now", schools)["totals"]
    assert totals["mean_achieved"] == 1.5
    assert totals["achieving_percent"]["gb2"] == 50
    assert totals["achieving_percent"]["gb3"] == "x"
