"""An Enterprise Adviser's recommendation of an employer, from the route to the parts of a plan's cost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import EmployerId, Urn
from services.employers import rules
from services.employers.advising.adviser import AdviserId, Mark, Step
from services.employers.advising.match import Match, MatchId
from services.employers.advising.recommendation import (
    MOST_STANDING,
    Recommendation,
    Saying,
    recommend,
    recommended_by_school,
    withdraw,
)
from services.employers.solving import solving
from services.runtime.errors import ConflictError, InvalidError
from services.runtime.successions import Succession
from tests.conftest import NOW
from tests.employers.advisers import MATCHES, available, do, get, move, post, propose, want, working
from tests.employers.hub import ENDS_ON, OTHER_URN, URN, Hub
from tests.employers.listings import DIRECTORY, employer_entry, school_entry

Json = dict[str, Any]
TODAY = dt.date(2026, 6, 15)
MARK = Mark(dt.datetime(2026, 6, 15, tzinfo=dt.UTC), "ec")
FAVOURED = rules.weights().of("adviser")


def relationship(state: str = "active", urn: str = URN, identity: str = "m1", day: int = 1) -> Match:
    steps: tuple[Step, ...] = (Step("active", dt.date(2026, 6, day), None, MARK),)
    if state != "active":
        steps = (*steps, Step(state, dt.date(2026, 6, day + 1), None, MARK))
    return Match(MatchId(identity), 1, AdviserId("a1"), Urn(urn), {}, steps)


def test_a_recommendation_has_the_day_on_which_it_was_made_and_withdrawn() -> None:
    made = recommend(None, relationship(), EmployerId("gpg-1"), Saying(None, TODAY))
    gone = withdraw(made, Saying(None, TODAY))
    again = recommend(gone, relationship(), EmployerId("gpg-1"), Saying(None, TODAY))

    assert (made.recommended_on, made.withdrawn_on, made.stands) == (TODAY, None, True)
    assert (gone.recommended_on, gone.withdrawn_on, gone.stands) == (TODAY, TODAY, False)
    assert again == made
    assert withdraw(gone, Saying(dt.date(2026, 6, 16), TODAY)) is gone


@pytest.mark.parametrize("on", [dt.date(2026, 6, 16), dt.date(2026, 5, 31)])
def test_a_day_in_the_future_or_before_the_two_worked_together_is_refused(on: dt.date) -> None:
    made = recommend(None, relationship(), EmployerId("gpg-1"), Saying(None, TODAY))

    with pytest.raises(InvalidError):
        recommend(None, relationship(), EmployerId("gpg-1"), Saying(on, TODAY))
    with pytest.raises(InvalidError):
        withdraw(made, Saying(on, TODAY))


def test_what_was_withdrawn_is_not_made_again_on_a_day_before_that() -> None:
    gone = Recommendation(MatchId("m1"), EmployerId("gpg-1"), dt.date(2026, 6, 2), dt.date(2026, 6, 10))

    with pytest.raises(InvalidError):
        recommend(gone, relationship(), EmployerId("gpg-1"), Saying(dt.date(2026, 6, 9), TODAY))


@pytest.mark.parametrize("state", ["paused", "ended"])
def test_only_who_works_with_a_school_recommends_to_it(state: str) -> None:
    with pytest.raises(ConflictError, match=state):
        recommend(None, relationship(state), EmployerId("gpg-1"), Saying(None, TODAY))


@given(
    st.lists(
        st.tuples(st.sampled_from(["m1", "m2", "m3"]), st.sampled_from("abc"), st.booleans()), max_size=12
    ),
    st.tuples(*[st.sampled_from(["proposed", "introduced", "active", "paused", "ended"])] * 3),
)
def test_what_counts_equals_a_naive_recount(said: list[tuple[str, str, bool]], states: Any) -> None:  # noqa: ANN401 - a tuple of three
    urns = {"m1": "1", "m2": "1", "m3": "3"}
    matches = {
        MatchId(one): replace(
            relationship(identity=one, urn=urns[one]), history=(Step(state, TODAY, None, MARK),)
        )
        for one, state in zip(urns, states, strict=True)
    }
    told = [
        Recommendation(MatchId(match), EmployerId(employer), TODAY, None if stands else TODAY)
        for match, employer, stands in said
    ]

    found = recommended_by_school(
        told, matches, {EmployerId("c"): EmployerId("b")}, lambda urn: Urn(f"t{urn}")
    )

    naive: dict[str, set[str]] = {}
    for match, employer, stands in said:
        if stands and matches[MatchId(match)].state == "active":
            naive.setdefault(f"t{urns[match]}", set()).add("b" if employer == "c" else employer)
    assert found == naive


@pytest.fixture(autouse=True)
def time_to_start() -> None:
    """Give the solver time to start on a busy machine."""
    solving().time_limit_s = 60.0


@pytest.fixture
async def coordinator(hub: Hub) -> httpx.AsyncClient:
    """A coordinator, on the client that `hub` asks with as well."""
    hub.client.headers["Authorization"] = f"Bearer {await hub.token('ec', 'enterprise_coordinator')}"
    return hub.client


@pytest.fixture
async def match(coordinator: httpx.AsyncClient) -> str:
    """An adviser who works with the first school."""
    await want(coordinator)
    return await working(coordinator, await available(coordinator))


async def tell(
    client: httpx.AsyncClient, match: str, employer: str, status: int = 200, **body: object
) -> Json:
    answer = await client.put(f"{MATCHES}/{match}/recommendations/{employer}", json={"version": 0, **body})
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


async def take_back(client: httpx.AsyncClient, match: str, employer: str, **body: object) -> Json:
    path = f"{MATCHES}/{match}/recommendations/{employer}/withdrawal"
    return await post(client, path, {"version": 1, **body})


async def listed(client: httpx.AsyncClient, match: str) -> list[Json]:
    found: list[Json] = (await get(client, f"{MATCHES}/{match}/recommendations"))["recommendations"]
    return found


async def planned(hub: Hub) -> tuple[str, Json, str]:
    """Propose a round; returns its id, its only line and the digest of its inputs."""
    done = await hub.post("/rounds", {"ends_on": ENDS_ON, "fairness": 1.0})
    return str(done["id"]), await the_line(hub, str(done["id"])), str(done["inputs_digest"])


async def the_line(hub: Hub, round_id: str) -> Json:
    (line,) = [one for one in (await hub.get(f"/rounds/{round_id}"))["lines"] if one["state"] != "replaced"]
    return dict(line)


async def test_a_recommended_employer_is_preferred_and_the_explanation_says_so(
    hub: Hub, coordinator: httpx.AsyncClient, match: str
) -> None:
    await hub.need()
    for number in (1, 2):
        await hub.offer(f"gpg-{number}")
    _, before, _ = await planned(hub)
    other = "gpg-2" if before["employer_id"] == "gpg-1" else "gpg-1"

    await tell(coordinator, match, other)

    round_id, line, _ = await planned(hub)
    assert line["employer_id"] == other
    assert line["parts"]["adviser"] == FAVOURED < 0
    assert line["cost"] == sum(line["parts"].values())
    (explained,) = (await hub.get(f"/rounds/{round_id}/explanations"))["explanations"]
    assert explained["parts"]["adviser"] == FAVOURED
    assert explained["cost"] == sum(explained["parts"].values())


async def test_withdrawing_changes_the_next_solve_and_not_the_plan_that_stands(
    hub: Hub, coordinator: httpx.AsyncClient, match: str
) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    await tell(coordinator, match, "gpg-1")
    round_id, line, _ = await planned(hub)

    await take_back(coordinator, match, "gpg-1")

    assert (await the_line(hub, round_id))["parts"] == line["parts"]
    await hub.post(f"/rounds/{round_id}/resolution", {"version": 1})
    after = await the_line(hub, round_id)
    assert "adviser" not in after["parts"]
    # As a line of the last plan it costs less, which is another part.
    assert after["cost"] == line["cost"] - FAVOURED + rules.weights().of("stay")


@pytest.mark.parametrize("ending", ["pause", "end", "adviser leaves"])
async def test_only_an_active_relationships_recommendation_counts(
    hub: Hub, coordinator: httpx.AsyncClient, match: str, ending: str
) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    _, _, without = await planned(hub)
    await tell(coordinator, match, "gpg-1")
    assert "adviser" in (await planned(hub))[1]["parts"]

    if ending == "adviser leaves":
        adviser = (await get(coordinator, f"{MATCHES}/{match}"))["adviser_id"]
        await move(coordinator, adviser, "ended", reason="moved_away")
    else:
        more: Json = {"reason": "completed"} if ending == "end" else {}
        await do(coordinator, match, ending, **more)

    _, line, digest = await planned(hub)
    assert "adviser" not in line["parts"]
    assert digest == without
    assert [one["counts"] for one in await listed(coordinator, match)] == [False]
    if ending == "pause":
        await do(coordinator, match, "activate")
        assert "adviser" in (await planned(hub))[1]["parts"]


async def test_another_relationship_of_the_same_two_begins_without_recommendations(
    hub: Hub, coordinator: httpx.AsyncClient, match: str
) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    await tell(coordinator, match, "gpg-1")
    adviser = (await get(coordinator, f"{MATCHES}/{match}"))["adviser_id"]
    await do(coordinator, match, "end", reason="completed")

    second = await working(coordinator, adviser)

    assert await listed(coordinator, second) == []
    assert "adviser" not in (await planned(hub))[1]["parts"]


async def test_a_recommendation_is_to_one_school_and_follows_it_to_its_next_urn(
    hub: Hub, coordinator: httpx.AsyncClient, match: str
) -> None:
    await hub.need(OTHER_URN)
    await hub.offer("gpg-1")
    await tell(coordinator, match, "gpg-1")
    assert "adviser" not in (await planned(hub))[1]["parts"]

    await hub.need()
    await hub.offer("gpg-2")
    await hub.ask("admin", "PUT", "/directory", {"schools": [school_entry("149000")]})
    await hub.context.successions.declare(Succession(Urn("149000"), Urn(URN), NOW, "admin"))
    hub.context.successions.forget()
    done = await hub.post("/rounds", {"ends_on": ENDS_ON, "fairness": 1.0})

    lines = (await hub.get(f"/rounds/{done['id']}"))["lines"]
    assert {one["urn"]: one["employer_id"] for one in lines}[URN] == "gpg-1"
    assert [one["urn"] for one in lines if "adviser" in one["parts"]] == [URN]


async def test_a_merged_employers_recommendation_is_its_survivors(
    hub: Hub, coordinator: httpx.AsyncClient, match: str
) -> None:
    await hub.need()
    await hub.offer("gpg-2")
    await tell(coordinator, match, "gpg-1")

    await hub.post("/employers/gpg-1/merge", {"into": "gpg-2"})

    assert (await planned(hub))[1]["parts"]["adviser"] == FAVOURED


async def test_the_same_again_changes_nothing_and_two_coordinators_do_not_overwrite_each_other(
    coordinator: httpx.AsyncClient, match: str
) -> None:
    first, second = [await tell(coordinator, match, "gpg-1") for _ in range(2)]
    gone, gone_again = [await take_back(coordinator, match, "gpg-1") for _ in range(2)]

    assert [one["outcome"] for one in (first, second, gone, gone_again)] == [
        "recorded",
        "unchanged",
        "changed",
        "unchanged",
    ]
    await tell(coordinator, match, "gpg-1", 409, version=1)
    again = await tell(coordinator, match, "gpg-1", version=2)
    assert (again["outcome"], again["version"]) == ("changed", 3)
    (shown,) = await listed(coordinator, match)
    assert (shown["employer_id"], shown["withdrawn_on"], shown["counts"]) == ("gpg-1", None, True)
    assert shown["recommended_on"] == "2026-06-15"
    assert shown["by"] == "ec"


async def test_what_cannot_be_recommended_is_refused_and_nothing_is_kept(
    coordinator: httpx.AsyncClient, match: str
) -> None:
    proposed_to_nobody = "0" * 32
    await tell(coordinator, proposed_to_nobody, "gpg-1", 404)
    await tell(coordinator, match, "gpg-404", 404)
    future = await tell(coordinator, match, "gpg-1", 422, on="2027-01-01")
    await tell(coordinator, match, "gpg-1", 422, reason="a friend of mine")
    never = await coordinator.post(f"{MATCHES}/{match}/recommendations/gpg-1/withdrawal", json={"version": 0})
    await want(coordinator, OTHER_URN)
    not_yet = str((await propose(coordinator, await available(coordinator), OTHER_URN))["match_id"])
    refused = await tell(coordinator, not_yet, "gpg-1", 409)

    assert future["problems"] == [{"where": "on", "reason": "is in the future"}]
    assert never.status_code == 404
    assert "proposed" in refused["detail"]
    assert await listed(coordinator, match) == await listed(coordinator, not_yet) == []


async def test_an_adviser_recommends_only_so_many_at_once(
    hub: Hub, coordinator: httpx.AsyncClient, match: str
) -> None:
    entries = [employer_entry(f"own-{number}", f"Own {number}") for number in range(MOST_STANDING + 1)]
    answer = await hub.ask("admin", "PUT", DIRECTORY.removeprefix("/employers/v1"), {"employers": entries})
    assert answer.status_code == 200
    for number in range(MOST_STANDING):
        await tell(coordinator, match, f"own-{number}")

    await tell(coordinator, match, f"own-{MOST_STANDING}", 409)

    await take_back(coordinator, match, "own-0")
    await tell(coordinator, match, f"own-{MOST_STANDING}")
    await tell(coordinator, match, "own-0", 409, version=2)


async def test_only_who_looks_after_advisers_records_what_they_recommend(hub: Hub, match: str) -> None:
    path = f"{MATCHES}/{match}/recommendations".removeprefix("/employers/v1")
    for who in ("admin", f"leader@{URN}"):
        answers = [
            await hub.ask(who, "GET", path),
            await hub.ask(who, "PUT", f"{path}/gpg-1", {"version": 0}),
            await hub.ask(who, "POST", f"{path}/gpg-1/withdrawal", {"version": 1}),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
