"""The rule file: it is consistent, covers the activity map, and a damaged one is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import services.pupils.rules
from services.pupils.model.rules import CreditRules
from services.pupils.rules import credit_rules

RULE_FILE = json.loads(
    (Path(services.pupils.rules.__file__).parent / "gatsby-2025.json").read_text(encoding="utf-8")
)


def test_the_rules_are_loaded_once() -> None:
    assert credit_rules() is credit_rules()


def test_the_tests_of_each_benchmark_are_those_of_the_updated_definition() -> None:
    tests = {benchmark: set(rule.requires) for benchmark, rule in credit_rules().benchmarks.items()}
    common = {"clear_purpose", "learning_outcomes", "two_way_interaction", "reflection"}

    assert tests["gb5"] == common
    assert tests["gb6"] == common | {"range_of_people", "task_set", "employer_feedback"}
    assert tests["gb7"] == common | {"progression_information", "learning_environment"}
    assert tests["gb2"] == tests["gb4"] == tests["gb8"] == set()


def test_every_type_permits_what_the_activity_map_says() -> None:
    permits = {kind.code: sorted(kind.permits) for kind in credit_rules().activity_types}

    assert permits == {
        "lmi_lesson": ["gb2"],
        "curriculum_link": ["gb4"],
        "employer_in_curriculum": ["gb4", "gb5"],
        "employer_talk": ["gb5"],
        "careers_fair": ["gb2", "gb5", "gb7"],
        "mentoring": ["gb5"],
        "mock_interview": ["gb5"],
        "cv_workshop": ["gb5"],
        "enterprise_competition": ["gb5"],
        "workplace_visit": ["gb5", "gb6"],
        "job_shadow": ["gb5", "gb6"],
        "work_experience_block": ["gb5", "gb6"],
        "work_experience_extended": ["gb5", "gb6"],
        "virtual_work_experience": ["gb5", "gb6"],
        "provider_talk_fe": ["gb7"],
        "provider_talk_itp": ["gb7"],
        "provider_talk_apprenticeship": ["gb7"],
        "taster_day_college": ["gb7"],
        "university_talk": ["gb7"],
        "university_visit": ["gb7"],
        "sixth_form_own": ["gb7"],
        "guidance_meeting_l6": ["gb8"],
        "guidance_meeting_below_l6": [],
        "group_guidance": [],
        "careers_conversation": [],
        "part_time_job": [],
        "alumni_talk": ["gb5", "gb7"],
    }


def break_test(rules: dict[str, Any]) -> None:
    rules["benchmarks"]["gb5"]["requires"].append("enthusiasm")


def break_mode(rules: dict[str, Any]) -> None:
    rules["benchmarks"]["gb5"]["modes"] = ["by_post"]


def break_code(rules: dict[str, Any]) -> None:
    rules["activity_types"].append(rules["activity_types"][0])


def break_benchmark(rules: dict[str, Any]) -> None:
    del rules["benchmarks"]["gb8"]


def break_provider(rules: dict[str, Any]) -> None:
    rules["activity_types"][0]["provider_types"] = ["fe_college"]


def break_provider_type(rules: dict[str, Any]) -> None:
    rules["activity_types"][-1]["provider_types"] = ["night_school"]


def break_shape(rules: dict[str, Any]) -> None:
    rules["surprise"] = True


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (break_test, "requires an unknown test"),
        (break_mode, "names an unknown mode"),
        (break_code, "repeats a code"),
        (break_benchmark, "permits a benchmark without rule"),
        (break_provider, "needs provider types, or has them in vain"),
        (break_provider_type, "names an unknown provider type"),
        (break_shape, "Extra inputs are not permitted"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_rule_file_that_contradicts_itself_is_refused(
    damage: Callable[[dict[str, Any]], None], complaint: str
) -> None:
    rules = copy.deepcopy(RULE_FILE)
    damage(rules)

    with pytest.raises(ValidationError, match=complaint):
        CreditRules.model_validate(rules)
