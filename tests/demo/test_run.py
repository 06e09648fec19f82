"""The driver, over a real socket: what it sends, as whom, and what it makes of the answers."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from rich.console import Console

from contracts.vocabulary import Urn
from services.areas import UnknownAreaError, load_area
from services.demo import hub_client
from services.demo.cast import OwnAccounts, careers_leader_of
from services.demo.hub_client import DemoError, HubAccess
from services.demo.plan import plan_demo
from services.demo.posting import events_missing
from services.demo.result import DemoResult
from services.demo.run import DemoOptions, run_demo
from tests.demo.invented_schools import YEAR
from tests.demo.small_hub import SmallHub, serve, token_for

OPTIONS = DemoOptions(academic_year=YEAR, schools=4, seed=1)
PLAN = plan_demo(load_area("dorset"), YEAR, seed=1, most_schools=4)


@pytest.fixture
async def hub() -> AsyncIterator[SmallHub]:
    async with serve(SmallHub()) as running:
        yield running


CAST = OwnAccounts(lambda person: token_for(person.name, person.role, person.urn))


async def run(hub: SmallHub, options: DemoOptions = OPTIONS) -> tuple[DemoResult, str]:
    """Run the demonstration; returns its result and what stood on stderr."""
    stderr = io.StringIO()
    console = Console(file=stderr, force_terminal=False, width=120)
    result = await run_demo(HubAccess(hub.url, CAST), options, console)
    return result, stderr.getvalue()


async def run_against(answer: httpx.Response | Exception) -> DemoResult:
    """Run the demonstration against a Hub that always gives the same answer."""

    def respond(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    access = HubAccess("http://hub.test", CAST, httpx.MockTransport(respond))
    return await run_demo(access, OPTIONS, Console(file=io.StringIO()))


async def test_every_school_s_roll_activities_and_evaluation_arrive_as_planned(hub: SmallHub) -> None:
    await run(hub)

    for plan in PLAN.schools:
        urn = plan.school.urn
        assert [row["upn"] for row in hub.rolls[urn]] == [pupil.upn for pupil in plan.roll]
        assert list(hub.activities[urn].values()) == [activity.to_json() for activity in plan.activities]
        assert hub.evaluations[urn] == [plan.evaluation]
    assert len(hub.rolls) == 4


async def test_the_whole_area_is_listed_even_if_few_schools_post(hub: SmallHub) -> None:
    await run(hub)

    assert len(hub.directory["schools"]) == 79
    assert len(hub.directory["employers"]) == 138
    assert set(hub.directory["schools"][0]) == {
        *("urn", "name", "phase", "setting", "lowest_year", "highest_year", "has_post16", "district"),
        *("latitude", "longitude"),
    }
    assert set(hub.directory["employers"][0]) == {
        *("employer_id", "name", "sic_section", "size_band", "town", "latitude", "longitude"),
    }


async def test_the_result_counts_what_was_posted_and_carries_the_report(hub: SmallHub) -> None:
    result, _ = await run(hub)

    assert (result.schools, result.schools_without_roll, result.employers) == (4, 27, 138)
    assert result.pupils == sum(len(plan.roll) for plan in PLAN.schools)
    assert result.activities == result.recorded == sum(len(plan.activities) for plan in PLAN.schools)
    assert result.attendances == PLAN.attendances
    assert result.report["totals"]["activities"] == result.activities
    assert result.changed_anything
    assert result.encounters_per_second == round(10 * result.activities / result.seconds, 1)


async def test_the_result_is_one_json_object(hub: SmallHub) -> None:
    result, _ = await run(hub)

    told = json.loads(json.dumps(result.to_json()))

    assert told["attendances"] == PLAN.attendances
    assert told["report"]["academic_year"] == "2025/26"
    assert "Open Government Licence" in told["attribution"]


async def test_a_second_run_changes_nothing_and_says_so(hub: SmallHub) -> None:
    first, _ = await run(hub)
    before = json.dumps([hub.activities, hub.evaluations, hub.rolls, hub.memberships])
    grants = hub.grants

    second, _ = await run(hub)

    assert json.dumps([hub.activities, hub.evaluations, hub.rolls, hub.memberships]) == before
    assert hub.grants == grants
    assert (second.recorded, second.unchanged) == (0, first.recorded)
    assert not second.changed_anything
    assert second.encounters_per_second is None
    assert "nothing has changed" in second.summary()
    assert "nothing has changed" not in first.summary()


async def test_batches_are_large_and_few_schools_are_at_work_at_once(hub: SmallHub) -> None:
    await run(hub)

    assert hub.batch_sizes
    assert max(hub.batch_sizes) <= 50
    assert len(hub.batch_sizes) == sum(-(-len(plan.activities) // 50) for plan in PLAN.schools)
    assert hub.most_side_by_side <= OPTIONS.side_by_side


async def test_a_lost_reply_is_asked_for_again_with_the_same_key_and_counts_once(hub: SmallHub) -> None:
    hub.replies_to_lose = 2

    result, _ = await run(hub)

    assert sum(uses - 1 for uses in hub.key_uses.values()) == 2
    assert result.recorded == sum(len(plan.activities) for plan in PLAN.schools)
    assert result.unchanged == 0


async def test_a_refused_activity_ends_the_run_with_its_reason(hub: SmallHub) -> None:
    hub.reject = True

    with pytest.raises(DemoError, match=r"refused part of activities of .*nobody of Year 7"):
        await run(hub)


async def test_activities_wait_until_their_employers_are_known_and_the_report_until_it_is_fresh(
    hub: SmallHub,
) -> None:
    hub.looks_until_fresh = 3

    await run(hub)

    assert hub.looks == {"pupils": 4, "reporting": 4}


async def test_figures_that_do_not_catch_up_end_the_wait(hub: SmallHub) -> None:
    hub.looks_until_fresh = 1_000_000

    with pytest.raises(DemoError, match=r"not caught up: It is still 1 events behind"):
        await run(hub, DemoOptions(academic_year=YEAR, schools=1, freshness_timeout_s=0.1))


@pytest.mark.parametrize(
    ("positions", "behind", "missing"),
    [
        ({"report": {"pupils": {"a": 5, "b": 7}}}, 0, 0),
        ({"report": {"pupils": {"a": 5, "b": 4}}}, 0, 3),
        ({"report": {"pupils": {"a": 9, "b": 9}}}, 0, 0),
        ({"report": {"pupils": {"a": 5}}}, 0, 7),
        ({"report": {"pupils": {"a": 5, "b": 7}}, "other": {"pupils": {"a": 4, "b": 7}}}, 0, 1),
        ({"report": {"pupils": {"a": 5, "b": 7}}, "other": {"audit": {"a": 1}}}, 0, 0),
        ({"report": {}}, 0, 12),
        ({}, 0, 12),
        ({"report": {"pupils": {"a": 5, "b": 7}}}, 2, 2),
    ],
)
def test_what_is_missing_is_counted_from_the_ledgers(
    positions: dict[str, Any], behind: int, missing: int
) -> None:
    heads = {"pupils": {"a": 5, "b": 7}}

    assert events_missing(heads, {"positions": positions, "behind": behind}) == missing


def test_an_answer_without_positions_is_not_taken_for_fresh() -> None:
    with pytest.raises(DemoError, match="does not say how fresh"):
        events_missing({"pupils": {"a": 5}}, {"behind": 0})


async def test_ctrl_c_stops_says_what_is_safe_and_the_next_run_posts_the_rest(hub: SmallHub) -> None:
    hub.hold_after_batches = 2
    stderr = io.StringIO()
    one_by_one = DemoOptions(academic_year=YEAR, schools=4, seed=1, side_by_side=1)
    running = asyncio.create_task(
        run_demo(HubAccess(hub.url, CAST), one_by_one, Console(file=stderr, width=400))
    )
    await asyncio.wait_for(hub.held.wait(), timeout=10)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    stored = sum(len(known) for known in hub.activities.values())
    assert f"Stopped. {stored} activities of this year are in the Hub and safe" in stderr.getvalue()
    hub.hold_after_batches = None
    result, _ = await run(hub)
    assert (result.unchanged, result.recorded + result.unchanged) == (stored, result.activities)
    assert result.recorded > 0


async def test_progress_is_lines_without_a_terminal_a_bar_in_one_and_nothing_if_it_is_to_be_quiet(
    hub: SmallHub,
) -> None:
    _, lines = await run(hub)
    _, quiet = await run(hub, DemoOptions(academic_year=YEAR, schools=1, seed=1, quiet=True))
    terminal = io.StringIO()
    await run_demo(HubAccess(hub.url, CAST), OPTIONS, Console(file=terminal, force_terminal=True, width=120))

    assert lines.splitlines().count("Posting the year.") == 1
    assert f"4 of 4 schools, {PLAN.attendances:,} of {PLAN.attendances:,} attendances." in lines
    assert "\x1b" not in lines
    assert quiet == ""
    assert "\x1b" in terminal.getvalue()
    assert "Posting the year." not in terminal.getvalue()


async def test_who_was_granted_a_role_just_now_is_asked_again_and_who_was_not_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A Hub's processes remember for some seconds what somebody may do."""
    monkeypatch.setattr(hub_client, "_USUAL_PAUSE_S", 0.0)
    refusals = [httpx.Response(403, json={"title": "Not allowed", "detail": "Not yet."})] * 2
    answers = iter([*refusals, httpx.Response(200, json={})])
    transport = httpx.MockTransport(lambda _request: next(answers))
    async with httpx.AsyncClient(base_url="http://hub.test", transport=transport) as http:
        client = hub_client.HubClient(http, CAST)
        call = hub_client.Call("GET", "/", careers_leader_of(Urn("136500")))
        with pytest.raises(DemoError, match=r"grant .* --role careers_leader --school 136500"):
            await client.fetch_object(call)

        client.note_grant()
        assert await client.fetch_object(call) == {}


