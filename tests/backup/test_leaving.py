"""A school leaves: its people are out, it can read what it takes, and then nothing of it is kept."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import stat
import zipfile
from pathlib import Path

import pytest

from services.backup import restoring
from services.leaving.export import check_export
from services.leaving.leaving import KEPT_DAYS, Left, come_back, delete, leave
from services.reporting.views import read_hub_report
from services.runtime.context import ServiceContext
from services.runtime.departures import departures
from services.runtime.errors import ConflictError, InvalidError, NotFoundError
from services.runtime.memberships import Memberships
from tests.backup.test_restoring import Keeper, keeper, settings
from tests.conftest import NOW
from tests.journeys.hub import NEIGHBOUR, ROLL, SCHOOLS, URN
from tests.journeys.test_a_school_year import TALK

__all__ = ["keeper", "settings"]


async def go(keeper: Keeper) -> tuple[Left, Path]:
    """Have the first school leave."""
    body = {name: value for name, value in TALK.items() if name != "employer_id"}
    await keeper.hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=body)
    file = keeper.folder / "school.zip"
    return await leave(keeper.context(), URN, file, lambda _said: None), file


def later(keeper: Keeper, days: int) -> ServiceContext:
    context = keeper.context()
    context.clock = lambda: NOW + dt.timedelta(days=days)
    return context


async def test_what_a_school_takes_can_be_read_without_us(keeper: Keeper) -> None:
    _, file = await go(keeper)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        roll = list(csv.DictReader(io.StringIO(archive.read("roll.csv").decode("utf-8-sig"))))
        activities = list(csv.DictReader(io.StringIO(archive.read("activities.csv").decode("utf-8-sig"))))
        lines = archive.read("records/pupils/activities.jsonl").splitlines()
        pupils = [json.loads(line) for line in archive.read("records/pupils/pupils.jsonl").splitlines()]
    posted = [row["upn"] for row in csv.DictReader(io.StringIO(ROLL))]
    assert sorted(row["upn"] for row in roll) == sorted(posted)
    assert {row["surname"] for row in roll} == {"Canary0", "Canary1", "Canary2"}
    assert [(row["title"], row["encounters"]) for row in activities] == [(TALK["title"], "3")]
    # Attendance, which is stored as bytes, is there as what it says.
    attended = json.dumps(json.loads(lines[0])["attendance"])
    assert pupils[0]["upn"] in posted
    assert attended.startswith("{")
    assert check_export(file)["files"]["roll.csv"]["records"] == 3


async def test_its_people_are_out_and_nobody_elses(keeper: Keeper) -> None:
    left, _ = await go(keeper)
    memberships = Memberships(keeper.context().tenancy, keeper.context().clock)
    assert left.memberships_ended == 1
    assert await memberships.of("leader") == ()
    assert [one.urn for one in await memberships.of("neighbour")] == [NEIGHBOUR]
    assert (await departures(keeper.context().tenancy))[URN].left_at == NOW


async def test_the_hubs_report_says_from_which_day_on_it_has_left(keeper: Keeper) -> None:
    await go(keeper)
    reporting = keeper.context().sibling("reporting")
    for urn in (URN, NEIGHBOUR):
        listed = {"_id": urn, "urn": urn, "name": f"School {urn}", "setting": "school"}
        await reporting.database().collection("schools").insert(listed)
    report = await read_hub_report(reporting, "2025/26", ())
    assert {row["urn"]: row["left_on"] for row in report["schools"]} == {URN: "2026-06-15", NEIGHBOUR: None}


async def test_nothing_is_deleted_before_its_time_or_without_its_archive(keeper: Keeper) -> None:
    _, file = await go(keeper)
    with pytest.raises(ConflictError, match="kept until"):
        await delete(later(keeper, KEPT_DAYS - 1), URN, file, now=False)
    with pytest.raises(ConflictError, match="has not left"):
        await delete(keeper.context(), NEIGHBOUR, file, now=True)
    damaged = keeper.folder / "damaged.zip"
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(damaged, "w") as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name) + (b"\n" if name == "roll.csv" else b""))
    with pytest.raises(InvalidError, match="is damaged"):
        await delete(later(keeper, KEPT_DAYS), URN, damaged, now=False)
    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 3


async def test_after_its_time_nothing_is_left_but_who_saw_what(keeper: Keeper) -> None:
    _, file = await go(keeper)
    neighbours = await keeper.documents(f"pupils_{NEIGHBOUR}", "pupils")
    context = later(keeper, KEPT_DAYS)
    assert await delete(context, URN, file, now=False) > 0
    for database in await context.tenancy.everywhere(URN):
        names = await database.collection_names()
        assert {name for name in names if await database.collection(name).count({})} <= {
            "access_log",
            "erasures",
        }
    log = await keeper.documents(f"pupils_{URN}", "access_log")
    assert [row["entries"][0]["action"] for row in log][-2:] == ["school.left", "school.deleted"]
    assert (await keeper.context().access_log(URN).verify()).broken_at is None
    assert await keeper.documents(f"pupils_{NEIGHBOUR}", "pupils") == neighbours
    # What it told stays: it names nobody, and others' figures were published with it.
    assert {head.key: head.head for head in await context.ledger.heads()}[URN] == 2


async def test_a_school_that_left_by_mistake_has_everything_again(keeper: Keeper) -> None:
    await go(keeper)
    assert (await come_back(keeper.context(), URN)).deleted_at is None
    assert await departures(keeper.context().tenancy) == {}
    assert len(await keeper.documents(f"pupils_{URN}", "pupils")) == 3
    with pytest.raises(NotFoundError):
        await come_back(keeper.context(), URN)


async def test_a_restore_brings_back_no_school_that_has_left_and_nobody_who_lost_access(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = await keeper.save()
    _, file = await go(keeper)
    await delete(keeper.context(), URN, file, now=True)

    async def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    compare = restoring._compare
    monkeypatch.setattr(restoring, "_compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await keeper.restore(backup, replace=True)
    monkeypatch.setattr(restoring, "_compare", compare)
    await keeper.restore(backup)

    memberships = Memberships(keeper.context().tenancy, keeper.context().clock)
    assert await memberships.of("leader") == ()
    assert [one.urn for one in await memberships.of("neighbour")] == [NEIGHBOUR]
    assert await keeper.documents(f"pupils_{URN}", "pupils") == []
    assert (await departures(keeper.context().tenancy))[URN].deleted_at == NOW
