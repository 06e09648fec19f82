"""`careers-hub framework ...` and `careers-hub score`: without a Hub, for authors and to check a score."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.audit.frameworks import frameworks
from services.audit.model.framework import Profile
from services.command_line.app import app
from services.command_line.output import err, out
from tests.audit.evaluations import answers_with_points

SIXTH_FORM = Profile("school", has_post16=True)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 200 columns, so that nothing in a table is broken into lines."""
    for console in (out, err):
        monkeypatch.setattr(console, "_width", 200)


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result


def read(*arguments: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    return json.loads(run(*arguments, "--json", code=code).stdout)


def answers_file(folder: Path, answers: dict[str, Any], **changes: object) -> str:
    file = folder / "answers.json"
    body = {"setting": "school", "has_post16": True, "answers": answers} | changes
    file.write_text(json.dumps(body), encoding="utf-8")
    return str(file)


def test_a_file_of_answers_is_scored_as_published(tmp_path: Path) -> None:
    points = {"gb1": 13, "gb2": 5, "gb3": 9, "gb4": 14, "gb5": 3, "gb6": 6, "gb7": 22, "gb8": 7}
    answers = answers_with_points(frameworks()["gatsby-2018"], SIXTH_FORM, points)  # type: ignore[arg-type]  # benchmarks

    found = read("score", answers_file(tmp_path, answers), "--framework", "gatsby-2018")

    assert {name: row["percent"] for name, row in found["benchmarks"].items()} == {
        "gb1": 76, "gb2": 100, "gb3": 81, "gb4": 87, "gb5": 75, "gb6": 75, "gb7": 91, "gb8": 87,
    }  # fmt: skip
    assert found["benchmarks"]["gb4"] == {
        "name": "Linking curriculum learning to careers",
        "points": 14,
        "possible": 16,
        "percent": 87,
        "achieved": False,
    }
    assert (found["achieved_count"], found["applicable_count"], found["missing"]) == (1, 8, [])
    assert found["framework_version"] == "gatsby-2018.1"


def test_a_few_answers_are_scored_and_what_is_missing_is_named(tmp_path: Path) -> None:
    file = answers_file(tmp_path, {"gb5.1.every_year": "a_few", "gb1.1.trained": True}, has_post16=False)

    found = read("score", file, "--framework", "gatsby-2018.1")

    assert (found["benchmarks"]["gb5"]["percent"], found["benchmarks"]["gb1"]["points"]) == (25, 1)
    assert found["benchmarks"]["gb8"]["possible"] == 4
    assert "gb1.1.careers_leader" in found["missing"]
    assert "gb8.2.by_18" not in found["missing"]


def test_without_a_name_the_framework_in_use_today_scores(tmp_path: Path) -> None:
    found = read("score", answers_file(tmp_path, {"gb5.1.every_year": "almost_all"}))

    assert found["framework"] == "gatsby-2025"


def test_people_see_a_table_and_the_count(tmp_path: Path) -> None:
    shown = run(
        "score", answers_file(tmp_path, {"gb5.1.every_year": "all"}), "--framework", "gatsby-2018"
    ).stdout

    assert "gb5 Encounters with employers and employees" in shown
    assert "1 of 8 benchmarks achieved" in shown


def test_every_answer_that_cannot_be_is_named_and_nothing_is_printed_as_a_score(tmp_path: Path) -> None:
    answers = {"gb5.1.every_year": "almost_all", "gb8.2.by_18": "all", "gb1.1.trained": 1}

    result = run(
        "score",
        answers_file(tmp_path, answers, has_post16=False),
        "--framework",
        "gatsby-2018",
        "--json",
        code=2,
    )

    assert result.stdout == ""
    for part in answers:
        assert f"answers.{part}: " in result.stderr
    assert "3 problems" in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"setting": "nursery", "has_post16": true, "answers": {}}', "setting: must be one of"),
        ('{"setting": "school", "has_post16": 1, "answers": {}}', "has_post16: must be true or false"),
        ('{"setting": "school", "has_post16": true, "answers": []}', "answers: must be an object"),
        ('{"setting": "school", "has_post16": true, "answers": {}, "school": "A"}', "school: is not a field"),
    ],
)
def test_a_file_that_holds_no_answers_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "answers.json"
    file.write_text(text, encoding="utf-8")

    assert message in run("score", str(file), code=2).stderr


def test_a_file_or_framework_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert "cannot be read" in run("score", str(tmp_path / "nothing.json"), code=2).stderr
    assert "there is no framework 'gatsby-2014'" in run("framework", "show", "gatsby-2014", code=2).stderr
    assert "has no setting 'nursery'" in run(
        "framework", "show", "gatsby-2018", "--setting", "nursery", code=2
    ).stderr  # fmt: skip


def test_the_frameworks_are_listed() -> None:
    assert [found["version"] for found in read("framework", "show")] == ["gatsby-2018.1", "gatsby-2025.1"]
    assert "gatsby-2025.1" in run("framework", "show").stdout


def test_a_framework_is_shown_whole_or_for_one_setting() -> None:
    whole = read("framework", "show", "gatsby-2025")
    college = read("framework", "show", "gatsby-2025.1", "--setting", "college")

    assert {part["id"] for part in college["parts"]} < {part["id"] for part in whole["parts"]}
    text = run("framework", "show", "gatsby-2025").stdout
    heads = [line.partition("  ")[0] for line in text.splitlines() if line.startswith("gb")]
    assert heads == [part["id"] for part in whole["parts"]], "an author copies ids: none is cut short"
    assert all("college" in part["settings"] for part in college["parts"])
    assert all(part["sources"] and part["confidence"] for part in whole["parts"])
    assert "gb5.c1.two_a_year" in run("framework", "show", "gatsby-2025", "--setting", "college").stdout


def test_the_files_that_ship_are_valid_and_a_spoilt_one_is_told_with_place_and_reason(tmp_path: Path) -> None:
    text = files("services.audit.frameworks").joinpath("gatsby-2025.1.json").read_text("utf-8")
    sound = tmp_path / "gatsby-2025.1.json"
    sound.write_text(text, encoding="utf-8")
    file = json.loads(text)
    file["version"] = "gatsby-2025.2"
    del file["parts"][0]["points"]
    file["parts"][1]["sources"] = ["hearsay"]
    spoilt = tmp_path / "gatsby-2025.2.json"
    spoilt.write_text(json.dumps(file), encoding="utf-8")

    checked = read("framework", "validate", str(sound), str(spoilt), code=1)

    assert [found["valid"] for found in checked] == [True, False]
    assert checked[1]["problems"] == [
        {"place": "parts[0] gb1.1.careers_leader", "reason": "has no weight; add points"},
        {"place": "parts[1] gb1.1.backing", "reason": "source 'hearsay' is not one of the file's sources"},
    ]
    said = run("framework", "validate", str(sound), str(spoilt), code=1).stdout
    assert f"{sound}: nothing is wrong" in said
    assert f"{spoilt}: parts[0] gb1.1.careers_leader: has no weight" in said
    run("framework", "validate", str(sound))
    assert "cannot be read" in run("framework", "validate", str(tmp_path / "none.json"), code=2).stderr
