"""Who acts for an employer: accounts that a coordinator binds, links that it makes, and their ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from http import HTTPStatus
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import EmployerId
from services.employers.model.account import MOST_ACCOUNTS_OF_AN_EMPLOYER, Account, Binding, account_problems
from services.employers.own.access_api import LONGEST_LINK_DAYS
from services.employers.own.commands import withdraw_own_offer
from services.employers.own.standing import Own
from services.employers.own.store import OWN_LINK, own_of
from services.runtime.errors import NotFoundError
from services.runtime.links import LINKS, MOST_OPEN_LINKS, links_to
from services.runtime.mongo import Document
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import NOW
from tests.employers.hub import URN, Hub
from tests.employers.own import Insider, Way, account_of, comes_in, link_to, own_offer

HOUR: Final = dt.timedelta(hours=1)
READ: Final = ("", "/offers", f"/offers/{'0' * 32}", f"/offers/{'0' * 32}/versions", "/asks")
"""What an insider can read, below the employer's own."""
CHANGE: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("POST", "/offers", own_offer()),
    ("PUT", f"/offers/{'0' * 32}", own_offer() | {"version": 1}),
    ("POST", f"/offers/{'0' * 32}/withdrawal", {"version": 1}),
    ("POST", f"/asks/{'0' * 32}/answer", {"version": 1, "answer": "accepted"}),
)


async def answers(firm: Insider) -> list[tuple[int, bytes]]:
    """Ask for everything that there is below an employer's own."""
    asked: list[tuple[str, str, dict[str, Any] | None]] = [*(("GET", path, None) for path in READ), *CHANGE]
    found = [await firm.ask(method, path, body) for method, path, body in asked]
    return [(each.status_code, each.content) for each in found]


async def bind(hub: Hub, employer_id: str, **body: object) -> Any:  # noqa: ANN401 - httpx.Response
    return await hub.ask("ec", "PUT", f"/employers/{employer_id}/accounts", body)


async def test_an_account_sees_its_own_employers_and_a_foreign_one_as_one_that_does_not_exist(
    hub: Hub,
) -> None:
    firm = await account_of(hub, "gpg-1", "anna")
    await account_of(hub, "gpg-3", "anna")
    foreign = Insider(hub, "/employers/v1/own/gpg-2", firm.headers, firm.actor)
    nobodys = Insider(hub, "/employers/v1/own/gpg-999", firm.headers, firm.actor)
    no_id = Insider(hub, "/employers/v1/own/No%20id", firm.headers, firm.actor)

    of_foreign, of_nobodys = await answers(foreign), await answers(nobodys)

    assert {status for status, _ in of_foreign} == {HTTPStatus.NOT_FOUND}
    assert of_foreign == of_nobodys
    assert (await no_id.ask("GET", "")).status_code == HTTPStatus.NOT_FOUND
    mine = Insider(hub, "/employers/v1/own", firm.headers, firm.actor)
    assert await mine.get("") == {
        "employers": [
            {"employer_id": "gpg-1", "name": "Firm 1"},
            {"employer_id": "gpg-3", "name": "Firm 3"},
        ]
    }
    assert await hub.told("offers") == []


async def test_an_account_needs_both_the_role_and_a_coordinators_word(hub: Hub) -> None:
    unbound = await hub.token("bob", "employer")
    own = {"Authorization": f"Bearer {unbound}"}
    firm = Insider(hub, "/employers/v1/own/gpg-1", own, "bob")
    assert {status for status, _ in await answers(firm)} == {HTTPStatus.NOT_FOUND}
    assert await Insider(hub, "/employers/v1/own", own, "bob").get("") == {"employers": []}

    await bind(hub, "gpg-1", subject="carol")
    roleless = await hub.token("carol", "careers_leader", URN)
    other = Insider(hub, "/employers/v1/own/gpg-1", {"Authorization": f"Bearer {roleless}"}, "carol")
    assert {status for status, _ in await answers(other)} == {HTTPStatus.FORBIDDEN}
    assert {status for status, _ in await answers(Insider(hub, firm.base, {"Authorization": ""}, ""))} == {
        HTTPStatus.UNAUTHORIZED
    }


