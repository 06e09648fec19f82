"""Who is missing what: the criteria against a naive recount, and the lists behind the numbers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import AcademicYear
from services.pupils.model.credit import WORK_MINUTES, credit_keys, grant_of
from services.pupils.model.criteria import KEY_STAGES, Limits, standing
from services.pupils.model.facts import Facts
from services.pupils.model.sheets import Sheet
from services.pupils.rules import credit_rules, criteria
from tests.pupils.conftest import School, listing, roll_csv, talk
from tests.pupils.values import GB7_TESTS, TALK, ref, upn

YEARS: Final = tuple(AcademicYear(f"{start}/{(start + 1) % 100:02d}") for start in range(2021, 2026))
NOW: Final = YEARS[-1]
KEYS: Final = sorted({key for c in criteria().criteria.values() for need in c.needs for key in need.any_of})
CRITERIA: Final = criteria().criteria
PUPILS: Final = 6

Credit = tuple[int, int, str]
"""A pupil's number, how many years ago, and a credit's key."""


def year_group_of(pupil: int, years_ago: int) -> int:
    """Pupils 0 to 5 are in Years 13, 12, ... 8 now, and were one lower each year before."""
    return 13 - pupil - years_ago


@given(st.lists(st.tuples(st.integers(0, PUPILS - 1), st.integers(0, 4), st.sampled_from(KEYS)), max_size=60))
def test_every_criterion_agrees_with_counting_each_pupils_history(given_: list[Credit]) -> None:
    sheets: dict[tuple[AcademicYear, int], Sheet] = {}
    for years_ago in range(len(YEARS)):
        for pupil in range(PUPILS):
            place = (YEARS[-1 - years_ago], year_group_of(pupil, years_ago))
            sheets.setdefault(place, Sheet(*place)).pupils[ref(pupil)] = ""
    history: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pupil, years_ago, key in given_:
        year_group = year_group_of(pupil, years_ago)
        sheets[YEARS[-1 - years_ago], year_group].add([ref(pupil)], [key], 1)
        history[pupil].append((years_ago, key))
    considering = {ref(0)}

    for name, criterion in CRITERIA.items():
        for pupil in range(PUPILS):
            now = year_group_of(pupil, 0)
            found = standing(
                name,
                criterion,
                sheets.values(),
                (NOW, now),
                Limits({"considering_higher_education": considering}),
            )
            applies, met = naive(name, pupil, history[pupil])
            if found is None:
                assert not applies
                continue
            expected = criterion.only is None or ref(pupil) in considering
            assert found.applies_to == expected
            assert (ref(pupil) in found.missing) == (expected and not met), name


def naive(name: str, pupil: int, had: list[tuple[int, str]]) -> tuple[bool, bool]:
    """Whether a criterion applies to a pupil and is met, told in words of its own."""
    now = year_group_of(pupil, 0)
    placed = [(year_group_of(pupil, years_ago), years_ago, key) for years_ago, key in had]
    this_year = [key for _, years_ago, key in placed if years_ago == 0]
    young = [key for year_group, _, key in placed if 7 <= year_group <= 11]
    old = [key for year_group, _, key in placed if year_group >= 12]
    stage = next(stage for stage in KEY_STAGES if now in stage)
    in_stage = [key for year_group, _, key in placed if year_group in stage]
    types = {"gb7:sixth_form", "gb7:fe_college", "gb7:university"}
    met = {
        "gb2.1": "gb2" in in_stage,
        "gb4.1": "gb4" in this_year,
        "gb5.1": "gb5" in this_year,
        "gb6.1": young.count("gb6") >= 2,
        "gb6.2": "gb6" in old,
        "gb7.1": types <= set(young) and bool({"gb7:itp", "gb7:apprenticeship"} & set(young)),
        "gb7.2": old.count("gb7:university_visit") >= 2,
        "gb8.1": "gb8" in young,
        "gb8.2": "gb8" in old,
        "pal.1": had_in(placed, "pal:1", (8, 9)) >= 2,
        "pal.2": had_in(placed, "pal:2", (10, 11)) >= 2,
        "pal.3": had_in(placed, "pal:3", (12, 13)) >= 2,
        "wex.1": young.count(WORK_MINUTES) >= 3_000,
    }
    by_age = {"gb6.1": now <= 11, "gb7.1": now <= 11, "gb8.1": now <= 11}
    by_age |= {"gb6.2": now >= 12, "gb7.2": now >= 12, "gb8.2": now >= 12}
    by_age |= {"pal.1": now in {8, 9}, "pal.2": now in {10, 11}, "pal.3": now >= 12, "wex.1": now <= 11}
    return by_age.get(name, True), met[name]


def had_in(placed: list[tuple[int, int, str]], wanted: str, year_groups: tuple[int, ...]) -> int:
    """Count credits of one key in some year groups."""
    return sum(key == wanted and year_group in year_groups for year_group, _, key in placed)


def test_credits_of_gb7_are_kept_by_type_of_provider_and_others_are_not() -> None:
    visit = {"activity_type": "university_visit", "provider_type": "university", "tests_met": GB7_TESTS}
    facts = _with(visit)
    assert credit_keys(("gb7",), facts) == ("gb7", "gb7:university", "gb7:university_visit")
    assert credit_keys(("gb7",), _with(visit | {"activity_type": "university_talk"})) == (
        "gb7",
        "gb7:university",
    )
    assert credit_keys(("gb5",), facts) == ("gb5",)
    assert credit_keys((), facts) == ()


def _with(changes: dict[str, Any]) -> Facts:
    return replace(TALK, **changes)


def test_what_would_help_is_a_type_that_can_count() -> None:
    types = credit_rules().types
    for name, criterion in CRITERIA.items():
        assert criterion.next, name
        for code in criterion.next:
            if name.startswith("gb"):
                assert name[:3] in types[code].permits, (name, code)
            else:
                rules = credit_rules()
                helping = rules.provider_access if name.startswith("pal") else rules.work_experience
                assert code in helping.activity_types, (name, code)


@pytest.mark.parametrize(
    ("activity_type", "provider", "held_on", "in_school_day", "phases"),
    [
        ("provider_talk_fe", "fe_college", "2025-10-10", True, {8: 1, 9: 1, 10: 2, 11: 2, 12: 3, 13: 3}),
        ("provider_talk_fe", "fe_college", "2026-03-05", True, {8: 1, 10: 2, 12: 3}),
        ("provider_talk_fe", "fe_college", "2026-02-28", True, {8: 1, 9: 1, 10: 2, 11: 2, 12: 3, 13: 3}),
        ("provider_talk_fe", "fe_college", "2024-02-29", True, {8: 1, 10: 2, 12: 3}),
        ("provider_talk_fe", "fe_college", "2025-10-10", False, {}),
        ("provider_talk_fe", "fe_college", "2025-10-10", None, {}),
        ("university_talk", "university", "2025-10-10", True, {}),
        ("careers_fair", "university", "2025-10-10", True, {}),
        ("careers_fair", "itp", "2026-05-10", True, {8: 1, 10: 2, 12: 3}),
    ],
)
def test_provider_access_has_its_own_days_and_providers(
    activity_type: str, provider: str, held_on: str, *, in_school_day: bool | None, phases: dict[int, int]
) -> None:
    """The cases of domain §10.5; an evening is not in the school day."""
    facts = _with(
        {
            "activity_type": activity_type,
            "provider_type": provider,
            "held_on": dt.date.fromisoformat(held_on),
            "in_school_day": in_school_day,
        }
    )
    found = grant_of(credit_rules(), facts).phases
    assert {year_group: phase for year_group, (phase, _) in found.items()} == phases
    assert all(("absent" in counts) == (phase == 3) for phase, counts in found.values())


async def test_an_absent_pupil_was_offered_phase_3_and_has_not_met_phase_2(school: School) -> None:
    await school.put_roll(roll_csv([1, 2, 101, 102]).replace(",11,11", ",12,12"), confirm_leavers="true")
    for reference in ("first", "second"):
        college = {"activity_type": "provider_talk_fe", "tests_met": [], "in_school_day": True}
        attendance = {
            "year_groups": [10, 12],
            "pupils": [{"upn": upn(serial), "status": "absent"} for serial in (1, 101)],
        }
        await school.post(
            talk(reference, title=reference, attendance=attendance, held_on="2026-01-20", **college)
        )

    table = await school.get("/criteria?academic_year=2025/26")

    met = {group["year_group"]: group["criteria"] for group in table["year_groups"]}
    assert (met[10]["pal.2"]["met"], met[10]["pal.2"]["applies_to"]) == (1, 2)
    assert (met[12]["pal.3"]["met"], met[12]["pal.3"]["applies_to"]) == (2, 2)
    missing = await school.get("/missing/pal.2?year_group=10&academic_year=2025/26")
    assert [pupil["surname"] for pupil in missing["pupils"]] == ["Surname1"]


async def test_hours_of_work_experience_add_up_and_leave_with_a_correction(school: School) -> None:
    block = {"activity_type": "work_experience_block", "tests_met": []}
    await school.post(
        talk("visit", hours=10.0, attendance=listing([101]), **block | {"activity_type": "job_shadow"})
    )
    receipt = await school.post(talk("block", hours=40.0, attendance=listing([101, 102]), **block))
    path = "/missing/wex.1?year_group=11&academic_year=2025/26"
    assert [pupil["surname"] for pupil in (await school.get(path))["pupils"]] == ["Surname102"]

    body = talk("block", hours=39.5, attendance=listing([101, 102]), **block) | {"version": 1}
    answer = await school.send("PUT", f"/activities/{receipt['activity_id']}", json=body)

    assert answer.status_code == 200, answer.text
    assert (await school.get(path))["missing"] == 2


async def test_a_table_says_whether_it_was_in_the_school_day(school: School) -> None:
    header = "activity_type,title,held_on,mode,upn,status,in_school_day\n"
    rows = "".join(
        f"provider_talk_fe,College {said or 'unsaid'},2026-01-20,in_person,{upn(1)},attended,{said}\n"
        for said in ("Yes", "no", "", "maybe")
    )
    answer = await school.send(
        "POST", "/activities/import", content=header + rows, headers={"Content-Type": "text/csv"}
    )
    assert [(row["row"], row["column"]) for row in answer.json()["rejected"]] == [(5, "in_school_day")]
    listed = (await school.get("/activities?academic_year=2025/26"))["activities"]
    assert {one["title"]: one["in_school_day"] for one in listed} == {
        "College Yes": True,
        "College no": False,
        "College unsaid": None,
    }


async def test_who_lacks_an_encounter_this_year_is_listed_by_name_and_form(school: School) -> None:
    await school.post(talk(attendance=listing([1, 3])))

    missing = await school.get("/missing/gb5.1?year_group=10&academic_year=2025/26")

    assert (missing["applies_to"], missing["met"], missing["missing"], missing["percent"]) == (6, 2, 4, 33)
    assert [pupil["surname"] for pupil in missing["pupils"]] == [
        "Surname2",
        "Surname4",
        "Surname5",
        "Surname6",
    ]
    assert missing["pupils"][0]["lacks"] == ["encounter with an employer"]
    assert missing["by_tutor_group"] == {"10A": 1, "10B": 3}
    assert missing["next"][0] == {"activity_type": "employer_talk", "title": "Employer's talk or assembly"}
    in_form = await school.get("/missing/gb5.1?year_group=10&academic_year=2025/26&tutor_group=10A")
    assert [pupil["surname"] for pupil in in_form["pupils"]] == ["Surname5"]
    page = await school.get("/missing/gb5.1?year_group=10&academic_year=2025/26&offset=2&limit=1")
    assert ([p["surname"] for p in page["pupils"]], page["next_offset"]) == (["Surname5"], 3)


async def test_last_years_visit_counts_by_16_and_last_years_talk_does_not_this_year(school: School) -> None:
    """Pupil 101 is in Year 11 now; last year the same pupil was in Year 10."""
    await school.put_roll(roll_csv([101]).replace(",11,11", ",10,10"), academic_year="2024/25")
    meeting: dict[str, Any] = {
        "activity_type": "guidance_meeting_l6",
        "tests_met": [],
        "held_on": "2025-03-03",
    }
    await school.post(talk("meeting", attendance=listing([101]), **meeting))
    await school.post(talk("talk-last-year", attendance=listing([101]), held_on="2025-03-04"))

    table = await school.get("/criteria?academic_year=2025/26")

    year_11 = next(group for group in table["year_groups"] if group["year_group"] == 11)["criteria"]
    assert (year_11["gb8.1"]["met"], year_11["gb5.1"]["met"]) == (1, 0)
    assert "gb8.2" not in year_11
    before = await school.get("/criteria?academic_year=2024/25")
    assert [group["criteria"]["gb5.1"]["met"] for group in before["year_groups"]] == [1]


async def test_a_correction_of_the_provider_moves_the_credit_with_it(school: School) -> None:
    college: dict[str, Any] = {
        "activity_type": "careers_fair",
        "provider_type": "fe_college",
        "tests_met": list(GB7_TESTS),
    }
    receipt = await school.post(talk(attendance=listing([101]), **college))
    body = talk(attendance=listing([101]), **college | {"provider_type": "university"})
    answer = await school.send(
        "PUT", f"/activities/{receipt['activity_id']}", json=body | {"version": receipt["version"]}
    )
    assert answer.status_code == 200, answer.text

    missing = await school.get("/missing/gb7.1?year_group=11&academic_year=2025/26")

    lacks = {pupil["surname"]: pupil["lacks"] for pupil in missing["pupils"]}
    everything = ["school sixth form", "college", "university", "training provider or apprenticeship"]
    assert lacks == {
        "Surname101": [need for need in everything if need != "university"],
        "Surname102": everything,
    }


async def test_visits_to_universities_are_asked_of_those_who_consider_higher_education(
    school: School,
) -> None:
    await school.put_roll(
        roll_csv([1, 2, 101]).replace(",10,10", ",12,12").replace(",11,11", ",13,13"), confirm_leavers="true"
    )
    considering = await school.ref(1)
    said = {"status": "higher_education", "words": "Marine biology", "said_on": "2026-05-01"}
    await school.send("POST", f"/pupils/{considering}/intentions", json=said)

    missing = await school.get("/missing/gb7.2?year_group=12&academic_year=2025/26")

    assert (missing["applies_to"], [pupil["pupil"] for pupil in missing["pupils"]]) == (1, [considering])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/missing/gb1.1?year_group=10", 404),
        ("/missing/gb6.2?year_group=10&academic_year=2025/26", 404),
        ("/missing/gb5.1?year_group=9&academic_year=2025/26", 404),
        ("/missing/gb5.1?year_group=15&academic_year=2025/26", 422),
        ("/missing/gb5.1", 422),
        ("/missing/gb9.1?year_group=10", 422),
        ("/missing/gb5.1?year_group=10&form=10A", 422),
        ("/criteria?academic_year=2019/20", 404),
        ("/criteria?academic_year=2019", 422),
    ],
)
async def test_what_cannot_be_asked_is_refused(school: School, path: str, status: int) -> None:
    assert (await school.send("GET", path)).status_code == status
