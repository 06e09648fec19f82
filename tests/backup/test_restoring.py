"""What a restore refuses, what it leaves alone, and what a broken-off one leaves behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.backup import restoring
from services.backup.archive import Archive, DamagedBackupError
from services.backup.fitting import Wish
from services.backup.making import make_backup, snapshot
from services.backup.restoring import Restored, restore
from services.runtime.context import ServiceContext, utc_now
from services.runtime.errors import ConflictError, NotFoundError, UnavailableError
from services.runtime.lease import Lease
from services.runtime.mongo import Document, Store
from services.runtime.sealing import Sealer, SecretError
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy
from tests.conftest import NOW, ClientFor, TokenFor
from tests.journeys.hub import ALL, NEIGHBOUR, ROLL, SCHOOLS, URN, YEAR, Hub

ROLL_PATH = f"/pupils/v1/schools/{NEIGHBOUR}/roll"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A Hub in which pupils can be erased."""
    return settings.model_copy(update={"erasure_journal": tmp_path / "erasures"})


@dataclass(frozen=True, slots=True)
class Keeper:
    """An operator, and the Hub that is saved and restored."""

    hub: Hub
    settings: Settings
    store: Store
    folder: Path

    def context(self, **changes: object) -> ServiceContext:
        """What a command stands on."""
        settings = self.settings.model_copy(update=changes)
        sealer = Sealer.from_file(settings.secret_file)
        return ServiceContext("pupils", settings, self.store, sealer, clock=lambda: NOW)

    async def save(self, name: str = "backup", urn: str | None = None) -> Path:
        """Save the Hub or a school."""
        file = self.folder / name
        await make_backup(self.context(), file, urn, lambda _said: None)
        return file

    async def restore(self, file: Path, **wishes: bool) -> Restored:
        """Restore at once."""
        return await restore(self.context(), Archive.open(file), Wish(**wishes), lambda _said: None)

    async def documents(self, parts: str, name: str) -> list[Document]:
        """Read a collection."""
        return await Tenancy(self.store, self.settings.hub_id).named(parts).collection(name).find({})

    async def import_roll(self, path: str, rows: int, who: str) -> None:
        content = "".join(ROLL.splitlines(keepends=True)[: rows + 1])
        headers = {"Content-Type": "text/csv"}
        params = {"academic_year": YEAR}
        await self.hub.ask(who, "PUT", path, content=content, headers=headers, params=params)

    async def erase_first(self) -> None:
        page = await self.hub.ask("leader", "GET", f"{SCHOOLS}/pupils", params={"academic_year": YEAR})
        ref = page["pupils"][0]["pupil"]
        await self.hub.ask("leader", "POST", f"{SCHOOLS}/pupils/{ref}/erasure", json={"reason": "request"})


@pytest.fixture
async def keeper(
    settings: Settings, store: Store, client_for: ClientFor, token: TokenFor, tmp_path: Path
) -> AsyncIterator[Keeper]:
    """A Hub with two schools that have a roll each, of three pupils and of one."""
    tokens = {
        "leader": await token("leader", "careers_leader", URN),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
    }
    async with client_for(ALL) as client:
        keeper = Keeper(Hub(client, tokens), settings, store, tmp_path)
        await keeper.import_roll(f"{SCHOOLS}/roll", 3, "leader")
        await keeper.import_roll(ROLL_PATH, 1, "neighbour")
        yield keeper


async def test_a_backup_is_of_one_moment_whatever_is_written_meanwhile(keeper: Keeper) -> None:
    context = keeper.context()
    async with snapshot(context) as session:
        await keeper.import_roll(ROLL_PATH, 2, "neighbour")
        pupils = context.tenancy.school("pupils", NEIGHBOUR).collection("pupils", session)
        assert await pupils.count({}) == 1
    assert len(await keeper.documents(f"pupils_{NEIGHBOUR}", "pupils")) == 2


async def test_a_store_that_shows_a_reader_what_is_new_is_refused(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "reading_transaction", Store.reading_snapshot)
    with pytest.raises(UnavailableError, match="gives no snapshot"):
        await keeper.save()
    assert not (keeper.folder / "backup").exists()


async def test_a_hub_that_holds_something_is_not_written_over_unasked(keeper: Keeper) -> None:
    file = await keeper.save()
    with pytest.raises(ConflictError, match="add --replace"):
        await keeper.restore(file)
    assert not (await keeper.context().timeline.read()).restoring


async def test_an_emptied_hub_gets_everything_back_and_in_another_timeline(keeper: Keeper) -> None:
    file = await keeper.save()
    before = {
        (parts, name): sorted(map(repr, await keeper.documents(parts, name)))
        for parts, name in (("pupils", "ledger"), (f"pupils_{URN}", "pupils"), ("hub", "memberships"))
    }
    tenancy = Tenancy(keeper.store, keeper.settings.hub_id)
    for database in await tenancy.everything():
        await database.drop()

    restored = await keeper.restore(file)

    for (parts, name), documents in before.items():
        assert sorted(map(repr, await keeper.documents(parts, name))) == documents
    assert (await keeper.context().timeline.read()).id == restored.timeline
    assert all(head.published == 0 for head in await keeper.context().ledger.heads())
    assert (await keeper.context().access_log(URN).verify()).broken_at is None


async def test_a_damaged_file_is_refused_before_anything_is_touched(keeper: Keeper) -> None:
    file = await keeper.save()
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)
    with pytest.raises(DamagedBackupError):
        await keeper.restore(file, replace=True)
    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 3
    assert not (await keeper.context().timeline.read()).restoring


