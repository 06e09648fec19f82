from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from typing import Any, get_args

import pytest

from contracts.vocabulary import BENCHMARKS, Framework, Setting
from services.audit.frameworks import (
    FrameworkFileError,
    framework_versions,
    frameworks,
    newest,
    read_framework,
)
from services.audit.model.framework import Profile, benchmark_of

Json = dict[str, Any]
Spoil = Callable[[Json], object]
FILE = "gatsby-2018.1.json"


def framework_file(name: str = FILE) -> Json:
    text = files("services.audit.frameworks").joinpath(name).read_text("utf-8")
    read: Json = json.loads(text)
    return read


def part(file: Json, identity: str) -> Json:
    found: Json = next(one for one in file["parts"] if one["id"] == identity)
    return found


def problems_of(file: Json, name: str = FILE) -> list[str]:
    with pytest.raises(FrameworkFileError) as refused:
        read_framework(name, json.dumps(file))
    assert refused.value.file_name == name
    assert str(refused.value).count("\n") == len(refused.value.problems) - 1
    return [str(problem) for problem in refused.value.problems]


def test_every_framework_of_the_contract_has_a_file_with_all_eight_benchmarks() -> None:
    assert set(frameworks()) == set(get_args(Framework))
    for framework in framework_versions().values():
        assert set(framework.benchmarks) == set(BENCHMARKS)
        assert set(framework.settings) == {"school", "college", "special"}


def test_every_day_since_2018_has_exactly_one_framework() -> None:
    day = dt.date(2018, 1, 1)
    while day < dt.date(2027, 9, 1):
        assert sum(framework.covers(day) for framework in frameworks().values()) == 1, day
        day += dt.timedelta(days=1)


def test_the_frameworks_change_on_the_first_of_september_2025() -> None:
    known = frameworks()

    assert known["gatsby-2018"].covers(dt.date(2025, 8, 31))
    assert known["gatsby-2025"].covers(dt.date(2025, 9, 1))


def test_of_a_frameworks_versions_the_one_with_the_highest_number_is_the_newest() -> None:
    first = frameworks()["gatsby-2025"]
    versions = {
        version: first.model_copy(update={"version": version})
        for version in ("gatsby-2025.2", "gatsby-2025.10", "gatsby-2025.9")
    }

    assert newest(versions)["gatsby-2025"].version == "gatsby-2025.10"


@pytest.mark.parametrize(
    ("framework", "setting", "has_post16", "possible"),
    [
        ("gatsby-2018", "school", True, (17, 5, 11, 16, 4, 8, 24, 8)),
        ("gatsby-2018", "school", False, (17, 5, 11, 16, 4, 4, 20, 4)),
        # A special school has the school's benchmarks, scored alike.
        ("gatsby-2018", "special", True, (17, 5, 11, 16, 4, 8, 24, 8)),
        ("gatsby-2018", "special", False, (17, 5, 11, 16, 4, 4, 20, 4)),
    ],
)
def test_the_possible_points_are_those_that_published_scores_are_made_of(
    framework: str,
    setting: Setting,
    has_post16: bool,  # noqa: FBT001 - a column of the table
    possible: tuple[int, ...],
) -> None:
    counted: Counter[str] = Counter()
    for one in frameworks()[framework].parts_for(Profile(setting, has_post16)):
        counted[benchmark_of(one.id)] += one.points or 0

    assert tuple(counted[benchmark] for benchmark in BENCHMARKS) == possible


def test_benchmark_one_of_2025_has_eight_assessment_areas() -> None:
    for setting in ("school", "college", "special"):
        parts = frameworks()["gatsby-2025"].parts_for(Profile(setting, has_post16=False))
        assert sum(one.is_scored for one in parts if benchmark_of(one.id) == "gb1") == 8


@pytest.mark.parametrize("framework", get_args(Framework))
def test_a_college_answers_other_criteria_than_a_school_not_fewer(framework: str) -> None:
    found = frameworks()[framework]
    school, college = (
        {criterion.id for criterion in found.criteria_in(setting)} for setting in ("school", "college")
    )

    assert college - school >= {"gb5.c1", "gb5.c2", "gb6.c1", "gb7.c1", "gb8.c1"}
    assert school - college >= {"gb5.1", "gb6.1", "gb6.2", "gb7.1", "gb8.1"}
    texts = [part.text for part in found.parts_for(Profile("college", has_post16=True))]
    assert any("two meaningful encounters" in text for text in texts)
    assert not any("Year 11" in text for text in texts)