async def test_the_hub_s_own_words_are_passed_on() -> None:
    answer = httpx.Response(
        409, json={"title": "Conflict", "detail": "It is recorded with other content.", "problems": []}
    )

    with pytest.raises(DemoError) as caught:
        await run_against(answer)

    assert caught.value.title == "Conflict"
    assert caught.value.detail == "GET /pupils/v1/ledger: It is recorded with other content."


async def test_a_hub_that_asks_for_no_patience_is_not_asked_again() -> None:
    with pytest.raises(DemoError, match="503 Service Unavailable"):
        await run_against(httpx.Response(503, text="gateway"))


async def test_nobody_at_the_address_is_told_as_such() -> None:
    with pytest.raises(DemoError, match=r"does not answer: GET http://hub.test/pupils/v1/ledger"):
        await run_against(httpx.ConnectError("refused"))


async def test_a_hub_that_is_too_slow_is_told_as_such() -> None:
    with pytest.raises(DemoError, match="took too long"):
        await run_against(httpx.ReadTimeout("slow"))


@pytest.mark.parametrize("text", ["<html>", "[1, 2]", '"yes"'])
async def test_another_program_at_the_address_is_recognised(text: str) -> None:
    with pytest.raises(DemoError, match="Is another program listening"):
        await run_against(httpx.Response(200, text=text))


async def test_an_unknown_area_is_refused_before_anything_is_sent(hub: SmallHub) -> None:
    with pytest.raises(UnknownAreaError, match="wiltshire"):
        await run(hub, DemoOptions(academic_year=YEAR, area="wiltshire"))

    assert not hub.directory


@pytest.mark.parametrize("numbers", [{"schools": 0}, {"side_by_side": 0}, {"side_by_side": 4}])
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="school"):
        DemoOptions(academic_year=YEAR, **numbers)  # type: ignore[arg-type]  # only these two are numbers
