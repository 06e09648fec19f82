"""The routes of employers, over the real store: the directory, listed and looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contracts.catalogue import decode
from contracts.employers import EmployerListed, SchoolListed
from contracts.vocabulary import Payload, Urn
from services.employers import commands
from services.employers.model.directory import Tally
from services.employers.service import SERVICE
from services.employers.store import EMPLOYER_SHELF
from services.runtime.access_log import ChainHead
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import ClientFor, TokenFor
from tests.employers.listings import DIRECTORY, employer, employer_entry, list_employers, school_entry

EMPLOYERS = "/employers/v1/employers"
SCHOOLS = "/employers/v1/schools"
URN = Urn("136500")

ContextFor = Callable[[str], ServiceContext]
Json = dict[str, Any]


async def told(context_for: ContextFor) -> list[Payload]:
    rows = await context_for("employers").ledger.read("directory", 0, 10_000)
    return [decode(row.event.type, row.event.value.encode()) for row in rows]


async def found(client: httpx.AsyncClient, **query: object) -> list[str]:
    answer = await client.get(EMPLOYERS, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return [entry["name"] for entry in answer.json()["employers"]]


async def test_a_listing_is_stored_counted_and_told(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    listing = {
        "schools": [school_entry()],
        "employers": [employer_entry("gpg-1", "Chesil Foods"), employer_entry("gpg-2")],
    }

    answer = await client.put(DIRECTORY, json=listing)

    assert answer.json() == {
        "schools": {"listed": 1, "changed": 0, "unchanged": 0},
        "employers": {"listed": 2, "changed": 0, "unchanged": 0},
        "possible_duplicates": [],
    }
    assert (await client.get(SCHOOLS)).json() == {"schools": [school_entry()]}
    assert (await client.get(EMPLOYERS)).json()["employers"] == listing["employers"]
    assert [type(event) for event in await told(context_for)] == [
        SchoolListed,
        EmployerListed,
        EmployerListed,
    ]


async def test_the_same_listing_again_changes_nothing_and_tells_nothing(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    listing = {"schools": [school_entry()], "employers": [employer_entry()]}
    await client.put(DIRECTORY, json=listing)

    again = await client.put(DIRECTORY, json=listing)

    assert again.json() == {
        "schools": {"listed": 0, "changed": 0, "unchanged": 1},
        "employers": {"listed": 0, "changed": 0, "unchanged": 1},
        "possible_duplicates": [],
    }
    assert len(await told(context_for)) == 2


async def test_a_changed_entry_is_told_again_and_found_by_its_new_name(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("gpg-2", "Chesil Foods"))

    answer = await client.put(
        DIRECTORY, json={"employers": [employer_entry("gpg-1", "Purbeck Boats"), employer_entry("gpg-3")]}
    )

    assert answer.json()["employers"] == {"listed": 1, "changed": 1, "unchanged": 0}
    assert await found(client, q="purbeck") == ["Purbeck Boats"]
    names = [event.name for event in await told(context_for) if isinstance(event, EmployerListed)]
    assert Counter(names) == {"Wessex Boats Ltd": 2, "Chesil Foods": 1, "Purbeck Boats": 1}


async def test_an_entry_that_a_listing_leaves_out_stays(client: httpx.AsyncClient) -> None:
    await list_employers(client, employer_entry("gpg-1"))
    await list_employers(client, employer_entry("gpg-2", "Chesil Foods"))

    assert await found(client) == ["Chesil Foods", "Wessex Boats Ltd"]


async def test_a_listing_that_was_cut_off_can_be_sent_again(
    client: httpx.AsyncClient, context_for: ContextFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store goes away before the second unit commits; the first is stored, and is not told twice."""
    monkeypatch.setattr(commands, "ENTRIES_A_UNIT", 2)
    listing = {"employers": [employer_entry(f"gpg-{number}") for number in range(5)]}
    with monkeypatch.context() as dying:
        finish = iter([UnitOfWork.finish])

        async def finish_once(unit: UnitOfWork) -> ChainHead | None:
            if (real := next(finish, None)) is None:
                message = "the store is away"
                raise UnavailableError(message)
            return await real(unit)

        dying.setattr(UnitOfWork, "finish", finish_once)
        cut_off = await client.put(DIRECTORY, json=listing)
    told_before = len(await told(context_for))

    repeated = await client.put(DIRECTORY, json=listing)

    assert (cut_off.status_code, told_before) == (503, 2)
    assert repeated.json()["employers"] == {"listed": 3, "changed": 0, "unchanged": 2}
    identities = [event.employer_id for event in await told(context_for) if isinstance(event, EmployerListed)]
    assert identities == [f"gpg-{number}" for number in range(5)]


