"""What was thought of activities: on a scale, pupils counted together, corrected by versions, summed up."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import services.pupils.rules
from services.pupils.model.activity_evaluation import EvaluationQuestions, Opinion, tally
from services.pupils.rules import evaluation_questions
from tests.pupils.conftest import School, listing, talk

TEACHER: Final[dict[str, Any]] = {
    "who": "teacher",
    "ratings": {"purpose": 4, "again": 5},
    "went_well": "Good questions.",
    "to_change": "Smaller groups,\nand a microphone.",
}
PUPILS: Final[dict[str, Any]] = {
    "who": "pupils",
    "answers": {"purpose": {"5": 2, "3": 1}, "next_step": {"1": 4}},
}
YEAR: Final = "/activities/evaluations?academic_year=2025/26"
FILE: Final = json.loads(
    (Path(services.pupils.rules.__file__).parent / "activity-evaluation.json").read_text(encoding="utf-8")
)


async def evaluate(school: School, activity_id: str, body: dict[str, Any]) -> httpx.Response:
    return await school.send("POST", f"/activities/{activity_id}/evaluation", json=body)


async def test_several_evaluations_of_an_activity_are_shown(school: School) -> None:
    activity = (await school.post(talk()))["activity_id"]
    first = await evaluate(school, activity, TEACHER)
    again = await evaluate(school, activity, TEACHER)
    await evaluate(school, activity, PUPILS)

    shown = await school.get(f"/activities/{activity}/evaluation")

    assert (first.status_code, first.json()["outcome"]) == (201, "evaluated")
    assert (again.status_code, again.json()) == (200, first.json() | {"outcome": "unchanged"})
    teacher, pupils = sorted(shown["evaluations"], key=lambda one: one["who"], reverse=True)
    assert teacher["answers"] == {"purpose": {"4": 1}, "again": {"5": 1}}
    assert {name: teacher[name] for name in ("went_well", "to_change")} == {
        name: TEACHER[name] for name in ("went_well", "to_change")
    }
    assert pupils["answers"] == {"purpose": {"3": 1, "5": 2}, "next_step": {"1": 4}}
    assert [question["id"] for question in shown["questions"]] == [
        question.id for question in evaluation_questions().questions
    ]
    assert not [row for row in await school.rows() if "microphone" in row.event.value]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (TEACHER | {"ratings": {"purpose": 6}}, "ratings.purpose"),
        (TEACHER | {"ratings": {"purpose": 0}}, "ratings.purpose"),
        (TEACHER | {"ratings": {"purpose": 4.5}}, "body.ratings.purpose"),
        (TEACHER | {"ratings": {"next_step": 4}}, "ratings"),
        (TEACHER | {"ratings": {"fun": 4}}, "ratings"),
        (TEACHER | {"answers": {"purpose": {"4": 1}}}, "body"),
        (PUPILS | {"ratings": {"purpose": 4}}, "body"),
        (PUPILS | {"answers": {"purpose": {"5": 7}}}, "answers.purpose"),
        (PUPILS | {"answers": {"purpose": {"9": 1}}}, "answers.purpose"),
        (PUPILS | {"answers": {"purpose": {"5": 0}}}, "body.answers.purpose.5"),
        (PUPILS | {"answers": {}}, "answers"),
        ({"who": "teacher"}, "ratings"),
        ({"who": "parent", "went_well": "All"}, "body.who"),
        (TEACHER | {"went_well": "x" * 2_001}, "body.went_well"),
        (TEACHER | {"to_change": "hidden \u202e text"}, "body.to_change"),
    ],
)
async def test_an_evaluation_that_makes_no_sense_is_refused(
    school: School, body: dict[str, Any], where: str
) -> None:
    activity = (await school.post(talk()))["activity_id"]

    answer = await evaluate(school, activity, body)

    assert answer.status_code == 422, answer.text
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert await school.documents("activity_evaluations") == []


async def test_what_was_retracted_or_never_was_cannot_be_evaluated(school: School) -> None:
    activity = (await school.post(talk()))["activity_id"]
    made = (await evaluate(school, activity, TEACHER)).json()
    path = f"/activities/{activity}/retraction"
    await school.send("POST", path, json={"reason": "entered_in_error"})

    again = await evaluate(school, activity, PUPILS)
    corrected = await school.send(
        "PUT", f"/activities/{activity}/evaluation/{made['evaluation_id']}", json=TEACHER | {"version": 1}
    )
    never = await evaluate(school, "0" * 32, TEACHER)
    read = await school.send("GET", f"/activities/{'0' * 32}/evaluation")

    assert [answer.status_code for answer in (again, corrected, never, read)] == [409, 409, 404, 404]
    assert "retracted" in again.json()["detail"]
    # What was said stays to be read; it is in no sum.
    assert (await school.get(f"/activities/{activity}/evaluation"))["status"] == "retracted"
    assert (await school.get(YEAR))["by_activity_type"] == []


async def test_a_correction_is_a_new_version_and_the_one_before_is_kept(school: School) -> None:
    activity = (await school.post(talk()))["activity_id"]
    other = (await school.post(talk("other")))["activity_id"]
    made = (await evaluate(school, activity, TEACHER)).json()
    path = f"/activities/{activity}/evaluation/{made['evaluation_id']}"
    corrected = TEACHER | {"ratings": {"purpose": 2}, "version": 1}

    answer = await school.send("PUT", path, json=corrected)
    again = await school.send("PUT", path, json=corrected)
    stale = await school.send("PUT", path, json=corrected | {"ratings": {"purpose": 3}})
    elsewhere = await school.send("PUT", path.replace(activity, other), json=corrected)

    assert (answer.json()["outcome"], answer.json()["version"]) == ("corrected", 2)
    assert (again.json()["outcome"], stale.status_code, elsewhere.status_code) == ("unchanged", 409, 404)
    (kept,) = await school.documents("activity_evaluation_versions")
    assert (kept["version"], kept["answers"]["purpose"]) == (1, {"4": 1})
    log = [access for access in await school.accesses() if "evaluat" in access[1]]
    assert [action for _, action, _ in log] == ["activity.evaluated", "activity.evaluation_corrected"]


async def test_a_year_is_summed_up_by_type_and_employer(school: School) -> None:
    await school.know_employer("gpg-961")
    one = (await school.post(talk("1", employer_id="gpg-961")))["activity_id"]
    two = (await school.post(talk("2", attendance=listing([1, 2, 3]))))["activity_id"]
    mentoring = (await school.post(talk("3", activity_type="mentoring")))["activity_id"]
    await evaluate(school, one, TEACHER)
    await evaluate(school, two, TEACHER | {"ratings": {"purpose": 5, "interaction": 1}})
    await evaluate(school, two, {"who": "pupils", "answers": {"purpose": {"5": 2, "2": 1}}})
    await evaluate(school, mentoring, {"who": "employer", "went_well": "A start"})

    table = await school.get(YEAR)

    talks, mentored = table["by_activity_type"]
    assert (talks["activity_type"], talks["activities"], talks["evaluations"]) == ("employer_talk", 2, 3)
    assert talks["ratings"]["purpose"] == {
        "teacher": {"answers": 2, "mean": 4.5},
        "employer": {"answers": 0, "mean": None},
        "pupils": {"answers": 3, "mean": 4.0},
    }
    assert mentored["ratings"]["again"] == {
        "teacher": {"answers": 0, "mean": None},
        "employer": {"answers": 0, "mean": None},
    }
    (employer,) = table["by_employer"]
    assert (employer["employer_id"], employer["evaluations"]) == ("gpg-961", 1)
    assert employer["ratings"]["again"]["teacher"] == {"answers": 1, "mean": 5.0}
    assert "A start" not in json.dumps(table)
    assert (await school.get("/activities/evaluations?academic_year=2024/25"))["by_activity_type"] == []


counts = st.dictionaries(st.integers(1, 5), st.integers(1, 9), max_size=5)


@given(st.lists(counts, max_size=6))
def test_a_mean_is_that_of_all_answers_written_out(found: list[dict[int, int]]) -> None:
    opinions = [Opinion("pupils", {"purpose": one}, None, None) for one in found]
    written_out = [rating for one in found for rating, number in one.items() for _ in range(number)]

    summed_up = tally(opinions, evaluation_questions())["purpose"]["pupils"]

    assert summed_up.answers == len(written_out)
    assert summed_up.mean == (round(sum(written_out) / len(written_out), 2) if written_out else None)


@pytest.mark.parametrize(
    ("place", "value"),
    [(("questions", 1, "id"), "purpose"), (("questions", 0, "asked_of"), []), (("sources",), [])],
)
def test_damaged_questions_are_refused(place: tuple[Any, ...], value: object) -> None:
    data = copy.deepcopy(FILE)
    EvaluationQuestions.model_validate(data)
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value

    with pytest.raises(ValidationError):
        EvaluationQuestions.model_validate(data)
