"""Reading a school from Wonde over real HTTP: pages, patience, refusals, and where a token may go."""

from __future__ import annotations

import datetime as dt
import re
import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from services.connectors.wonde import pages as pages_module
from services.connectors.wonde.errors import (
    WondeError,
    WondeRefusedError,
    WondeSettingError,
    WondeUnavailableError,
)
from services.connectors.wonde.pages import Patience, Source, open_pages
from services.connectors.wonde.reading import READS, SchoolRead, changed_since, read_school
from tests.connectors.wonde_server import LOST, SCHOOL, TOKEN, Answer, Wonde, at, deletion, serving, student

QUICK = Patience(attempts=3, first_pause_s=0.01, longest_pause_s=2.0)
SINCE = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def wonde() -> Iterator[Wonde]:
    """A Wonde with five students: three pages."""
    with serving(Wonde(students=[student(number) for number in range(1, 6)])) as running:
        yield running


async def read(wonde: Wonde, token: str = TOKEN, told: list[str] | None = None) -> SchoolRead:
    tell = ([] if told is None else told).append
    async with open_pages(Source(wonde.base_url, SCHOOL, token), tell, QUICK) as pages:
        return await read_school(pages, ("education_details", "year"), tell)


def ids(found: SchoolRead) -> list[str]:
    return [str(record["id"]) for record in found.students]


@pytest.mark.parametrize("by_cursor", [True, False])
async def test_every_page_is_read_and_then_the_deletions(wonde: Wonde, by_cursor: bool) -> None:  # noqa: FBT001 - a parameter of the test
    wonde.by_cursor = by_cursor
    told: list[str] = []

    found = await read(wonde, told=told)

    assert ids(found) == ["A1", "A2", "A3", "A4", "A5"]
    assert (found.pages, found.deleted, found.repeated) == (3, 0, 0)
    assert wonde.lists() == ["students", "students", "students", "deletions"]
    assert {request.authorization for request in wonde.asked} == {f"Bearer {TOKEN}"}
    assert wonde.asked[0].query == {"include": "education_details,year", "per_page": "200"}
    assert wonde.asked[-1].query["type"] == "student"
    assert "Wonde: 4 students in 2 pages so far" in told


async def test_deletions_are_asked_for_from_an_hour_before_the_read_by_wondes_clock(wonde: Wonde) -> None:
    before = dt.datetime.now(dt.UTC)
    await read(wonde)
    asked = dt.datetime.fromisoformat(wonde.asked[-1].query["updated_after"]).replace(tzinfo=dt.UTC)
    assert abs(before - dt.timedelta(hours=1) - asked) < dt.timedelta(minutes=1)


async def test_a_list_without_meta_is_one_page(wonde: Wonde) -> None:
    wonde.faults = [Answer(body=b'{"data": [{"id": "A1"}]}'), Answer(body=b'{"data": [], "meta": null}')]
    assert ids(await read(wonde)) == ["A1"]


async def test_a_student_on_two_pages_is_taken_once(wonde: Wonde) -> None:
    wonde.students.append(student(1))
    found = await read(wonde)
    assert (len(found.students), found.repeated) == (5, 1)


async def test_whoever_was_deleted_meanwhile_is_left_out(wonde: Wonde) -> None:
    wonde.deletions = [deletion(2), deletion(77), deletion(3, type="contact")]
    found = await read(wonde)
    assert ids(found) == ["A1", "A3", "A4", "A5"]
    assert found.deleted == 1


