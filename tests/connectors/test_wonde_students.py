"""A student of Wonde becomes a row of our roll: what each value says, and what may come instead of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.connectors.wonde.students import (
    UNSCOPED,
    Roll,
    columns_to_send,
    includes,
    to_roll,
)
from tests.connectors.wonde_server import at, student

SCOPED: Final = (
    *("sen_provision", "sen_needs", "fsm", "fsm6", "pupil_premium", "eal", "in_care"),
    *("young_carer", "service_child", "disability", "neurodiversity"),
)
EVERYTHING: Final = (
    *columns_to_send(SCOPED),
    *("former_upn", "admission_date", "leaving_date", "enrolment_status"),
)
FIRST_DAY: Final = dt.date(2026, 9, 1)


def rolled(*students: Any, columns: tuple[str, ...] = EVERYTHING) -> Roll:  # noqa: ANN401 - JSON
    return to_roll(students, columns, FIRST_DAY)


def row_of(**changes: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    roll = rolled(student(1, **changes))
    assert not roll.not_understood
    (row,) = roll.rows
    return row


def test_a_whole_student_becomes_a_whole_row() -> None:
    found = row_of(
        education={
            "upn": " A839400048001 ",
            "former_upn": "B1, C2",
            "admission_date": at("2023-09-04 00:00:00"),
            "leaving_date": at("2027-07-16 00:00:00"),
        },
        extended={
            "enrolment_status": "Current Main (dual registration)",
            "sen_status": "SEN Support",
            "free_school_meals": False,
            "free_school_meals_6": "Yes",
            "premium_pupil_indicator": True,
            "english_as_additional_language": "N",
            "in_lea_care": 0,
            "young_carer": "P",
            "service_children_indicator": "y",
        },
        sen_needs={"data": [{"code": "SLCN", "rank": 2}, {"name": "Autistic Spectrum Disorder", "rank": 1}]},
    )
    assert found == {
        "upn": "A839400048001",
        "surname": "Surname1",
        "forename": "Forename1",
        "year_group": "10",
        "tutor_group": "10A",
        "former_upn": "B1;C2",
        "admission_date": "2023-09-04",
        "leaving_date": "2027-07-16",
        "enrolment_status": "M",
        "sen_provision": "K",
        "sen_needs": "ASD;SLCN",
        "fsm": "no",
        "fsm6": "yes",
        "pupil_premium": "yes",
        "eal": "no",
        "in_care": "no",
        "young_carer": "yes",
        "service_child": "yes",
    }


def test_of_what_wonde_says_nothing_nothing_is_said() -> None:
    assert row_of() == {
        "upn": "UPN1",
        "surname": "Surname1",
        "forename": "Forename1",
        "year_group": "10",
        "tutor_group": "10A",
    }


@pytest.mark.parametrize(
    "nothing", [None, [], {}, {"data": None}, {"data": []}, {"data": {}}, "x", 7, [None]]
)
def test_relations_that_are_not_there_leave_a_row_that_the_hub_refuses(nothing: object) -> None:
    relations = ("education_details", "extended_details", "year", "registration", "sen_needs")
    found = row_of(**dict.fromkeys(relations, nothing))
    assert found == {"upn": "", "surname": "Surname1", "forename": "Forename1", "year_group": ""}


def test_a_student_of_whom_only_the_id_is_known_is_a_row() -> None:
    roll = rolled({"id": "A1"})
    assert roll.rows == [{"upn": "", "surname": "", "forename": "", "year_group": ""}]
    assert roll.mis_ids == [""]


def test_only_columns_in_the_schools_scopes_are_read_and_asked_for() -> None:
    columns = columns_to_send(["fsm"])
    assert columns == (*UNSCOPED, "fsm", "enrolment_status")
    extended = {"free_school_meals": True, "in_lea_care": True, "sen_status": "K"}
    (row,) = rolled(student(1, extended=extended), columns=columns).rows
    assert row["fsm"] == "yes"
    assert not {"in_care", "sen_provision"} & set(row)

    assert includes(columns) == ("education_details", "extended_details", "registration", "year")
    assert includes(["upn", "tutor_group"]) == ("education_details", "registration", "year")
    assert includes(["sen_needs"]) == ("education_details", "sen_needs", "year")
    assert columns_to_send(["surname", "colour_of_eyes", "sen_needs"]) == (*UNSCOPED, "sen_needs")


def test_students_go_by_the_name_they_use_and_by_the_legal_one_where_there_is_no_other() -> None:
    found = row_of(legal_surname="Legal", legal_forename="Formally")
    assert (found["surname"], found["forename"]) == ("Surname1", "Forename1")
    found = row_of(surname=None, forename=" ", legal_surname="Legal", legal_forename="Formally")
    assert (found["surname"], found["forename"]) == ("Legal", "Formally")


@pytest.mark.parametrize(
    ("written", "year_group"),
    [
        *(("10", "10"), (10, "10"), ("Year 10", "10"), ("Y07", "7"), ("yr 13", "13"), ("14", "14")),
        *(("15", "15"), (" 9 ", "9")),
        # What cannot be read is looked for elsewhere: here the year's own code.
        *(("X", "12"), ("", "12"), (None, "12"), ([], "12"), (True, "12"), (10.5, "12")),
    ],
)
def test_year_groups_are_read_however_they_are_written(written: object, year_group: str) -> None:
    found = row_of(education={"current_nc_year": written}, year={"data": {"code": "12"}})
    assert found["year_group"] == year_group


@pytest.mark.parametrize(
    "written", ["N1", "N2", "n", "R", "E1", "0", 0, "1", "6", "Year 6", "Reception", "Nursery", "Year R"]
)
def test_primary_years_are_left_out_and_counted(written: object) -> None:
    roll = rolled(student(1, education={"current_nc_year": written}), student(2))
    assert [row["upn"] for row in roll.rows] == ["UPN2"]
    assert roll.mis_ids == ["9002"]
    assert roll.left_out == {"other_year_group": 1}


@pytest.mark.parametrize(
    ("left", "stays"),
    [
        (at("2026-08-31 00:00:00"), False),
        (at("2026-09-01 00:00:00"), True),
        # Midnight of 1 September in British Summer Time, kept in UTC.
        (at("2026-08-31 23:00:00", "UTC"), True),
        (at("2027-07-20 00:00:00"), True),
        ("2026-08-31", False),
        ("2026-09-01T00:00:00+01:00", True),
        (None, True),
    ],
)
def test_whoever_left_before_the_academic_year_is_left_out(left: object, stays: bool) -> None:  # noqa: FBT001 - a parameter of the test
    roll = rolled(student(1, education={"leaving_date": left}))
    assert len(roll.rows) == stays
    assert roll.left_out == ({} if stays else {"left_before": 1})


@pytest.mark.parametrize(
    ("written", "day"),
    [
        (at("2023-09-04 00:00:00"), "2023-09-04"),
        (at("2023-09-03 23:00:00", "UTC"), "2023-09-04"),
        (at("2023-09-03 23:00:00", "Europe/London"), "2023-09-03"),
        ({"date": "2023-09-04"}, "2023-09-04"),
        ("2023-09-04 00:00:00", "2023-09-04"),
        ({"date": "9999-12-31 23:00:00", "timezone": "UTC"}, "9999-12-31"),
    ],
)
def test_days_are_taken_out_of_moments(written: object, day: str) -> None:
    assert row_of(education={"admission_date": written})["admission_date"] == day


@pytest.mark.parametrize(
    ("column", "place", "name", "says"),
    [
        *(
            ("sen_provision", "extended", "sen_status", case)
            for case in [("N", "N"), ("k", "K"), ("EHCP", "E")]
        ),
        ("sen_provision", "extended", "sen_status", ("K - SEN Support", "K")),
        ("sen_provision", "extended", "sen_status", ("Education, Health and Care Plan", "E")),
        ("sen_provision", "extended", "sen_status", ("Statement", "S")),
        *(("enrolment_status", "extended", "enrolment_status", (code, code)) for code in "CMSG"),
        ("enrolment_status", "extended", "enrolment_status", ("Current (single registration)", "C")),
        ("enrolment_status", "extended", "enrolment_status", ("Current Subsidiary (dual registration)", "S")),
        ("enrolment_status", "extended", "enrolment_status", ("Guest", "G")),
        ("young_carer", "extended", "young_carer", ("S", "yes")),
        ("young_carer", "extended", "young_carer", ("N", "no")),
        ("young_carer", "extended", "young_carer", (True, "yes")),
        ("eal", "extended", "english_as_additional_language_status", ("Yes", "yes")),
        ("former_upn", "education", "former_upn", ("A1;B2", "A1;B2")),
        ("former_upn", "education", "former_upn", ("A1 B2 | C3", "A1;B2;C3")),
    ],
)
def test_codes_and_words_say_the_same(column: str, place: str, name: str, says: tuple[object, str]) -> None:
    written, expected = says
    assert row_of(**{place: {name: written}})[column] == expected


@pytest.mark.parametrize(
    ("column", "changes"),
    [
        ("sen_provision", {"extended": {"sen_status": "School Action Plus"}}),
        ("fsm", {"extended": {"free_school_meals": "perhaps"}}),
        ("service_child", {"extended": {"service_children_indicator": "refused"}}),
        ("in_care", {"extended": {"in_lea_care": {"data": True}}}),
        ("enrolment_status", {"extended": {"enrolment_status": "F"}}),
        ("admission_date", {"education": {"admission_date": {"date": "4 September"}}}),
        ("leaving_date", {"education": {"leaving_date": {"date": 20260831}}}),
        ("former_upn", {"education": {"former_upn": ["A1"]}}),
        ("tutor_group", {"registration": {"data": {"name": "The group of the tutor of 10A"}}}),
        ("sen_needs", {"sen_needs": {"data": [{"code": "SLCN"}, {"code": "unheard of"}]}}),
    ],
)
def test_what_has_no_meaning_here_is_left_out_and_counted(column: str, changes: dict[str, Any]) -> None:
    roll = rolled(student(1, **changes), student(2))
    assert roll.not_understood == {column: 1}
    assert len(roll.rows) == 2
    assert column not in roll.rows[0]


def test_a_tutor_group_with_a_long_name_goes_by_its_code() -> None:
    group = {"name": "The group of the tutor of 10A", "code": "10A"}
    assert row_of(registration={"data": group})["tutor_group"] == "10A"


JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["10", "R", "K", "yes", "2026-08-31", "9999-12-31T23:00:00-23:59", "UTC", "0" * 30]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "date", "timezone", "code", "rank"]), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS: Final = {
    "education_details": ("upn", "former_upn", "admission_date", "leaving_date", "current_nc_year"),
    "extended_details": (
        *("sen_status", "free_school_meals", "free_school_meals_6", "premium_pupil_indicator"),
        *("english_as_additional_language", "english_as_additional_language_status", "in_lea_care"),
        *("young_carer", "service_children_indicator", "enrolment_status"),
    ),
    "registration": ("name", "code"),
    "year": ("name", "code"),
}
RELATION: Final = {
    name: JSON
    | st.fixed_dictionaries({"data": st.fixed_dictionaries({}, optional=dict.fromkeys(fields, JSON))})
    for name, fields in FIELDS.items()
}
STUDENT: Final = st.fixed_dictionaries(
    {"id": st.text(min_size=1)},
    optional={
        **RELATION,
        "sen_needs": JSON | st.fixed_dictionaries({"data": st.lists(JSON, max_size=3)}),
        **dict.fromkeys(("surname", "forename", "legal_surname", "legal_forename", "mis_id"), JSON),
    },
)


@given(st.lists(STUDENT, max_size=4))
def test_whatever_comes_every_student_is_a_row_or_counted(students: list[dict[str, Any]]) -> None:
    roll = rolled(*students)

    assert len(roll.rows) + roll.left_out.total() == len(students)
    assert len(roll.mis_ids) == len(roll.rows)
    assert roll.not_understood.total() <= len(roll.rows) * len(EVERYTHING)
    for row in roll.rows:
        assert set(row) <= set(EVERYTHING)
        assert {"upn", "surname", "forename", "year_group"} <= set(row)
        assert all(type(value) is str for value in row.values())
        assert all(value for column, value in row.items() if column not in UNSCOPED)


@given(st.lists(STUDENT, max_size=4), st.sets(st.sampled_from(SCOPED)))
def test_nothing_outside_the_scopes_is_ever_in_a_row(students: list[dict[str, Any]], held: set[str]) -> None:
    columns = columns_to_send(held)
    sent = {column for row in rolled(*students, columns=columns).rows for column in row}
    assert sent - set(UNSCOPED) <= held


def test_counts_start_at_nothing() -> None:
    assert rolled() == Roll([], [], Counter(), Counter())
