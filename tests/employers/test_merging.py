"""Duplicates found on entry, merged, and taken apart again, over the real store through the routes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import decode
from contracts.employers import EmployerListed
from contracts.vocabulary import EmployerId, Urn
from services.employers import views
from services.employers.commands import DIRECTORY_KEY
from services.employers.merging.commands import merge_employer
from services.employers.model.directory import Position
from services.employers.model.duplicates import Known, Likenesses
from services.employers.model.merging import ids_of, merge_is_new, survivor_of
from services.employers.model.search import words_of
from services.employers.terms import name_terms
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import TokenFor
from tests.employers.activities import Tale, figures
from tests.employers.listings import DIRECTORY, employer_entry, list_employers
from tests.employers.test_engagement_api import engage, year

EMPLOYERS = "/employers/v1/employers"
ContextFor = Callable[[str], ServiceContext]


def known(identity: str, name: str = "Wessex Boats", **facts: Any) -> Known:  # noqa: ANN401 - fields of Known
    return Known(id=EmployerId(identity), name=name, **facts)


def pairs(*employers: Known) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(pair.one, pair.other, pair.reasons) for pair in Likenesses(employers, name_terms()).pairs]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wessex Boats Ltd", "WESSEX BOATS LIMITED"),
        ("The Wessex Boats Company Limited", "Wessex Boats"),
        ("J.P. Morgan", "JP Morgan plc"),
        ("Marks & Spencer P.L.C.", "Marks and Spencer"),
        ("Café Crème LLP", "Cafe Creme"),
        ("Sainsbury’s", "Sainsburys Public Limited Company"),
    ],
)
def test_a_name_is_the_same_without_its_legal_form_case_accents_and_punctuation(one: str, other: str) -> None:
    assert name_terms().plain(one) == name_terms().plain(other)


@pytest.mark.parametrize(("one", "other"), [("Wessex Boats", "Wessex Foods"), ("Limited", "The Company")])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert name_terms().plain(one) != name_terms().plain(other)


@given(st.text(max_size=40))
def test_no_name_with_a_letter_or_digit_is_lost(name: str) -> None:
    assert bool(name_terms().plain(name)) == any(words_of(name.replace("&", "and").replace("+", "and")))


@given(st.lists(st.sampled_from(["boats", "of", "co", "ltd", "the", "company", "limited", "J.", "&"])))
def test_a_legal_form_more_at_the_end_makes_no_other_name(words: list[str]) -> None:
    name = " ".join(["Wessex", *words])
    assert name_terms().plain(f"{name} LTD.") == name_terms().plain(name)


def test_one_company_number_is_reason_enough() -> None:
    found = pairs(known("a", company_number="00653859"), known("b", "AECC", company_number="00653859"))
    assert found == [("a", "b", ("same_company_number",))]


def test_two_company_numbers_are_two_companies_whatever_they_are_called() -> None:
    assert pairs(known("a", company_number="00000001"), known("b", company_number="00000002")) == []


def test_one_name_needs_one_place_where_both_have_one() -> None:
    poole = {"town": "Poole", "postcode": "BH15 1AA"}
    assert pairs(known("a", **poole), known("b", town="Leeds")) == []
    assert pairs(known("a", **poole), known("b", town="POOLE")) == [("a", "b", ("same_name", "same_town"))]
    assert pairs(known("a", **poole), known("b", postcode="BH15 1AA")) == [
        ("a", "b", ("same_name", "same_postcode"))
    ]
    assert pairs(known("a", **poole), known("b")) == [("a", "b", ("same_name",))]


def test_positions_within_half_a_kilometre_are_one_place() -> None:
    here, near, far = Position(50.7, -1.9), Position(50.704, -1.9), Position(50.706, -1.9)
    assert pairs(known("a", position=here), known("b", position=near)) == [("a", "b", ("same_name", "near"))]
    assert pairs(known("a", position=here), known("b", position=far)) == []


def test_one_place_without_one_name_is_no_reason() -> None:
    assert pairs(known("a", postcode="BH15 1AA"), known("b", "Chesil", postcode="BH15 1AA")) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Wessex Boats", "Wessex Boats Ltd", "Chesil"]),
            st.sampled_from([None, "Poole", "Leeds"]),
            st.sampled_from([None, "00000001", "00000002"]),
        ),
        max_size=12,
    )
)
def test_grouping_finds_what_comparing_all_with_all_finds(facts: list[tuple[str, Any, Any]]) -> None:
    employers = [
        known(f"e{place:02}", name, town=town, company_number=number)
        for place, (name, town, number) in enumerate(facts)
    ]
    naive = {(one.id, other.id) for one, other in combinations(employers, 2) if pairs(one, other)}
    assert {pair[:2] for pair in pairs(*employers)} == naive


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=15))
def test_whatever_is_merged_each_id_means_one_employer_that_is_not_merged(
    wanted: list[tuple[Any, Any]],
) -> None:
    merges: dict[EmployerId, EmployerId] = {}
    for one, into in wanted:
        if one == into:
            continue
        try:
            if merge_is_new(merges, one, into):
                merges[one] = into
        except ConflictError:
            continue
    for one in map(EmployerId, "abcdef"):
        survivor = survivor_of(merges, one)
        assert survivor not in merges
        assert one in ids_of(merges, one) == ids_of(merges, survivor)


async def test_a_listing_names_what_may_be_there_twice_with_the_reasons(client: httpx.AsyncClient) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("gpg-2", "Chesil Foods"))

    answer = await client.put(DIRECTORY, json={"employers": [employer_entry("own-1", "WESSEX BOATS")]})

    assert answer.json()["possible_duplicates"] == [
        {"employers": ["gpg-1", "own-1"], "reasons": ["same_name", "same_town", "near"]}
    ]
    listed = (await client.get("/employers/v1/duplicates")).json()
    assert listed == {"found": 1, "duplicates": answer.json()["possible_duplicates"]}


async def test_a_merged_employer_is_told_and_found_under_its_survivor_alone(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("own-1", "Wessex Boats"))

    merged = await client.post(f"{EMPLOYERS}/own-1/merge", json={"into": "gpg-1"})
    again = await client.post(f"{EMPLOYERS}/own-1/merge", json={"into": "gpg-1"})

    assert (
        merged.json()
        == again.json()
        == {
            "employer_id": "own-1",
            "merged_into": "gpg-1",
            "survivor": "gpg-1",
            "known_as": ["gpg-1", "own-1"],
        }
    )
    assert [one["employer_id"] for one in (await client.get(EMPLOYERS)).json()["employers"]] == ["gpg-1"]
    shown = (await client.get(f"{EMPLOYERS}/own-1")).json()
    assert (shown["name"], shown["merged_into"]) == ("Wessex Boats", "gpg-1")
    assert (await client.get("/employers/v1/duplicates")).json()["found"] == 0
    told = await employers_told(context_for)
    assert [(one.employer_id, one.merged_into) for one in told] == [
        ("gpg-1", None),
        ("own-1", None),
        ("own-1", "gpg-1"),
    ]


async def employers_told(context_for: ContextFor) -> list[EmployerListed]:
    rows = await context_for("employers").ledger.read("directory", 0, 100)
    events = [decode(row.event.type, row.event.value.encode()) for row in rows]
    return [event for event in events if isinstance(event, EmployerListed)]


async def test_an_entry_that_changes_while_it_is_merged_is_told_as_merged(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("own-1"))
    await client.post(f"{EMPLOYERS}/own-1/merge", json={"into": "gpg-1"})

    await list_employers(client, employer_entry("own-1", "Wessex Boats & Sons"))

    last = (await employers_told(context_for))[-1]
    assert (last.name, last.merged_into) == ("Wessex Boats & Sons", "gpg-1")


async def test_engagement_with_a_merged_employer_counts_for_the_survivor_one_part_a_school(
    client: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("own-1"))
    first, second = Tale(urn=Urn("136500")), Tale(urn=Urn("147467"))
    await engage(
        context_for,
        {
            first.urn: [first.recorded(figures("gpg-1", 20)), first.recorded(figures("own-1", 30))],
            second.urn: [second.recorded(figures("own-1", 40))],
        },
    )
    before = (await client.get(f"{EMPLOYERS}/gpg-1")).json()["engagement"]

    await client.post(f"{EMPLOYERS}/own-1/merge", json={"into": "gpg-1"})

    assert before == [year(1, 1, 20, 20)]
    for identity in ("gpg-1", "own-1"):
        shown = (await client.get(f"{EMPLOYERS}/{identity}")).json()
        assert shown["engagement"] == [year(2, 3, 90, 90)]
    teacher = {"Authorization": f"Bearer {await token('t', 'teacher', '136500')}"}
    as_school = (await client.get(f"{EMPLOYERS}/gpg-1", headers=teacher)).json()["engagement"]
    assert as_school == [year(2, 3, "c", "c")], "two schools, however many ids they used"


async def test_a_merge_taken_back_leaves_everything_as_it_was_and_its_history(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("own-1"))
    before = [(await client.get(path)).json() for path in (EMPLOYERS, f"{EMPLOYERS}/own-1")]
    await client.post(f"{EMPLOYERS}/own-1/merge", json={"into": "gpg-1"})

    undone = await client.post(f"{EMPLOYERS}/own-1/unmerge")
    again = await client.post(f"{EMPLOYERS}/own-1/unmerge")

    assert undone.json() == again.json()
    assert undone.json()["known_as"] == ["own-1"]
    assert [(await client.get(path)).json() for path in (EMPLOYERS, f"{EMPLOYERS}/own-1")] == before
    assert (await employers_told(context_for))[-1].merged_into is None
    assert len(await employers_told(context_for)) == 4
    [kept] = (await client.get("/employers/v1/merges")).json()["merges"]
    assert (kept["employer_id"], kept["merged_into"]) == ("own-1", None)
    assert [(step["into"], step["by"]) for step in kept["history"]] == [("gpg-1", "admin"), (None, "admin")]


async def test_merges_follow_each_other_and_cannot_go_round(client: httpx.AsyncClient) -> None:
    await list_employers(client, *(employer_entry(identity) for identity in ("a", "b", "c")))

    first = await client.post(f"{EMPLOYERS}/a/merge", json={"into": "b"})
    second = await client.post(f"{EMPLOYERS}/b/merge", json={"into": "c"})

    assert (first.status_code, second.json()["known_as"]) == (200, ["a", "b", "c"])
    for one, into, status in (("c", "a", 409), ("a", "c", 409), ("c", "c", 422), ("c", "d", 404)):
        answer = await client.post(f"{EMPLOYERS}/{one}/merge", json={"into": into})
        assert answer.status_code == status, (one, into)
    assert (await client.post(f"{EMPLOYERS}/d/unmerge")).status_code == 404


async def test_a_merge_made_by_another_process_is_seen_by_the_next_request(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await list_employers(client, *(employer_entry(one, f"Firm {one}") for one in ("a", "b", "c")))
    assert len((await client.get(EMPLOYERS)).json()["employers"]) == 3

    async def merge(unit: UnitOfWork) -> None:
        await merge_employer(unit, EmployerId("a"), EmployerId("b"))

    await context_for("employers").in_hub(Actor("elsewhere"), DIRECTORY_KEY, merge)

    found = (await client.get(EMPLOYERS)).json()["employers"]
    assert [one["employer_id"] for one in found] == ["b", "c"]


async def test_more_changes_than_are_read_one_by_one_are_all_seen(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_CHANGES_READ", 2)
    for names in (("A", "B"), ("C", "D", "E"), ("F",)):
        await list_employers(client, *(employer_entry(name.lower(), name) for name in names))
        await client.get(EMPLOYERS)

    found = (await client.get(EMPLOYERS)).json()["employers"]

    assert [one["name"] for one in found] == ["A", "B", "C", "D", "E", "F"]
