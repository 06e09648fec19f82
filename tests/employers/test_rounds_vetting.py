"""Vetting before first use: what a round leaves out, and what is stopped before pupils meet anybody."""

from __future__ import annotations

import pytest

from tests.employers.hub import Hub
from tests.employers.listings import employer_entry
from tests.employers.test_rounds_api import accept, confirm, lines, own_time_limit, propose

__all__ = ["own_time_limit"]


async def test_an_employer_that_is_not_vetted_is_named_and_not_proposed(hub: Hub) -> None:
    body = {"employers": [employer_entry("gpg-9", "Newcomer", sic_section="F")]}
    assert (await hub.ask("admin", "PUT", "/directory", body)).status_code == 200
    await hub.need()
    await hub.offer("gpg-9")

    done = await propose(hub)

    shown = await hub.get(f"/rounds/{done['id']}")
    assert (shown["lines"], shown["not_vetted"]) == ([], ["gpg-9"])
    await hub.vet("gpg-9")
    again = await hub.post(f"/rounds/{done['id']}/resolution", {"version": done["version"]})
    (line,) = await lines(hub, again["id"])
    assert line["employer_id"] == "gpg-9"
    assert (await hub.get(f"/rounds/{done['id']}"))["not_vetted"] == []


@pytest.mark.parametrize("state", ["paused", "refused"])
async def test_who_is_no_longer_vetted_is_not_confirmed(hub: Hub, state: str) -> None:
    await hub.need()
    await hub.offer()
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    accepted = await accept(hub, done["id"], line)
    await hub.vet("gpg-1", state, decisions=1, checked=[], reason="safeguarding_concern")

    path = f"/rounds/{done['id']}/lines/{line['id']}/confirmation"
    refused = await hub.ask("ec", "POST", path, {"version": accepted["version"]})

    assert refused.status_code == 409
    assert f"is {state}, not vetted" in refused.json()["detail"]
    assert [one["state"] for one in await lines(hub, done["id"])] == ["accepted"]


async def test_what_was_confirmed_stays_in_the_plan_when_its_employer_is_paused(hub: Hub) -> None:
    await hub.need()
    await hub.offer()
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    await confirm(hub, done["id"], line)
    await hub.vet("gpg-1", "paused", decisions=1, checked=[], reason="complaint_looked_into")

    version = (await hub.get(f"/rounds/{done['id']}"))["version"]
    await hub.need(slots=1)
    await hub.post(f"/rounds/{done['id']}/resolution", {"version": version})

    assert [one["state"] for one in await lines(hub, done["id"])] == ["confirmed"]
