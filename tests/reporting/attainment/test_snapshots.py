"""Frozen snapshots: taken once, proved by their hash, restated beside, withheld when a school withdraws."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest

from services.recount.compare import recount
from services.reporting.attainment.freezing import freeze_due
from services.reporting.attainment.store import SNAPSHOTS
from services.runtime.daily import Daily
from services.runtime.service import Service
from tests.reporting.attainment.hub import Hub, completed, scores, shared, unshared, urn_of

SCHOOLS = [urn_of(number) for number in range(5)]
A, B, C, D, E = SCHOOLS
PATH = "/attainment/snapshots"
YEAR = "2025/26"


async def a_hub_with_an_autumn(hub: Hub) -> None:
    await hub.list_schools(*SCHOOLS)
    for place, urn in enumerate(SCHOOLS):
        await hub.tell(completed(urn, "2025-11-03", scores([1, 2] if place % 2 else [1, 3])))
    while await freeze_due(hub.reporting):
        pass


async def snapshot(hub: Hub, term: str = "autumn", role: str = "hub_lead") -> dict[str, Any]:
    page = await hub.get(PATH, role, academic_year=YEAR)
    [found] = [one for one in page["snapshots"] if one["term"] == term]
    return found  # type: ignore[no-any-return]


async def test_every_snapshot_whose_day_is_over_is_frozen_once(hub: Hub) -> None:
    await a_hub_with_an_autumn(hub)
    before = await hub.reporting.database().collection(SNAPSHOTS).find({})

    assert await freeze_due(hub.reporting) is False

    assert sorted(found["_id"] for found in before) == ["2025/26 autumn", "2025/26 spring"]
    assert await hub.reporting.database().collection(SNAPSHOTS).find({}) == before
    autumn = await snapshot(hub)
    assert (autumn["status"], autumn["restated"]) == ("frozen", False)
    assert autumn["together"][0]["mean_achieved"] == 2.0
    assert (await snapshot(hub, "summer"))["status"] == "not_due_yet"


async def test_nothing_is_frozen_before_the_first_evaluation(hub: Hub) -> None:
    await hub.list_schools(*SCHOOLS)
    assert await freeze_due(hub.reporting) is False
    autumn = await snapshot(hub)
    assert autumn["status"] == "no_data_yet"
    assert "No data yet" in autumn["message"]

    await hub.tell(completed(A, "2026-05-03", scores([1])))
    while await freeze_due(hub.reporting):
        pass

    page = await hub.get(PATH, academic_year="2024/25")
    assert [one["status"] for one in page["snapshots"]] == ["no_data_yet"] * 3
    assert {row["status"] for row in (await snapshot(hub))["schools"]} == {"no_data_yet"}


async def test_what_is_told_late_restates_and_leaves_the_frozen_value(hub: Hub) -> None:
    await a_hub_with_an_autumn(hub)
    frozen = await snapshot(hub)

    await hub.tell(completed(A, "2025-12-01", scores([1, 2, 3, 4])))

    later = await snapshot(hub)
    assert later["restated"] is True
    assert (later["digest"], later["together"]) == (frozen["digest"], frozen["together"])
    assert later["together_now"][0]["mean_achieved"] == 2.4
    moved = {row["urn"]: row for row in later["schools"] if row["restated"]}
    assert list(moved) == [A]
    assert moved[A]["scores"] == scores([1, 3])
    assert moved[A]["now"]["achieved_count"] == 4
    own = (await hub.own(A, "/snapshots", academic_year=YEAR))["snapshots"][0]
    assert (own["restated"], own["frozen"]["completed_on"], own["now"]["completed_on"]) == (
        True,
        "2025-11-03",
        "2025-12-01",
    )


async def test_a_figure_made_of_a_school_that_withdraws_is_withheld_and_its_hash_stays(hub: Hub) -> None:
    await a_hub_with_an_autumn(hub)
    frozen = await snapshot(hub)

    await hub.tell(unshared(A, "2025-11-03"))

    for role in ("hub_lead", "hub_admin"):
        later = await snapshot(hub, role=role)
        assert later["together"] is None
        assert "no longer shares" in later["withheld_because"]
        assert later["digest"] == frozen["digest"]
    shown = {row["urn"]: row["scores"] for row in (await snapshot(hub))["schools"]}
    assert shown[A] is None
    assert shown[B] == scores([1, 2])
    proof = await hub.get(f"{PATH}/proof", academic_year=YEAR, term="autumn")
    assert [entry["text"] is None for entry in proof["entries"]][:5] == [True, False, False, False, False]


async def test_whoever_sees_an_entry_can_check_it_and_the_whole(hub: Hub) -> None:
    await a_hub_with_an_autumn(hub)

    proof = await hub.get(f"{PATH}/proof", academic_year=YEAR, term="autumn")

    for entry in proof["entries"]:
        assert entry["text"] is None or hashlib.sha256(entry["text"].encode()).hexdigest() == entry["hash"]
    head = {name: proof[name] for name in ("academic_year", "term", "on", "frozen_at")}
    head["entries"] = [entry["hash"] for entry in proof["entries"]]
    canonical = json.dumps(head, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == proof["digest"]
    nonces = {json.loads(entry["text"])["nonce"] for entry in proof["entries"] if entry["text"]}
    assert len(nonces) == len([entry for entry in proof["entries"] if entry["text"]])


async def test_a_snapshot_that_was_changed_in_the_store_says_so_and_the_recount_finds_it(hub: Hub) -> None:
    await a_hub_with_an_autumn(hub)
    assert (await recount(hub.reporting, YEAR)).mismatches == []
    stored = hub.reporting.database().collection(SNAPSHOTS)
    [document] = await stored.find({"_id": "2025/26 autumn"})
    texts = [text.replace('"gb1":100', '"gb1":50') for text in document["texts"]]
    await stored.update({"_id": document["_id"]}, {"$set": {"texts": texts}})

    found = await snapshot(hub)

    assert found["status"] == "damaged"
    assert "Restore it" in found["message"]
    wrong = {(m.school, m.figure) for m in (await recount(hub.reporting, YEAR)).mismatches}
    assert ("hub", "frozen.2025/26.autumn.digest") in wrong
    assert (A, "frozen.2025/26.autumn.scores.gb1") in wrong


async def test_who_sees_no_school_is_told_the_frozen_figures_alone(hub: Hub) -> None:
    await a_hub_with_an_autumn(hub)

    admin = await snapshot(hub, role="hub_admin")
    leader = (await hub.own(A))["hub"]

    assert {row["status"] for row in admin["schools"]} == {"not_shared"}
    assert {str(row["scores"]) for row in admin["schools"]} == {"None"}
    [figures] = admin["together"]
    # Two of five achieve gb2, three gb3, all gb1: only where nobody's can be told.
    assert figures["achieving_percent"]["gb2"] == 40.0
    assert figures["achieving_percent"]["gb1"] == "c"
    assert figures["mean_achieved"] == "c"
    assert (leader["term"], leader["figures"]) == ("spring", [])
    await hub.tell(completed(A, "2025-12-01", scores([1, 2, 3, 4])))
    restated = await snapshot(hub, role="hub_admin")
    assert (restated["restated"], restated["together_now"]) == (True, None)


async def test_a_frozen_snapshot_is_shared_no_further_by_sharing_later(hub: Hub) -> None:
    await hub.list_schools(*SCHOOLS)
    await hub.tell(*(completed(urn, "2025-11-03", scores([1])) for urn in SCHOOLS[1:]))
    await hub.tell(completed(A, "2025-11-03", None))
    while await freeze_due(hub.reporting):
        pass

    await hub.tell(shared(A, "2025-11-03", scores([2]), "hub_lead"))

    autumn = await snapshot(hub)
    [row] = [row for row in autumn["schools"] if row["urn"] == A]
    assert (row["status"], row["scores"], row["restated"]) == ("not_shared", None, True)
    assert row["now"]["achieved_count"] == 1
    assert (autumn["together"][0]["schools"], autumn["together_now"][0]["schools"]) == (4, 5)
    assert (await snapshot(hub, role="enterprise_coordinator"))["restated"] is False


@pytest.mark.parametrize("rounds", [1, 2])
async def test_the_worker_freezes_by_its_daily_round(hub: Hub, rounds: int) -> None:
    await hub.list_schools(A)
    await hub.tell(completed(A, "2025-11-03", scores([1])))
    daily = Daily([(Service("reporting", (), hub_daily=freeze_due), hub.reporting)], "one")

    more = [await daily.work() for _ in range(rounds)]

    assert more == [True, False][:rounds]
    assert await hub.reporting.database().collection(SNAPSHOTS).count({}) == rounds


async def test_a_snapshot_says_when_it_was_taken(hub: Hub) -> None:
    await hub.list_schools(A)
    await hub.tell(completed(A, "2025-11-03", scores([1])))
    first_of_january = dt.datetime(2026, 1, 1, 0, 30, tzinfo=dt.UTC)
    hub.reporting.clock = lambda: first_of_january - dt.timedelta(hours=2)
    assert not await freeze_due(hub.reporting)
    hub.reporting.clock = lambda: first_of_january

    await freeze_due(hub.reporting)

    assert (await snapshot(hub))["frozen_at"] == "2026-01-01T00:30:00+00:00"


async def test_nothing_that_a_lead_can_ask_moves_with_scores_shared_with_coordinators_alone(hub: Hub) -> None:
    """Frozen snapshots and their proofs included: hashes of what is hidden are never told anew."""
    await a_hub_with_an_autumn(hub)
    await hub.tell(completed(A, "2026-05-01", None), completed(B, "2026-05-01", scores([1])))
    await hub.tell(shared(A, "2026-05-01", scores([1]), "enterprise_coordinator"))

    async def everything(role: str) -> str:
        paths: list[tuple[str, dict[str, str]]] = [
            ("/attainment", {}),
            ("/attainment", {"counting": "year", "group_by": "setting"}),
            ("/attainment", {"urn": A}),
            ("/attainment/criteria", {}),
            (PATH, {"academic_year": YEAR}),
            (f"{PATH}/proof", {"academic_year": YEAR, "term": "spring"}),
        ]
        return json.dumps([await hub.get(path, role, **query) for path, query in paths])

    lead, coordinator = await everything("hub_lead"), await everything("enterprise_coordinator")
    await hub.tell(shared(A, "2026-05-01", scores([1, 2, 3, 4], gb8=7), "enterprise_coordinator"))

    assert await everything("hub_lead") == lead
    assert await everything("enterprise_coordinator") != coordinator