@pytest.mark.usefixtures("client")
async def test_of_two_processes_with_the_same_listing_one_tells_it(context_for: ContextFor) -> None:
    """The other commits after this one has begun: this one's writes are refused, and it runs again."""
    here, there = context_for("employers"), context_for("employers")
    listing = [employer(f"gpg-{number}") for number in range(3)]
    receipts: list[commands.Receipt] = []

    async def overtaken(unit: UnitOfWork) -> Tally:
        await unit.collection("employers").find({})
        if not receipts:
            receipts.append(await commands.list_directory(there, Actor("admin"), [], listing))
        return await commands._list(unit, EMPLOYER_SHELF, listing)

    tally = await here.in_hub(Actor("admin"), commands.DIRECTORY_KEY, overtaken)

    assert (receipts[0].employers, tally) == (Tally(listed=3), Tally(unchanged=3))
    assert len(await told(context_for)) == 3


async def test_a_listing_of_the_greatest_size_is_taken(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    entries = [employer_entry(f"gpg-{number}", f"Firm {number:04}") for number in range(2_000)]

    answer = await client.put(DIRECTORY, json={"employers": entries})

    assert answer.json()["employers"] == {"listed": 2_000, "changed": 0, "unchanged": 0}
    assert len(await told(context_for)) == 2_000


@pytest.mark.parametrize(
    ("listing", "where"),
    [
        ({"employers": [employer_entry(), employer_entry()]}, "employers.1.employer_id"),
        ({"schools": [school_entry(), school_entry()]}, "schools.1.urn"),
        ({"employers": [employer_entry("Not An Id")]}, "body.employers.0.employer_id"),
        ({"employers": [employer_entry(name="  ")]}, "body.employers.0.name"),
        ({"employers": [employer_entry(sic_section="Z")]}, "body.employers.0.sic_section"),
        ({"employers": [employer_entry(size_band="huge")]}, "body.employers.0.size_band"),
        ({"employers": [employer_entry(latitude=None)]}, "body.employers.0"),
        ({"employers": [employer_entry(latitude=91)]}, "body.employers.0.latitude"),
        (
            {"employers": [employer_entry(), employer_entry("gpg-2", latitude=50.2, longitude=-1.0)]},
            "employers.1.position",
        ),
        ({"schools": [school_entry(latitude=-1.97, longitude=50.71)]}, "schools.0.position"),
        ({"employers": [employer_entry(contact="Ann")]}, "body.employers.0.contact"),
        ({"schools": [school_entry("36500")]}, "body.schools.0.urn"),
        ({"schools": [school_entry(lowest_year=14)]}, "body.schools.0"),
        ({"schools": [school_entry(highest_year=11)]}, "body.schools.0"),
        ({"schools": [school_entry(setting="nursery")]}, "body.schools.0.setting"),
        ({"employers": [{}] * 2_001}, "body.employers"),
        ({"pupils": []}, "body.pupils"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_does_not_fit_is_refused_with_its_place_and_stores_nothing(
    client: httpx.AsyncClient, context_for: ContextFor, listing: Json, where: str
) -> None:
    answer = await client.put(DIRECTORY, json=listing)

    assert answer.status_code == 422
    assert where in {problem["where"] for problem in answer.json()["problems"]}
    assert await told(context_for) == []
    assert await found(client) == []


async def test_what_one_process_lists_every_other_finds_at_once(
    client: httpx.AsyncClient, client_for: ClientFor
) -> None:
    async with client_for([SERVICE]) as other_process:
        other_process.headers.update(client.headers)
        await list_employers(client, employer_entry("gpg-1"))
        assert await found(other_process) == ["Wessex Boats Ltd"]

        await list_employers(client, employer_entry("gpg-1", "Purbeck Boats"), employer_entry("gpg-2"))
        assert await found(other_process) == ["Purbeck Boats", "Wessex Boats Ltd"]
        assert await found(other_process, q="purb") == ["Purbeck Boats"]


async def test_an_employer_is_found_by_the_beginnings_of_its_words(client: httpx.AsyncClient) -> None:
    await list_employers(
        client,
        employer_entry("gpg-1", "Sainsbury's Supermarkets Ltd", sic_section="G"),
        employer_entry("gpg-2", "Superb Café Ltd", sic_section="I"),
        employer_entry("gpg-3", "Insuper Ltd", sic_section="I"),
    )

    assert await found(client, q="super") == ["Sainsbury's Supermarkets Ltd", "Superb Café Ltd"]
    assert await found(client, q="SAINSBURY'S super") == ["Sainsbury's Supermarkets Ltd"]
    assert await found(client, q="cafe") == ["Superb Café Ltd"]
    assert await found(client, q="super", sic_section="I") == ["Superb Café Ltd"]
    assert await found(client, sic_section="I") == ["Insuper Ltd", "Superb Café Ltd"]
    assert await found(client, q="market") == []
    assert await found(client, q="{$ne: null}") == []


async def test_pages_go_through_all_employers_in_order_of_name(client: httpx.AsyncClient) -> None:
    names = ["Avon Glass", "Avon Glass", "Brit Cider", "Chesil Foods", "Durdle Print"]
    await list_employers(client, *(employer_entry(f"gpg-{9 - n}", name) for n, name in enumerate(names)))

    seen: list[str] = []
    page: Json = {"next": ""}
    while page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        page = (await client.get(EMPLOYERS, params={"limit": "2", **cursor})).json()
        seen += [entry["employer_id"] for entry in page["employers"]]
        assert len(page["employers"]) <= 2

    assert seen == ["gpg-8", "gpg-9", "gpg-7", "gpg-6", "gpg-5"]


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"sic_section": "Z"}, {"cursor": "gpg-404"}, {"q": "&&"}]
)
async def test_a_query_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, query: dict[str, str]
) -> None:
    answer = await client.get(EMPLOYERS, params=query)

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [f"query.{next(iter(query))}"]


async def test_an_unknown_employer_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{EMPLOYERS}/gpg-404")).status_code == 404


@pytest.mark.parametrize("role", ["careers_leader", "teacher", "link_governor"])
async def test_every_school_reads_the_directory_and_none_lists_it(
    client: httpx.AsyncClient, token: TokenFor, role: str
) -> None:
    await list_employers(client, employer_entry())
    somebody = {"Authorization": f"Bearer {await token('somebody', role, URN)}"}

    for path in (EMPLOYERS, f"{EMPLOYERS}/gpg-1", SCHOOLS):
        assert (await client.get(path, headers=somebody)).status_code == 200
    assert (await client.put(DIRECTORY, json={}, headers=somebody)).status_code == 403


@pytest.mark.parametrize("path", [DIRECTORY, EMPLOYERS, f"{EMPLOYERS}/gpg-1", SCHOOLS])
async def test_nobody_gets_in_without_a_token(client: httpx.AsyncClient, path: str) -> None:
    method = "PUT" if path == DIRECTORY else "GET"

    answer = await client.request(method, path, headers={"Authorization": ""}, json={})

    assert answer.status_code == 401
