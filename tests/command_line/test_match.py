"""`careers-hub match`: rounds from files, with no Hub running."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from services.command_line.app import app

ROOT: Final = Path(__file__).parents[2]
AREAS: Final = ROOT / "services" / "areas" / "data"
SCHOOLS: Final = AREAS / "dorset-schools.csv"
EMPLOYERS: Final = AREAS / "dorset-employers.csv"
EXAMPLE: Final = ROOT / "docs" / "example-needs.json"
NEED: Final = {
    "id": "n-1", "urn": "113863", "type": "mock_interview", "year_groups": [10], "pupils": 30, "slots": 3,
}  # fmt: skip


def run(*arguments: object, code: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """Run the command; returns what it printed as JSON, or its error."""
    result = CliRunner().invoke(app, ["match", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if result.stdout else result.stderr.replace("\n", " ")


def written(folder: Path, body: object) -> Path:
    path = folder / "needs.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def test_the_example_of_the_documentation_is_solved_and_explained() -> None:
    body = run(SCHOOLS, EMPLOYERS, EXAMPLE, "--explain")

    plan = body["plan"]
    assert len(plan["digest"]) == 64
    assert plan["matches"] == len(plan["lines"]) == 12
    assert plan["objective"]["cost"] == sum(line["cost"] for line in plan["lines"])
    assert all(line["cost"] == sum(line["parts"].values()) for line in plan["lines"])
    assert {each["urn"]: each["satisfaction"] for each in plan["schools"] if each["wanted"]} == {
        "113853": 1.0, "113854": 1.0, "113863": 1.0,
    }  # fmt: skip
    assert body["price_of_fairness"]["matches_lost"] == 0
    assert len(body["explanations"]) == 12
    assert all(each["loss"]["unmet"] >= 0 for each in body["explanations"])
    assert body["shadow_prices"]
    assert body["assumed_offers"] == "default-offers-2026.1"


def test_the_same_files_give_the_same_bytes() -> None:
    assert run(SCHOOLS, EMPLOYERS, EXAMPLE) == run(SCHOOLS, EMPLOYERS, EXAMPLE)


def test_the_exit_code_is_1_if_a_slot_stays_unmet_and_the_remedy_is_told(tmp_path: Path) -> None:
    offer = {
        "id": "o-1", "employer_id": "gpg-58", "type": "mock_interview", "year_groups": [10], "group_size": 30,
        "capacity": 1, "radius_km": 30, "safeguarding_until": None,
    }  # fmt: skip
    needs = written(tmp_path, {"ends_on": "2026-12-18", "needs": [NEED | {"slots": 1}], "offers": [offer]})

    body = run(SCHOOLS, EMPLOYERS, needs, "--explain", code=1)

    assert body["assumed_offers"] is None
    assert body["round"]["employers_without_offers"] == 137
    (remedy,) = body["remedies"]
    assert remedy["in_the_way"] == {"safeguarding": 1}
    assert remedy["cheapest_change"]["change"] == "safeguarding"
    assert remedy["gain"]["unmet"] == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"needs": []}, "ends_on: Field required"),
        (
            {"ends_on": "2026-12-18", "needs": [NEED | {"slot": 3}]},
            "needs.0.slot: Extra inputs are not permitted",
        ),
        ({"ends_on": "2026-12-18", "needs": [NEED | {"mode": "by_post"}]}, "needs.0.mode"),
        (
            {"ends_on": "2026-12-18", "needs": [NEED], "schools": [{"urn": "999999"}]},
            "schools.0.urn is not a school",
        ),
    ],
)
def test_a_file_of_needs_that_does_not_fit_is_told_with_its_place(
    tmp_path: Path, body: dict[str, Any], told: str
) -> None:
    assert told in run(SCHOOLS, EMPLOYERS, written(tmp_path, body), code=4)


def test_a_need_for_ten_thousand_pupils_is_refused(tmp_path: Path) -> None:
    needs = written(tmp_path, {"ends_on": "2026-12-18", "needs": [NEED | {"pupils": 10_000}]})

    assert "needs.n-1.pupils is 10,000; it must be 1 to 3,000" in run(SCHOOLS, EMPLOYERS, needs, code=4)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("urn,name\n1,x\n", "row 1, lacks the columns phase"),
        (SCHOOLS.read_text(encoding="utf-8") + "1,2\n", "row 81, has more or fewer cells than the header"),
        (
            SCHOOLS.read_text(encoding="utf-8").replace("50.92148", "north"),
            "row 2, has an age, number or position",
        ),
    ],
)
def test_a_file_of_schools_that_does_not_fit_is_told_with_its_row(
    tmp_path: Path, content: str, told: str
) -> None:
    schools = tmp_path / "schools.csv"
    schools.write_text(content, encoding="utf-8")

    assert told in run(schools, EMPLOYERS, EXAMPLE, code=4)


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert "cannot be read" in run(tmp_path / "none.csv", EMPLOYERS, EXAMPLE, code=2)


def test_a_solve_that_takes_too_long_is_given_up() -> None:
    """Starting the solver's process alone takes longer than this."""
    assert "the search was given up" in run(SCHOOLS, EMPLOYERS, EXAMPLE, "--time-limit", "0.1", code=3)
