"""Two employers that a coordinator told apart: not suggested again until something new speaks for it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import EmployerId
from services.employers.model.duplicates import Evidence, Known, Likeness, Likenesses, pair_of
from services.employers.terms import name_terms
from tests.conftest import TokenFor
from tests.employers.listings import DIRECTORY, employer_entry, list_employers

EMPLOYERS = "/employers/v1/employers"
DUPLICATES = "/employers/v1/duplicates"
DISTINCTIONS = "/employers/v1/distinctions"
IMPORT = "/employers/v1/import"
Json = dict[str, Any]

FACTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Wessex Boats", "Wessex Boats Ltd", "Chesil"]),
        "town": st.sampled_from([None, "Poole", "POOLE", "Leeds"]),
        "postcode": st.sampled_from([None, "BH15 1AA", "LS1 1AA"]),
        "company_number": st.sampled_from([None, "00000001", "00000002"]),
    }
)


def likeness(one: Json, other: Json, seen: frozenset[Evidence] | None = None) -> Likeness | None:
    """Compare two employers, told apart with this evidence if any."""
    pair = [Known(id=EmployerId("a"), **one), Known(id=EmployerId("b"), **other)]
    apart = {} if seen is None else {pair_of(EmployerId("b"), EmployerId("a")): seen}
    return next(iter(Likenesses(pair, name_terms(), apart).pairs), None)


@given(FACTS, FACTS, FACTS, FACTS)
def test_a_pair_is_suggested_again_exactly_if_something_new_speaks_for_it(
    one: Json, other: Json, one_later: Json, other_later: Json
) -> None:
    before, later = likeness(one, other), likeness(one_later, other_later)
    seen = frozenset(() if before is None else before.evidence)

    again = likeness(one_later, other_later, seen)

    assert likeness(one, other, seen) is None
    news = set(() if later is None else later.evidence) - seen
    assert (again is not None) == bool(news)
    assert again in {None, later}


def test_the_two_who_are_told_apart_leave_a_third_one_alone() -> None:
    same = [Known(id=EmployerId(one), name="Wessex Boats") for one in "abc"]
    seen = frozenset({Evidence("same_name", "wessex boats")})

    found = Likenesses(same, name_terms(), {(EmployerId("a"), EmployerId("b")): seen}).pairs

    assert [(pair.one, pair.other) for pair in found] == [("a", "c"), ("b", "c")]


@pytest.fixture
async def two(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Two entries of one name and town, further apart than one site."""
    await list_employers(client, boats("gpg-1"), boats("own-1", latitude=50.80))
    assert await found(client) == 1
    return client


def boats(identity: str, name: str = "Wessex Boats Ltd", **changes: object) -> Json:
    return employer_entry(identity, name, **changes)


async def found(client: httpx.AsyncClient) -> int:
    return int((await client.get(DUPLICATES)).json()["found"])


async def say(
    client: httpx.AsyncClient, one: str = "gpg-1", other: str = "own-1", status: int = 200, back: str = ""
) -> Json:
    answer = await client.post(f"{EMPLOYERS}/{one}/distinction{back}", json={"other": other})
    assert answer.status_code == status, answer.text
    told: Json = answer.json()
    return told


async def test_what_was_told_apart_is_suggested_nowhere_and_taken_back_it_is_again(
    two: httpx.AsyncClient,
) -> None:
    told = await say(two)
    again = await say(two, "own-1", "gpg-1")

    assert told == again
    assert told == {
        "employers": ["gpg-1", "own-1"],
        "stands": True,
        "reasons_seen": ["same_name", "same_town"],
    }
    assert await found(two) == 0
    relisted = await two.put(DIRECTORY, json={"employers": [boats("own-1", latitude=50.81)]})
    assert relisted.json()["possible_duplicates"] == []

    taken = await say(two, back="/withdrawal")

    assert taken == await say(two, back="/withdrawal")
    assert (taken["stands"], taken["reasons_seen"]) == (False, [])
    assert await found(two) == 1
    [kept] = (await two.get(DISTINCTIONS)).json()["distinctions"]
    assert kept["employers"] == ["gpg-1", "own-1"]
    assert [(step["stands"], step["by"]) for step in kept["history"]] == [(True, "admin"), (False, "admin")]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "THE WESSEX BOATS COMPANY"},
        {"size_band": "small", "sic_section": "A"},
        {"latitude": 50.85},
        {"town": None},
    ],
    ids=["another legal form", "other facts", "a site elsewhere", "no town any more"],
)
async def test_a_change_that_says_nothing_new_leaves_them_apart(
    two: httpx.AsyncClient, changes: Json
) -> None:
    await say(two)

    await list_employers(two, boats("own-1", **{"latitude": 50.80, **changes}))

    assert await found(two) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"latitude": 50.721}),
        ({"name": "Chesil Boats"}, {"name": "Chesil Boats"}),
        ({"town": "Leeds"}, {"town": "Leeds"}),
    ],
    ids=["one site", "one new name of both", "one new town of both"],
)
async def test_what_nobody_had_seen_is_suggested_again_and_can_be_told_apart_again(
    two: httpx.AsyncClient, one: Json, other: Json
) -> None:
    await say(two)

    await list_employers(two, boats("gpg-1", **one), boats("own-1", **{"latitude": 50.80, **other}))

    assert await found(two) == 1
    await say(two)
    assert await found(two) == 0
    await list_employers(two, boats("gpg-1"), boats("own-1", latitude=50.80))
    assert await found(two) == 0, "what was seen before stays seen"


