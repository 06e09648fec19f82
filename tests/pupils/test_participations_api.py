"""A table of participations through the route: taken in one piece, mended and sent again."""

from __future__ import annotations

from typing import Any, NoReturn

import httpx
import orjson
import pytest

from contracts.pupils import ActivityCorrected, ActivityRecorded
from services.pupils.api import participations
from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.test_participations import HEADER, row
from tests.pupils.values import upn


async def send(school: School, *rows: str, encoding: str = "utf-8") -> httpx.Response:
    content = (HEADER + "".join(rows)).encode(encoding)
    return await school.send(
        "POST", "/activities/import", content=content, headers={"Content-Type": "text/csv"}
    )


def line(serial: int, status: str = "attended", **changes: str) -> str:
    """A row without an employer."""
    return row(serial, status, **({"employer_id": ""} | changes))


def rejected(receipt: dict[str, Any]) -> list[tuple[int, str]]:
    return [(problem["row"], problem["column"]) for problem in receipt["rejected"]]


async def test_rows_become_activities_with_their_attendance(school: School) -> None:
    answer = await send(
        school, line(1), line(2, "absent"), line(3), line(101, reference="talk-2", title="Other")
    )

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "outcome": "imported",
        "rows": 4,
        "recorded": 4,
        "unchanged": 0,
        "activities": {"recorded": 2, "extended": 0, "merged": 0, "unchanged": 0},
        "merged": [],
        "possible_duplicates": [],
        "rejected": [],
        "format": "csv",
        "encoding": "utf-8",
        "delimiter": "comma",
        "ignored_columns": [],
    }
    assert await school.reached() == {"10 gb5": 2, "11 gb5": 1}
    assert [type(event) for event in await school.told()][1:] == [ActivityRecorded, ActivityRecorded]


async def test_the_same_file_again_changes_nothing(school: School) -> None:
    await send(school, line(1), line(2))

    again = (await send(school, line(1), line(2))).json()

    assert (again["outcome"], again["recorded"], again["unchanged"]) == ("unchanged", 0, 2)
    assert again["activities"] == {"recorded": 0, "extended": 0, "merged": 0, "unchanged": 1}
    assert len(await school.rows()) == 2


