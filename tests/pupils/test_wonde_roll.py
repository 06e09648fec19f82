"""A school's roll from Wonde: a Wonde-shaped API over real HTTP, our real API, and the real store."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest

from services.command_line.output import CommandError
from services.command_line.wonde_roll import Asked, Taken, take_roll
from services.connectors.wonde.errors import WondeError
from services.connectors.wonde.pages import Patience, Source, WondePages, open_pages
from services.connectors.wonde.students import UNSCOPED, includes
from tests.connectors.wonde_server import SCHOOL, TOKEN, Wonde, at, deletion, serving, student
from tests.pupils.conftest import School, roll_csv
from tests.pupils.values import TODAY, URN, YEAR, upn

FIRST_DAY: Final = dt.date(2025, 9, 1)
ASKED: Final = Asked(URN, YEAR, TODAY)
SPECIAL: Final = {"sen_status": "K", "free_school_meals": True, "in_lea_care": True}


def pupil(serial: int, **changes: Any) -> Any:  # noqa: ANN401 - JSON
    """A student whom our API takes: Year 10, as the fixture `school` has serials 1 to 6."""
    education = {"upn": upn(serial)} | changes.pop("education", {})
    return student(serial, education=education, **changes)


@pytest.fixture
def wonde() -> Iterator[Wonde]:
    """A Wonde with five of the pupils whom the school has, and a new one."""
    with serving(Wonde(students=[pupil(serial) for serial in (1, 2, 3, 4, 5, 7)])) as running:
        yield running


@pytest.fixture
async def pages(wonde: Wonde) -> AsyncIterator[WondePages]:
    told: list[str] = []
    patience = Patience(attempts=2, first_pause_s=0.01)
    async with open_pages(Source(wonde.base_url, SCHOOL, TOKEN), told.append, patience) as opened:
        yield opened


async def taken(school: School, pages: WondePages, asked: Asked = ASKED) -> Taken:
    return await take_roll(school.client, pages, asked, FIRST_DAY)


async def surnames(school: School) -> set[str]:
    page = await school.get(f"/pupils?academic_year={YEAR}&limit=500")
    return {found["surname"] for found in page["pupils"]}


async def test_a_whole_roll_goes_in_and_the_same_again_changes_nothing(
    school: School, pages: WondePages
) -> None:
    first = (await taken(school, pages)).to_json()
    again = (await taken(school, pages)).to_json()

    # Of the six pupils of Year 10 and two of Year 11, five are in Wonde.
    assert (first["outcome"], first["rows"], first["new"], first["left"]) == ("imported", 6, 1, 3)
    assert first["rejected"] == first["refused_columns"] == []
    assert first["wonde"]["students"] == 6
    assert (again["outcome"], again["unchanged"], again["left"]) == ("unchanged", 6, 0)
    assert await surnames(school) == {f"Surname{serial}" for serial in (1, 2, 3, 4, 5, 7)}


async def test_nothing_is_asked_for_or_sent_that_the_school_did_not_choose(
    school: School, wonde: Wonde, pages: WondePages
) -> None:
    wonde.students = [pupil(serial, extended=SPECIAL) for serial in range(1, 7)]

    await taken(school, pages)
    assert wonde.asked[0].query["include"] == ",".join(includes(UNSCOPED))
    assert not [action for _, action, _ in await school.accesses() if action == "roll.column_refused"]

    answer = await school.send("PUT", "/roll/scopes", json={"columns": ["fsm", "eal"]})
    assert answer.status_code == 200
    result = await taken(school, pages)

    assert result.columns[-3:] == ("fsm", "eal", "enrolment_status")
    assert "extended_details" in wonde.asked[-4].query["include"]
    assert result.receipt is not None
    assert result.receipt["refused_columns"] == []
    shown = await school.get(f"/pupils/{await school.ref(1)}")
    assert shown["years"][0]["groups"] == ["fsm"]


async def test_whoever_the_hub_refuses_is_named_by_row_and_the_schools_own_id(
    school: School, wonde: Wonde, pages: WondePages
) -> None:
    wonde.students[1] = pupil(2, education_details=None)
    wonde.students[3] = pupil(4, education={"upn": None})

    receipt = (await taken(school, pages)).receipt

    assert receipt is not None
    assert [(problem["row"], problem["column"], problem["mis_id"]) for problem in receipt["rejected"]] == [
        (2, "upn", "9002"),
        (4, "upn", "9004"),
    ]
    assert "Surname" not in str(receipt)
    # Two rows whom nobody can name: whoever is missing may be one of them and stays.
    assert receipt["left"] == 0


async def test_whoever_wonde_deleted_meanwhile_has_left(
    school: School, wonde: Wonde, pages: WondePages
) -> None:
    wonde.deletions = [deletion(1), deletion(2, restored_at=at("2026-06-15 09:05:00", "UTC"))]
    result = await taken(school, pages)
    assert result.to_json()["wonde"]["deleted"] == 1
    assert await surnames(school) == {f"Surname{serial}" for serial in (2, 3, 4, 5, 7)}


@pytest.mark.parametrize("broken", [1, 2, 3])
async def test_a_read_that_breaks_off_changes_nothing(
    school: School, wonde: Wonde, pages: WondePages, broken: int
) -> None:
    before = await surnames(school)
    wonde.next_of = {broken: {"next": "https://wonde.example/students", "more": True}}
    with pytest.raises(WondeError):
        await taken(school, pages)
    assert await surnames(school) == before
    assert not [action for _, action, _ in (await school.accesses())[1:] if action == "roll.imported"]


async def test_a_dry_run_reads_everything_and_sends_nothing(school: School, pages: WondePages) -> None:
    before = await surnames(school)
    result = await taken(school, pages, Asked(URN, YEAR, TODAY, dry_run=True))
    assert result.to_json()["outcome"] == "dry_run"
    assert result.lines()[-1].startswith("Nothing was sent. 6 rows would be, with upn, surname,")
    assert await surnames(school) == before


async def test_since_a_moment_without_changes_nothing_is_read(
    school: School, wonde: Wonde, pages: WondePages
) -> None:
    asked = Asked(URN, YEAR, TODAY, dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    wonde.changed = []
    result = await taken(school, pages, asked)
    assert result.to_json() == {"outcome": "no_change_since"}
    assert result.lines() == ["Wonde tells of no change since 2026-06-01 00:00; nothing was imported."]
    assert wonde.lists() == ["students", "deletions"]

    wonde.deletions = [deletion(6)]
    assert (await taken(school, pages, asked)).to_json()["outcome"] == "imported"


async def test_a_school_of_primary_pupils_is_an_error_and_no_empty_roll(
    school: School, wonde: Wonde, pages: WondePages
) -> None:
    wonde.students = [pupil(1, education={"current_nc_year": "6"})]
    with pytest.raises(CommandError, match="nobody of Year 7 and above among 1 students"):
        await taken(school, pages)


async def test_a_hub_that_refuses_is_asked_before_wonde_is(
    school: School, wonde: Wonde, pages: WondePages
) -> None:
    school.client.headers["Authorization"] = "Bearer nobody"
    with pytest.raises(CommandError):
        await taken(school, pages)
    assert wonde.asked == []


async def test_many_leavers_are_imported_only_when_confirmed(school: School, pages: WondePages) -> None:
    answer = await school.put_roll(roll_csv(range(1, 31)))
    assert answer.status_code == 200

    with pytest.raises(CommandError) as caught:
        await taken(school, pages)
    assert "off the roll" in caught.value.advice
    assert "--confirm-leavers" in caught.value.advice

    receipt = (await taken(school, pages, Asked(URN, YEAR, TODAY, confirm_leavers=True))).receipt
    assert receipt is not None
    assert receipt["left"] == 24