@pytest.mark.parametrize(
    ("of_deletion", "of_student", "stays"),
    [
        ({}, {}, False),
        ({"restored_at": at("2026-06-15 09:05:00", "UTC")}, {}, True),
        ({}, {"restored_at": at("2026-06-15 09:00:00", "UTC")}, True),
        ({"restored_at": at("2026-06-15 08:00:00", "UTC")}, {}, False),
        ({}, {"restored_at": at("2025-01-01 00:00:00", "UTC")}, False),
        ({"restored_at": {"date": "soon"}}, {"restored_at": 7}, False),
        ({"deleted_at": None}, {"restored_at": at("2025-01-01 00:00:00", "UTC")}, False),
        ({"deleted_at": None, "restored_at": at("2999-01-01 00:00:00", "UTC")}, {}, True),
    ],
)
async def test_whoever_came_back_after_a_deletion_stays(
    wonde: Wonde,
    of_deletion: dict[str, Any],
    of_student: dict[str, Any],
    stays: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    wonde.students[1] = student(2, **of_student)
    wonde.deletions = [deletion(2, **of_deletion)]
    assert ("A2" in ids(await read(wonde))) is stays


async def test_numbered_pages_that_shifted_are_read_again(wonde: Wonde) -> None:
    """Or A3, who moves up to the page that was read already, would look like a leaver."""
    wonde.by_cursor = False
    wonde.after_page = {1: [deletion(1)]}

    found = await read(wonde)

    assert ids(found) == ["A2", "A3", "A4", "A5"]
    # The first time the page that now holds A3 was not asked for.
    assert wonde.lists() == ["students", "students", "deletions"] * 2


async def test_reading_again_has_an_end(wonde: Wonde) -> None:
    wonde.by_cursor = False
    wonde.deletions = [deletion(1)]
    assert ids(await read(wonde)) == ["A2", "A3", "A4", "A5"]
    assert wonde.lists().count("deletions") == READS


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_an_answer_that_passes_is_asked_for_again(wonde: Wonde, status: int) -> None:
    wonde.faults = [Answer(status, b"not JSON"), Answer(status)]
    told: list[str] = []
    assert len((await read(wonde, told=told)).students) == 5
    assert told[0].startswith(f"Wonde answers {status}; asking again in")


async def test_a_lost_connection_is_made_again(wonde: Wonde) -> None:
    wonde.faults = [Answer(LOST)]
    told: list[str] = []
    assert len((await read(wonde, told=told)).students) == 5
    assert told[0].startswith("Wonde does not answer (RemoteProtocolError); asking again")


async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages_module, "REQUEST_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(WondeUnavailableError, match="does not answer"):
            await read(Wonde(address=address))


@pytest.mark.parametrize("how", ["seconds", "date"])
async def test_retry_after_is_waited_for(wonde: Wonde, how: str) -> None:
    text = "1" if how == "seconds" else formatdate(time.time() + 2, usegmt=True)
    wonde.faults = [Answer(429, headers=(("Retry-After", text),))]
    started = time.monotonic()
    await read(wonde)
    assert time.monotonic() - started >= 0.9


async def test_a_long_wait_is_not_waited_but_said(wonde: Wonde) -> None:
    wonde.faults = [Answer(429, headers=(("Retry-After", "3600"),))]
    with pytest.raises(WondeUnavailableError) as caught:
        await read(wonde)
    assert caught.value.advice.startswith("It asks to be left alone for 3600 s.")
    assert len(wonde.asked) == 1


async def test_patience_has_an_end(wonde: Wonde) -> None:
    wonde.faults = [Answer(503)] * QUICK.attempts
    with pytest.raises(WondeUnavailableError, match="answers 503"):
        await read(wonde)
    assert len(wonde.asked) == QUICK.attempts


async def test_a_wonde_that_is_not_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(WondeUnavailableError, match=re.escape("does not answer (ConnectError)")):
        await read(Wonde(address=address))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Answer(403, b"{}"), "may not read this school's students (403)"),
        (Answer(404), "no such school at this address (404)"),
        (Answer(422), "does not answer as expected (422)"),
        (Answer(302, headers=(("Location", "http://127.0.0.1:1/"),)), "does not answer as expected (302)"),
        (Answer(body=b"<html>Surname1"), "is not JSON"),
        (Answer(body=b""), "is not JSON"),
        (Answer(body=b"[" * 100_000), "is not JSON"),
        (Answer(body=b"[]"), "no list of records"),
        (Answer(body=b'{"data": {"id": "A1"}}'), "no list of records"),
        (Answer(body=b'{"data": [["A1"]]}'), "a record without an id"),
        (Answer(body=b'{"data": [{"surname": "Surname1"}]}'), "a record without an id"),
        (Answer(body=b'{"data": [], "meta": [1]}'), "does not say"),
        (Answer(body=b'{"data": [], "meta": {"pagination": "x"}}'), "does not say"),
    ],
)
async def test_what_is_no_page_ends_the_reading(wonde: Wonde, fault: Answer, said: str) -> None:
    wonde.faults = [fault]
    with pytest.raises(WondeRefusedError, match=re.escape(said)) as caught:
        await read(wonde)
    assert "Nothing was imported" in caught.value.advice
    assert len(wonde.asked) == 1
    assert not {"Surname1", TOKEN} & set(re.split(r"[^\w-]+", f"{caught.value} {caught.value.advice}"))


async def test_a_token_that_wonde_does_not_know_is_said_so_and_not_repeated(wonde: Wonde) -> None:
    with pytest.raises(WondeRefusedError, match="does not accept the token") as caught:
        await read(wonde, "another-token")
    assert "another-token" not in f"{caught.value} {caught.value.advice}"