async def test_an_account_acts_from_its_first_moment_until_it_is_ended(hub: Hub) -> None:
    firm = await account_of(hub, "gpg-1", "anna")
    await bind(hub, "gpg-1", subject="anna", since=(NOW + HOUR).isoformat())
    too_early = await firm.ask("GET", "")
    again = await bind(hub, "gpg-1", subject="anna", since=NOW.isoformat(), until=(NOW + HOUR).isoformat())
    in_time = await firm.ask("GET", "")
    ended = await hub.post("/employers/gpg-1/accounts/end", {"subject": "anna"})
    twice = await hub.post("/employers/gpg-1/accounts/end", {"subject": "anna"}, "lead")

    assert [too_early.status_code, again.json()["outcome"], in_time.status_code] == [404, "changed", 200]
    assert [ended["outcome"], ended["until"], twice["outcome"]] == ["changed", _text(NOW), "unchanged"]
    assert {status for status, _ in await answers(firm)} == {HTTPStatus.NOT_FOUND}
    (listed,) = (await hub.get("/employers/gpg-1/accounts"))["accounts"]
    assert (listed["subject"], listed["current"], listed["by"]) == ("anna", False, "ec")
    assert (await bind(hub, "gpg-1", subject="anna")).json()["outcome"] == "changed"
    assert (await firm.ask("GET", "")).status_code == HTTPStatus.OK
    assert (await bind(hub, "gpg-1", subject="anna")).json()["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"subject": "a b"}, "subject"),
        ({"subject": ""}, "subject"),
        ({}, "subject"),
        ({"subject": "anna", "since": "2026-06-15T10:00:00"}, "since"),
        ({"subject": "anna", "until": (NOW - HOUR).isoformat()}, "until"),
        ({"subject": "anna", "since": (NOW - 3 * HOUR).isoformat(), "until": NOW.isoformat()}, "until"),
        ({"subject": "anna", "role": "employer"}, "role"),
    ],
)
async def test_a_binding_that_makes_no_sense_is_refused_with_its_field(
    hub: Hub, body: dict[str, Any], where: str
) -> None:
    answer = await bind(hub, "gpg-1", **body)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text
    assert any(where in problem["where"] for problem in answer.json()["problems"])
    assert (await hub.get("/employers/gpg-1/accounts"))["accounts"] == []


async def test_so_many_accounts_are_bound_at_once_and_no_more(hub: Hub) -> None:
    for number in range(MOST_ACCOUNTS_OF_AN_EMPLOYER):
        assert (await bind(hub, "gpg-1", subject=f"s{number}")).status_code == HTTPStatus.OK
    assert (await bind(hub, "gpg-1", subject="one-more")).status_code == HTTPStatus.CONFLICT
    assert (await bind(hub, "gpg-1", subject="s0")).status_code == HTTPStatus.OK

    await hub.post("/employers/gpg-1/accounts/end", {"subject": "s0"})

    assert (await bind(hub, "gpg-1", subject="one-more")).status_code == HTTPStatus.OK


async def test_what_is_not_there_is_not_found_and_nobody_else_lets_employers_in(hub: Hub) -> None:
    ended = await hub.ask("ec", "POST", "/employers/gpg-1/accounts/end", {"subject": "nobody"})
    link = (await hub.post("/employers/gpg-1/links", {}))["link_id"]

    assert ended.status_code == HTTPStatus.NOT_FOUND
    foreign = f"/employers/gpg-2/links/{link}/revocation"
    assert (await hub.ask("ec", "POST", foreign, {})).status_code == HTTPStatus.NOT_FOUND
    for method, path, body in (
        ("GET", "accounts", None),
        ("PUT", "accounts", {"subject": "anna"}),
        ("GET", "links", None),
        ("POST", "links", {}),
    ):
        unknown = await hub.ask("ec", method, f"/employers/gpg-999/{path}", body)
        assert unknown.status_code == HTTPStatus.NOT_FOUND, path
        for who in ("admin", f"leader@{URN}"):
            answer = await hub.ask(who, method, f"/employers/gpg-1/{path}", body)
            assert answer.status_code == HTTPStatus.FORBIDDEN, (who, path)


async def test_a_link_is_told_once_and_listed_with_its_uses_and_its_maker(hub: Hub) -> None:
    made = await hub.post("/employers/gpg-1/links", {"days": 7})
    firm = Insider(hub, made["path"], {"Authorization": ""}, "")
    for path in ("", "/offers"):
        await firm.get(path)

    shown = await hub.get("/employers/gpg-1/links")

    assert shown["links"] == [
        {
            "link_id": made["link_id"],
            "made_at": NOW.isoformat(),
            "made_by": "ec",
            "ends_at": (NOW + dt.timedelta(days=7)).isoformat(),
            "uses": 2,
            "last_used_at": NOW.isoformat(),
            "revoked_at": None,
            "open": True,
        }
    ]
    secret = made["path"].rpartition("/")[2]
    stored = await hub.context.database().collection(LINKS).find({})
    assert len(secret) == 43, "256 bits in base64"
    assert secret not in json.dumps([shown, stored], default=str)


