"""Where the Hub stands on a day, through the routes."""

from __future__ import annotations

import pytest

from services.recount.compare import recount
from tests.reporting.attainment.hub import Hub, completed, progressed, scores, shared, unshared, urn_of

A, B, C, D, E = (urn_of(number) for number in range(5))
PATH = "/attainment"


def row(page: dict[str, object], urn: str) -> dict[str, object]:
    [found] = [one for one in page["schools"] if one["urn"] == urn]  # type: ignore[attr-defined]
    return found  # type: ignore[no-any-return]


async def test_the_position_is_of_the_day_and_its_term(hub: Hub) -> None:
    await hub.list_schools(A)
    await hub.tell(completed(A, "2025-11-03", scores([1])), completed(A, "2026-02-10", scores([1, 2])))

    def counted(page: dict[str, object]) -> object:
        evaluation = row(page, A)["evaluation"]
        return evaluation and evaluation["achieved_count"]  # type: ignore[index]

    by_day = {
        on: await hub.get(PATH, as_of=on)
        for on in ("2025-11-02", "2025-11-03", "2025-12-31", "2026-01-01", "2026-03-31", "2026-04-01")
    }
    assert [counted(page) for page in by_day.values()] == [None, 1, 1, None, 2, None]
    statuses = [row(page, A)["status"] for page in by_day.values()]
    assert statuses == ["no_data_yet", "reported", "reported", "not_reported", "reported", "not_reported"]
    assert row(by_day["2026-01-01"], A)["last_completed_on"] == "2025-11-03"
    year = await hub.get(PATH, as_of="2026-04-01", counting="year")
    assert (counted(year), year["counted_from"]) == (2, "2025-09-01")


async def test_before_the_first_evaluation_there_is_no_data_and_not_zero(hub: Hub) -> None:
    await hub.list_schools(A, B, C)

    page = await hub.get(PATH)

    assert "No data yet" in page["message"]
    assert page["together"] == []
    assert page["statuses"] == {"no_data_yet": 3}
    assert (await hub.own(A))["status"] == "no_data_yet"


async def test_the_hubs_shares_add_up_to_its_mean(hub: Hub) -> None:
    await hub.list_schools(A, B, C, D)
    await hub.tell(
        completed(A, "2026-05-01", scores([1, 2, 3, 4, 5, 6, 7, 8])),
        completed(B, "2026-05-02", scores([1, 2])),
        completed(C, "2026-05-03", scores([1])),
        completed(D, "2026-05-04", scores([], gb1=94)),
    )

    [together] = (await hub.get(PATH))["together"]

    assert together["framework"] == "gatsby-2025"
    assert together["schools"] == 4
    assert together["benchmarks"]["gb1"] == {"applicable": 4, "achieving": 3, "achieving_percent": 75.0}
    assert together["mean_achieved"] == 2.75
    shares = [cell["achieving_percent"] for cell in together["benchmarks"].values()]
    assert sum(shares) / 100 == together["mean_achieved"]
    assert together["levels"] == {"all_eight": 1, "six_or_more": 1, "four_or_more": 1, "none": 1}


async def test_two_schools_are_no_group(hub: Hub) -> None:
    await hub.list_schools(A, B)
    await hub.tell(completed(A, "2026-05-01", scores([1])), completed(B, "2026-05-02", scores([1])))

    [together] = (await hub.get(PATH))["together"]

    assert together["schools"] == 2
    assert together["mean_achieved"] == "c"
    assert {cell["achieving"] for cell in together["benchmarks"].values()} == {"c"}