async def test_another_hubs_backup_and_another_secret_are_refused(keeper: Keeper, tmp_path: Path) -> None:
    file = await keeper.save()
    with pytest.raises(ConflictError, match="is of the Hub"):
        await restore(keeper.context(hub_id="another"), Archive.open(file), Wish(), lambda _said: None)
    (tmp_path / "secret").write_text("ab" * 32)
    other = keeper.context(secret_file=tmp_path / "secret")
    with pytest.raises(SecretError, match="another secret"):
        await restore(other, Archive.open(file), Wish(replace=True), lambda _said: None)


async def test_without_its_journal_of_erasures_nothing_is_restored(keeper: Keeper) -> None:
    file = await keeper.save()
    context = keeper.context(erasure_journal=None)
    with pytest.raises(ConflictError, match="erasure journal"):
        await restore(context, Archive.open(file), Wish(replace=True), lambda _said: None)


async def test_a_journal_that_knows_less_than_the_backup_is_refused_unless_it_is_lost(keeper: Keeper) -> None:
    before = await keeper.save("before")
    await keeper.erase_first()
    after = await keeper.save("after")
    (entry,) = (keeper.folder / "erasures").glob("*.json")
    entry.unlink()
    with pytest.raises(ConflictError, match="lacks 1 erasures"):
        await keeper.restore(after, replace=True)
    # The backup from before does not know the erasure, but the store does that it would replace.
    with pytest.raises(ConflictError, match="lacks 1 erasures"):
        await keeper.restore(before, replace=True, journal_is_lost=True)

    await keeper.restore(after, replace=True, journal_is_lost=True)

    assert entry.exists()
    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 2


async def test_a_worker_that_does_not_end_stops_a_restore_before_it_begins(keeper: Keeper) -> None:
    file = await keeper.save()
    lease = Lease(keeper.context().database(), "relay", "a worker", utc_now)
    assert await lease.hold()
    with pytest.raises(UnavailableError, match="still holds pupils/relay"):
        await keeper.restore(file, replace=True)
    assert not (await keeper.context().timeline.read()).restoring
    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 3


async def test_a_restore_that_was_broken_off_is_served_by_nobody_and_can_be_finished(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, of_school = await keeper.save(), await keeper.save("school", URN)

    async def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    compare = restoring._compare
    monkeypatch.setattr(restoring, "_compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await keeper.restore(file, replace=True)
    monkeypatch.setattr(restoring, "_compare", compare)
    with pytest.raises(UnavailableError, match="being restored"):
        await keeper.context().prepare({}, {})
    with pytest.raises(ConflictError, match="finish that one first"):
        await keeper.restore(of_school, replace=True)

    await keeper.restore(file)

    await keeper.context().prepare({}, {})
    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 3


async def test_a_process_that_lived_through_a_restore_stores_nothing_any_more(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.timeline.CHECK_S", 0.0)
    await keeper.restore(await keeper.save(), replace=True)
    for _ in range(2):
        answer = await keeper.hub.send("leader", "GET", f"{SCHOOLS}/pupils", params={"academic_year": YEAR})
        assert answer.status_code == 503
        assert "Start it again" in answer.json()["detail"]
    assert (await keeper.hub.client.get("/health/live")).status_code == 503


async def test_a_school_comes_back_alone_and_its_access_log_goes_on(keeper: Keeper) -> None:
    file = await keeper.save("school", URN)
    await keeper.hub.ask("leader", "GET", f"{SCHOOLS}/pupils", params={"academic_year": YEAR})
    rows = len(await keeper.documents(f"pupils_{URN}", "access_log"))
    await keeper.context().school(URN).collection("pupils").drop()
    neighbours = await keeper.documents(f"pupils_{NEIGHBOUR}", "pupils")

    with pytest.raises(ConflictError, match="is stored already"):
        await keeper.restore(file)
    await keeper.restore(file, replace=True)

    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 3
    assert await keeper.documents(f"pupils_{NEIGHBOUR}", "pupils") == neighbours
    log = await keeper.documents(f"pupils_{URN}", "access_log")
    assert len(log) == rows + 1
    assert log[-1]["entries"][0]["action"] == "school.restored"
    assert (await keeper.context().access_log(URN).verify()).broken_at is None


async def test_a_school_never_goes_back_behind_what_it_has_told(keeper: Keeper) -> None:
    file = await keeper.save("school", NEIGHBOUR)
    await keeper.import_roll(ROLL_PATH, 2, "neighbour")
    with pytest.raises(ConflictError, match=r"hold 2 events, and held 1 when"):
        await keeper.restore(file, replace=True)
    assert len(await keeper.documents(f"pupils_{NEIGHBOUR}", "pupils")) == 2
    assert not (await keeper.context().timeline.read()).restoring


async def test_an_erased_pupil_does_not_come_back_with_the_school(
    keeper: Keeper, context_for: Callable[[str], ServiceContext]
) -> None:
    # An erasure that tells something moves the ledger; one of last year's leaver, say, tells nothing.
    await keeper.erase_first()
    file = await keeper.save("school", URN)
    school = context_for("pupils").school(URN)
    await school.collection("erasures").drop()
    restored = await keeper.restore(file, replace=True)
    assert restored.erased_again == 0
    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 2


async def test_a_school_of_which_nothing_is_stored_cannot_be_saved(keeper: Keeper) -> None:
    with pytest.raises(NotFoundError, match="100000"):
        await keeper.save("none", "100000")
    assert not (keeper.folder / "none").exists()