async def test_an_import_and_its_preview_keep_to_it(two: httpx.AsyncClient) -> None:
    await say(two)
    same = b"employer_id,name,town\nown-1,Wessex Boats,Poole\n"
    number = b"employer_id,name,town,company_number\nown-1,Wessex Boats,Poole,00653859\n"
    both = b"employer_id,name,company_number\nown-1,Wessex Boats,00653859\ngpg-1,Wessex Boats,00653859\n"

    for preview in ("true", "false"):
        for content in (same, number):
            receipt = await two.put(IMPORT, content=content, params={"preview": preview})
            assert receipt.json()["possible_duplicates"]["found"] == 0
    shown = (await two.put(IMPORT, content=both, params={"preview": "true"})).json()

    assert shown["possible_duplicates"] == {
        "found": 1,
        "duplicates": [
            {"employers": ["gpg-1", "own-1"], "reasons": ["same_company_number", "same_name", "same_town"]}
        ],
    }
    assert await found(two) == 0, "a preview changes nothing"


async def test_who_was_told_apart_is_not_merged_not_even_by_way_of_a_third(two: httpx.AsyncClient) -> None:
    await list_employers(two, boats("own-2"))
    await say(two)

    direct = await two.post(f"{EMPLOYERS}/own-1/merge", json={"into": "gpg-1"})
    first = await two.post(f"{EMPLOYERS}/own-1/merge", json={"into": "own-2"})
    third = await two.post(f"{EMPLOYERS}/own-2/merge", json={"into": "gpg-1"})

    assert (direct.status_code, first.status_code, third.status_code) == (409, 200, 409)
    assert "gpg-1" in third.json()["detail"]
    assert (await two.get(f"{EMPLOYERS}/own-2")).json()["merged_into"] is None
    await say(two, status=409)
    await say(two, back="/withdrawal")
    after = await two.post(f"{EMPLOYERS}/own-2/merge", json={"into": "gpg-1"})
    assert after.json()["known_as"] == ["gpg-1", "own-1", "own-2"]


async def test_what_cannot_be_said_is_refused_and_nothing_is_kept(two: httpx.AsyncClient) -> None:
    await list_employers(two, employer_entry("gpg-2", "Chesil Foods"))

    itself = await say(two, "gpg-1", "gpg-1", 422)
    await say(two, "gpg-1", "gpg-404", 404)
    await say(two, "gpg-404", "gpg-1", 404)
    unlike = await say(two, "gpg-1", "gpg-2", 409)

    assert itself["problems"] == [{"where": "other", "reason": "is the employer itself"}]
    assert "nothing to say" in unlike["detail"]
    assert (await two.get(DISTINCTIONS)).json() == {"distinctions": []}


async def test_only_who_manages_employers_tells_them_apart(two: httpx.AsyncClient, token: TokenFor) -> None:
    teacher = {"Authorization": f"Bearer {await token('t', 'teacher', '136500')}"}
    answers = [
        await two.get(DISTINCTIONS, headers=teacher),
        await two.post(f"{EMPLOYERS}/gpg-1/distinction", json={"other": "own-1"}, headers=teacher),
        await two.post(f"{EMPLOYERS}/gpg-1/distinction/withdrawal", json={"other": "own-1"}, headers=teacher),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
