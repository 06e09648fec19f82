"""A confirmed match is completed by the school's activities, and by nothing else; and open again without."""

from __future__ import annotations

from typing import Any, Final

import pytest

from contracts.vocabulary import ActivityId, Urn
from services.employers.stream import COMPLETED_MATCHES
from services.runtime.uow import Actor, UnitOfWork
from tests.employers.activities import ACTIVITY, Tale, Told, figures
from tests.employers.hub import OTHER_URN, URN, Hub
from tests.employers.test_rounds_api import confirm, lines, own_time_limit, propose, states

__all__ = ["own_time_limit"]

Json = dict[str, Any]
LEADER: Final = f"leader@{URN}"
TALE: Final = Tale(Urn(URN))
SECOND: Final = Tale(Urn(URN), activity_id=ActivityId("activity-2"))


async def hear(hub: Hub, *events: Told) -> None:
    """Have the service hear of activities, as its reaction does."""

    async def work(unit: UnitOfWork) -> None:
        for event in events:
            await COMPLETED_MATCHES.on[type(event)](unit, event)

    await hub.context.in_hub(Actor("test"), events[0].urn, work)


async def confirmed_line(hub: Hub, round_id: str) -> Json:
    """Confirm the only line of a round, and return it as it is then."""
    (line,) = await lines(hub, round_id)
    await confirm(hub, round_id, line)
    (line,) = await lines(hub, round_id)
    return line


@pytest.fixture
async def line(hub: Hub) -> Json:
    """The only line of a round, confirmed."""
    await hub.need()
    await hub.offer("gpg-1")
    return await confirmed_line(hub, (await propose(hub))["id"])


async def school_sees(hub: Hub) -> list[tuple[str, list[str]]]:
    """What the school sees of its matches: their states, and the activities that completed them."""
    matches = (await hub.get(f"/schools/{URN}/matches", LEADER))["matches"]
    return sorted((match["state"], match["completed_by"]) for match in matches)


async def test_an_activity_completes_its_match_and_without_it_the_match_is_confirmed_again(
    hub: Hub, line: Json
) -> None:
    talk = figures(match_id=line["id"])

    await hear(hub, TALE.recorded(talk))

    assert await school_sees(hub) == [("completed", [ACTIVITY])]
    (shown,) = await lines(hub, line["round_id"])
    assert (shown["state"], shown["version"]) == ("completed", line["version"] + 1)
    assert "completed_by" not in shown, "a school's activities are its own"
    await hear(hub, TALE.retracted(talk))
    assert await school_sees(hub) == [("confirmed", [])]
    assert (await states(hub, URN))[-3:] == ["confirmed", "completed", "confirmed"]


async def test_an_activity_without_a_match_changes_nothing(hub: Hub, line: Json) -> None:
    talk = figures()

    await hear(hub, TALE.recorded(talk), TALE.corrected(talk, figures(attended=9)), TALE.retracted(talk))

    assert await lines(hub, line["round_id"]) == [line]


async def test_a_second_delivery_changes_nothing(hub: Hub, line: Json) -> None:
    talk = figures(match_id=line["id"])
    changed = figures(attended=9, match_id=line["id"])
    for event in (TALE.recorded(talk), TALE.corrected(talk, changed), TALE.retracted(changed)):
        await hear(hub, event)
        once = (await lines(hub, line["round_id"]), await states(hub, URN))

        await hear(hub, event)

        assert (await lines(hub, line["round_id"]), await states(hub, URN)) == once


async def test_a_correction_takes_the_match_off_and_puts_it_on(hub: Hub, line: Json) -> None:
    without, with_it = figures(), figures(match_id=line["id"])

    seen = []
    for event in (
        TALE.recorded(without),
        TALE.corrected(without, with_it),
        TALE.corrected(with_it, without),
    ):
        await hear(hub, event)
        seen += await school_sees(hub)

    assert seen == [("confirmed", []), ("completed", [ACTIVITY]), ("confirmed", [])]


async def test_a_correction_moves_an_activity_from_one_match_to_another(hub: Hub) -> None:
    await hub.need(slots=2)
    for number in (1, 2):
        await hub.offer(f"gpg-{number}")
    done = await propose(hub)
    for one in await lines(hub, done["id"]):
        await confirm(hub, done["id"], one)
    first, second = (figures(match_id=one["id"]) for one in await lines(hub, done["id"]))
    await hear(hub, TALE.recorded(first))

    await hear(hub, TALE.corrected(first, second))

    shown = {one["id"]: one["state"] for one in await lines(hub, done["id"])}
    assert shown == {first.match_id: "confirmed", second.match_id: "completed"}


async def test_two_sessions_complete_a_match_until_neither_stands(hub: Hub, line: Json) -> None:
    talk = figures(match_id=line["id"])
    await hear(hub, TALE.recorded(talk), SECOND.recorded(talk))
    assert await school_sees(hub) == [("completed", [ACTIVITY, SECOND.activity_id])]

    await hear(hub, TALE.retracted(talk))
    assert await school_sees(hub) == [("completed", [SECOND.activity_id])]
    await hear(hub, SECOND.retracted(talk))

    assert await school_sees(hub) == [("confirmed", [])]
    assert (await states(hub, URN))[-3:] == ["confirmed", "completed", "confirmed"]


