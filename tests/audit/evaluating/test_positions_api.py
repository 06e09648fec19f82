"""Where a school stands, over the real store: shared with whom, at the snapshots, beside the time before."""

from __future__ import annotations

import pytest

from contracts.audit import EvaluationCompleted, EvaluationShared, EvaluationSuperseded, EvaluationUnshared
from tests.audit.evaluating.conftest import School, problems_of
from tests.audit.evaluations import benchmarks, body

LEAD, COORDINATOR = "hub_lead", "enterprise_coordinator"


async def share(school: School, *readers: str, who: str = "leader") -> list[str]:
    answer = await school.do("PUT", "/sharing", who, json={"shared_with": list(readers)})
    return list(answer["shared_with"])


async def bring(school: School, completed_on: str, **changes: object) -> str:
    """Bring a finished evaluation from another tool; returns its id."""
    receipt = await school.do("POST", "/evaluations", json=body(completed_on, **changes))
    return str(receipt["evaluation_id"])


async def test_nothing_is_shared_until_the_school_says_so(school: School) -> None:
    await school.complete(await school.answered())

    sharing = await school.do("GET", "/sharing", "governor")

    assert sharing == {
        "version": 0, "shared_with": [], "decided_by": None, "decided_at": None, "history": [],
    }  # fmt: skip
    [event] = await school.told()
    assert isinstance(event, EvaluationCompleted)
    assert event.scores is None


async def test_sharing_tells_what_stands_with_criteria_and_weak_benchmarks(school: School) -> None:
    receipt = await school.complete(await school.answered(gb5_1__every_year="some", gb1_2__tailored="no"))

    assert await share(school, COORDINATOR, who="head") == [COORDINATOR]

    event = (await school.told())[-1]
    assert isinstance(event, EvaluationShared)
    assert (event.evaluation_id, event.shared_with) == (receipt["evaluation_id"], (COORDINATOR,))
    assert {score.benchmark: score.score_percent for score in event.scores}["gb5"] == 83
    assert event.weak_benchmarks == ("gb5", "gb1")
    states = {result.criterion: result.state for result in event.criteria}
    assert (states["gb5.1"], states["gb5.2"], states["gb8.1"]) == ("in_progress", "unscored", "achieved")
    listed = (await school.do("GET", "/evaluations"))["evaluations"]
    assert [found["shared_with"] for found in listed] == [[COORDINATOR]]


async def test_what_is_completed_while_sharing_holds_is_told_with_its_scores_at_once(school: School) -> None:
    await share(school, LEAD, COORDINATOR)

    await school.complete(await school.answered())

    [event] = await school.told()
    assert isinstance(event, EvaluationCompleted)
    assert event.shared_with == (LEAD, COORDINATOR)
    assert event.scores is not None
    assert len(event.scores) == 8
    assert {result.criterion for result in event.criteria} >= {"gb1.1", "gb8.3"}


async def test_withdrawing_withdraws_everything_that_was_shared(school: School) -> None:
    last_year = await bring(school, "2025-07-10", framework="gatsby-2018")
    autumn = await bring(school, "2025-12-05")
    await bring(school, "2026-01-09", share_with_hub=False)
    before = len(await school.told())

    await share(school)

    withdrawn = (await school.told())[before:]
    assert [type(event) for event in withdrawn] == [EvaluationUnshared] * 2
    assert {event.evaluation_id for event in withdrawn if isinstance(event, EvaluationUnshared)} == {
        last_year, autumn,
    }  # fmt: skip
    assert not any(
        found["shared_with_hub"] for found in (await school.do("GET", "/evaluations"))["evaluations"]
    )


async def test_sharing_covers_the_evaluation_that_stands_this_year_and_no_earlier_one(school: School) -> None:
    await bring(school, "2025-07-10", framework="gatsby-2018", share_with_hub=False)
    await bring(school, "2025-12-05", share_with_hub=False)
    spring = await bring(school, "2026-03-12", share_with_hub=False)
    before = len(await school.told())

    await share(school, LEAD)

    [event] = (await school.told())[before:]
    assert isinstance(event, EvaluationShared)
    assert event.evaluation_id == spring


async def test_other_readers_are_told_of_and_the_same_again_is_not(school: School) -> None:
    await bring(school, "2026-03-12", share_with_hub=False)

    for readers in ([LEAD], [LEAD, LEAD], [COORDINATOR, LEAD], [LEAD, COORDINATOR], []):
        await share(school, *readers)

    _, *events = await school.told()
    assert [event.shared_with if isinstance(event, EvaluationShared) else None for event in events] == [
        (LEAD,), (LEAD, COORDINATOR), None,
    ]  # fmt: skip
    history = (await school.do("GET", "/sharing"))["history"]
    assert [(found["version"], found["shared_with"], found["decided_by"]) for found in history] == [
        (1, [LEAD], "leader"), (2, [LEAD, COORDINATOR], "leader"), (3, [], "leader"),
    ]  # fmt: skip
    assert ("leader", "sharing.decided") in await school.accesses()


async def test_what_comes_whole_is_shared_with_the_readers_that_the_school_has_named(school: School) -> None:
    await share(school, COORDINATOR)

    await bring(school, "2026-03-12", share_with_hub=True)

    event = (await school.told())[-1]
    assert isinstance(event, EvaluationCompleted)
    assert event.shared_with == (COORDINATOR,)


