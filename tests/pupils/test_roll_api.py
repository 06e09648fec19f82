"""Importing a roll through the routes: what goes in, what is listed, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.pupils import CoverageCell, RollChanged
from tests.conftest import TokenFor
from tests.pupils.conftest import ROLL_HEADER, School, pupil_row, roll_csv, talk
from tests.pupils.values import upn


def counts(receipt: dict[str, Any]) -> dict[str, int]:
    names = ("rows", "new", "changed", "moved", "unchanged", "left", "missing_kept")
    return {name: receipt[name] for name in names if receipt[name]}


def adds_up(receipt: dict[str, Any]) -> bool:
    accepted = receipt["new"] + receipt["changed"] + receipt["unchanged"]
    return bool(receipt["rows"] == accepted + len(receipt["rejected"]))


def rejected(receipt: dict[str, Any]) -> list[tuple[int, str | None, str]]:
    return [(p["row"], p.get("column"), p["reason"]) for p in receipt["rejected"]]


async def test_a_roll_goes_in_and_is_counted(empty_school: School) -> None:
    answer = await empty_school.put_roll(roll_csv([1, 2, 101]))

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "outcome": "imported",
        "academic_year": "2025/26",
        "rows": 3,
        "new": 3,
        "changed": 0,
        "moved": 0,
        "unchanged": 0,
        "left": 0,
        "missing_kept": 0,
        "rejected": [],
        "year_groups": [
            {"year_group": 10, "on_roll": 2, "by_group": {}, "subsidiary": 0},
            {"year_group": 11, "on_roll": 1, "by_group": {}, "subsidiary": 0},
        ],
        "format": "csv",
        "encoding": "utf-8",
        "delimiter": "comma",
        "ignored_columns": [],
        "refused_columns": [],
    }
    assert await empty_school.get("/roll?academic_year=2025/26") == {
        "academic_year": "2025/26",
        "on_roll": 3,
        "subsidiary": 0,
        "year_groups": [
            {"year_group": 10, "on_roll": 2, "subsidiary": 0, "tutor_groups": ["10A", "10B"]},
            {"year_group": 11, "on_roll": 1, "subsidiary": 0, "tutor_groups": ["11A"]},
        ],
    }


async def test_the_same_roll_again_changes_nothing_and_tells_nothing(school: School) -> None:
    again = await school.put_roll(roll_csv([102, 101, 6, 5, 4, 3, 2, 1]))

    assert again.json()["outcome"] == "unchanged"
    assert counts(again.json()) == {"rows": 8, "unchanged": 8}
    assert len(await school.rows()) == 1


async def test_what_is_told_is_the_number_of_pupils_in_each_year_group(school: School) -> None:
    (event,) = await school.told()

    assert isinstance(event, RollChanged)
    assert event.academic_year == "2025/26"
    assert [(g.year_group, g.on_roll) for g in event.year_groups] == [(10, 6), (11, 2)]


async def test_a_new_name_is_stored_and_not_told(school: School) -> None:
    content = roll_csv([1, 2, 3, 4, 5, 6, 101, 102]).replace("Surname3,", "Newname,")

    receipt = (await school.put_roll(content)).json()

    assert counts(receipt) == {"rows": 8, "changed": 1, "unchanged": 7}
    assert len(await school.rows()) == 1
    surnames = {document["surname"] for document in await school.documents("pupils")}
    assert "Newname" in surnames
    assert "Surname3" not in surnames


async def test_a_leaver_leaves_the_denominator_and_the_reached(school: School) -> None:
    await school.post(talk())

    receipt = (await school.put_roll(roll_csv([1, 2, 3, 4, 5, 101, 102]))).json()

    assert counts(receipt) == {"rows": 7, "unchanged": 7, "left": 1}
    assert (await school.get("/roll?academic_year=2025/26"))["on_roll"] == 7
    assert await school.reached() == {"10 gb5": 5}
    assert len(await school.documents("pupils")) == 8, "the record is kept"
    told = (await school.told())[-1]
    assert isinstance(told, RollChanged)
    assert [g.on_roll for g in told.year_groups] == [5, 2]
    assert told.coverage == (CoverageCell(year_group=10, benchmark="gb5", reached=5),)


async def test_who_comes_back_is_reached_as_before(school: School) -> None:
    await school.post(talk())
    await school.put_roll(roll_csv([1, 2, 3, 4, 5, 101, 102]))

    receipt = (await school.put_roll(roll_csv([1, 2, 3, 4, 5, 6, 101, 102]))).json()

    assert counts(receipt) == {"rows": 8, "new": 1, "unchanged": 7}
    assert await school.reached() == {"10 gb5": 6}


async def test_a_pupil_who_moves_up_takes_the_credits_along(school: School) -> None:
    await school.post(talk())
    moved = pupil_row(6).replace(",10,10B", ",11,11B")

    receipt = (
        await school.put_roll("\n".join([ROLL_HEADER, *map(pupil_row, [1, 2, 3, 4, 5, 101, 102]), moved]))
    ).json()

    assert counts(receipt) == {"rows": 8, "changed": 1, "moved": 1, "unchanged": 7}
    assert await school.reached() == {"10 gb5": 5, "11 gb5": 1}


async def test_valid_rows_go_in_and_every_other_is_listed_in_order(empty_school: School) -> None:
    rows = [
        ROLL_HEADER,
        pupil_row(1),
        pupil_row(2).replace(",10,", ",1O,"),
        pupil_row(3).replace("Surname3", ""),
        f"A801200005001,{pupil_row(4).partition(',')[2]}",
        pupil_row(1),
        "too,short",
        pupil_row(6).replace("Forename6", '"For'),
        pupil_row(7).replace("Forename7", "For\0ename"),
        pupil_row(5),
    ]

    receipt = (await empty_school.put_roll("\n".join(rows))).json()

    assert counts(receipt) == {"rows": 9, "new": 2}
    assert adds_up(receipt)
    assert rejected(receipt) == [
        (3, "year_group", "is not a year group; write a number such as 10"),
        (4, "surname", "is empty"),
        (5, "upn", "the check letter does not fit the other characters"),
        (6, "upn", "the same UPN is in row 2, which was taken"),
        (7, "forename", "has 2 fields where the header has 5"),
        (8, None, "a quotation mark is opened and not closed in the same line"),
        (9, None, "contains a NUL character"),
    ]


async def test_a_mark_semicolons_and_spreadsheet_names_are_understood(empty_school: School) -> None:
    content = roll_csv([1]).replace(",", ";").replace("year_group", "Year Group").replace("upn", "UPN")

    receipt = (await empty_school.put_roll(b"\xef\xbb\xbf" + content.encode())).json()

    assert (receipt["delimiter"], receipt["encoding"], receipt["new"]) == ("semicolon", "utf-8", 1)


async def test_windows_1252_is_stated_in_the_receipt_and_names_are_right(empty_school: School) -> None:
    content = roll_csv([1]).replace("Surname1", "O’Brien").replace("Forename1", "Zoë")

    receipt = (await empty_school.put_roll(content.encode("windows-1252"))).json()

    assert receipt["encoding"] == "windows-1252"
    (pupil,) = await empty_school.documents("pupils")
    assert (pupil["surname"], pupil["forename"]) == ("O’Brien", "Zoë")


async def test_a_missing_column_is_named_and_nothing_goes_in(empty_school: School) -> None:
    answer = await empty_school.put_roll("upn|surname|forename|year_group\n")

    assert answer.status_code == 422
    assert [(p["row"], p["column"]) for p in answer.json()["problems"]] == [
        (1, "upn"),
        (1, "surname"),
        (1, "forename"),
        (1, "year_group"),
    ]
    assert await empty_school.documents("pupils") == []


async def test_a_roll_without_any_good_row_changes_nothing(school: School) -> None:
    answer = await school.put_roll(f"{ROLL_HEADER}\n{pupil_row(1).replace(',10,', ',ten,')}\n")

    assert answer.status_code == 422
    assert [(p["row"], p["column"]) for p in answer.json()["problems"]] == [(2, "year_group")]
    assert (await school.get("/roll?academic_year=2025/26"))["on_roll"] == 8


async def test_nobody_leaves_while_a_row_cannot_be_read(school: School) -> None:
    receipt = (await school.put_roll(roll_csv([1, 2]) + "garbage\n")).json()

    assert counts(receipt) == {"rows": 3, "unchanged": 2, "missing_kept": 6}
    assert (await school.get("/roll?academic_year=2025/26"))["on_roll"] == 8


async def test_an_import_that_would_lose_most_of_the_roll_asks_first(empty_school: School) -> None:
    await empty_school.put_roll(roll_csv(range(1, 25)))

    refused = await empty_school.put_roll(roll_csv(range(1, 5)))
    confirmed = await empty_school.put_roll(roll_csv(range(1, 5)), confirm_leavers="true")

    assert refused.status_code == 409
    assert "20 of 24 pupils" in refused.json()["detail"]
    assert counts(confirmed.json()) == {"rows": 4, "unchanged": 4, "left": 20}


async def test_json_is_a_roll_too(empty_school: School) -> None:
    pupils = [
        {"upn": upn(1), "surname": "Lovelace", "forename": "Ada", "year_group": 10},
        {"upn": upn(2), "surname": "Bell", "forename": 7, "year_group": 10},
        {"upn": upn(3), "surname": "Bell", "forename": None, "year_group": 10},
    ]

    answer = await empty_school.send(
        "PUT", "/roll", params={"academic_year": "2025/26"}, json={"pupils": pupils}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["format"] == "json"
    assert counts(answer.json()) == {"rows": 3, "new": 1}
    assert [(p["where"], p["reason"]) for p in answer.json()["rejected"]] == [
        ("pupils[1], column forename", "is not text"),
        ("pupils[2], column forename", "is empty"),
    ]


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"pupils": []}', '{"pupils": 5}', '{"pupils": [], "x": 1}'], ids=str
)
async def test_json_that_is_no_roll_is_refused(empty_school: School, content: str) -> None:
    answer = await empty_school.send(
        "PUT",
        "/roll",
        params={"academic_year": "2025/26"},
        content=content,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422
    assert answer.json()["problems"]


@pytest.mark.parametrize(
    ("year", "reason"),
    [
        ("2025", "write it like 2025/26"),
        ("2025/27", "write it like 2025/26"),
        ("25/26", "write it like 2025/26"),
        ("2028/29", "more than a year ahead"),
    ],
)
async def test_an_academic_year_that_makes_no_sense_is_refused(
    empty_school: School, year: str, reason: str
) -> None:
    answer = await empty_school.put_roll(roll_csv([1]), academic_year=year)

    assert answer.status_code == 422
    assert reason in answer.json()["problems"][0]["reason"]


async def test_a_year_without_a_roll_is_not_found(school: School) -> None:
    for path in ("/roll?academic_year=2024/25", "/coverage?academic_year=2024/25"):
        answer = await school.send("GET", path)

        assert answer.status_code == 404
        assert "2024/25" in answer.json()["detail"]


async def test_an_answer_that_was_lost_is_given_again(empty_school: School) -> None:
    request = {
        "params": {"academic_year": "2025/26"},
        "content": roll_csv([1]),
        "headers": {"Content-Type": "text/csv", "Idempotency-Key": "roll-of-september"},
    }

    first = await empty_school.send("PUT", "/roll", **request)
    second = await empty_school.send("PUT", "/roll", **request)
    other = await empty_school.send("PUT", "/roll", **(request | {"content": roll_csv([2])}))

    assert (first.json()["outcome"], second.json()) == ("imported", first.json())
    assert other.status_code == 409


async def test_a_teacher_cannot_import_a_roll(school: School, token: TokenFor) -> None:
    school.client.headers["Authorization"] = f"Bearer {await token('teacher', 'teacher', school.urn)}"

    assert (await school.put_roll(roll_csv([1]))).status_code == 403