async def test_what_moved_is_told_since_the_last_snapshot_and_since_last_year(hub: Hub) -> None:
    await hub.list_schools(A, B, C, D)
    for urn in (A, B, C):
        await hub.tell(
            completed(urn, "2024-11-01", scores([1, 2])),
            completed(urn, "2026-02-01", scores([1], gb3=40)),
            completed(urn, "2026-05-01", scores([2], gb3=60)),
        )
    await hub.tell(completed(D, "2026-05-02", scores([1, 2, 3, 4, 5, 6, 7, 8])))

    page = await hub.get(PATH)

    moved = row(page, A)["movement"]
    assert moved["since_last_snapshot"]["gained"] == ["gb2"]  # type: ignore[index]
    assert moved["since_last_snapshot"]["lost"] == ["gb1"]  # type: ignore[index]
    assert moved["since_last_snapshot"]["points"]["gb3"] == 20  # type: ignore[index]
    assert row(page, D)["movement"] == {"since_last_snapshot": None, "since_last_year": None}
    [change] = page["movement"]["since_last_snapshot"]["changes"]
    # The fourth school, which is new, is no progress of the other three.
    assert (change["schools"], change["mean_achieved"]) == (3, 0.0)
    assert change["achieving_percent_points"]["gb2"] == 100.0


async def test_a_change_of_framework_is_a_break_and_nothing_is_subtracted(hub: Hub) -> None:
    await hub.list_schools(A, B, C)
    for urn in (A, B, C):
        await hub.tell(
            completed(urn, "2025-05-01", scores([1, 2, 3])), completed(urn, "2026-05-01", scores([1]))
        )

    page = await hub.get(PATH)

    assert row(page, A)["movement"]["since_last_year"] == {  # type: ignore[index]
        "series_break": True,
        "framework_before": "gatsby-2018",
        "framework": "gatsby-2025",
    }
    since = page["movement"]["since_last_year"]
    assert since["series_break"] is True
    assert since["changes"] == []
    assert {figure["series_break"] for figure in page["national"]["figures"]} == {True}


async def test_groups_stand_beside_each_other_and_too_small_ones_take_another_with_them(hub: Hub) -> None:
    schools = [urn_of(number) for number in range(9)]
    await hub.list_schools(*schools[:5])
    await hub.list_schools(*schools[5:8], setting="special", district="Poole")
    await hub.list_schools(schools[8], setting="college", district="Poole")
    await hub.tell(*(completed(urn, "2026-05-01", scores([1])) for urn in schools))

    page = await hub.get(PATH, group_by="setting")

    shown = {group["value"]: group["together"][0]["mean_achieved"] for group in page["groups"]["groups"]}
    assert shown == {"college": "c", "special": "c", "school": 1.0}
    [whole] = page["together"]
    assert (whole["schools"], whole["mean_achieved"]) == (9, 1.0)
    [special] = (await hub.get(PATH, setting="special"))["together"]
    assert special["mean_achieved"] == "c"
    [poole] = (await hub.get(PATH, district="Poole"))["together"]
    assert (poole["schools"], poole["mean_achieved"]) == (4, 1.0)
    # The fourth of them would be Poole without its special schools.
    [both] = (await hub.get(PATH, district="Poole", setting="special"))["together"]
    assert both["mean_achieved"] == "c"


async def test_criteria_are_counted_where_they_are_shared(hub: Hub) -> None:
    await hub.list_schools(A, B, C)
    for urn, state in ((A, "achieved"), (B, "achieved"), (C, "in_progress")):
        await hub.tell(completed(urn, "2026-05-01", scores([1]), criteria={"gb1.1": state}))

    page = await hub.get(f"{PATH}/criteria")

    assert page["together"]["gatsby-2025"]["criteria"] == {"gb1.1": {"achieved": 2, "in_progress": 1}}
    assert row(page, C)["criteria"] == {"gb1.1": "in_progress"}
    assert (await hub.own(C))["criteria"] == {"gb1.1": "in_progress"}
    assert (await hub.get(f"{PATH}/criteria", "hub_admin"))["schools"] == []


async def test_plans_are_counted_and_never_told_of_two_schools_together(hub: Hub) -> None:
    await hub.list_schools(A, B, C)
    await hub.tell(progressed(A, "2025/26", done=2, in_progress=1), progressed(B, "2025/26", done=1))

    page = await hub.get(PATH)
    assert page["plan"] == {"academic_year": "2025/26", "schools": 2, "actions": "c"}
    assert row(page, A)["plan"] == {"done": 2, "in_progress": 1}

    await hub.tell(progressed(C, "2025/26", not_started=4), progressed(A, "2025/26", done=3))
    page = await hub.get(PATH)
    assert page["plan"]["actions"] == {"done": 4, "not_started": 4}


