"""A figure beside its recount: stored by the operator's tool, shown to whoever may see the figure."""

from __future__ import annotations

import datetime as dt

from services.recount.compare import recount, store_recount
from services.reporting.attainment.freezing import freeze_due
from services.reporting.attainment.projections import ATTAINMENT
from tests.conftest import NOW
from tests.reporting.attainment.hub import Hub, completed, scores, shared, unshared, urn_of

SCHOOLS = [urn_of(number) for number in range(4)]
A, B, C, D = SCHOOLS
YEAR = "2025/26"
GB1 = "attainment.2025-12-31.term.scores.gb1"


async def a_recounted_hub(hub: Hub) -> None:
    await hub.list_schools(*SCHOOLS)
    for urn in SCHOOLS:
        await hub.tell(completed(urn, "2025-11-03", scores([1, 2])))
    while await freeze_due(hub.reporting):
        pass
    await count_again(hub)


async def count_again(hub: Hub) -> None:
    await store_recount(hub.reporting, await recount(hub.reporting, YEAR))


async def figure(hub: Hub, subject: str, name: str, role: str = "hub_lead") -> dict[str, object]:
    found: dict[str, object] = await hub.get(
        "/recount/figure", role, subject=subject, figure=name, academic_year=YEAR
    )
    assert found["figure"] == name
    return found


async def test_a_figure_stands_beside_what_was_counted_again(hub: Hub) -> None:
    await a_recounted_hub(hub)

    of_school = await figure(hub, A, GB1)
    mean = await figure(hub, "hub:hub_lead", "attainment.2025-12-31.term.gatsby-2025.mean_achieved")
    frozen = await figure(hub, "hub:hub_lead", "frozen.2025/26.autumn.gatsby-2025.mean_achieved")
    digest = await figure(hub, "hub", "frozen.2025/26.autumn.digest", "hub_admin")

    assert (of_school["published"], of_school["recounted"], of_school["agrees"]) == (100, 100, True)
    assert (mean["published"], mean["recounted"]) == (2.0, 2.0)
    assert (frozen["published"], frozen["agrees"]) == (2.0, True)
    assert digest["agrees"] is True
    assert of_school["counted_at"] == "2026-06-15T10:00:00+00:00"


async def test_the_badge_says_whether_all_agree_and_when_it_grows_old(hub: Hub) -> None:
    assert "No recount yet" in (await hub.get("/recount"))["message"]
    await a_recounted_hub(hub)

    badge = await hub.get("/recount", "hub_admin")

    assert (badge["agrees"], badge["differing"], badge["unsettled"], badge["is_fresh"]) == (True, 0, 0, True)
    assert badge["figures"] > 100
    hub.reporting.clock = lambda: NOW - dt.timedelta(days=2)
    await count_again(hub)
    assert (await hub.get("/recount"))["is_fresh"] is False


async def test_a_figure_that_the_fold_got_wrong_is_shown_to_differ(hub: Hub) -> None:
    await a_recounted_hub(hub)
    documents = await hub.reporting.projection(ATTAINMENT)
    [document] = await documents.find({"key": A})
    document["state"]["evaluations"][0]["scores"]["gb1"] = 99
    await documents.update({"_id": document["_id"]}, {"$set": {"state": document["state"]}})
    await count_again(hub)

    assert (await hub.get("/recount"))["agrees"] is False
    wrong = await figure(hub, A, GB1)
    assert (wrong["published"], wrong["recounted"], wrong["agrees"]) == (99, 100, False)
    own = await hub.get(f"/schools/{A}/recount", "careers_leader", A)
    assert {f["figure"] for f in own["figures_of_school"] if not f["agrees"]} >= {GB1}


async def test_the_recount_shows_nobody_a_number_that_the_report_does_not(hub: Hub) -> None:
    await a_recounted_hub(hub)

    hidden = [
        (A, GB1, "hub_admin"),
        ("hub:hub_lead", "attainment.2025-12-31.term.gatsby-2025.mean_achieved", "enterprise_coordinator"),
        (A, "on_roll", "hub_lead"),
        (A, "year_groups.7.gb5", "hub_lead"),
        (A, "attainment.2025-13-31.term.scores.gb1", "hub_lead"),
        ("999999", GB1, "hub_lead"),
    ]
    for subject, name, role in hidden:
        answer = await hub.ask("/recount/figure", role, subject=subject, figure=name, academic_year=YEAR)
        assert answer.status_code == 404, (subject, name, role)
    await hub.tell(unshared(A, "2025-11-03"))
    assert (await hub.ask("/recount/figure", subject=A, figure=GB1, academic_year=YEAR)).status_code == 404
    await hub.tell(shared(A, "2025-11-03", scores([2]), "hub_lead"))

    moved = await figure(hub, A, GB1)

    assert (moved["published"], moved["recounted"], moved["agrees"]) == (50, None, None)
    assert "has moved" in str(moved["message"])


async def test_the_last_recount_takes_the_place_of_the_one_before(hub: Hub) -> None:
    await a_recounted_hub(hub)
    await hub.tell(completed(A, "2026-05-01", scores([3])))
    hub.reporting.clock = lambda: NOW + dt.timedelta(minutes=1)

    await count_again(hub)

    own = await hub.get(f"/schools/{A}/recount", "careers_leader", A)
    names = [found["figure"] for found in own["figures_of_school"]]
    assert len(names) == len(set(names))
    assert {found["counted_at"] for found in own["figures_of_school"]} == {"2026-06-15T10:01:00+00:00"}
    assert "attainment.2026-06-15.term.scores.gb3" in names