async def test_a_repeat_that_is_merged_leaves_its_match_completed_throughout(hub: Hub, line: Json) -> None:
    without, talk = figures(), figures(match_id=line["id"])
    await hear(hub, TALE.recorded(without), SECOND.recorded(talk))
    before = await states(hub, URN)

    await hear(hub, TALE.corrected(without, talk), SECOND.retracted(talk))
    merged = await school_sees(hub)
    await hear(hub, SECOND.recorded(talk), TALE.corrected(talk, without))

    assert merged == [("completed", [ACTIVITY])]
    assert await school_sees(hub) == [("completed", [SECOND.activity_id])]
    assert await states(hub, URN) == before


async def test_a_completed_match_can_be_neither_cancelled_nor_answered_and_confirming_it_changes_nothing(
    hub: Hub, line: Json
) -> None:
    await hear(hub, TALE.recorded(figures(match_id=line["id"])))
    path = f"/rounds/{line['round_id']}/lines/{line['id']}"
    version = line["version"] + 1

    cancel = await hub.ask("ec", "POST", f"{path}/cancellation", {"version": version, "by": "school"})
    decline = await hub.ask(
        LEADER,
        "POST",
        f"/schools/{URN}/matches/{line['id']}/answer",
        {"version": version, "answer": "declined"},
    )
    again = await hub.post(f"{path}/confirmation", {"version": version})

    assert cancel.status_code == decline.status_code == 409
    assert "the school retracts the activity" in cancel.json()["detail"]
    assert (again["outcome"], again["state"]) == ("unchanged", "completed")
    assert (await hub.ask("ec", "GET", f"{path}/stand-ins")).status_code == 409


async def test_a_match_that_was_cancelled_just_before_stays_cancelled_and_knows_of_the_activity(
    hub: Hub, line: Json
) -> None:
    path = f"/rounds/{line['round_id']}/lines/{line['id']}/cancellation"
    await hub.post(path, {"version": line["version"], "by": "school"})
    talk = figures(match_id=line["id"])

    await hear(hub, TALE.recorded(talk))

    assert await school_sees(hub) == [("cancelled", [ACTIVITY])]
    assert (await states(hub, URN))[-2:] == ["confirmed", "cancelled"]
    await hear(hub, TALE.retracted(talk))
    assert await school_sees(hub) == [("cancelled", [])]


async def test_a_completed_match_stays_in_its_round_and_takes_of_the_next(hub: Hub, line: Json) -> None:
    await hear(hub, TALE.recorded(figures(match_id=line["id"])))
    await hub.offer("gpg-2", send="none")
    await hub.ask("ec", "PUT", "/ask-budgets/gpg-1", {"asks": 1, "version": 0})

    again = await hub.post(f"/rounds/{line['round_id']}/resolution", {"version": 1})
    await hub.need(OTHER_URN)
    following = await propose(hub)

    assert again["matches"] == 1
    (kept,) = await lines(hub, line["round_id"])
    assert (kept["id"], kept["state"]) == (line["id"], "completed")
    assert [(one["urn"], one["employer_id"]) for one in await lines(hub, following["id"])] == [
        (OTHER_URN, "gpg-2")
    ]


async def test_the_place_of_a_completed_match_cannot_be_confirmed_to_another(hub: Hub) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    first, second = (await propose(hub))["id"], (await propose(hub))["id"]
    line = await confirmed_line(hub, first)
    await hear(hub, TALE.recorded(figures(match_id=line["id"])))
    (other,) = await lines(hub, second)

    with pytest.raises(AssertionError, match="All that this offer has"):
        await confirm(hub, second, other)


async def test_what_was_completed_can_be_closed_and_its_round_is_solved_without_asking_for_it(
    hub: Hub, line: Json
) -> None:
    await hear(hub, TALE.recorded(figures(match_id=line["id"])))
    withdrawn = {"version": 1}
    await hub.post(f"/schools/{URN}/needs/{line['need_id']}/withdrawal", withdrawn, LEADER)
    await hub.need(OTHER_URN)

    again = await hub.post(f"/rounds/{line['round_id']}/resolution", {"version": 1})

    assert again["matches"] == 0, "the only place is taken"
    (kept,) = await lines(hub, line["round_id"])
    assert (kept["id"], kept["state"]) == (line["id"], "completed")
    await hub.post(f"/offers/{line['offer_id']}/withdrawal", withdrawn)
    await hub.offer("gpg-1")
    once_more = await hub.post(f"/rounds/{line['round_id']}/resolution", {"version": again["version"]})
    assert once_more["matches"] == 1
    assert {one["urn"]: one["state"] for one in await lines(hub, line["round_id"])} == {
        URN: "completed",
        OTHER_URN: "proposed",
    }


@pytest.mark.parametrize("urn", [OTHER_URN, URN])
async def test_a_match_that_the_school_does_not_have_is_not_touched(hub: Hub, line: Json, urn: str) -> None:
    identity = line["id"] if urn == OTHER_URN else "0" * 32

    with pytest.raises(ValueError, match="does not have"):
        await hear(hub, Tale(Urn(urn)).recorded(figures(match_id=identity)))

    assert await lines(hub, line["round_id"]) == [line]