async def test_who_may_share_and_with_whom(school: School) -> None:
    both = {"shared_with": [LEAD, COORDINATOR]}

    assert (await school.send("PUT", "/sharing", "history", json=both)).status_code == 403
    assert (await school.send("PUT", "/sharing", "governor", json=both)).status_code == 403
    assert (await school.send("PUT", "/sharing", "stranger", json=both)).status_code == 404
    unknown = await school.send("PUT", "/sharing", json={"shared_with": ["employer"]})
    assert "body.shared_with.0" in problems_of(unknown)
    assert (await school.send("PUT", "/sharing", json={})).status_code == 422


async def snapshots(school: School, year: str = "2025/26", **query: str) -> list[tuple[str, str, str | None]]:
    answer = await school.do("GET", "/snapshots", "governor", params={"academic_year": year, **query})
    return [
        (found["on"], found["status"], found["evaluation"] and found["evaluation"]["completed_on"])
        for found in answer["snapshots"]
    ]


async def test_a_snapshot_is_the_latest_evaluation_of_its_term_and_a_stale_one_is_not_reported(
    school: School,
) -> None:
    await bring(school, "2025-11-20")
    await bring(school, "2025-12-05")

    assert await snapshots(school) == [
        ("2025-12-31", "reported", "2025-12-05"),
        ("2026-03-31", "not_reported_this_term", None),
        ("2026-07-31", "not_due_yet", None),
    ]


async def test_a_late_evaluation_restates_the_snapshot_and_what_was_known_then_can_be_told_again(
    school: School,
) -> None:
    school.clock.set("2025-12-12")
    await bring(school, "2025-11-20")
    school.clock.set("2026-06-15")
    await bring(school, "2025-12-05")

    assert (await snapshots(school))[0] == ("2025-12-31", "reported", "2025-12-05")
    then = await snapshots(school, as_known_at="2026-01-01T00:00:00Z")
    assert then[0] == ("2025-12-31", "reported", "2025-11-20")
    restated = await school.do("GET", "/snapshots", params={"academic_year": "2025/26"})
    assert [found["restated"] for found in restated["snapshots"]] == [True, False, False]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"academic_year": "2025/27"}, "academic_year"),
        ({"academic_year": "last"}, "query.academic_year"),
        ({"as_known_at": "2026-01-01T00:00:00"}, "as_known_at"),
    ],
)
async def test_snapshots_of_no_year_or_moment_are_refused(
    school: School, query: dict[str, str], where: str
) -> None:
    refused = await school.send("GET", "/snapshots", params=query)

    assert refused.status_code == 422
    assert where in problems_of(refused)


async def test_an_evaluation_is_compared_with_the_one_before(school: School) -> None:
    before = await bring(school, "2025-12-05", benchmarks=benchmarks(gb1=(13, 17), gb2=(5, 5), gb6=(0, 0)))
    now = await bring(school, "2026-03-12", benchmarks=benchmarks(gb1=(16, 17), gb2=(4, 5), gb6=(8, 8)))

    compared = await school.do("GET", f"/evaluations/{now}/comparison", "governor")

    assert (compared["previous"]["evaluation_id"], compared["series_break"]) == (before, False)
    changes = {row["benchmark"]: row for row in compared["changes"]}
    assert [changes["gb1"][name] for name in ("before_percent", "score_percent", "change_points")] == [
        76,
        94,
        18,
    ]
    # A benchmark that was achieved can be lost again.
    assert [changes["gb2"][name] for name in ("achieved_before", "achieved", "change_points")] == [
        True, False, -20,
    ]  # fmt: skip
    assert [changes["gb6"][name] for name in ("before_percent", "score_percent", "change_points")] == [
        None, 100, None,
    ]  # fmt: skip
    first = await school.do("GET", f"/evaluations/{before}/comparison")
    assert (first["previous"], first["changes"]) == (None, [])


async def test_across_a_series_break_no_change_is_told(school: School) -> None:
    await bring(school, "2025-07-10", framework="gatsby-2018")
    now = await bring(school, "2025-12-05")

    compared = await school.do("GET", f"/evaluations/{now}/comparison")

    assert (compared["series_break"], compared["changes"]) == (True, [])
    assert "another framework" in compared["note"]
    assert compared["national"]["figures"] == []


async def test_national_figures_stand_beside_what_is_achieved_and_never_beside_a_score(
    school: School,
) -> None:
    identity = await bring(school, "2025-07-10", framework="gatsby-2018", benchmarks=benchmarks(gb1=(16, 17)))

    national = (await school.do("GET", f"/evaluations/{identity}/comparison"))["national"]

    assert "never with this school's score" in national["what"]
    assert (national["achieved_here"]["gb1"], national["achieved_here"]["gb2"]) == (False, True)
    latest = next(row for row in national["figures"] if row["academic_year"] == "2022/23")
    assert (latest["achieving_percent"]["gb1"], latest["sources"]) == (66.2, ["oak-lodge", "briefing-2023"])
    assert "94" not in str(national["achieved_here"])


async def test_an_unknown_evaluation_is_compared_with_nothing(school: School) -> None:
    assert (await school.send("GET", f"/evaluations/{'0' * 32}/comparison")).status_code == 404


async def test_superseding_is_told_beside_completing(school: School) -> None:
    first = await school.complete(await school.answered())
    second = await school.complete(await school.answered())

    events = await school.told()

    assert [type(event) for event in events] == [
        EvaluationCompleted, EvaluationCompleted, EvaluationSuperseded,
    ]  # fmt: skip
    superseded = events[-1]
    assert isinstance(superseded, EvaluationSuperseded)
    assert (superseded.evaluation_id, superseded.superseded_by) == (
        first["evaluation_id"], second["evaluation_id"],
    )  # fmt: skip
