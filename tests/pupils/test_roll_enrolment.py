"""Since when, until when and how a pupil is on roll: dates, dual registration, guests, and Year 14."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from contracts.pupils import RollChanged
from contracts.vocabulary import AcademicYear
from services.pupils.model.enrolment import Enrolment, read_enrolment
from services.pupils.model.erasure import empty_place
from services.pupils.model.pupil import Enrolled, YearPlace, absence_reason
from services.pupils.model.roll import RollEntry, RollRow, read_roll
from services.pupils.model.roll_change import RollChange
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import la_codes
from services.runtime.errors import ConflictError
from tests.pupils.conftest import ROLL_HEADER, School, listing, talk
from tests.pupils.test_roll_change import School as Roll
from tests.pupils.test_roll_change import counts
from tests.pupils.values import TODAY, YEAR, reached, upn

HEADER: Final = f"{ROLL_HEADER},admission_date,leaving_date,enrolment_status"
LAST_YEAR: Final = AcademicYear("2024/25")


def cells(admission: str = "", leaving: str = "", status: str = "") -> dict[str, str]:
    return {"admission_date": admission, "leaving_date": leaving, "enrolment_status": status}


def entry(serial: int, tutor_group: str = "10A", **said: Any) -> RollEntry:  # noqa: ANN401 - fields of Enrolment
    return RollEntry(upn(serial), "Smith", "Jo", 10, tutor_group, enrolment=Enrolment(**said))


def on_roll(change: RollChange) -> list[tuple[int, int]]:
    return [(group.on_roll, group.subsidiary) for group in change.rolls]


def roll(*rows: str) -> str:
    """A roll of Year 10; each row says the three further columns."""
    return "\n".join([HEADER, *(f"{upn(n)},Surname{n},Jo,10,10A,{row}" for n, row in enumerate(rows, 1))])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (cells(), Enrolment()),
        (cells("2021-09-01", "2026-07-31", "m"), Enrolment(dt.date(2021, 9, 1), dt.date(2026, 7, 31), "M")),
        (cells("1/9/2021", "31/07/2026"), Enrolment(dt.date(2021, 9, 1), dt.date(2026, 7, 31))),
        (cells(status="Current (single registration)"), Enrolment(status="C")),
        (cells(status="Subsidiary (dual registration)"), Enrolment(status="S")),
        (cells(status="Main – Dual Registration"), Enrolment(status="M")),
        (cells(status="Current subsidiary"), Enrolment(status="S")),
        (cells(status="guest"), Enrolment(status="G")),
        (cells(leaving="2027-08-31"), Enrolment(leaving_on=dt.date(2027, 8, 31))),
        (cells("2026-08-31"), Enrolment(dt.date(2026, 8, 31))),
        (cells("2000-09-01"), Enrolment(dt.date(2000, 9, 1))),
    ],
)
def test_dates_and_statuses_are_read_as_systems_write_them(said: dict[str, str], expected: Enrolment) -> None:
    assert read_enrolment(said, YEAR) == expected


@pytest.mark.parametrize(
    ("said", "column", "reason"),
    [
        (cells("2026-02-30"), "admission_date", "is not a date; write it like 2026-03-14 or 14/03/2026"),
        (cells("09/31/2025"), "admission_date", "is not a date; write it like 2026-03-14 or 14/03/2026"),
        (cells(leaving="soon"), "leaving_date", "is not a date; write it like 2026-03-14 or 14/03/2026"),
        (cells("2026-09-01"), "admission_date", "is after the end of 2025/26"),
        (cells("2000-08-31"), "admission_date", "is more than 25 years before 2025/26"),
        (cells(leaving="2025-08-31"), "leaving_date", "is before 2025/26 began; take the row out"),
        (cells(leaving="2027-09-01"), "leaving_date", "is more than a year after the end of 2025/26"),
        (cells("2026-03-02", "2026-03-01"), "leaving_date", "is before the admission date"),
        (cells(status="P"), "enrolment_status", "is none of C (current), M (current main)"),
    ],
)
def test_impossible_dates_and_statuses_are_refused_with_the_reason(
    said: dict[str, str], column: str, reason: str
) -> None:
    row = RollRow(2, "row 2", upn(1), "Smith", "Jo", "10", "10A", {}, "", **said)

    reading = read_roll([row], la_codes(), YEAR)

    (problem,) = reading.rejected
    assert (problem.row, problem.column) == (2, column)
    assert problem.reason.startswith(reason)
    assert reading.refused_upns == {upn(1)}, "who is on roll stays"


@pytest.mark.parametrize(
    ("text", "groups", "taken"),
    [
        ("14", {"sen_provision": "E"}, True),
        ("14", {"sen_provision": "K"}, False),
        ("14", {}, False),
        ("13", {}, True),
    ],
)
def test_year_14_is_for_learners_with_an_ehc_plan(text: str, groups: dict[str, str], *, taken: bool) -> None:
    reading = read_roll([RollRow(2, "row 2", upn(1), "Smith", "Jo", text, "", groups)], la_codes(), YEAR)

    assert bool(reading.entries) is taken
    assert [p.column for p in reading.rejected] == ([] if taken else ["year_group"])
    assert all("EHC plan" in p.reason for p in reading.rejected)


def test_who_has_left_is_off_the_roll_from_that_day_though_the_row_is_there() -> None:
    school = Roll()
    school.send(entry(1), entry(2))
    school.register.credit(YEAR, [school.ref(1)], ("gb5",), 1)

    change = school.send(entry(1, leaving_on=dt.date(2026, 2, 13)), entry(2))

    assert counts(change) == {"changed": 1, "unchanged": 1, "left": 1}
    assert on_roll(change) == [(1, 0)]
    assert reached(school.register) == {}
    assert [pupil.years[YEAR].left_on for pupil in change.updated] == [dt.date(2026, 2, 13)]
    again = school.send(entry(1, leaving_on=dt.date(2026, 2, 13)), entry(2))
    assert counts(again) == {"unchanged": 2}
    back = school.send(entry(1), entry(2))
    assert (counts(back), on_roll(back)) == ({"new": 1, "unchanged": 1}, [(2, 0)])
    assert reached(school.register) == {(10, "gb5"): 1}


def test_a_leaving_date_takes_the_place_of_the_day_of_the_import() -> None:
    school = Roll()
    school.send(entry(1), entry(2))
    school.send(entry(2))

    change = school.send(entry(1, "10B", leaving_on=dt.date(2026, 6, 1)), entry(2))

    assert counts(change) == {"changed": 1, "unchanged": 1}
    assert on_roll(change) == [(1, 0)]
    (sheet,) = school.register
    assert sheet.left == {school.ref(1): "10B"}


@pytest.mark.parametrize(
    ("leaving_on", "left"), [(TODAY, 1), (TODAY + dt.timedelta(days=1), 0), (dt.date(2026, 8, 31), 0)]
)
def test_who_is_to_leave_stays_until_an_import_on_the_day_or_after(leaving_on: dt.date, left: int) -> None:
    school = Roll()
    school.send(entry(1), entry(2))

    assert school.send(entry(1, leaving_on=leaving_on), entry(2)).left == left


def test_who_left_after_the_year_was_on_its_roll_to_the_end() -> None:
    school = Roll()

    change = school.send(entry(1, leaving_on=dt.date(2025, 9, 12)), year=LAST_YEAR)

    assert (counts(change), on_roll(change)) == ({"new": 1}, [(1, 0)])


def test_who_had_left_before_the_first_import_is_known_and_not_on_roll() -> None:
    school = Roll()

    change = school.send(entry(1, leaving_on=dt.date(2025, 11, 28)), entry(2))

    assert counts(change) == {"new": 2, "left": 1}
    assert on_roll(change) == [(1, 0)]
    assert len(school.pupils) == 2


def test_leaving_dates_of_most_of_a_roll_ask_first_too() -> None:
    school = Roll()
    school.send(*map(entry, range(1, 21)))
    leavers = [entry(serial, leaving_on=dt.date(2026, 6, 1)) for serial in range(1, 12)]

    with pytest.raises(ConflictError, match="11 of 20 pupils"):
        school.send(*leavers, *map(entry, range(12, 21)))
    change = school.send(*leavers, *map(entry, range(12, 21)), confirmed=True)

    assert (change.left, change.needs_confirmation) == (11, True)


def test_what_a_file_does_not_say_stays_and_a_new_year_begins_anew() -> None:
    school = Roll()
    school.send(entry(1, admitted_on=dt.date(2024, 11, 4), status="S"), year=LAST_YEAR)

    same = school.send(entry(1), year=LAST_YEAR)
    assert counts(same) == {"unchanged": 1}
    next_year = school.send(entry(1))
    (pupil,) = school.pupils.values()
    assert on_roll(next_year) == [(1, 0)]
    assert pupil.years[LAST_YEAR] == YearPlace(10, "10A", None, dt.date(2024, 11, 4), "S")
    assert pupil.years[YEAR] == YearPlace(10, "10A")


def test_an_admission_that_a_later_leaving_date_rules_out_is_no_longer_held() -> None:
    school = Roll()
    school.send(entry(1, admitted_on=dt.date(2026, 3, 2)))

    (pupil,) = school.send(entry(1, leaving_on=dt.date(2026, 2, 13))).updated

    assert pupil.years[YEAR] == YearPlace(10, "10A", dt.date(2026, 2, 13))


@pytest.mark.parametrize(("status", "subsidiary"), [("C", 0), ("M", 0), ("S", 1), ("G", 1)])
def test_who_has_a_main_school_elsewhere_is_on_roll_and_counted_as_subsidiary(
    status: str, subsidiary: int
) -> None:
    school = Roll()
    school.send(entry(1), entry(2))

    change = school.send(entry(1, status=status), entry(2))

    assert on_roll(change) == [(2, subsidiary)]
    assert change.figures_changed is bool(subsidiary), "a Hub that counts pupils once has to hear of it"
    assert on_roll(school.send(entry(2))) == [(1, 0)]


def test_an_erased_pupils_place_keeps_its_count_and_loses_its_date() -> None:
    school = Roll()
    school.send(entry(1, admitted_on=dt.date(2026, 1, 5), status="S"), entry(2))
    (sheet,) = school.register
    nobody = PupilRef("nobody")

    assert empty_place(sheet, school.ref(1), nobody)

    assert (sheet.subsidiary, sheet.admitted) == ({nobody}, {})


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (YearPlace(10, "", admitted_on=dt.date(2026, 3, 2)), None),
        (
            YearPlace(10, "", admitted_on=dt.date(2026, 3, 3)),
            "this pupil was not yet on the roll when the activity was held",
        ),
        (YearPlace(10, "", dt.date(2026, 3, 2)), "this pupil was off the roll before the activity was held"),
    ],
)
def test_nobody_was_at_an_activity_before_coming_or_after_leaving(
    place: YearPlace, reason: str | None
) -> None:
    assert absence_reason(Enrolled(PupilRef("x"), "digest", {YEAR: place}), dt.date(2026, 3, 2)) == reason


async def test_a_joiner_has_no_part_in_what_was_held_before(empty_school: School) -> None:
    """Neither named one by one, nor as one of the year group."""
    receipt = (await empty_school.put_roll(roll(",,", "05/01/2026,,", "2019-09-02,,"))).json()
    assert receipt["new"] == 3

    before = await empty_school.post(talk(held_on="2025-11-20"))
    refused = await empty_school.send(
        "POST", "/activities", json=talk("talk-2", held_on="2026-01-04", attendance=listing([2]))
    )
    after = await empty_school.post(talk("talk-3", held_on="2026-01-05"))

    assert before["year_groups"][0]["attended"] == 2
    assert "not yet on the roll" in refused.json()["problems"][0]["reason"]
    assert after["year_groups"][0]["attended"] == 3
    pupil = await empty_school.get(f"/pupils/{await empty_school.ref(2)}")
    assert pupil["years"][0]["admitted_on"] == "2026-01-05"


async def test_a_correction_keeps_the_members_and_other_groups_leave_the_joiner_out(
    empty_school: School,
) -> None:
    await empty_school.put_roll(roll(",,", "2026-01-05,,"))
    receipt = await empty_school.post(talk(held_on="2025-11-20", attendance=listing([1])))
    path = f"/activities/{receipt['activity_id']}"

    whole_year = talk(held_on="2025-11-20", attendance={"year_groups": [10]}) | {"version": 1}
    corrected = (await empty_school.send("PUT", path, json=whole_year)).json()

    assert corrected["year_groups"][0]["attended"] == 1


async def test_dual_registration_is_told_and_read_back(empty_school: School) -> None:
    await empty_school.put_roll(roll(",,C", ",,S", ",,Guest", ",,"))

    (told,) = await empty_school.told()
    assert isinstance(told, RollChanged)
    assert [(group.on_roll, group.subsidiary) for group in told.year_groups] == [(4, 2)]
    figures = await empty_school.get("/roll?academic_year=2025/26")
    assert (figures["on_roll"], figures["subsidiary"]) == (4, 2)
    assert (await empty_school.post(talk()))["year_groups"][0]["attended"] == 4
    pupil = await empty_school.get(f"/pupils/{await empty_school.ref(3)}")
    assert pupil["years"][0]["enrolment"] == "G"


async def test_json_says_dates_and_former_upns_as_text(empty_school: School) -> None:
    base = {"surname": "Bell", "forename": "Jo", "year_group": 10}
    pupils = [
        base | {"upn": upn(1), "admission_date": "2025-12-01", "enrolment_status": "S", "former_upn": upn(9)},
        base | {"upn": upn(2), "leaving_date": 20260101},
        base | {"upn": upn(3), "leaving_date": "2025-12-01", "former_upn": None},
    ]

    answer = await empty_school.send(
        "PUT", "/roll", params={"academic_year": "2025/26"}, json={"pupils": pupils}
    )

    receipt = answer.json()
    assert (receipt["new"], receipt["left"]) == (2, 1)
    assert [(p["where"], p["reason"]) for p in receipt["rejected"]] == [
        ("pupils[1], column leaving_date", "is not text")
    ]
