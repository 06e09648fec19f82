"""Offers over HTTP: published, changed under optimistic concurrency, withdrawn; and what is refused."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.employers import OfferListed
from services.employers.model.calendar import Window, all_days, term_of
from services.employers.rules import encounter_types
from services.pupils.rules import credit_rules
from tests.employers.hub import URN, Hub, offer


async def test_an_offer_is_published_changed_withdrawn_and_told_of_each_time(hub: Hub) -> None:
    identity = await hub.offer(days=["2026-06-29", "2026-06-22"])

    changed = await hub.ask("ec", "PUT", f"/offers/{identity}", offer(capacity=4) | {"version": 1})
    same = await hub.ask("lead", "PUT", f"/offers/{identity}", offer(capacity=4) | {"version": 1})
    gone = await hub.post(f"/offers/{identity}/withdrawal", {"version": 2})

    assert [changed.json()["outcome"], same.json()["outcome"], gone["version"]] == ["changed", "unchanged", 3]
    versions = (await hub.get(f"/offers/{identity}/versions"))["versions"]
    assert [(v["version"], v["capacity"], v["state"]) for v in versions] == [
        (3, 4, "withdrawn"),
        (2, 4, "published"),
        (1, 1, "published"),
    ]
    assert versions[2]["days"] == ["2026-06-22", "2026-06-29"]
    assert versions[0]["recorded_by"] == "ec"
    told = [each for each in await hub.told("offers") if isinstance(each, OfferListed)]
    assert [(each.capacity, each.state) for each in told] == [
        (1, "published"),
        (4, "published"),
        (4, "withdrawn"),
    ]
    assert (await hub.get("/offers"))["offers"] == []
    assert len((await hub.get("/offers?withdrawn=true"))["offers"]) == 1


async def test_of_two_who_change_an_offer_at_once_one_is_asked_to_read_again(hub: Hub) -> None:
    identity = await hub.offer()

    answers = await asyncio.gather(
        *(
            hub.ask("ec", "PUT", f"/offers/{identity}", offer(capacity=capacity) | {"version": 1})
            for capacity in (5, 6)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await hub.get(f"/offers/{identity}"))["version"] == 2


async def test_the_same_request_twice_publishes_one_offer(hub: Hub) -> None:
    first, second = [
        (await hub.ask("ec", "POST", "/offers", offer(), **{"Idempotency-Key": "k1"})).json() for _ in "ab"
    ]

    assert first == second
    assert len((await hub.get("/offers"))["offers"]) == 1


async def test_a_window_is_written_out_into_its_days(hub: Hub) -> None:
    window = {
        "from": "2026-06-15",
        "until": "2026-07-03",
        "weekdays": ["tuesday", "friday"],
        "every_weeks": 2,
    }
    identity = await hub.offer(windows=[window], days=["2026-07-08"])

    assert (await hub.get(f"/offers/{identity}"))["days"] == [
        "2026-06-16",
        "2026-06-19",
        "2026-06-30",
        "2026-07-03",
        "2026-07-08",
    ]


WINDOW = {"from": "2026-06-20", "until": "2026-06-19", "weekdays": ["monday"]}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"capacity": -1}, "capacity"),
        ({"capacity": 1001}, "capacity"),
        ({"capacity": "3"}, "capacity"),
        ({"group_size": 10_000}, "group_size"),
        ({"employer_id": "gpg-99"}, "employer_id"),
        ({"type": "juggling"}, "type"),
        ({"year_groups": []}, "year_groups"),
        ({"year_groups": [6]}, "year_groups"),
        ({"days": ["2026-06-14"]}, "days"),
        ({"days": ["2026-09-14"]}, "days"),
        ({"days": []}, "days"),
        ({"days": ["2026-02-30"]}, "days"),
        ({"windows": [WINDOW]}, "windows.0.until"),
        ({"windows": [WINDOW | {"until": "2026-06-21"}]}, "windows.0.weekdays"),
        ({"windows": [WINDOW | {"until": "2028-06-21"}]}, "windows.0.until"),
        ({"term": "spring"}, "term"),
        ({"safeguarding_until": "2026-06-14"}, "safeguarding_until"),
        ({"send": "evidenced"}, "evidence_note"),
        ({"evidence_note": "Works with a special school."}, "evidence_note"),
        ({"virtual": True}, "body"),
        ({"radius_km": None}, "body"),
        ({"contact": "jo@example.org"}, "contact"),
    ],
)
async def test_an_offer_that_cannot_be_meant_is_refused_with_its_field(
    hub: Hub, changes: dict[str, Any], where: str
) -> None:
    answer = await hub.ask("ec", "POST", "/offers", offer(**changes))

    assert answer.status_code == 422, answer.text
    assert any(where in problem["where"] for problem in answer.json()["problems"])
    assert (await hub.get("/offers"))["offers"] == []
    assert await hub.told("offers") == []


async def test_an_offer_stays_its_employers(hub: Hub) -> None:
    identity = await hub.offer()

    answer = await hub.ask("ec", "PUT", f"/offers/{identity}", offer("gpg-2") | {"version": 1})

    assert answer.status_code == 422
    assert (await hub.ask("ec", "GET", f"/offers/{'0' * 32}")).status_code == 404


async def test_offers_are_listed_page_by_page_and_by_employer_and_term(hub: Hub) -> None:
    identities = sorted([await hub.offer(f"gpg-{number}") for number in (1, 2, 3)])

    page = await hub.get("/offers?limit=2")
    rest = await hub.get(f"/offers?limit=2&cursor={page['next']}")

    assert [one["id"] for one in page["offers"] + rest["offers"]] == identities
    assert rest["next"] is None
    assert len((await hub.get("/offers?employer_id=gpg-2"))["offers"]) == 1
    assert len((await hub.get("/offers?academic_year=2025/26&term=summer"))["offers"]) == 3
    assert (await hub.get("/offers?academic_year=2026/27&term=autumn"))["offers"] == []
    assert (await hub.ask("ec", "GET", "/offers?term=autumn")).status_code == 422


async def test_an_ask_budget_goes_by_size_until_it_is_agreed(hub: Hub) -> None:
    assumed = await hub.get("/ask-budgets/gpg-1")
    await hub.ask("ec", "PUT", "/ask-budgets/gpg-1", {"asks": 2, "version": 0})
    stale = await hub.ask("ec", "PUT", "/ask-budgets/gpg-1", {"asks": 9, "version": 0})

    assert (assumed["asks"], assumed["assumed"]) == (6, True)
    agreed = await hub.get("/ask-budgets/gpg-1")
    assert (agreed["asks"], agreed["assumed"], agreed["version"]) == (2, False, 1)
    assert stale.status_code == 409
    assert (await hub.ask("ec", "PUT", "/ask-budgets/gpg-1", {"asks": -1, "version": 1})).status_code == 422
    assert (await hub.ask("ec", "PUT", "/ask-budgets/gpg-9", {"asks": 1, "version": 0})).status_code == 404


async def test_schools_and_employers_see_no_offers(hub: Hub) -> None:
    assert (await hub.ask(f"leader@{URN}", "GET", "/offers")).status_code == 403


def test_every_type_of_encounter_is_one_that_pupils_can_record() -> None:
    known = {each.code: set(each.permits) for each in credit_rules().activity_types}

    assert {each.code: set(each.benchmarks) for each in encounter_types().types} == {
        code: known[code] for code in encounter_types().codes
    }


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31)))
def test_every_day_is_in_one_term(day: dt.date) -> None:
    term = term_of(day)
    first, last = term.days

    assert first <= day <= last
    assert day in term
    assert term_of(last + dt.timedelta(days=1)) != term == term_of(first)


@given(
    st.dates(dt.date(2026, 1, 1), dt.date(2026, 2, 1)),
    st.integers(0, 60),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sampled_from([1, 2]),
)
def test_a_window_has_the_days_that_a_calendar_shows(
    first: dt.date, length: int, weekdays: frozenset[int], every: int
) -> None:
    last = first + dt.timedelta(days=length)
    window = Window(first, last, weekdays, 2 if every == 2 else 1)
    start = first.isocalendar()
    monday = dt.date.fromisocalendar(start.year, start.week, 1)

    naive = [
        day
        for week in range(0, 20, every)
        for weekday in sorted(weekdays)
        if first <= (day := monday + dt.timedelta(days=7 * week + weekday)) <= last
    ]

    assert list(all_days(None, [window]) or ()) == naive
