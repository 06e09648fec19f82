"""The department audit through the routes: who returns for what, who has not, and where the gaps are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.audit.commands import departments as commands
from services.audit.model.department import NOT_TAUGHT
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.audit.departments import RETURN, ROUND, SCIENCE, listed
from tests.audit.schools import YEAR, Hub, School, school_at


@pytest.fixture
async def school(settings: Settings, store: Store, keys: Path) -> AsyncIterator[School]:
    """A school that has listed nothing yet."""
    async with school_at(Hub(settings, store, keys)) as school:
        yield school


async def test_a_department_is_listed_once_and_changed_by_whoever_has_seen_it(school: School) -> None:
    first = await school.told("POST", "/departments", SCIENCE)
    again = await school.send("POST", "/departments", SCIENCE)
    other = await school.send("POST", "/departments", SCIENCE | {"title": "science", "head": "somebody"})

    assert (first["outcome"], first["version"]) == ("recorded", 1)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert other.status_code == 409

    path = f"/departments/{first['id']}"
    changed = await school.told("PUT", path, SCIENCE | {"champion": None, "version": 1})
    stale = await school.send("PUT", path, SCIENCE | {"head": "late", "version": 1})

    assert (changed["outcome"], changed["version"], stale.status_code) == ("changed", 2, 409)
    [shown] = (await school.get("/departments"))["departments"]
    assert (shown["title"], shown["head"], shown["champion"], shown["version"]) == (
        "Science",
        "head-of-science",
        None,
        2,
    )


async def test_two_departments_never_have_one_title(school: School) -> None:
    await listed(school)
    art = await listed(school, title="Art")

    answer = await school.send("PUT", f"/departments/{art}", SCIENCE | {"title": "SCIENCE", "version": 1})

    assert answer.status_code == 409


async def test_a_school_can_list_so_many_departments_and_no_more(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_DEPARTMENTS", 1)
    await listed(school)

    answer = await school.send("POST", "/departments", SCIENCE | {"title": "Art"})

    assert (answer.status_code, len(await school.documents("departments"))) == (409, 1)


async def test_a_head_returns_for_the_own_department_only(school: School) -> None:
    science, art = await listed(school), await listed(school, title="Art", head="head-of-art")
    head = await school.as_("head-of-science", "teacher")

    own = await head.send("PUT", f"/departments/{science}/return", RETURN)
    others = await head.send("PUT", f"/departments/{art}/return", RETURN)
    leader = await school.send("PUT", f"/departments/{art}/return", RETURN)

    assert [answer.status_code for answer in (own, others, leader)] == [200, 403, 200]
    assert (await school.get(f"/departments/{science}/return"))["recorded_by"] == "head-of-science"


async def test_a_return_is_shown_as_it_was_told_and_every_version_is_kept(school: School) -> None:
    path = f"/departments/{await listed(school)}/return"
    assert (await school.get(path))["version"] == 0
    await school.told("PUT", path, RETURN)
    better = RETURN | {"version": 1, "year_groups": [{"year_group": 8, "band": "most", "areas": []}]}
    await school.told("PUT", path, better | {"links": []})

    versions = (await school.get(f"{path}/versions"))["versions"]

    assert [version["version"] for version in versions] == [2, 1]
    for part in ("year_groups", "links", "development"):
        assert versions[1][part] == RETURN[part]
    assert versions[0]["year_groups"] == better["year_groups"]
    assert versions[0]["academic_year"] == YEAR


async def test_the_same_return_again_changes_nothing_in_whatever_order(school: School) -> None:
    path = f"/departments/{await listed(school)}/return"
    await school.told("PUT", path, RETURN)

    again = await school.told("PUT", path, RETURN | {"year_groups": RETURN["year_groups"][::-1]})

    assert (again["outcome"], again["version"]) == ("unchanged", 1)
    assert await school.documents("department_returns_versions") == []


async def test_of_two_who_return_at_once_one_is_refused(school: School) -> None:
    path = f"/departments/{await listed(school)}/return"
    others = RETURN | {"links": []}

    answers = await asyncio.gather(school.send("PUT", path, RETURN), school.send("PUT", path, others))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await school.get(path))["version"] == 1


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"year_groups": [{"year_group": 7, "band": "plenty", "areas": []}]}, "year_groups[0].band"),
        ({"year_groups": [{"year_group": 7, "band": "all", "areas": ["cdi.luck"]}]}, "year_groups[0].areas"),
        (
            {"year_groups": [{"year_group": 7, "band": NOT_TAUGHT, "areas": ["cdi.grow"]}], "links": []},
            "year_groups[0].areas",
        ),
        ({"year_groups": [*RETURN["year_groups"], RETURN["year_groups"][0]]}, "year_groups[3].year_group"),
        ({"year_groups": [{"year_group": 6, "band": "all"}]}, "body.year_groups.0.year_group"),
        ({"year_groups": []}, "body.year_groups"),
        ({"links": [RETURN["links"][0] | {"year_group": 11}]}, "links[0].year_group"),
        ({"links": [RETURN["links"][0] | {"url": "ftp://school.test/x"}]}, "body.links.0.url"),
        ({"links": [RETURN["links"][0] | {"url": "javascript:alert(1)"}]}, "body.links.0.url"),
        ({"links": [RETURN["links"][0] | {"url": "https://me:secret@school.test"}]}, "body.links.0.url"),
        ({"links": [RETURN["links"][0]] * 101}, "body.links"),
        (
            {"development": [RETURN["development"][0] | {"held_on": "2025-08-31"}]},
            "development[0].held_on",
        ),
        (
            {"development": [RETURN["development"][0] | {"held_on": "2026-06-16"}]},
            "development[0].held_on",
        ),
        ({"development": [RETURN["development"][0] | {"staff": 0}]}, "body.development.0.staff"),
        ({"version": -1}, "body.version"),
        ({"mood": "good"}, "body.mood"),
    ],
)
async def test_a_return_that_makes_no_sense_is_refused_and_nothing_is_stored(
    school: School, changes: dict[str, Any], where: str
) -> None:
    path = f"/departments/{await listed(school)}/return"

    assert list(await school.refused("PUT", path, RETURN | changes)) == [where]
    assert await school.documents("department_returns") == []


async def test_a_year_that_has_not_begun_and_one_that_is_none_are_refused(school: School) -> None:
    path = f"/departments/{await listed(school)}/return"
    body = RETURN | {"development": []}
    assert list(await school.refused("PUT", f"{path}?academic_year=2026/27", body)) == ["academic_year"]
    for year in ("2025/27", "9998/99", "nonsense"):
        answer = await school.send("GET", f"{path}?academic_year={year}")
        assert (answer.status_code, answer.json()["problems"][0]["where"]) == (422, "academic_year")


async def test_nothing_is_returned_for_what_is_not_there_or_no_longer(school: School) -> None:
    department = await listed(school)
    await school.told("PUT", f"/departments/{department}", SCIENCE | {"active": False, "version": 1})

    gone = await school.send("PUT", f"/departments/{department}/return", RETURN)
    unknown = await school.send("PUT", f"/departments/{'0' * 32}/return", RETURN)
    never = await school.send("GET", f"/departments/{'0' * 32}/return")
    unchanged = await school.send("PUT", f"/departments/{'0' * 32}", SCIENCE | {"version": 1})

    assert [a.status_code for a in (gone, unknown, never, unchanged)] == [409, 404, 404, 404]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"due_on": "2026-09-01"}, "due_on"),
        ({"year_groups": [7, 7]}, "year_groups"),
        ({"year_groups": [15]}, "body.year_groups.0"),
        ({"due_on": "soon"}, "body.due_on"),
    ],
)
async def test_a_round_that_makes_no_sense_is_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    assert list(await school.refused("PUT", "/department-audit", ROUND | changes)) == [where]
    assert (await school.get("/department-audit"))["version"] == 0


async def test_two_who_open_a_round_do_not_overwrite_each_other(school: School) -> None:
    await school.told("PUT", "/department-audit", ROUND)
    second = await school.send("PUT", "/department-audit", ROUND | {"due_on": "2026-06-30"})
    assert second.status_code == 409
    assert (await school.get("/department-audit"))["due_on"] == "2026-05-29"


async def test_the_champion_network_names_departments_without_one(school: School) -> None:
    await listed(school)
    await listed(school, title="Art", champion=None)

    network = await school.get("/department-audit/champions")

    assert [one["champion"]["name"] for one in network["with_champion"]] == ["Robin Hood"]
    assert [one["title"] for one in network["without_champion"]] == ["Art"]
    assert ("leader", "departments.listed", "department-audit/champions") in await school.accesses()


async def test_changes_are_in_the_access_log_and_tell_nothing_outside(school: School) -> None:
    department = await listed(school)
    await school.told("PUT", f"/departments/{department}/return", RETURN)

    log = await school.accesses()

    assert ("leader", "departments.recorded", f"departments/{department}") in log
    assert ("leader", "department_returns.recorded", f"department-returns/{YEAR}:{department}") in log
    assert "Robin" not in str(log)
    assert await school.context.ledger.read("136500", 0, 10) == []


async def test_governors_see_no_departments(school: School) -> None:
    governor = await school.as_("governor", "link_governor")
    assert (await governor.send("GET", "/departments")).status_code == 403
