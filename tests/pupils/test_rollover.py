"""Next year's provisional roll out of this year's."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.pupils import RollChanged
from services.pupils.model.rollover import next_tutor_group, year_after
from tests.conftest import TokenFor
from tests.pupils.conftest import ROLL_HEADER, School, roll_csv, talk
from tests.pupils.test_roll_index import enrolled, indexed
from tests.pupils.values import YEAR, upn


async def roll_over(school: School, year: str = "2026/27", **query: str) -> dict[str, Any]:
    answer = await school.send("POST", "/roll/rollover", params={"academic_year": year} | query)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def places(school: School, year: str = "2026/27") -> dict[str, tuple[int, str]]:
    page = await school.get(f"/pupils?academic_year={year}&limit=500")
    return {p["surname"]: (p["year_group"], p["tutor_group"]) for p in page["pupils"]}


def roll(*year_and_group: tuple[int, str], columns: str = "", cells: str = "") -> str:
    rows = [
        f"{upn(n)},Surname{n},Jo,{year},{group}{cells}" for n, (year, group) in enumerate(year_and_group, 1)
    ]
    return "\n".join([ROLL_HEADER + columns, *rows])


@pytest.mark.parametrize(
    ("name", "year_group", "expected"),
    [
        ("10A", 10, "11A"),
        ("7X/Ma", 7, "8X/Ma"),
        ("09B", 9, "10B"),
        ("07-2", 7, "08-2"),
        ("9", 9, "10"),
        ("Oak", 10, "Oak"),
        ("101", 10, "101"),
        ("9A", 10, "9A"),
        ("", 10, ""),
        ("9" + "x" * 19, 9, "9" + "x" * 19),
    ],
)
def test_a_tutor_group_that_begins_with_the_year_group_moves_up(
    name: str, year_group: int, expected: str
) -> None:
    assert next_tutor_group(name, year_group, year_group + 1) == expected


def test_years_follow_one_another() -> None:
    assert (year_after(YEAR), year_after(year_after(YEAR))) == ("2026/27", "2027/28")


async def test_everybody_moves_up_and_the_last_years_leave(empty_school: School) -> None:
    await empty_school.put_roll(roll((7, "7A"), (11, "Oak"), (12, "12B"), (13, "13C")))

    receipt = await roll_over(empty_school)

    assert receipt == {
        "outcome": "rolled_over",
        "academic_year": "2026/27",
        "from": "2025/26",
        "pupils": 3,
        "leaving": [{"year_group": 13, "pupils": 1}],
        "year_groups": [
            {"year_group": 8, "on_roll": 1, "by_group": {}, "subsidiary": 0},
            {"year_group": 12, "on_roll": 1, "by_group": {}, "subsidiary": 0},
            {"year_group": 13, "on_roll": 1, "by_group": {}, "subsidiary": 0},
        ],
    }
    assert await places(empty_school) == {
        "Surname1": (8, "8A"),
        "Surname2": (12, "Oak"),
        "Surname3": (13, "13B"),
    }
    assert len(await places(empty_school, "2025/26")) == 4, "this year's roll is as it was"
    assert await indexed(empty_school) == await enrolled(empty_school)


async def test_year_11_leaves_a_school_without_a_sixth_form(school: School) -> None:
    receipt = await roll_over(school)

    assert receipt["leaving"] == [{"year_group": 11, "pupils": 2}]
    assert set((await places(school)).values()) == {(11, "11A"), (11, "11B")}


async def test_leavers_are_left_out_and_what_is_known_is_carried(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json={"columns": ["sen_provision", "sen_needs"]})
    columns = ",sen_provision,sen_needs,enrolment_status,leaving_date"
    header = f"{ROLL_HEADER}{columns}\n"
    row = "{upn},Surname{n},Jo,{year},,{cells}\n"
    await empty_school.put_roll(
        header
        + row.format(upn=upn(1), n=1, year=10, cells="K,SLCN;ASD,S,")
        + row.format(upn=upn(2), n=2, year=10, cells=",,,2025-12-01")
        + row.format(upn=upn(3), n=3, year=14, cells="E,,,")
    )
    (before,) = await empty_school.told()

    await roll_over(empty_school)

    assert await places(empty_school) == {"Surname1": (11, ""), "Surname3": (14, "")}
    pupil = await empty_school.get(f"/pupils/{await empty_school.ref(1)}")
    this_year, next_year = pupil["years"]
    assert this_year["groups"] == next_year["groups"] == ["sen_k", "need_slcn", "need_asd"]
    assert next_year["enrolment"] == "S"
    _, told = await empty_school.told()
    assert isinstance(before, RollChanged)
    assert isinstance(told, RollChanged)
    assert told.academic_year == "2026/27"
    assert [(g.year_group, g.on_roll, g.subsidiary) for g in told.year_groups] == [(11, 1, 1), (14, 1, 0)]


async def test_a_preview_says_the_same_and_changes_nothing(school: School) -> None:
    before = [await school.documents(name) for name in ("pupils", "year_groups", "roll_index")]

    preview = await roll_over(school, preview="true")

    assert preview["outcome"] == "preview"
    assert [await school.documents(name) for name in ("pupils", "year_groups", "roll_index")] == before
    assert len(await school.told()) == 1
    assert await roll_over(school) == preview | {"outcome": "rolled_over"}
    actions = [(action, resource) for _, action, resource in await school.accesses()]
    assert ("roll.previewed", "roll/2026/27") in actions
    assert ("roll.rolled_over", "roll/2026/27") in actions


async def test_an_import_corrects_the_provisional_roll(school: School) -> None:
    await school.post(talk())
    await roll_over(school)

    content = roll_csv([1, 2, 3, 4, 7]).replace(",10,10", ",11,11")
    receipt = (await school.put_roll(content, academic_year="2026/27")).json()

    assert {name: receipt[name] for name in ("new", "unchanged", "left")} == {
        "new": 1,
        "unchanged": 4,
        "left": 2,
    }
    assert await school.reached() == {"10 gb5": 6}


async def test_a_year_that_has_a_roll_and_any_but_the_next_are_refused(school: School) -> None:
    async def refusal(year: str) -> tuple[int, str]:
        answer = await school.send("POST", "/roll/rollover", params={"academic_year": year})
        return answer.status_code, answer.text

    assert (await refusal("2025/26"))[0] == 409
    status, text = await refusal("2024/25")
    assert status == 422
    assert "is not the year after 2025/26" in text
    assert (await refusal("2027/28"))[0] == 422
    await roll_over(school)
    status, text = await refusal("2026/27")
    assert status == 409
    assert "Import the roll" in text


async def test_there_must_be_a_roll_to_start_from(empty_school: School) -> None:
    answer = await empty_school.send("POST", "/roll/rollover", params={"academic_year": "2026/27"})

    assert answer.status_code == 409
    assert "no roll to start from" in answer.json()["detail"]


async def test_a_roll_of_whom_nobody_stays_is_not_rolled_over(empty_school: School) -> None:
    await empty_school.put_roll(roll((11, "11A")))

    answer = await empty_school.send("POST", "/roll/rollover", params={"academic_year": "2026/27"})

    assert answer.status_code == 409
    assert "Nobody on the roll of 2025/26 stays" in answer.json()["detail"]


async def test_an_answer_that_was_lost_is_given_again(school: School) -> None:
    request = {"params": {"academic_year": "2026/27"}, "headers": {"Idempotency-Key": "rollover"}}

    first = await school.send("POST", "/roll/rollover", **request)
    second = await school.send("POST", "/roll/rollover", **request)

    assert (first.status_code, second.json()) == (200, first.json())


async def test_a_teacher_cannot_roll_over(school: School, token: TokenFor) -> None:
    school.client.headers["Authorization"] = f"Bearer {await token('teacher', 'teacher', school.urn)}"

    answer = await school.send("POST", "/roll/rollover", params={"academic_year": "2026/27"})

    assert answer.status_code == 403
