"""Vetting before first use, over the real store through the routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.employers.model.details import Mark
from services.employers.model.vetting import Decision, Vetting, decide
from services.employers.vetting.store import vetted_employers
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError
from tests.conftest import NOW, TokenFor
from tests.employers.listings import employer_entry, list_employers

VETTING = "/employers/v1/employers/gpg-1/vetting"
MARK = Mark("ec", NOW)

ContextFor = Callable[[str], ServiceContext]
Json = dict[str, Any]


def decision(decisions: int = 0, state: str = "vetted", **changes: object) -> Json:
    reasons = {"refused": "not_insured", "paused": "insurance_expired"}
    body: Json = {"decisions": decisions, "state": state, "decided_on": "2026-06-01"}
    if state == "vetted":
        body["checked"] = ["exists_and_trades", "public_liability_insurance"]
    else:
        body["reason"] = reasons[state]
    return body | changes


@pytest.fixture
async def lead(client: httpx.AsyncClient, token: TokenFor) -> httpx.AsyncClient:
    """The Hub Lead's client, of a Hub with two employers."""
    await list_employers(client, employer_entry("gpg-1"), employer_entry("gpg-2", "Chesil Foods"))
    client.headers["Authorization"] = f"Bearer {await token('lead', 'hub_lead')}"
    return client


async def test_an_employer_is_listed_until_it_is_vetted_and_then_may_be_matched(
    lead: httpx.AsyncClient, context_for: ContextFor
) -> None:
    database = context_for("employers").database()
    assert (await lead.get(VETTING)).json()["state"] == "listed"
    assert await vetted_employers(database) == frozenset()

    answer = await lead.post(VETTING, json=decision())

    assert answer.status_code == 200, answer.text
    [kept] = answer.json()["decisions"]
    assert (kept["state"], kept["decided_on"], kept["by"]) == ("vetted", "2026-06-01", "lead")
    assert kept["checked"] == ["exists_and_trades", "public_liability_insurance"]
    assert await vetted_employers(database) == {"gpg-1"}


async def test_every_decision_is_kept_and_the_last_one_counts(
    lead: httpx.AsyncClient, context_for: ContextFor
) -> None:
    states = ("vetted", "paused", "vetted", "refused")
    for number, state in enumerate(states):
        answer = await lead.post(VETTING, json=decision(number, state))
        assert answer.status_code == 200, answer.text

    shown = (await lead.get(VETTING)).json()

    assert shown["state"] == "refused"
    assert [one["state"] for one in shown["decisions"]] == list(states)
    assert shown["decisions"][3]["reason"] == "not_insured"
    assert await vetted_employers(context_for("employers").database()) == frozenset()


async def test_the_same_decision_again_changes_nothing(lead: httpx.AsyncClient) -> None:
    first = await lead.post(VETTING, json=decision())
    again = await lead.post(VETTING, json=decision())

    assert (again.status_code, again.json()) == (200, first.json())


async def test_a_decision_that_has_not_seen_the_last_one_is_refused(lead: httpx.AsyncClient) -> None:
    await lead.post(VETTING, json=decision())

    assert (await lead.post(VETTING, json=decision(0, "paused"))).status_code == 409


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (decision(checked=[]), "checked"),
        (decision(checked=["asked_around"]), "checked"),
        (decision(reason="not_insured"), "reason"),
        (decision(decided_on="2026-06-16"), "decided_on"),
        (decision(state="refused", reason=None), "reason"),
        (decision(state="refused", reason="insurance_expired"), "reason"),
        (decision() | {"state": "listed"}, "body.state"),
        (decision() | {"note": "a free text"}, "body.note"),
    ],
)
async def test_what_is_no_decision_is_refused_with_the_place(
    lead: httpx.AsyncClient, body: Json, where: str
) -> None:
    answer = await lead.post(VETTING, json=body)

    assert answer.status_code == 422
    found = [problem["where"] for problem in answer.json()["problems"]]
    assert found == [where]
    assert (await lead.get(VETTING)).json()["decisions"] == []


async def test_what_was_never_in_use_cannot_be_paused(lead: httpx.AsyncClient) -> None:
    answer = await lead.post(VETTING, json=decision(0, "paused"))

    assert answer.status_code == 409
    assert "refused or vetted" in answer.json()["detail"]


async def test_a_decision_cannot_be_dated_before_the_last(lead: httpx.AsyncClient) -> None:
    await lead.post(VETTING, json=decision())

    answer = await lead.post(VETTING, json=decision(1, "paused", decided_on="2026-05-31"))

    assert [problem["where"] for problem in answer.json()["problems"]] == ["decided_on"]


async def test_a_vetted_employer_that_is_merged_is_not_matched_beside_its_survivor(
    lead: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await lead.post(VETTING, json=decision())

    await lead.post("/employers/v1/employers/gpg-1/merge", json={"into": "gpg-2"})

    assert await vetted_employers(context_for("employers").database()) == frozenset()


async def test_an_employer_that_is_not_vetted_is_found_and_shown_as_such(lead: httpx.AsyncClient) -> None:
    found = (await lead.get("/employers/v1/employers", params={"q": "wessex"})).json()["employers"]

    assert [one["employer_id"] for one in found] == ["gpg-1"]
    assert (await lead.get("/employers/v1/employers/gpg-1/details")).json()["vetting"] == "listed"


@given(st.lists(st.sampled_from(["vetted", "refused", "paused"]), max_size=12))
def test_no_order_of_decisions_loses_one_or_pauses_what_was_not_in_use(states: list[Any]) -> None:
    vetting, made = Vetting(), 0
    for day, state in enumerate(states):
        checked = ("references",) if state == "vetted" else ()
        one = Decision(state, NOW.date().replace(day=day + 1), checked, None)
        before = vetting.state
        try:
            after = decide(vetting, made, one, MARK)
        except ConflictError:
            assert (before, state) in {
                ("listed", "paused"),
                ("paused", "paused"),
                ("refused", "refused"),
                ("refused", "paused"),
            }
            continue
        assert after is not None
        assert after.decisions[:-1] == vetting.decisions
        vetting, made = after, made + 1
    assert len(vetting.decisions) == made
