"""What is told of all a school's pupils together: the sectors they are drawn to, and where they go."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.pupils import DestinationsCounted, RollChanged, SectorsWanted
from contracts.vocabulary import AcademicYear
from services.pupils.model.destination_counts import Cohort
from services.pupils.model.interest import Statement
from services.pupils.model.sectors import FEWEST_SHOWN, sectors_named, sectors_wanted
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import industries
from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.test_groups import roll
from tests.pupils.test_interests import BUILDER

YEAR: Final = AcademicYear("2025/26")
SHIPS: Final = "C"
"""Manufacturing, of which building ships is a class."""
TEN: Final = range(1, 11)
LEAVERS: Final = {"academic_year": "2024/25"}
SEEKING: Final[dict[str, Any]] = {
    "status": "neet_seeking",
    "source": "local_authority",
    "starts_on": "2025-09-08",
    "seen_on": "2025-11-03",
}


async def sectors(school: School) -> list[dict[str, int]]:
    """What was told of sectors, in order."""
    return [
        {sector.sic_section: sector.at_least for sector in told.sectors}
        for told in await school.told()
        if isinstance(told, SectorsWanted)
    ]


async def destinations(school: School) -> list[DestinationsCounted]:
    """What was told of destinations, in order."""
    return [told for told in await school.told() if isinstance(told, DestinationsCounted)]


async def name_ships(school: School, serials: range) -> list[str]:
    """Have pupils say that they would like to build ships; returns the ids of what they said."""
    said = []
    for serial in serials:
        answer = await school.send("POST", f"/pupils/{await school.ref(serial)}/interests", json=BUILDER)
        assert answer.status_code == 201, answer.text
        said.append(answer.json()["interest_id"])
    return said


@pytest.fixture
async def ten(empty_school: School) -> School:
    """A school of ten pupils in Year 10."""
    assert (await empty_school.put_roll(roll_csv(TEN))).status_code == 200
    return empty_school


@given(
    st.dictionaries(
        st.integers(1, 30),
        st.dictionaries(st.sampled_from("ACF"), st.dates(dt.date(2023, 9, 1), dt.date(2026, 6, 1))),
    ),
    st.sets(st.integers(1, 30)),
)
def test_what_is_told_of_sectors_never_shows_fewer_than_six_or_a_single_change(
    said: dict[int, dict[str, dt.date]], on_roll: set[int]
) -> None:
    by_ref = {PupilRef(str(number)): named for number, named in said.items()}

    told = {sector.sic_section: sector.at_least for sector in sectors_wanted(by_ref, _refs(on_roll), YEAR)}

    counted = Counter(
        section
        for number in on_roll & said.keys()
        for section, day in said[number].items()
        if day >= dt.date(2024, 9, 1)
    )
    assert set(told) == {section for section, count in counted.items() if count >= FEWEST_SHOWN}
    for section, at_least in told.items():
        assert at_least % 5 == 0
        assert at_least <= counted[section] < at_least + 5


def test_a_pupil_names_a_sector_once_however_often() -> None:
    first, last = dt.date(2026, 1, 5), dt.date(2026, 2, 9)
    statements = [
        Statement("aspiration", "Ships", last, (), ("30110",)),
        Statement("hobby", "Cars", first, (), ("29100",)),
        Statement("skill", "Knots", first, (), ()),
    ]
    assert sectors_named(statements, industries()) == {SHIPS: last}


async def test_a_sector_is_told_from_the_sixth_pupil_on_and_then_in_fives(ten: School) -> None:
    await name_ships(ten, range(1, 6))
    assert await sectors(ten) == []

    await name_ships(ten, range(6, 10))
    assert await sectors(ten) == [{SHIPS: 5}]

    await name_ships(ten, range(10, 11))
    assert await sectors(ten) == [{SHIPS: 5}, {SHIPS: 10}]


async def test_a_retraction_and_a_leaver_take_a_sector_back(ten: School) -> None:
    said = await name_ships(ten, range(1, 8))

    await ten.send("POST", f"/interests/{said[0]}/retraction")
    assert await sectors(ten) == [{SHIPS: 5}]

    await ten.put_roll(roll_csv(range(1, 6)))
    assert await sectors(ten) == [{SHIPS: 5}, {}]


async def test_no_single_statement_is_in_what_is_told(ten: School) -> None:
    await name_ships(ten, TEN)
    everything = "".join(row.event.value for row in await ten.rows())
    assert "Boat" not in everything
    assert not [serial for serial in TEN if await ten.ref(serial) in everything]


@pytest.fixture
async def left(empty_school: School) -> School:
    """A school whose Year 11 of 2024/25 has left: pupils 101 to 103."""
    assert (await empty_school.put_roll(roll_csv([101, 102, 103]), **LEAVERS)).status_code == 200
    assert (await empty_school.put_roll(roll_csv([1, 2]))).status_code == 200
    return empty_school


async def ref_of(school: School, serial: int) -> str:
    """Find a leaver's id."""
    page = await school.get("/pupils?academic_year=2024/25&limit=500")
    (found,) = [p["pupil"] for p in page["pupils"] if p["surname"] == f"Surname{serial}"]
    return str(found)


