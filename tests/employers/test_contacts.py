"""Contacts: apart from everything else, read by few, and every look at them noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.employers.contacts import commands
from services.runtime.context import ServiceContext
from tests.conftest import TokenFor
from tests.employers.listings import employer_entry, list_employers

CONTACTS = "/employers/v1/employers/gpg-1/contacts"
PERSON = {"name": "Zadie Quill", "role": "HR", "email": "Zadie@boats.example", "phone": "01202 900123"}

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
async def coordinator(client: httpx.AsyncClient, token: TokenFor) -> httpx.AsyncClient:
    """The coordinator's client, of a Hub with one employer."""
    await list_employers(client, employer_entry("gpg-1"), employer_entry("gpg-2", "Chesil Foods"))
    client.headers["Authorization"] = f"Bearer {await token('ec', 'enterprise_coordinator')}"
    return client


async def contacts(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(CONTACTS)).json()["contacts"]
    return found


async def test_a_contact_is_kept_once_and_shown(coordinator: httpx.AsyncClient) -> None:
    first = await coordinator.post(CONTACTS, json=PERSON)
    again = await coordinator.post(CONTACTS, json=PERSON)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert await contacts(coordinator) == [first.json()]
    assert {name: first.json()[name] for name in PERSON} == PERSON


async def test_the_same_address_puts_the_rest_of_a_contact_right(coordinator: httpx.AsyncClient) -> None:
    kept = (await coordinator.post(CONTACTS, json=PERSON)).json()

    await coordinator.post(CONTACTS, json=PERSON | {"email": "zadie@BOATS.example", "role": "Director"})

    [found] = await contacts(coordinator)
    assert (found["contact_id"], found["role"]) == (kept["contact_id"], "Director")


async def test_every_look_is_noted_without_a_name(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    kept = (await coordinator.post(CONTACTS, json=PERSON)).json()
    await coordinator.get(CONTACTS)

    noted = (await coordinator.get(f"{CONTACTS}/accesses")).json()["accesses"]

    assert sorted((one["by"], one["action"], one["contact_id"]) for one in noted) == sorted(
        [("ec", "kept", kept["contact_id"]), ("ec", "read", None)], key=lambda one: one[:2]
    )
    stored = await context_for("employers").database().collection("contact_accesses").find({})
    assert "quill" not in str(stored).casefold()


async def test_a_removed_contact_is_gone_and_only_its_removal_stays_noted(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    kept = (await coordinator.post(CONTACTS, json=PERSON)).json()

    removed = await coordinator.post(f"{CONTACTS}/{kept['contact_id']}/removal")
    again = await coordinator.post(f"{CONTACTS}/{kept['contact_id']}/removal")

    assert (removed.status_code, again.status_code) == (200, 404)
    assert await contacts(coordinator) == []
    assert await context_for("employers").database().collection("employer_contacts").find({}) == []
    noted = (await coordinator.get(f"{CONTACTS}/accesses")).json()["accesses"]
    assert "removed" in [one["action"] for one in noted]


async def test_a_contact_of_another_employer_cannot_be_removed_by_this_one(
    coordinator: httpx.AsyncClient,
) -> None:
    kept = (await coordinator.post(CONTACTS, json=PERSON)).json()
    other = CONTACTS.replace("gpg-1", "gpg-2")

    answer = await coordinator.post(f"{other}/{kept['contact_id']}/removal")

    assert answer.status_code == 404
    assert len(await contacts(coordinator)) == 1


async def test_no_name_or_address_is_in_the_store_the_ledger_or_a_log(
    coordinator: httpx.AsyncClient, context_for: ContextFor, capsys: pytest.CaptureFixture[str]
) -> None:
    await coordinator.post(CONTACTS, json=PERSON)
    await coordinator.get(CONTACTS)

    context = context_for("employers")
    stored = await context.database().collection("employer_contacts").find({})
    rows = await context.ledger.read("directory", 0, 100)
    written = "".join(capsys.readouterr())

    for text in (str(stored), str([row.event.value for row in rows]), written):
        assert "quill" not in text.casefold()
        assert "boats.example" not in text.casefold()


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "zadie.quill at boats"},
        {"email": "zadie quill@boats.example"},
        {"phone": "ask Zadie Quill"},
        {"name": ""},
        {"name": "Zadie\u202eQuill"},
        {"note": "Zadie Quill is on leave"},
    ],
)
async def test_what_is_no_contact_is_refused_without_repeating_it(
    coordinator: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await coordinator.post(CONTACTS, json=PERSON | wrong)

    assert answer.status_code == 422
    assert "zadie" not in answer.text.casefold()
    assert "quill" not in answer.text.casefold()
    assert await contacts(coordinator) == []


async def test_an_employer_has_so_many_contacts_and_no_more(
    coordinator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_CONTACTS", 2)
    answers = [
        await coordinator.post(CONTACTS, json=PERSON | {"email": f"{name}@boats.example"})
        for name in ("a", "b", "c", "a")
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 409, 200]


@pytest.mark.parametrize("role", ["hub_admin", "employer"])
async def test_who_does_not_work_with_employers_sees_no_contact(
    coordinator: httpx.AsyncClient, token: TokenFor, role: str
) -> None:
    await coordinator.post(CONTACTS, json=PERSON)
    coordinator.headers["Authorization"] = f"Bearer {await token(role, role)}"

    assert (await coordinator.get(CONTACTS)).status_code == 403
    shown = await coordinator.get("/employers/v1/employers/gpg-1")
    details = await coordinator.get("/employers/v1/employers/gpg-1/details")
    assert "quill" not in (shown.text + details.text).casefold()


async def test_contacts_told_of_a_merged_employer_are_shown_with_the_survivor(
    coordinator: httpx.AsyncClient,
) -> None:
    await coordinator.post(CONTACTS.replace("gpg-1", "gpg-2"), json=PERSON)

    await coordinator.post("/employers/v1/employers/gpg-2/merge", json={"into": "gpg-1"})

    assert [(one["name"], one["employer_id"]) for one in await contacts(coordinator)] == [
        ("Zadie Quill", "gpg-2")
    ]
