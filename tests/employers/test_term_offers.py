"""A term's offers in memory: always what a reading of the whole store would give."""

from __future__ import annotations

import pytest

from contracts.vocabulary import AcademicYear
from services.employers.model.calendar import SchoolTerm
from services.employers.model.offer import Offering
from services.employers.store.offers import OFFERS
from services.employers.views import term_offers as views
from services.employers.views.term_offers import TERMS_KEPT, term_offers
from services.runtime.version_store import find_all
from tests.employers.hub import Hub, offer

SUMMER = SchoolTerm(AcademicYear("2025/26"), "summer")
AUTUMN = SchoolTerm(AcademicYear("2026/27"), "autumn")
LATER = {"academic_year": "2026/27", "term": "autumn", "safeguarding_until": "2026-12-31"}


async def in_the_store(hub: Hub, term: SchoolTerm) -> dict[str, Offering]:
    """Read everything and look at each."""
    return {
        kept.id: kept.content
        for kept in await find_all(hub.context.database(), OFFERS)
        if kept.content.state == "published" and kept.content.term == term
    }


async def holds(hub: Hub, offers: int, term: SchoolTerm = SUMMER) -> None:
    """Compare what another process of the service knows with the store."""
    found = await term_offers(hub.context, term)
    assert found == await in_the_store(hub, term)
    assert len(found) == offers


@pytest.mark.parametrize("most", [0, 1, 100], ids=["read whole", "some read whole", "by what changed"])
async def test_whatever_changed_what_is_known_is_what_is_stored(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(views, "MOST_CHANGES_READ", most)
    await holds(hub, 0)
    first = await hub.offer("gpg-1")
    await holds(hub, 1)
    second = await hub.offer("gpg-2")
    await hub.offer("gpg-3", **LATER)
    await holds(hub, 2)
    await holds(hub, 1, AUTUMN)

    changed = await hub.ask("ec", "PUT", f"/offers/{first}", offer("gpg-1", radius_km=99, version=1))
    assert changed.status_code == 200, changed.text
    await holds(hub, 2)
    assert (await term_offers(hub.context, SUMMER))[first].radius_km == 99
    await hub.post(f"/offers/{second}/withdrawal", {"version": 1})
    await holds(hub, 1)
    moved = await hub.ask("ec", "PUT", f"/offers/{first}", offer("gpg-1", **LATER, version=2))
    assert moved.status_code == 200, moved.text
    await holds(hub, 0)
    await holds(hub, 2, AUTUMN)
    again = await hub.ask("ec", "PUT", f"/offers/{second}", offer("gpg-2", version=2))
    assert again.status_code == 200, again.text
    await holds(hub, 1)


async def test_what_was_handed_out_stays_as_it_was(hub: Hub) -> None:
    await hub.offer("gpg-1")
    before = await term_offers(hub.context, SUMMER)

    await hub.offer("gpg-2")

    assert len(await term_offers(hub.context, SUMMER)) == 2
    assert len(before) == 1


async def test_only_so_many_terms_are_kept_and_any_is_right_again(hub: Hub) -> None:
    await hub.offer("gpg-1")
    years = [SchoolTerm(AcademicYear(f"20{year}/{year + 1}"), "summer") for year in range(25, 31)]

    for term in [*years, *years]:
        await holds(hub, int(term == SUMMER), term)

    assert len(views._kept[hub.context].terms) == TERMS_KEPT


async def test_offers_are_not_read_again_while_none_has_changed(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.offer("gpg-1")
    known = await term_offers(hub.context, SUMMER)
    await hub.need()

    monkeypatch.setattr(views, "_read", None)

    assert await term_offers(hub.context, SUMMER) is known