async def test_a_file_that_is_known_is_not_read_again_while_its_activities_are_as_they_were(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (line(1), line(2), line(101, reference="talk-2", title="Other"))
    first = (await send(school, *rows)).json()
    monkeypatch.setattr(participations, "read_table", _refuse_to_read)

    again = (await send(school, *rows)).json()

    assert again == first | {
        "outcome": "unchanged",
        "recorded": 0,
        "unchanged": 3,
        "activities": {"recorded": 0, "extended": 0, "merged": 0, "unchanged": 2},
    }


def _refuse_to_read(*_: object) -> NoReturn:
    raise AssertionError("the file was read")


async def test_a_file_that_is_known_is_read_again_once_an_activity_has_changed(school: School) -> None:
    await send(school, line(1), line(101, reference="talk-2", title="Other"))
    (talk_1, _talk_2) = sorted(
        (await school.get("/activities?academic_year=2025/26"))["activities"],
        key=lambda a: a["title"] == "Other",
    )
    path = f"/activities/{talk_1['activity_id']}/retraction"
    await school.send("POST", path, json={"reason": "entered_in_error"})

    again = (await send(school, line(1), line(101, reference="talk-2", title="Other"))).json()

    assert (again["unchanged"], rejected(again)) == (1, [(2, "reference")])


async def test_a_file_with_a_row_that_was_refused_is_read_again(school: School) -> None:
    rows = (line(1), line(7))
    refused = (await send(school, *rows)).json()
    await school.put_roll(roll_csv([1, 2, 3, 4, 5, 6, 7, 101, 102]))

    again = (await send(school, *rows)).json()

    assert rejected(refused) == [(3, "upn")]
    assert (again["recorded"], again["unchanged"], again["rejected"]) == (1, 1, [])


async def test_a_mended_file_adds_the_rows_that_were_refused(school: School) -> None:
    first = (await send(school, line(1), line(2, upn="A801200005001"))).json()

    mended = (await send(school, line(1), line(2))).json()

    assert (first["recorded"], rejected(first)) == (1, [(3, "upn")])
    assert (mended["recorded"], mended["unchanged"], mended["rejected"]) == (1, 1, [])
    assert mended["activities"] == {"recorded": 0, "extended": 1, "merged": 0, "unchanged": 0}
    assert await school.reached() == {"10 gb5": 2}
    assert isinstance((await school.told())[-1], ActivityCorrected)


async def test_a_file_and_a_post_with_one_reference_are_one_activity(school: School) -> None:
    posted = await school.post(
        talk("talk-1", hours=1, attendance={"pupils": [{"upn": upn(1)}, {"upn": upn(2)}]})
    )

    receipt = (await send(school, line(1), line(3))).json()

    assert (receipt["unchanged"], receipt["recorded"]) == (1, 1)
    (activity,) = await school.documents("activities")
    assert (activity["_id"], activity["version"]) == (posted["activity_id"], 2)


async def test_rows_that_spell_one_activity_in_two_ways_are_one_activity(school: School) -> None:
    receipt = (
        await send(
            school, line(1, reference="", held_on="2026-03-02"), line(2, reference="", held_on="02/03/2026")
        )
    ).json()

    assert receipt["recorded"] == 2
    (activity,) = await school.documents("activities")
    kept = orjson.loads(activity["attendance"])
    assert kept == {"statuses": {"10": {"attended": sorted([await school.ref(1), await school.ref(2)])}}}
    assert len(await school.documents("activity_versions")) == 1
    assert await school.reached() == {"10 gb5": 2}


async def test_every_refused_row_is_listed_in_order_and_the_others_go_in(school: School) -> None:
    receipt = (
        await send(
            school,
            line(1),
            line(9),
            line(2, "late"),
            line(1, "absent"),
            line(3, title="Other"),
            "short\n",
            line(4, reference="b", held_on="2026-06-16"),
            line(4, reference="c", held_on="2024-03-02"),
            line(4, reference="d", employer_id="gpg-404"),
            line(4, reference="e", activity_type="party"),
            line(4, reference="f", hours="many"),
            line(4, reference="g", upn=""),
            line(4),
        )
    ).json()

    assert rejected(receipt) == [
        (3, "upn"),
        (4, "status"),
        (5, "upn"),
        (6, "title"),
        (7, "activity_type"),
        (8, "held_on"),
        (9, "held_on"),
        (10, "employer_id"),
        (11, "activity_type"),
        (12, "hours"),
        (13, "upn"),
    ]
    assert (receipt["rows"], receipt["recorded"]) == (13, 2)
    assert receipt["rows"] == receipt["recorded"] + receipt["unchanged"] + len(receipt["rejected"])
    assert await school.reached() == {"10 gb5": 2}


async def test_a_known_employer_may_be_named(school: School) -> None:
    await school.know_employer("gpg-961")

    assert (await send(school, row(1))).json()["recorded"] == 1


async def test_an_employer_that_was_merged_may_still_be_named(school: School) -> None:
    await school.know_employer("gpg-961")
    await school.know_employer("gpg-961", merged_into="gpg-1")

    assert (await send(school, row(1))).json()["recorded"] == 1
    assert (await school.documents("activities"))[0]["employer_id"] == "gpg-961"


async def test_windows_1252_is_stated_and_read(school: School) -> None:
    receipt = (await send(school, line(1, title="Café visit"), encoding="windows-1252")).json()

    assert receipt["encoding"] == "windows-1252"
    assert (await school.documents("activities"))[0]["title"] == "Café visit"


async def test_missing_columns_are_named_and_nothing_goes_in(school: School) -> None:
    answer = await school.send(
        "POST", "/activities/import", content="upn,title\nx,y\n", headers={"Content-Type": "text/csv"}
    )

    assert answer.status_code == 422
    assert [problem["column"] for problem in answer.json()["problems"]] == [
        "activity_type",
        "held_on",
        "mode",
        "status",
    ]


async def test_a_file_without_any_good_row_changes_nothing(school: School) -> None:
    answer = await send(school, line(1, hours="many"), line(2, hours="many"))

    assert answer.status_code == 422
    assert [(p["row"], p["column"]) for p in answer.json()["problems"]] == [(2, "hours"), (3, "hours")]


async def test_an_answer_that_was_lost_is_given_again(school: School) -> None:
    request = {"content": HEADER + line(1), "headers": {"Content-Type": "text/csv", "Idempotency-Key": "k"}}

    first = await school.send("POST", "/activities/import", **request)
    second = await school.send("POST", "/activities/import", **request)

    assert first.json()["recorded"] == 1
    assert second.json() == first.json()
