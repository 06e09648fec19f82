"""What holds of pages whoever makes them: where forms come from, what goes wrong, how they are sent."""

from __future__ import annotations

from typing import Final

import pytest

from services.registry import SERVICES
from services.runtime.errors import InvalidError, TooLargeError
from services.web.components import Components
from services.web.forms import MOST_BYTES, MOST_FIELDS, read_form
from services.web.words import day, moment, number, percent
from tests.conftest import ClientFor, TokenFor
from tests.web.unstyled import unstyled as unstyled  # noqa: PLC0414 - a fixture, used by its name

URN: Final = "136500"
ALL: Final = tuple(SERVICES.values())
PLAN: Final = f"/audit/schools/{URN}/plan/new"
SESSION: Final = "careers-hub-session"


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "http://hub.test"}, True),
        ({"Origin": "http://evil.test"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
async def test_a_form_is_taken_from_pages_of_the_hub_alone(
    client_for: ClientFor, token: TokenFor, headers: dict[str, str], *, taken: bool
) -> None:
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, await token("leader", "careers_leader", URN))
        answer = await client.post(PLAN, data={"specific": "x"}, headers=headers)
    assert answer.status_code == (422 if taken else 403), answer.text


async def test_a_session_alone_opens_no_route_of_the_api(client_for: ClientFor, token: TokenFor) -> None:
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, await token("lead", "hub_lead"))
        assert (await client.get("/reporting/hub")).status_code == 200
        assert (await client.get("/reporting/v1/hub-report")).status_code == 401


async def test_a_broken_session_is_sent_to_sign_in_again_and_a_form_of_it_is_told_so(
    client_for: ClientFor,
) -> None:
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, "not-a-token")
        asked = await client.get("/reporting/hub")
        sent = await client.post(PLAN, data={"specific": "x"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?to=%2Freporting%2Fhub")
    assert sent.status_code == 401
    assert "What you typed was not kept" in sent.text


async def test_too_large_a_form_is_refused_as_such_and_not_as_a_mistake_of_ours(
    client_for: ClientFor, token: TokenFor
) -> None:
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, await token("leader", "careers_leader", URN))
        headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await client.post(PLAN, content=b"a=" + b"x" * 5_000_000, headers=headers)
    assert answer.status_code == 413
    assert "That is too much at once" in answer.text


async def test_an_address_that_is_not_there_is_a_page_for_people_and_a_problem_for_programs(
    client_for: ClientFor,
) -> None:
    async with client_for(ALL) as client:
        page = await client.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml"})
        problem = await client.get("/nowhere")
    assert page.status_code == problem.status_code == 404
    assert "There is nothing at this address" in page.text
    assert problem.headers["content-type"] == "application/problem+json"


async def test_a_mistake_of_ours_tells_nothing_and_promises_nothing(
    client_for: ClientFor, token: TokenFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise KeyError("Canary Surname")

    monkeypatch.setattr("services.audit.pages.plan.views.actions", fail)
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, await token("leader", "careers_leader", URN))
        answer = await client.get(f"/audit/schools/{URN}/plan")
    assert answer.status_code == 500
    assert "Canary" not in answer.text
    assert "look whether it is there before you send it again" in answer.text


@pytest.mark.parametrize("path", [f"/pupils/links/{URN}/unknown", "/employers/hub-links/unknown/page"])
async def test_a_link_that_opens_nothing_says_so_to_pupils_and_employers_and_names_nobody(
    client_for: ClientFor, token: TokenFor, path: str
) -> None:
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, await token("leader", "careers_leader", URN))
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "This link does not work" in answer.text
    assert "Otherwise ask whoever gave you this one." in answer.text
    assert not [found for found in ("<script", "<nav", "Signed in as", 'href="/"') if found in answer.text]
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")


@pytest.mark.usefixtures("unstyled")
async def test_without_the_style_staff_are_told_what_to_do_and_who_holds_a_link_reads_plain_html(
    client_for: ClientFor, token: TokenFor
) -> None:
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, await token("lead", "hub_lead"))
        staff = await client.get("/reporting/hub")
        refused = await client.get(f"/pupils/links/{URN}/unknown")
    assert staff.status_code == 503
    assert "careers-hub assets" in staff.text
    assert refused.status_code == 404
    assert "This link does not work" in refused.text
    assert "govuk." not in refused.text, "no address of a file that is not there"


async def test_pages_are_packed_for_who_can_unpack_them_and_kept_by_nobody(
    client_for: ClientFor, token: TokenFor
) -> None:
    bearer = {"Authorization": f"Bearer {await token('lead', 'hub_lead')}"}
    async with client_for(ALL) as client:
        packed = await client.get("/reporting/hub", headers=bearer | {"Accept-Encoding": "gzip"})
        plain = await client.get("/reporting/hub", headers=bearer | {"Accept-Encoding": "identity"})
        style = plain.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
        file = await client.get(style, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in packed.headers["content-security-policy"]
    assert file.headers["content-encoding"] == "gzip"
    assert "immutable" in file.headers["cache-control"]


def test_a_form_is_read_without_trust() -> None:
    form = read_form(b"a=+x+&b=1&b=2&c=l%0D%0Am")
    assert (form.text("a"), form.text("c"), form.text("none")) == ("x", "l\nm", "")
    assert form.every("b") == ["1", "2"]
    assert "a" in form
    assert "none" not in form
    with pytest.raises(InvalidError):
        form.text("b")
    with pytest.raises(InvalidError):
        read_form("a=ä".encode())
    with pytest.raises(InvalidError):
        read_form(b"&".join(b"a=1" for _ in range(MOST_FIELDS + 1)))
    with pytest.raises(TooLargeError):
        read_form(b"a=" + b"x" * MOST_BYTES)


def test_text_in_a_component_is_escaped_and_an_unknown_one_is_an_error() -> None:
    shown = Components().button({"text": "<b>Save</b>"})
    assert "&lt;b&gt;Save" in shown
    with pytest.raises(AttributeError, match="no component 'nonsense'"):
        _ = Components().nonsense


def test_numbers_and_days_are_written_as_people_write_them() -> None:
    assert (number(1234), number("c"), number(None), percent(87), percent("x")) == (
        "1,234",
        "c",
        "–",
        "87%",
        "x",
    )
    assert day("2026-03-05") == "5 March 2026"
    assert moment("2026-06-15T11:07:00+00:00") == "15 June 2026 at 12:07pm"
    assert moment("2026-01-15T00:07:00+00:00") == "15 January 2026 at 12:07am"


async def test_one_place_is_gone_to_and_several_are_listed(client_for: ClientFor, token: TokenFor) -> None:
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, await token("lead", "hub_lead"))
        single = await client.get("/")
    assert (single.status_code, single.headers["location"]) == (303, "/reporting/hub")

    await token("both", "hub_lead")
    both = await token("both", "careers_leader", URN)
    async with client_for(ALL) as client:
        client.cookies.set(SESSION, both)
        listed = await client.get("/")
    assert f"School {URN}" in listed.text
    assert "Careers Leader" in listed.text