@pytest.mark.parametrize("framework", get_args(Framework))
def test_without_a_sixth_form_only_parts_of_18_vanish(framework: str) -> None:
    found = frameworks()[framework]
    with_post16, without = (
        {part.id for part in found.parts_for(Profile("school", has_post16))} for has_post16 in (True, False)
    )

    assert without < with_post16
    assert {part.criterion for part in found.parts if part.id in with_post16 - without} >= {
        "gb6.2", "gb7.2", "gb8.2",
    }  # fmt: skip


def test_a_special_setting_is_told_for_which_cohort_to_answer() -> None:
    for framework in framework_versions().values():
        note = framework.settings["special"].note
        assert note is not None
        assert "cohort" in note


def needing(file: Json, identity: str, other: str, answer: str = "yes") -> None:
    part(file, identity)["needs"] = {"part": other, "answers": [answer]}


def cycle(file: Json) -> None:
    needing(file, "gb1.2.pupils", "gb1.2.parents")
    needing(file, "gb1.2.parents", "gb1.2.pupils")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: file["benchmarks"].pop("gb4"), "gb4 missing"),
        (lambda file: file["benchmarks"].update(gb9=file["benchmarks"]["gb1"]), "benchmarks.gb9"),
        (lambda file: file["benchmarks"]["gb2"].pop("confidence"), "benchmarks.gb2.confidence"),
        (lambda file: file["benchmarks"]["gb2"].update(confidence="X"), "benchmarks.gb2.confidence"),
        (lambda file: file["benchmarks"]["gb2"].update(sources=[]), "benchmarks.gb2.sources"),
        (lambda file: file["benchmarks"]["gb2"].update(sources=["hearsay"]), "source 'hearsay'"),
        (lambda file: file["sources"].update(unread="A book"), "'unread'"),
        (lambda file: file["confidence"].pop("M"), "confidence M is not explained"),
        (lambda file: file["in_use"].update(last_day="2017-01-01"), "last_day is before first_day"),
        (lambda file: file["in_use"].update(last_day="soon"), "in_use.last_day"),
        (lambda file: file["settings"].clear(), "settings: none is named"),
        (lambda file: file.update(version="gatsby-2025.1"), "version: must begin with 'gatsby-2018.'"),
        (lambda file: file.update(framework="gatsby-2014"), "framework"),
        (lambda file: file.update(weights={}), "weights"),
        (lambda file: file.pop("parts"), "parts: is missing"),
        (lambda file: file.update(parts={}), "parts: is not a list"),
        (lambda file: file.update(scales=[]), "scales: is not an object"),
        (cycle, "gb1.2.pupils needs gb1.2.parents needs gb1.2.pupils"),
        (lambda file: needing(file, "gb1.2.pupils", "gb1.2.pupils"), "is shown only after itself"),
        (lambda file: needing(file, "gb1.2.pupils", "gb1.2.nothing"), "which is not in the file"),
        (lambda file: needing(file, "gb1.2.pupils", "gb1.2.parents", "most"), "answer 'most', which"),
        (lambda file: needing(file, "gb1.2.pupils", "gb5.1.every_year", "all"), "setting 'college'"),
        (lambda file: needing(file, "gb8.1.by_16", "gb8.2.by_18", "all"), "only when has_post16"),
        (lambda file: part(file, "gb1.2.pupils").pop("points"), "gb1.2.pupils: has no weight"),
        (lambda file: part(file, "gb1.2.pupils").update(points=0), "gb1.2.pupils.points"),
        (lambda file: part(file, "gb5.1.every_year").update(points=3), "use a multiple of 4"),
        (lambda file: part(file, "gb8.1.adviser_level_6").update(points=1), "is not scored and has points"),
        (lambda file: file["parts"].append(part(file, "gb1.2.pupils")), "'gb1.2.pupils' is the id of an"),
        (lambda file: file["criteria"].append(file["criteria"][0]), "'gb1.1' is the id of an earlier one"),
        (lambda file: part(file, "gb5.1.every_year").update(scale="often"), "scale 'often' is not in"),
        (lambda file: part(file, "gb5.1.every_year").pop("scale"), "is a proportion and names no scale"),
        (lambda file: part(file, "gb1.2.pupils").update(scale="share"), "answered yes or no and names a"),
        (lambda file: part(file, "gb1.2.pupils").update(criterion="gb1.9"), "criterion 'gb1.9' is not in"),
        (lambda file: part(file, "gb1.2.pupils").update(criterion="gb1.3"), "must begin with its criterion"),
        (lambda file: part(file, "gb1.2.pupils").update(sources=["rumour"]), "gb1.2.pupils: source 'rumour'"),
        (lambda file: file["parts"].remove(part(file, "gb2.2.parents")), "gb2.2: has no part in setting"),
        (
            lambda file: part(file, "gb5.1.every_year").update(applies_when="has_post16"),
            "benchmarks.gb5: has no scored part for all of setting 'school'",
        ),
        (lambda file: file["criteria"][0].update(settings=["nursery"]), "criteria[0] gb1.1.settings.0"),
        (lambda file: part(file, "gb4.1.english").update(settings=["college"]), "has no setting 'college'"),
        (lambda file: file["scales"]["share"]["bands"]["some"].update(quarters=4), "quarters must rise"),
        (lambda file: file["scales"]["share"]["bands"]["all"].update(quarters=3), "quarters must rise"),
        (lambda file: file["scales"]["share"]["bands"]["some"].update(from_percent=27), "without a gap"),
        (
            lambda file: file["scales"]["share"]["bands"].update(yes={"label": "Yes", "quarters": 4}),
            "cannot be called 'yes'",
        ),
        (lambda file: part(file, "gb1.2.pupils").update(weight=2), "gb1.2.pupils.weight"),
    ],
)  # fmt: skip
def test_a_spoilt_file_is_refused_with_its_name_the_place_and_the_reason(spoil: Spoil, message: str) -> None:
    file = framework_file()
    spoil(file)

    assert any(message in problem for problem in problems_of(file)), problems_of(file)