async def test_a_link_that_was_revoked_opens_nothing_any_more_and_other_links_stay(hub: Hub) -> None:
    firm, other = await link_to(hub, "gpg-1"), await link_to(hub, "gpg-1")
    (_, link) = sorted(
        (await hub.get("/employers/gpg-1/links"))["links"], key=lambda one: one["link_id"] in firm.actor
    )

    first = await hub.post(f"/employers/gpg-1/links/{link['link_id']}/revocation", {})
    again = await hub.post(f"/employers/gpg-1/links/{link['link_id']}/revocation", {}, "lead")

    assert first == again == {"link_id": link["link_id"], "revoked_at": _text(NOW, "+00:00")}
    found = await answers(firm)
    assert {status for status, _ in found} == {HTTPStatus.NOT_FOUND}
    assert len({content for _, content in found}) == 1
    assert await hub.told("offers") == []
    assert (await other.get(""))["employer_id"] == "gpg-1"


async def test_so_many_links_are_open_at_once_and_for_so_long_and_no_more(hub: Hub) -> None:
    for days in (0, LONGEST_LINK_DAYS + 1, "7", 1.5):
        answer = await hub.ask("ec", "POST", "/employers/gpg-1/links", {"days": days})
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, days
    for _ in range(MOST_OPEN_LINKS):
        await hub.post("/employers/gpg-1/links", {"days": LONGEST_LINK_DAYS})
    assert (await hub.ask("ec", "POST", "/employers/gpg-1/links", {})).status_code == HTTPStatus.CONFLICT
    assert (await hub.ask("ec", "POST", "/employers/gpg-2/links", {})).status_code == HTTPStatus.CREATED


@pytest.mark.parametrize("way", ["account", "link"])
async def test_who_lost_their_standing_while_they_asked_changes_nothing(hub: Hub, way: Way) -> None:
    """The request was admitted; the unit that changes something looks again."""
    identity = await hub.offer("gpg-1")
    firm = await comes_in(hub, way)
    employer = EmployerId("gpg-1")
    found = await links_to(hub.context.database(), OWN_LINK, own_of(employer))
    own = Own(Actor(firm.actor), hub.context, employer, found[0] if found else None)
    await own.require(hub.context.database(), NOW)
    if way == "account":
        await hub.post("/employers/gpg-1/accounts/end", {"subject": firm.actor})
    else:
        await hub.post(f"/employers/gpg-1/links/{found[0].id}/revocation", {})

    async def work(unit: UnitOfWork) -> Document:
        return await withdraw_own_offer(unit, own, identity, 1)

    with pytest.raises(NotFoundError):
        await hub.context.in_hub(own.actor, "offers", work)
    assert (await hub.get(f"/offers/{identity}"))["state"] == "published"


async def test_of_two_insiders_who_change_an_offer_at_once_one_is_asked_to_read_again(hub: Hub) -> None:
    identity = await hub.offer("gpg-1")
    insiders = [await account_of(hub, "gpg-1"), await link_to(hub, "gpg-1")]

    found = await asyncio.gather(
        *(
            firm.ask("PUT", f"/offers/{identity}", own_offer(capacity=number) | {"version": 1})
            for number, firm in enumerate(insiders, start=5)
        )
    )

    assert sorted(answer.status_code for answer in found) == [200, 409]


moments = st.datetimes(dt.datetime(2026, 6, 15), dt.datetime(2026, 6, 16)).map(  # noqa: DTZ001 - UTC below
    lambda moment: moment.replace(tzinfo=dt.UTC)
)


@given(moments, st.none() | moments, moments)
def test_an_account_is_either_to_come_or_current_or_over(
    since: dt.datetime, until: dt.datetime | None, now: dt.datetime
) -> None:
    account = Account("gpg-1", "anna", since, until)
    makes_sense = until is None or (since < until and now < until)
    assert (not account_problems(account, now)) == makes_sense
    if not account_problems(account, since):
        assert account.is_current(now) == (since <= now and not account.is_over(now))
    ended = account.ended(now)
    assert ended.is_over(now)
    assert not ended.is_current(now)
    assert (ended == account) == (account.is_over(now) or until == now)


@given(moments, st.none() | moments, moments)
def test_an_account_bound_again_goes_on_unless_it_was_over(
    since: dt.datetime, until: dt.datetime | None, now: dt.datetime
) -> None:
    before = Account("gpg-1", "anna", since, until)
    asked = Binding("anna", None, None)
    renewed = asked.account(before.owner, before, now)
    assert renewed.since == (now if until is not None and until <= now else since)
    assert asked.account(before.owner, None, now).since == now


def _text(moment: dt.datetime, zone: str = "Z") -> str:
    return moment.isoformat().replace("+00:00", zone)
