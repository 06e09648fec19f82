"""Self-assessments: asked by key stage, compared among those who answered before and after."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.pupils.model.self_assessment import Moment, QuestionSets, SelfAssessment, compare
from services.pupils.rules import question_sets
from tests.pupils.conftest import School
from tests.pupils.values import LEADER, YEAR, ref

ASKED: Final = question_sets().sets["ks4"]
IDS: Final = [statement.id for statement in ASKED.statements]
MIDDLE: Final = dict.fromkeys(IDS, 3)
BEFORE: Final[dict[str, Any]] = {"moment": "before", "taken_on": "2025-09-20", "answers": MIDDLE}


def assessment(pupil: int, moment: Moment, answer: int, version: str = "1") -> SelfAssessment:
    """A pupil who answers everything the same."""
    answers = dict.fromkeys(IDS, answer)
    day = dt.date(2025, 9, 20)
    return SelfAssessment(ref(pupil), YEAR, 10, "ks4", moment, version, answers, day, LEADER)


@given(
    st.dictionaries(st.integers(1, 30), st.integers(1, 5)),
    st.dictionaries(st.integers(1, 30), st.integers(1, 5)),
)
def test_only_those_who_answered_both_are_compared(before: dict[int, int], after: dict[int, int]) -> None:
    found = [assessment(pupil, "before", answer) for pupil, answer in before.items()]
    found += [assessment(pupil, "after", answer) for pupil, answer in after.items()]
    found += [assessment(pupil, "after", 1, version="2") for pupil in before]
    both = sorted(before.keys() & after.keys())

    changes = compare(found, ASKED, "1")

    assert [change.statement for change in changes] == (IDS if both else [])
    for change in changes:
        assert change.pupils == len(both)
        assert change.before * len(both) == pytest.approx(sum(before[pupil] for pupil in both))
        assert change.after * len(both) == pytest.approx(sum(after[pupil] for pupil in both))
        assert change.higher == sum(after[pupil] > before[pupil] for pupil in both)
        assert change.lower == sum(after[pupil] < before[pupil] for pupil in both)


def test_every_year_group_is_asked_once_and_every_learning_area_by_every_set() -> None:
    sets = question_sets()
    assert [sets.key_stage_of(year_group) for year_group in range(7, 14)] == [
        *["ks3"] * 3,
        *["ks4"] * 2,
        *["post16"] * 2,
    ]
    areas = {"cdi.grow", "cdi.explore", "cdi.manage", "cdi.create", "cdi.balance", "cdi.bigpicture"}
    assert all({s.area for s in found.statements} == areas for found in sets.sets.values())


@pytest.mark.parametrize("mistake", ["twice", "overlap"])
def test_sets_that_contradict_themselves_are_refused(mistake: str) -> None:
    data = question_sets().model_dump()
    if mistake == "twice":
        data["sets"]["ks3"]["statements"] += data["sets"]["ks3"]["statements"][:1]
    else:
        data["sets"]["ks3"]["year_groups"] = (7, 8, 9, 10)
    with pytest.raises(ValidationError, match=r"twice|two sets"):
        QuestionSets.model_validate(data)


async def test_a_year_groups_answers_before_and_after_are_compared(school: School) -> None:
    for serial, answer in ((1, 3), (2, 3), (3, 4)):
        path = f"/pupils/{await school.ref(serial)}/self-assessments"
        after = {"moment": "after", "taken_on": "2026-06-01", "answers": dict.fromkeys(IDS, answer)}
        assert (await school.send("POST", path, json=BEFORE)).status_code == 201
        if serial != 2:
            assert (await school.send("POST", path, json=after)).status_code == 201

    change = await school.get("/self-assessments/ks4/change?academic_year=2025/26")

    assert (change["answered"], change["both"]) == ({"before": 3, "after": 2}, 2)
    assert change["statements"][0] == {"id": IDS[0], "before": 3.0, "after": 3.5, "higher": 1, "lower": 0}
    assert (await school.get("/self-assessments/ks3/change?academic_year=2025/26"))["statements"] == []


async def test_the_same_answers_again_change_nothing_and_others_replace_them(school: School) -> None:
    path = f"/pupils/{await school.ref(1)}/self-assessments"
    other = BEFORE | {"answers": MIDDLE | {IDS[0]: 5}}
    answers = [await school.send("POST", path, json=body) for body in (BEFORE, BEFORE, other)]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [answer.json()["outcome"] for answer in answers] == ["recorded", "unchanged", "replaced"]
    (shown,) = (await school.get(path))["self_assessments"]
    assert (shown["answers"][IDS[0]], shown["key_stage"]) == (5, "ks4")
    (kept,) = await school.documents("self_assessment_versions")
    assert kept["answers"] == MIDDLE


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"answers": {IDS[0]: 3}}, "answers"),
        ({"answers": MIDDLE | {"shoe_size": 3}}, "answers"),
        ({"answers": MIDDLE | {IDS[0]: 6}}, f"answers.{IDS[0]}"),
        ({"answers": MIDDLE | {IDS[0]: "3"}}, f"body.answers.{IDS[0]}"),
        ({"answers": {}}, "body.answers"),
        ({"taken_on": "2026-06-16"}, "taken_on"),
        ({"taken_on": "2023-06-16"}, "taken_on"),
        ({"moment": "during"}, "body.moment"),
    ],
)
async def test_answers_that_cannot_be_are_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    path = f"/pupils/{await school.ref(1)}/self-assessments"
    answer = await school.send("POST", path, json=BEFORE | changes)
    assert answer.status_code == 422
    assert {problem["where"] for problem in answer.json()["problems"]} == {where}
    assert await school.documents("self_assessments") == []


async def test_what_is_asked_is_shown_and_nobody_is_not_found(school: School) -> None:
    shown = await school.get("/self-assessments/ks4/statements")
    assert [statement["id"] for statement in shown["statements"]] == IDS
    assert (await school.send("GET", "/self-assessments/ks9/statements")).status_code == 404
    for method in ("GET", "POST"):
        answer = await school.send(method, "/pupils/0123456789abcdef/self-assessments", json=BEFORE)
        assert answer.status_code == 404