async def test_scores_are_seen_by_the_roles_that_they_are_shared_with(hub: Hub) -> None:
    await hub.list_schools(A)
    await hub.tell(completed(A, "2026-05-01", None), shared(A, "2026-05-01", scores([1]), "hub_lead"))

    seen = {
        role: row(await hub.get(PATH, role), A)
        for role in ("hub_lead", "enterprise_coordinator", "hub_admin")
    }

    assert seen["hub_lead"]["status"] == "reported"
    for role in ("enterprise_coordinator", "hub_admin"):
        assert (seen[role]["status"], seen[role]["evaluation"]) == ("not_shared", None)
    await hub.tell(unshared(A, "2026-05-01"))
    assert row(await hub.get(PATH), A)["status"] == "not_shared"
    own = await hub.own(A)
    assert (own["status"], own["evaluation"], own["shared_with"]) == ("not_shared", None, [])


async def test_national_figures_come_with_source_year_and_framework(hub: Hub) -> None:
    references = await hub.get(f"{PATH}/references")

    latest = references["figures"][-1]
    assert (latest["academic_year"], latest["framework"], latest["mean_achieved"]) == (
        "2024/25",
        "gatsby-2018",
        5.96,
    )
    assert latest["sources"] == [
        "Insight briefing 2024/25, The Careers & Enterprise Company, 22 September 2025"
    ]
    assert "never with a school's score" in references["what"]


@pytest.mark.parametrize(
    ("path", "query", "where", "reason"),
    [
        (PATH, {"as_of": "2026-06-17"}, "as_of", "is in the future; today is 2026-06-15"),
        (PATH, {"as_of": "1926-06-15"}, "as_of", "before the benchmarks"),
        (PATH, {"setting": "nursery"}, "setting", "there are: school"),
        (PATH, {"district": "Nowhere"}, "district", "there are: Dorset"),
        (PATH, {"settings": "school"}, "query", "there are: as_of, counting, district"),
        (PATH, {"urn": "999999"}, "urn", "a school that has left"),
        (f"{PATH}/criteria", {"phase": "x"}, "phase", "there are: Secondary"),
        (f"{PATH}/snapshots", {"academic_year": "2025/27"}, "academic_year", "write it like 2025/26"),
        (f"{PATH}/snapshots", {"academic_year": "2026/27"}, "academic_year", "has not begun"),
        (f"{PATH}/snapshots", {"academic_year": "2009/10"}, "academic_year", "the first one is 2017/18"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_to_do(
    hub: Hub, path: str, query: dict[str, str], where: str, reason: str
) -> None:
    await hub.list_schools(A)

    answer = await hub.ask(path, **query)

    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["where"] == where
    assert reason in problem["reason"]


async def test_a_school_that_is_not_listed_is_told_so(hub: Hub) -> None:
    await hub.list_schools(A)

    answer = await hub.ask(f"/schools/{B}/attainment", "careers_leader", B)

    assert answer.status_code == 404
    assert "ask the Hub's administrator" in answer.json()["detail"]


async def test_a_recount_of_a_hub_agrees_and_names_every_figure(hub: Hub) -> None:
    await hub.list_schools(A, B, C, D)
    for urn in (A, B, C, D):
        await hub.tell(
            completed(urn, "2025-05-20", scores([3])),
            completed(urn, "2025-11-01", scores([1, 2], gb8=76)),
            completed(urn, "2026-05-01", scores([1])),
            progressed(urn, "2025/26", done=1),
        )

    result = await recount(hub.reporting, "2025/26")

    assert result.mismatches == []
    assert result.compared[A]["attainment.2025-12-31.term.scores.gb8"] == (76, 76)
    assert result.compared["hub:hub_lead"]["attainment.2026-06-15.year.gatsby-2025.gb1.achieving"] == (4, 4)
    assert result.compared[A]["attainment.2026-06-15.term.since_last_year.series_break"] == (True, True)
