"""What activities teach: learning areas and outcomes, preparation, reflection, and who never meets what."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from pydantic import ValidationError

import services.pupils.rules
from services.pupils.model.activity import Activity, Post
from services.pupils.model.learning import LearningFramework, Taught, learning_problems, reach
from services.pupils.model.recording import record
from services.pupils.rules import learning_framework, question_sets
from services.pupils.store.activity_documents import (
    activity_document,
    read_activity,
)
from tests.pupils.conftest import School, listing, roll_csv, talk
from tests.pupils.values import ID, TALK, desk, given, post, ref, register, upn

SIX: Final = ("cdi.grow", "cdi.explore", "cdi.manage", "cdi.create", "cdi.balance", "cdi.bigpicture")
TAUGHT: Final[dict[str, Any]] = {
    "learning_areas": ["cdi.explore", "cdi.bigpicture"],
    "learning_outcomes": ["cdi.explore.ks4.1"],
    "preparation": "Pupils wrote questions.\nThe employer got them a week before.",
    "reflection": "A page in the careers book.",
}
FILE: Final = json.loads(
    (Path(services.pupils.rules.__file__).parent / "cdi-framework.json").read_text(encoding="utf-8")
)
LEARNING: Final = "/activities/learning?academic_year=2025/26"


def taught() -> Activity:
    facts = replace(
        TALK,
        learning_areas=("cdi.bigpicture", "cdi.explore"),
        learning_outcomes=("cdi.explore.ks4.1",),
        preparation="Questions",
        reflection="A page",
    )
    return record(desk(register(1001)), ID, post(facts)).after


def test_the_framework_has_six_areas_three_key_stages_and_the_three_areas_of_before() -> None:
    framework = learning_framework()

    assert framework.current == SIX
    assert [code for code, area in framework.areas.items() if area.legacy] == [
        *("cdi3.self", "cdi3.explore", "cdi3.manage"),
    ]
    assert list(framework.key_stages) == ["ks3", "ks4", "post16"]
    asked = {statement.area for found in question_sets().sets.values() for statement in found.statements}
    assert asked <= set(SIX)
    assert {outcome.confidence for outcome in framework.outcomes.values()} == {"L"}


def _outcome_of_no_area(data: dict[str, Any]) -> None:
    data["outcomes"]["cdi.sing.ks3.1"] = data["outcomes"]["cdi.grow.ks3.1"]


def _outcome_of_no_key_stage(data: dict[str, Any]) -> None:
    data["outcomes"]["cdi.grow.ks9.1"] = data["outcomes"]["cdi.grow.ks3.1"]


def _area_with_another_code(data: dict[str, Any]) -> None:
    data["areas"]["grow"] = data["areas"]["cdi.grow"]


def _no_sources(data: dict[str, Any]) -> None:
    data["sources"] = []


@pytest.mark.parametrize(
    "damage", [_outcome_of_no_area, _outcome_of_no_key_stage, _area_with_another_code, _no_sources]
)
def test_a_damaged_framework_is_refused(damage: Callable[[dict[str, Any]], None]) -> None:
    data = copy.deepcopy(FILE)
    LearningFramework.model_validate(data)
    damage(data)

    with pytest.raises(ValidationError):
        LearningFramework.model_validate(data)


def test_a_post_without_learning_is_known_by_the_fingerprint_of_before() -> None:
    """The digest is what the code of before this could be said made of the same post."""
    assert post().fingerprint == "dbdb2d5f349618307657d00181d5a8bb6b96cf60b00987c733a3633c933ceb7c"
    assert Post(replace(TALK, preparation="Questions"), given(10)).fingerprint != post().fingerprint


def test_an_activity_that_taught_something_is_read_back_and_another_has_no_field_for_it() -> None:
    assert read_activity(activity_document(taught())) == taught()
    assert not {*TAUGHT} & activity_document(record(desk(register(1001)), ID, post()).after).keys()


@pytest.mark.parametrize(
    ("areas", "outcomes", "where"),
    [
        (("cdi.explore", "cdi3.self"), ("cdi.explore.ks4.1",), []),
        (("cdi.sing",), (), ["learning_areas"]),
        (("cdi.explore",), ("cdi.explore.ks4.9",), ["learning_outcomes"]),
        (("cdi.explore",), ("cdi.grow.ks4.1",), ["learning_outcomes"]),
        ((), ("cdi.grow.ks4.1",), ["learning_outcomes"]),
    ],
)
def test_areas_and_outcomes_are_those_of_the_framework(
    areas: tuple[str, ...], outcomes: tuple[str, ...], where: list[str]
) -> None:
    facts = replace(TALK, learning_areas=areas, learning_outcomes=outcomes)

    assert [problem.where for problem in learning_problems(facts, learning_framework())] == where


pupils = st.frozensets(st.integers(1, 8).map(ref), max_size=8)
activities = st.lists(
    st.builds(
        Taught,
        st.frozensets(st.sampled_from(SIX), min_size=1),
        st.dictionaries(st.integers(9, 11), pupils, max_size=3),
    ),
    max_size=8,
)


@hypothesis_given(activities, st.dictionaries(st.integers(9, 11), pupils))
def test_reach_equals_a_naive_recount(found: list[Taught], on_roll: dict[int, frozenset[Any]]) -> None:
    cells = reach(found, on_roll)

    for year_group in (9, 10, 11):
        for area in SIX:
            met = [
                one.attended[year_group]
                for one in found
                if area in one.areas and one.attended.get(year_group)
            ]
            there = {ref for refs in met for ref in refs if ref in on_roll.get(year_group, ())}
            cell = cells.get((year_group, area))
            assert (0 if cell is None else cell.activities) == len(met)
            assert (set() if cell is None else cell.pupils) == there


async def test_what_an_activity_taught_is_shown_and_the_same_post_changes_nothing(school: School) -> None:
    receipt = await school.post(talk(**TAUGHT))
    again = await school.post(talk(**TAUGHT | {"learning_areas": ["cdi.bigpicture", "cdi.explore"]}))
    other = await school.send("POST", "/activities", json=talk(**TAUGHT | {"reflection": "None"}))

    shown = await school.get(f"/activities/{receipt['activity_id']}")
    (listed,) = (await school.get("/activities?academic_year=2025/26"))["activities"]
    (of_pupil,) = (await school.get(f"/pupils/{await school.ref(1)}"))["activities"]

    assert (again["outcome"], other.status_code) == ("unchanged", 409)
    assert {name: shown[name] for name in TAUGHT} == TAUGHT | {
        "learning_areas": ["cdi.bigpicture", "cdi.explore"]
    }
    assert listed["learning_outcomes"] == of_pupil["learning_outcomes"] == ["cdi.explore.ks4.1"]
    assert not {"preparation", "reflection"} & listed.keys()
    for event in await school.rows():
        assert "careers book" not in event.event.value


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"learning_areas": ["cdi.sing"]}, "learning_areas"),
        ({"learning_outcomes": ["cdi.grow.ks4.1"]}, "learning_outcomes"),
        ({"preparation": "x" * 1_001}, "body.preparation"),
        ({"reflection": "hidden \u202e text"}, "body.reflection"),
        ({"reflection": " "}, "body.reflection"),
        ({"learning_areas": ["cdi.grow"] * 11}, "body.learning_areas"),
    ],
)
async def test_what_teaches_nothing_known_is_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    answer = await school.send("POST", "/activities", json=talk(**changes))

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert await school.documents("activities") == []


async def test_a_table_names_what_was_taught_and_one_without_those_columns_is_as_before(
    school: School,
) -> None:
    header = "activity_type,title,held_on,mode,upn,status,learning_areas,learning_outcomes,"
    header += "preparation,reflection\n"
    cells = "cdi.explore; cdi.grow,cdi.grow.ks4.1,Questions," + "x" * 1_000
    rows = [f"lmi_lesson,Wages,2026-01-20,in_person,{upn(n)},attended,{cells}\n" for n in (1, 2)]
    rows.append(f"lmi_lesson,Pay,2026-01-20,in_person,{upn(3)},attended,cdi.sing,,,\n")
    rows.append(f"lmi_lesson,Jobs,2026-01-20,in_person,{upn(3)},attended,,,,{'x' * 1_001}\n")
    options: dict[str, Any] = {"headers": {"Content-Type": "text/csv"}}

    receipt = (
        await school.send("POST", "/activities/import", content=header + "".join(rows), **options)
    ).json()
    plain = "activity_type,title,held_on,mode,upn,status\n"
    plain += f"lmi_lesson,Wages,2026-01-21,in_person,{upn(1)},attended\n"
    first = (await school.send("POST", "/activities/import", content=plain, **options)).json()

    assert (receipt["recorded"], first["recorded"]) == (2, 1)
    assert [(row["row"], row["column"]) for row in receipt["rejected"]] == [
        (4, "learning_areas"),
        (5, "reflection"),
    ]
    shown = (await school.get("/activities?academic_year=2025/26"))["activities"]
    assert [one["learning_areas"] for one in shown] == [[], ["cdi.explore", "cdi.grow"]]


async def test_the_table_of_learning_shows_which_area_a_year_group_never_meets(school: School) -> None:
    await school.post(
        talk("1", title="A", learning_areas=["cdi.explore", "cdi.grow"], attendance={"tutor_groups": ["10A"]})
    )
    await school.post(talk("2", title="B", learning_areas=["cdi.explore"], attendance=listing([1, 2, 101])))
    await school.post(
        talk("3", title="C", learning_areas=["cdi.balance"], attendance=listing([102], "absent"))
    )
    await school.post(talk("4", title="D", learning_areas=["cdi3.self"], attendance=listing([1])))
    retracted = await school.post(talk("5", title="E", learning_areas=["cdi.manage"]))
    path = f"/activities/{retracted['activity_id']}/retraction"
    await school.send("POST", path, json={"reason": "entered_in_error"})

    table = await school.get(LEARNING)

    ten, eleven = table["year_groups"]
    assert (ten["year_group"], ten["on_roll"]) == (10, 6)
    assert ten["areas"]["cdi.explore"] == {"activities": 2, "reached": 4, "percent": 66}
    assert ten["areas"]["cdi.grow"] == {"activities": 1, "reached": 3, "percent": 50}
    assert ten["areas"]["cdi3.self"]["reached"] == 1
    assert "cdi3.self" not in eleven["areas"]
    assert eleven["areas"]["cdi.explore"]["reached"] == 1
    assert [gap["area"] for gap in table["gaps"] if gap["year_group"] == 10] == [
        *("cdi.manage", "cdi.create", "cdi.balance", "cdi.bigpicture"),
    ]
    assert {"year_group": 11, "area": "cdi.balance"} in table["gaps"]
    assert table["framework"]["areas"]["cdi.explore"]["title"] == "Explore possibilities"


async def test_a_leaver_is_reached_no_more_and_the_activity_stays(school: School) -> None:
    await school.post(talk(learning_areas=["cdi.explore"], attendance=listing([1, 2])))
    await school.put_roll(roll_csv([2, 3, 4, 5, 6, 101, 102]))

    (ten, _) = (await school.get(LEARNING))["year_groups"]

    assert ten["areas"]["cdi.explore"] == {"activities": 1, "reached": 1, "percent": 20}


async def test_without_a_roll_there_is_no_table_of_learning(empty_school: School) -> None:
    assert (await empty_school.send("GET", LEARNING)).status_code == 404