async def test_where_leavers_are_is_told_with_those_of_whom_nothing_is_known(left: School) -> None:
    path = f"/pupils/{await ref_of(left, 101)}/destinations"
    spell = (await left.send("POST", path, json=SEEKING)).json()["destination_id"]
    again = await left.send("POST", path, json=SEEKING)

    assert again.json()["outcome"] == "unchanged"
    (told,) = await destinations(left)
    assert (told.academic_year, told.year_group, told.on_roll) == ("2024/25", 11, 3)
    assert told.on == dt.date(2025, 11, 1)
    assert {name: n for name, n in told.actual.items() if n} == {"neet": 1, "not_known": 2}
    assert {name: n for name, n in told.intended.items() if n} == {"not_known": 3}
    assert told.sustained == {}

    await left.send("POST", f"/destinations/{spell}/retraction")
    assert {name: n for name, n in (await destinations(left))[-1].actual.items() if n} == {"not_known": 3}


async def test_intentions_are_told_from_year_9_on_before_anybody_has_left(left: School) -> None:
    said = {"status": "apprenticeship_level_3", "words": "Fit kitchens", "said_on": "2026-03-02"}
    await left.send("POST", f"/pupils/{await left.ref(1)}/intentions", json=said)

    (told,) = await destinations(left)
    assert (told.academic_year, told.year_group, told.on, dict(told.actual)) == ("2025/26", 10, None, {})
    assert {name: n for name, n in told.intended.items() if n} == {"apprenticeship": 1, "not_known": 1}
    assert "kitchens" not in told.model_dump_json()


@pytest.mark.parametrize(("today", "expected"), [(dt.date(2026, 7, 31), False), (dt.date(2026, 8, 1), True)])
def test_whether_a_destination_was_sustained_is_judged_when_its_year_is_over(
    today: dt.date, *, expected: bool
) -> None:
    assert Cohort(AcademicYear("2024/25"), 11).has_destination_year_behind(today) is expected


async def test_an_activity_is_told_with_the_groups_of_those_who_came(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json={"columns": ["sen_provision", "in_care"]})
    await empty_school.put_roll(roll("sen_provision,in_care", "K,yes", "E,no", "N,no"))

    receipt = await empty_school.post(talk())

    (figures,) = receipt["year_groups"]
    assert figures["by_group"] == {
        "sen": {"attended": 2, "encounters": 2},
        "disadvantaged": {"attended": 1, "encounters": 1},
        "in_care": {"attended": 1, "encounters": 1},
    }
    (cell,) = receipt["coverage"]
    assert cell["by_group"] == {"sen": 2, "disadvantaged": 1, "in_care": 1}


async def test_a_correction_takes_back_the_groups_as_they_were_told(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json={"columns": ["eal"]})
    await empty_school.put_roll(roll("eal", "yes", "yes", "no"))
    activity = await empty_school.post(talk())
    await empty_school.put_roll(roll("eal", "no", "yes", "no"))

    path = f"/activities/{activity['activity_id']}"
    await empty_school.send("PUT", path, json=talk(title="Meet the welders", version=1))

    told = (await empty_school.told())[-1]
    assert [f.by_group["eal"].attended for f in (*told.before.year_groups, *told.after.year_groups)] == [2, 1]  # type: ignore[attr-defined]


async def test_what_a_school_no_longer_wants_held_leaves_what_was_told(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json={"columns": ["eal"]})
    await empty_school.put_roll(roll("eal", "yes", "no", "no"))
    await empty_school.post(talk())
    await empty_school.send("PUT", "/roll/scopes", json={"columns": []})

    told = (await empty_school.told())[-1]

    assert isinstance(told, RollChanged)
    assert [dict(group.by_group) for group in told.year_groups] == [{}]
    assert [(cell.benchmark, cell.reached, dict(cell.by_group)) for cell in told.coverage] == [("gb5", 3, {})]


def _refs(numbers: set[int]) -> set[PupilRef]:
    return {PupilRef(str(number)) for number in numbers}
