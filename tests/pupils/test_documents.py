"""What is written down is read back the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from contracts.vocabulary import AcademicYear
from services.pupils.model.activity import Activity
from services.pupils.model.attendance import Given
from services.pupils.model.pupil import Pupil, YearPlace
from services.pupils.model.recording import correct, record, retract
from services.pupils.store.activity_documents import (
    activity_document,
    read_activity,
    version_document,
)
from services.pupils.store.documents import (
    pupil_document,
    read_pupil,
    read_sheet,
    sheet_document,
)
from tests.pupils.values import ID, LMI_LESSON, TALK, VISIT, YEAR, desk, given, post, ref, register


def versions() -> list[Activity]:
    of = register(1001, 1002, 1101)
    first = record(desk(of), ID, post(VISIT, given(10, listed={1101: "absent"}))).after
    second = correct(desk(of), first, post(replace(VISIT, title="New"), given(11))).after
    return [first, second, retract(desk(of), second, "entered_in_error").after]


@pytest.mark.parametrize("activity", versions(), ids=["recorded", "corrected", "retracted"])
def test_every_version_of_an_activity_is_read_back(activity: Activity) -> None:
    assert read_activity(activity_document(activity)) == activity


@pytest.mark.parametrize(
    "attendance",
    [given(10), given(listed={1001: "attended", 1101: "absent"}), given(11, tutor_groups=["10A"])],
)
def test_who_was_listed_is_read_back_for_every_kind_of_attendance(attendance: Given) -> None:
    activity = record(desk(register(1001, 1101)), ID, post(TALK, attendance)).after

    assert read_activity(activity_document(activity)).attendance == activity.attendance


def test_an_activity_of_few_words_is_read_back() -> None:
    facts = replace(LMI_LESSON, reference=None, hours=None)
    activity = record(desk(register(1001)), ID, post(facts)).after

    assert read_activity(activity_document(activity)) == activity


def test_an_earlier_version_is_kept_under_its_own_id() -> None:
    first, second, _ = versions()

    assert version_document(first)["_id"] == f"{ID}:1"
    assert version_document(second)["_id"] == f"{ID}:2"
    assert version_document(second)["activity"] == ID


def test_a_sheet_is_read_back_and_says_what_it_holds() -> None:
    of = register(1001, 1002, 1003)
    record(desk(of), ID, post(VISIT, given(listed={1001: "attended", 1002: "attended"})))
    of.take_off(YEAR, ref(1002))
    of.note_subsidiary(YEAR, ref(1003))
    of.note_admission(YEAR, ref(1001), dt.date(2026, 1, 5))
    (sheet,) = of

    document = sheet_document(sheet)

    assert read_sheet(document) == sheet
    assert document["_id"] == "2025/26:10"
    assert (document["on_roll"], document["subsidiary"]) == (2, 1)
    assert document["reached"] == {"gb5": 1, "gb6": 1}
    assert document["tutor_groups"] == ["10A"]


def test_a_pupil_is_read_back() -> None:
    pupil = Pupil(
        ref(1),
        "digest",
        {
            YEAR: YearPlace(10, "10A", admitted_on=dt.date(2025, 11, 3), enrolment="S"),
            AcademicYear("2024/25"): YearPlace(9, "", dt.date(2025, 3, 1)),
        },
        b"sealed",
        "Lovelace",
        "Ada",
        {YEAR: ("eal", "need_slcn", "need_asd")},
        former_digests=("digest 1", "digest 2"),
    )

    assert read_pupil(pupil_document(pupil)) == pupil