def test_everything_that_is_wrong_is_said_at_once_each_with_its_place() -> None:
    file = framework_file()
    cycle(file)
    part(file, "gb1.3.pupils").pop("points")
    part(file, "gb5.1.every_year").pop("text")
    file["parts"].append(part(file, "gb3.3.access"))
    file["sources"]["unread"] = "A book"

    problems = problems_of(file)

    assert [problem.partition(": ")[0].partition(" ")[2] for problem in problems] == [
        "gb5.1.every_year.text", "gb3.3.access", "gb1.3.pupils", "gb1.2.pupils",
    ]  # fmt: skip
    # What only the unreadable part refers to is not reported a second time.
    assert not any("gb5" in problem for problem in problems[1:])


def test_an_id_that_is_twice_in_one_object_is_refused() -> None:
    text = json.dumps(framework_file()).replace('"gb2": {"name"', '"gb1": {"name"', 1)

    with pytest.raises(FrameworkFileError, match="'gb1' is there twice"):
        read_framework(FILE, text)


@pytest.mark.parametrize("text", ["{", "[]", "null", '"gatsby"', "[" * 100_000])
def test_what_is_no_framework_at_all_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(FrameworkFileError, match=r"^gatsby-2018\.1\.json: the file: "):
        read_framework(FILE, text)


def test_a_file_under_another_versions_name_is_refused() -> None:
    with pytest.raises(FrameworkFileError, match="a file has its version's name"):
        read_framework("gatsby-2018.2.json", json.dumps(framework_file()))


def test_an_author_adds_a_version_by_adding_a_file() -> None:
    file = framework_file()
    file["version"] = "gatsby-2018.2"
    part(file, "gb1.2.pupils")["points"] = 2

    corrected = read_framework("gatsby-2018.2.json", json.dumps(file))

    assert corrected.by_part["gb1.2.pupils"].points == 2
    assert newest({**framework_versions(), corrected.version: corrected})["gatsby-2018"] is corrected
