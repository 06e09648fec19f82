"""An employer's own offers, by an account and by a link: kept, told, used by rounds, and nobody else's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.employers import OfferListed
from contracts.vocabulary import AcademicYear, EmployerId
from services.employers.model.calendar import SchoolTerm
from services.employers.model.offer import Offering, hindrances, told_by_employer
from tests.employers.hub import Hub, offer
from tests.employers.listings import employer_entry
from tests.employers.own import Way, account_of, comes_in, own_offer
from tests.employers.test_rounds_api import lines, own_time_limit, propose

__all__ = ["own_time_limit"]

SAFE_UNTIL = "2026-08-31"
OFFERING = Offering(
    employer_id=EmployerId("gpg-1"),
    type="employer_talk",
    term=SchoolTerm(AcademicYear("2025/26"), "summer"),
    year_groups=(9, 10),
    group_size=60,
    capacity=1,
    radius_km=30,
    send="none",
    evidence_note=None,
    safeguarding_until=dt.date(2026, 8, 31),
    days=None,
)


@pytest.fixture(params=["account", "link"])
def way(request: pytest.FixtureRequest) -> Way:
    """Each of the two ways in."""
    found: Way = request.param
    return found


async def test_an_employer_publishes_changes_and_withdraws_its_offer_under_its_own_name(
    hub: Hub, way: Way
) -> None:
    firm = await comes_in(hub, way)

    answer = await firm.ask("POST", "/offers", own_offer())
    done = answer.json()
    path = f"/offers/{done['id']}"
    changed = await firm.ask("PUT", path, own_offer(capacity=4) | {"version": 1})
    same = await firm.ask("PUT", path, own_offer(capacity=4) | {"version": 2})
    stale = await firm.ask("PUT", path, own_offer(capacity=5) | {"version": 1})
    gone = await firm.post(f"{path}/withdrawal", {"version": 2})

    assert (answer.status_code, answer.headers["Location"]) == (201, f"{firm.base}{path}")
    assert [changed.json()["outcome"], same.json()["outcome"], gone["version"]] == ["changed", "unchanged", 3]
    assert stale.status_code == 409
    told = [each for each in await hub.told("offers") if isinstance(each, OfferListed)]
    assert [(each.employer_id, each.capacity, each.state) for each in told] == [
        ("gpg-1", 1, "published"),
        ("gpg-1", 4, "published"),
        ("gpg-1", 4, "withdrawn"),
    ]
    kept = (await hub.get(f"{path}/versions"))["versions"]
    assert {kept[0]["recorded_by"], kept[0]["changed_by"], kept[1]["changed_by"]} == {firm.actor}
    own = (await firm.get(f"{path}/versions"))["versions"]
    assert [each["capacity"] for each in own] == [4, 4, 1]
    assert (await firm.get("/offers"))["offers"] == []
    assert len((await firm.get("/offers?withdrawn=true"))["offers"]) == 1


async def test_an_employer_does_not_learn_who_in_the_team_changed_its_offer(hub: Hub, way: Way) -> None:
    identity = await hub.offer("gpg-1")
    firm = await comes_in(hub, way)

    seen = [await firm.get(f"/offers/{identity}"), *(await firm.get("/offers"))["offers"]]
    seen += (await firm.get(f"/offers/{identity}/versions"))["versions"]

    assert [each["id"] for each in seen] == [identity] * 3
    assert all({"recorded_by", "changed_by"}.isdisjoint(each) for each in seen)


async def test_another_employers_offers_are_neither_seen_nor_changed(hub: Hub, way: Way) -> None:
    foreign = await hub.offer("gpg-2")
    before = await hub.get(f"/offers/{foreign}/versions")
    firm = await comes_in(hub, way)

    for method, path, body in (
        ("GET", "", None),
        ("GET", "/versions", None),
        ("PUT", "", own_offer(capacity=9) | {"version": 1}),
        ("POST", "/withdrawal", {"version": 1}),
    ):
        answers = [
            await firm.ask(method, f"/offers/{identity}{path}", body) for identity in (foreign, "0" * 32)
        ]
        assert [each.status_code for each in answers] == [404, 404], (method, path)
        assert answers[0].content == answers[1].content
    assert (await firm.get("/offers"))["offers"] == []
    assert await hub.get(f"/offers/{foreign}/versions") == before


async def test_an_offer_is_published_once_for_a_key_and_another_employers_key_is_another(
    hub: Hub, way: Way
) -> None:
    firm, other = await comes_in(hub, way), await comes_in(hub, way, "gpg-2")
    key = {"Idempotency-Key": "k1"}

    first, again = [(await firm.ask("POST", "/offers", own_offer(), **key)).json() for _ in "ab"]
    others = (await other.ask("POST", "/offers", own_offer(), **key)).json()
    clash = await firm.ask("POST", "/offers", own_offer(capacity=2), **key)

    assert first == again
    assert others["id"] != first["id"]
    assert clash.status_code == 409
    assert {one["employer_id"] for one in (await hub.get("/offers"))["offers"]} == {"gpg-1", "gpg-2"}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"capacity": -1}, "capacity"),
        ({"year_groups": [6]}, "year_groups"),
        ({"year_groups": [15]}, "year_groups"),
        ({"days": ["2026-06-14"]}, "days"),
        ({"term": "spring"}, "term"),
        ({"type": "juggling"}, "type"),
        ({"employer_id": "gpg-2"}, "employer_id"),
        ({"safeguarding_until": "2026-08-31"}, "safeguarding_until"),
    ],
)
async def test_an_offer_that_cannot_be_meant_is_refused_with_its_field(
    hub: Hub, way: Way, changes: dict[str, Any], where: str
) -> None:
    firm = await comes_in(hub, way)

    answer = await firm.ask("POST", "/offers", own_offer() | changes)

    assert answer.status_code == 422, answer.text
    assert any(where in problem["where"] for problem in answer.json()["problems"])
    assert await hub.told("offers") == []


async def test_an_employer_that_is_not_vetted_prepares_offers_and_is_told_that_none_is_proposed(
    hub: Hub, way: Way
) -> None:
    entry = employer_entry("gpg-9", "Newcomer", sic_section="F")
    assert (await hub.ask("admin", "PUT", "/directory", {"employers": [entry]})).status_code == 200
    firm = await comes_in(hub, way, "gpg-9")

    done = await firm.post("/offers", own_offer())

    assert done["may_be_proposed"] is False
    assert done["not_proposed_because"] == ["not_vetted", "safeguarding"]
    assert (await firm.get(""))["vetted"] is False
    await hub.need()
    assert (await propose(hub))["matches"] == 0
    await hub.vet("gpg-9")
    told = offer("gpg-9", safeguarding_until=SAFE_UNTIL) | {"version": 1}
    assert (await hub.ask("ec", "PUT", f"/offers/{done['id']}", told)).status_code == 200
    shown = await firm.get(f"/offers/{done['id']}")
    assert (shown["may_be_proposed"], shown["not_proposed_because"]) == (True, [])
    assert (await firm.get(""))["vetted"] is True
    assert (await propose(hub))["matches"] == 1


async def test_what_an_employer_changes_is_used_by_the_next_round(hub: Hub, way: Way) -> None:
    identity = await hub.offer("gpg-1", group_size=20)
    await hub.need(pupils=30)
    first = await propose(hub)
    firm = await comes_in(hub, way)

    changed = await firm.ask("PUT", f"/offers/{identity}", own_offer(group_size=40) | {"version": 1})
    again = await hub.post(f"/rounds/{first['id']}/resolution", {"version": 1})

    assert changed.json()["may_be_proposed"] is True
    assert (first["matches"], again["matches"]) == (0, 1)
    (line,) = await lines(hub, first["id"])
    assert line["offer_id"] == identity
    assert (await hub.get(f"/offers/{identity}"))["safeguarding_until"] == SAFE_UNTIL


async def test_what_is_offered_otherwise_waits_until_a_coordinator_has_looked_at_safeguarding(
    hub: Hub, way: Way
) -> None:
    identity = await hub.offer("gpg-1")
    await hub.need()
    firm = await comes_in(hub, way)
    visit = own_offer(type="workplace_visit")

    changed = await firm.ask("PUT", f"/offers/{identity}", visit | {"version": 1})

    assert changed.json()["not_proposed_because"] == ["safeguarding"]
    assert (await propose(hub))["matches"] == 0


async def test_a_merged_employer_is_told_so(hub: Hub) -> None:
    firm = await account_of(hub, "gpg-2")
    await hub.post("/employers/gpg-2/merge", {"into": "gpg-1"})

    done = await firm.post("/offers", own_offer())

    assert done["not_proposed_because"] == ["merged", "safeguarding"]
    assert (await firm.get(""))["merged"] is True
    for path, body in (("links", {}), ("accounts", {"subject": "bob"})):
        method = "POST" if path == "links" else "PUT"
        assert (await hub.ask("ec", method, f"/employers/gpg-2/{path}", body)).status_code == 409


async def test_an_employer_reads_its_entry_and_nothing_of_vetting_or_contacts(hub: Hub, way: Way) -> None:
    contact = {"name": "Jo Canary", "email": "jo@example.org"}
    assert (await hub.ask("ec", "POST", "/employers/gpg-1/contacts", contact)).status_code == 201
    firm = await comes_in(hub, way)

    assert await firm.get("") == {
        "employer_id": "gpg-1",
        "name": "Firm 1",
        "sic_section": "F",
        "size_band": "large",
        "town": "Poole",
        "position": {"latitude": 50.72, "longitude": -1.98},
        "ask_budget": {"asks": 6, "assumed": True},
        "vetted": True,
        "merged": False,
    }


offerings = st.builds(
    replace,
    st.just(OFFERING),
    type=st.sampled_from(["employer_talk", "workplace_visit"]),
    year_groups=st.sets(st.integers(7, 13), min_size=1).map(lambda years: tuple(sorted(years))),
    radius_km=st.sampled_from([None, 10, 30]),
    capacity=st.integers(0, 5),
)


@given(offerings, offerings)
def test_safeguarding_stays_as_told_only_for_what_a_coordinator_has_looked_at(
    before: Offering, after: Offering
) -> None:
    told = told_by_employer(replace(after, safeguarding_until=dt.date(2030, 1, 1)), before)

    looked_at = (
        after.type == before.type
        and (after.radius_km is None) == (before.radius_km is None)
        and all(year in before.year_groups for year in after.year_groups)
    )
    assert told == replace(after, safeguarding_until=before.safeguarding_until if looked_at else None)
    assert told_by_employer(after, None).safeguarding_until is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"vetted": False}, ("not_vetted",)),
        ({"merged": True}, ("merged",)),
        ({"today": dt.date(2026, 8, 31)}, ()),
        ({"today": dt.date(2026, 9, 1)}, ("safeguarding",)),
    ],
)
def test_each_hindrance_is_named(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    asked: dict[str, Any] = {"vetted": True, "merged": False, "today": dt.date(2026, 6, 15), **changes}
    assert hindrances(OFFERING, **asked) == expected
    assert hindrances(OFFERING.withdrawn(), **asked) == ("withdrawn", *expected)