@pytest.mark.parametrize(
    ("following", "said"),
    [
        ("https://wonde.example/v1.0/schools/A1/students?page=2", "another address"),
        ("http://127.0.0.1:1/v1.0/schools/A1/students?page=2", "another address"),
        ("//wonde.example/students", "another address"),
        ("https://wonde.example:port/", "no address"),
        ("ftp://127.0.0.1/students", "not where"),
        ("eyJjdXJzb3IiOjJ9", "not where"),
        (7, "not where"),
        (None, "not where"),
    ],
)
async def test_a_next_page_that_is_none_of_wondes_is_not_asked_for(
    wonde: Wonde, following: object, said: str
) -> None:
    wonde.next_of = {2: {"next": following, "more": True}}
    with pytest.raises(WondeRefusedError, match=said):
        await read(wonde)
    assert wonde.lists() == ["students", "students"]


async def test_a_next_page_with_credentials_of_its_own_is_refused(wonde: Wonde) -> None:
    wonde.next_of = {1: {"next": wonde.base_url.replace("http://", "http://other:key@"), "more": True}}
    with pytest.raises(WondeRefusedError, match="another address"):
        await read(wonde)
    assert len(wonde.asked) == 1


async def test_a_next_page_may_be_given_without_its_host(wonde: Wonde) -> None:
    wonde.next_of = {
        1: {"next": f"/v1.0/schools/{SCHOOL}/students?per_page=200&cursor=2", "more": True},
        2: {"next": "?per_page=200&cursor=3", "more": True},
    }
    assert len((await read(wonde)).students) == 5


async def test_no_more_pages_means_so_even_with_a_next(wonde: Wonde) -> None:
    wonde.next_of = {2: {"next": f"{wonde.base_url}/nowhere", "more": False}}
    assert len((await read(wonde)).students) == 4


async def test_pages_that_go_in_a_circle_end_the_reading(wonde: Wonde) -> None:
    first = f"/v1.0/schools/{SCHOOL}/students?include=education_details%2Cyear&per_page=200"
    wonde.next_of = {3: {"next": first, "more": True}}
    with pytest.raises(WondeRefusedError, match="names an earlier page as its next"):
        await read(wonde)
    assert wonde.lists() == ["students"] * 3


async def test_a_list_without_end_is_not_read_for_ever(wonde: Wonde, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_module, "MAX_PAGES", 2)
    with pytest.raises(WondeRefusedError, match="does not end within 2 pages"):
        await read(wonde)
    assert wonde.lists() == ["students"] * 2


async def test_an_error_on_a_later_page_loses_the_whole_read(wonde: Wonde) -> None:
    wonde.next_of = {2: {"next": f"{wonde.address}/v1.0/schools/A2/students?per_page=1", "more": True}}
    with pytest.raises(WondeError, match="404"):
        await read(wonde)


@pytest.mark.parametrize(
    ("changed", "deletions", "expected"),
    [([], [], False), ([student(1)], [], True), ([], [deletion(9)], True)],
)
async def test_whether_anything_changed_is_two_small_questions(
    wonde: Wonde,
    changed: list[Any],
    deletions: list[Any],
    expected: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    wonde.changed, wonde.deletions = changed, deletions
    told: list[str] = []
    async with open_pages(Source(wonde.base_url, SCHOOL, TOKEN), told.append, QUICK) as pages:
        assert await changed_since(pages, SINCE) is expected
    assert {request.query["updated_after"] for request in wonde.asked} == {"2026-06-01 11:00:00"}
    assert {request.query["per_page"] for request in wonde.asked} == {"1"}
    assert not [request for request in wonde.asked if "include" in request.query]


@pytest.mark.parametrize(
    "address",
    [
        "http://api.wonde.com/v1.0",
        "http://127.0.0.1.example/v1.0",
        "ftp://127.0.0.1/",
        "https://user:key@api.wonde.com/v1.0",
        "https://api.wonde.com/v1.0?token=x",
        "https://",
        "api.wonde.com",
        "https://wonde.example:port/",
        "",
    ],
)
def test_a_token_goes_to_no_address_that_is_not_https(address: str) -> None:
    with pytest.raises(WondeSettingError, match="address"):
        Source(address, SCHOOL, TOKEN)


@pytest.mark.parametrize(
    "address", ["https://api.wonde.com/v1.0", "http://localhost:1/x", "http://[::1]:8/v1"]
)
def test_https_and_this_very_machine_are_fine(address: str) -> None:
    assert TOKEN not in repr(Source(address, SCHOOL, TOKEN))


@pytest.mark.parametrize("school", ["", "../A1", "A1/students", "A" * 41, "Ä1"])
def test_what_is_no_id_of_a_school_never_becomes_part_of_an_address(school: str) -> None:
    with pytest.raises(WondeSettingError, match="id of a school"):
        Source("https://api.wonde.com/v1.0", school, TOKEN)


@pytest.mark.parametrize("token", ["", "two words", "line\r\nHost: other", "tökén"])
def test_what_is_no_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(WondeSettingError, match="token") as caught:
        Source("https://api.wonde.com/v1.0", SCHOOL, token)
    assert token == "" or token not in f"{caught.value} {caught.value.advice}"
