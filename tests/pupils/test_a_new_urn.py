"""A pupil's rights at a school whose URN has changed: asked for under the new one, kept under the first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from contracts.vocabulary import Urn
from services.pupils.service import SERVICE
from services.pupils.store.erasures import ErasureJournal
from services.runtime.api import create_api
from services.runtime.mongo import Replace
from services.runtime.settings import Settings
from services.runtime.successions import Succession
from tests.conftest import NOW, TokenFor
from tests.pupils.conftest import OTHER_URN as NEW
from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.values import URN

REQUEST: Final = {"reason": "request"}


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """The settings of a Hub in which pupils can be erased."""
    return settings.model_copy(update={"erasure_journal": tmp_path / "erasures"})


@pytest.fixture
async def school(own: Settings, token: TokenFor) -> AsyncIterator[School]:
    """A school with three pupils, as its Careers Leader sees it after it got a new URN."""
    old = await token("old", "careers_leader", URN)
    new = await token("new", "careers_leader", NEW)
    async with AsyncExitStack() as stack:
        before = await stack.enter_async_context(started(own, old, URN))
        assert (await before.put_roll(roll_csv([1, 2, 101]))).status_code == 200
        await before.post(talk())
        await before.context.successions.declare(Succession(Urn(NEW), Urn(URN), NOW, "admin"))
        yield await stack.enter_async_context(started(own, new, NEW))


@asynccontextmanager
async def started(settings: Settings, bearer: str, urn: str) -> AsyncIterator[School]:
    """The service in a process of its own."""
    app = create_api([SERVICE], settings, clock=lambda: NOW)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {bearer}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub.test", headers=headers) as client,
    ):
        yield School(client, app.state.gate.contexts["pupils"], urn)


async def test_a_pupil_erased_under_the_new_urn_stays_erased_after_a_restore(
    school: School, own: Settings, token: TokenFor
) -> None:
    database = school.context.school(URN)
    ref = await school.ref(1)
    backup = {
        name: await database.collection(name).find({})
        for name in await database.collection_names()
        if name != "access_log"
    }

    answer = await school.send("POST", f"/pupils/{ref}/erasure", json=REQUEST)

    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    assert receipt["urn"] == URN, "the seal is under the key of the first URN"
    assert [one.urn for one in await ErasureJournal(own.erasure_journal).read()] == [URN]
    assert (await school.get("/erasures"))["erasures"] == [receipt]
    for name, documents in backup.items():
        await database.collection(name).delete({})
        await database.collection(name).write(
            *(Replace({"_id": document["_id"]}, document, upsert=True) for document in documents)
        )
    async with started(own, await token("new", "careers_leader", NEW), NEW) as again:
        assert (await again.send("GET", f"/pupils/{ref}")).status_code == 404
        refused = await again.put_roll(roll_csv([1, 2, 101]))
        assert [(row["row"], row["column"]) for row in refused.json()["rejected"]] == [(2, "upn")]


async def test_what_is_kept_too_long_is_listed_under_the_new_urn(school: School) -> None:
    assert (await school.get("/retention"))["due"] == []
    assert [d.urn for d in await school.context.tenancy.schools_of("pupils")] == [URN]


async def test_a_posts_key_is_known_under_either_urn(school: School, own: Settings, token: TokenFor) -> None:
    """A client that lost its answer on the day of the change may send the same again to the new address."""
    async with started(own, await token("old", "careers_leader", URN), URN) as before:
        body, headers = talk("talk-9"), {"Idempotency-Key": "once"}
        first = await before.send("POST", "/activities", json=body, headers=headers)
        again = await school.send("POST", "/activities", json=body, headers=headers)

    assert (first.status_code, again.json()) == (201, first.json())
