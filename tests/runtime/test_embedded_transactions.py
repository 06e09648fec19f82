"""What a role that was killed inside a transaction leaves behind: nothing that its school has to wait for."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Final

import httpx

from contracts.vocabulary import academic_year_of
from services.command_line.connection import embedded_token, find_embedded
from services.local import ChildName, EmbeddedHub, HubOptions
from services.local.store_probe import end_transactions
from services.runtime.failpoints import VARIABLE, Failpoint
from services.runtime.permissions import Role
from tests.pupils.conftest import roll_csv
from tests.pupils.values import URN
from tests.runtime.embedded_hubs import STORE_ALONE, documents
from tests.substrate import free_port

API_AND_STORE: Final[frozenset[ChildName]] = frozenset(("store", "api"))
LIFE_TIMEOUT_S: Final = 60.0


async def test_a_school_can_post_again_once_an_api_that_died_in_its_transaction_is_back(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    armed = {VARIABLE: f"{Failpoint.BEFORE_COMMIT}:1"}

    def hear(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("The api ended"):
            armed.clear()

    options = HubOptions(tmp_path, children=API_AND_STORE, role_environment=armed)
    async with EmbeddedHub(options, hear) as hub:
        first = hub.child("api").pid
        token = await embedded_token(find_embedded(tmp_path), "leader", Role.CAREERS_LEADER, URN)
        async with httpx.AsyncClient(
            base_url=hub.address, headers={"Authorization": f"Bearer {token}"}, timeout=LIFE_TIMEOUT_S
        ) as client:
            async with asyncio.timeout(LIFE_TIMEOUT_S):
                await import_until_it_dies(client)
            async with asyncio.timeout(LIFE_TIMEOUT_S):
                await hub.child("api").ready(after=first)
            answer = await import_roll(client)
    # While the dead one's transaction is open, the store refuses the school's writes: the api answers 503.
    assert answer.status_code == 200, answer.text
    assert "The api was cut short; transactions that it may have left open have been ended." in said


async def test_transactions_of_others_end_and_their_documents_are_free(tmp_path: Path) -> None:
    async with (
        EmbeddedHub(HubOptions(tmp_path, children=STORE_ALONE)) as hub,
        documents(hub.ports["store"]) as collection,
        await collection.database.client.start_session() as session,
    ):
        await collection.insert_one({"_id": 1, "by": "nobody"})
        session.start_transaction()
        await collection.update_one({"_id": 1}, {"$set": {"by": "dead"}}, session=session)
        assert await end_transactions(hub.ports["store"], 5.0)
        await collection.update_one({"_id": 1}, {"$set": {"by": "living"}})
        assert (await collection.find_one({"_id": 1}))["by"] == "living"


async def test_a_store_that_is_away_has_ended_nothing() -> None:
    assert not await end_transactions(free_port(), 5.0)


async def import_until_it_dies(client: httpx.AsyncClient) -> None:
    """A busy machine's store may put the first ones off; none can get past the failpoint."""
    while True:
        try:
            answer = await import_roll(client)
        except httpx.HTTPError:
            return
        assert answer.status_code == 503, answer.text


async def import_roll(client: httpx.AsyncClient) -> httpx.Response:
    year = academic_year_of(dt.datetime.now(dt.UTC).date())
    return await client.put(
        f"/pupils/v1/schools/{URN}/roll",
        content=roll_csv([1, 2]),
        headers={"Content-Type": "text/csv"},
        params={"academic_year": year},
    )
