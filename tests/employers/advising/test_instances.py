"""Instances from files: what is refused, and that every place is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from services.command_line.app import app
from services.employers.advising import instances
from services.employers.advising.instances import read_instance, read_json
from services.runtime.errors import InvalidError


def hr(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {
        "type": "HR",
        "residents": {"A": ["X"], "B": ["X", "Y"]},
        "hospitals": {
            "X": {"capacity": 1, "preferences": ["B", "A"]},
            "Y": {"capacity": 1, "preferences": ["B"]},
        },
    } | changes


def spa(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {
        "type": "SPA-S",
        "students": {"A": ["X1"]},
        "projects": {"X1": {"capacity": 1, "lecturer": "X"}},
        "lecturers": {"X": {"capacity": 1, "preferences": ["A"]}},
    } | changes


def refused(body: object) -> list[str]:
    with pytest.raises(InvalidError) as wrong:
        read_instance(body)
    return [f"{problem.where}: {problem.reason}" for problem in wrong.value.problems]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ([], "file: is no JSON object"),
        (hr(type="SR"), "type: must be HR or SPA-S"),
        (hr(type=["HR"]), "type: must be HR or SPA-S"),
        (hr(doctors={}), "doctors: is not a field of an instance of type HR"),
        (hr(residents=["A"]), "residents: must be an object of names"),
        (
            hr(hospitals={"X": {"capacity": -1, "preferences": ["B", "A"]}}),
            "hospitals.X.capacity: must be a whole number from 0 to 1000000",
        ),
        (
            hr(hospitals={"X": {"capacity": True, "preferences": ["B", "A"]}}),
            "hospitals.X.capacity: must be a whole number from 0 to 1000000",
        ),
        (hr(hospitals={"X": 2}), "hospitals.X: must be an object with capacity and preferences"),
        (hr(residents={"A": ["X", "X"], "B": ["X", "Y"]}), "residents.A.1: names somebody a second time"),
        (
            hr(residents={"A": "X", "B": ["X", "Y"]}),
            "residents.A: must be a list of names, the dearest first",
        ),
        (
            hr(residents={"A": ["X", "Z"], "B": ["X", "Y"]}),
            "residents.A: wants Z, which is no hospital of the instance",
        ),
        (
            hr(residents={"A": ["X", "Y"], "B": ["X", "Y"]}),
            "residents.A: wants Y, whose list under hospitals does not name it: add it or take it out",
        ),
        (
            hr(residents={"A": ["X"], "B": ["X"]}),
            "hospitals.Y: wants B, whose list under residents does not lead to it: add it or take it out",
        ),
        (hr(residents={"": []}), "residents.0: needs a name of 1 to 200 visible characters"),
        (
            spa(projects={"X1": {"capacity": 1, "lecturer": "Z"}}),
            "projects.X1.lecturer: is no lecturer of the instance",
        ),
        (
            spa(lecturers={"X": {"capacity": 1, "preferences": []}}),
            "students.A: wants X, whose list under lecturers does not name it: add it or take it out",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(body: object, problem: str) -> None:
    assert problem in refused(body)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    body = hr(residents={"A": ["Q"], "B": ["X", "Y"]}, hospitals={"X": {"capacity": -1}, "Y": 3})

    assert len(refused(body)) >= 4


def test_a_name_listed_twice_is_refused_although_json_would_keep_the_last() -> None:
    with pytest.raises(InvalidError) as wrong:
        read_json('{"residents": {"A": [], "A": ["X"]}}')

    assert [problem.where for problem in wrong.value.problems] == ["A"]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        read_json(text)


def test_too_many_names_or_preferences_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_NAMES", 1)
    assert "residents: has more than 1 names" in refused(hr())
    monkeypatch.setattr(instances, "MOST_NAMES", 10)
    monkeypatch.setattr(instances, "MOST_PREFERENCES", 2)
    assert any("over 2 preferences" in line for line in refused(hr()))


def run(folder: Path, body: object, *options: str) -> Result:
    file = folder / "instance.json"
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return CliRunner().invoke(app, ["match-advisers", str(file), *options])


def test_the_command_prints_the_matching_who_has_nobody_and_that_it_is_stable(tmp_path: Path) -> None:
    result = run(tmp_path, hr(name="two"), "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "name": "two",
        "type": "HR",
        "resident_optimal": {"X": ["B"], "Y": []},
        "hospital_optimal": {"X": ["B"], "Y": []},
        "size": 1,
        "unmatched": [
            {
                "resident": "A",
                "reason": "others_dearer",
                "why": "X: full, with those who are preferred there",
            }
        ],
        "free": [
            {
                "hospital": "Y",
                "places": 1,
                "reason": "placed_dearer",
                "why": "B: placed where they would rather be",
            }
        ],
        "stable": True,
        "blocking_pairs": [],
    }


def test_the_command_solves_projects_and_one_of_several_instances(tmp_path: Path) -> None:
    several = {"instances": [hr(name="one"), spa(name="two")]}

    assert json.loads(run(tmp_path, several, "--name", "two", "--json").stdout)["student_optimal"] == {
        "X1": ["A"]
    }
    assert run(tmp_path, several).exit_code == 2
    assert run(tmp_path, several, "--name", "three").exit_code == 2
    assert "without a place: A" in run(tmp_path, several, "--name", "one").output


def test_the_command_refuses_a_wrong_file_with_what_to_mend(tmp_path: Path) -> None:
    result = run(tmp_path, hr(residents={"A": ["Z"]}), "--json")

    assert result.exit_code == 2
    assert "residents.A: wants Z, which is no hospital of the instance" in result.output
    assert run(tmp_path, "{").exit_code == 2
    assert CliRunner().invoke(app, ["match-advisers", str(tmp_path / "none.json")]).exit_code == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=8,
)
FIELDS = ("type", "residents", "hospitals", "students", "projects", "lecturers", "name")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(["HR", "SPA-S"])))
def test_whatever_json_comes_is_read_or_refused_with_a_place(body: dict[str, Any]) -> None:
    problems: list[object] = []
    try:
        instance: object = read_instance(body)
    except InvalidError as wrong:
        instance, problems = None, list(wrong.problems)

    assert (instance is None) == bool(problems)
