"""Activities through the routes: recorded once, corrected, retracted, and exactly what is told of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import httpx
import pytest

from contracts.pupils import ActivityRecorded, CoverageCell
from tests.conftest import TokenFor
from tests.pupils.conftest import OTHER_URN, School, listing, roll_csv, talk
from tests.pupils.values import GB6_TESTS, upn


def problems(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(p["where"], p["reason"]) for p in answer.json()["problems"]]


async def test_an_activity_for_a_year_group_reaches_everybody_of_it(school: School) -> None:
    answer = await school.send("POST", "/activities", json=talk())

    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["outcome"], receipt["version"], receipt["academic_year"]) == ("recorded", 1, "2025/26")
    assert receipt["year_groups"] == [
        {
            "year_group": 10,
            "attended": 6,
            "absent": 0,
            "excused": 0,
            "encounters": 6,
            "credits": {"gb5": 6},
            "by_group": {},
            "provider_access": None,
            "work_minutes": 0,
        }
    ]
    assert receipt["coverage"] == [{"year_group": 10, "benchmark": "gb5", "reached": 6, "by_group": {}}]
    assert await school.reached() == {"10 gb5": 6}


async def test_what_is_told_is_what_was_counted(school: School) -> None:
    await school.know_employer("gpg-961")
    receipt = await school.post(talk(employer_id="gpg-961", hours=1.5))

    told = (await school.told())[-1]

    assert isinstance(told, ActivityRecorded)
    assert (told.urn, told.activity_id) == (school.urn, receipt["activity_id"])
    assert (told.activity.employer_id, told.activity.held_on) == ("gpg-961", dt.date(2026, 3, 2))
    assert told.activity.year_groups[0].attended == 6
    assert told.coverage == (CoverageCell(year_group=10, benchmark="gb5", reached=6),)


async def test_tutor_groups_exceptions_and_additions_are_told_apart(school: School) -> None:
    attendance = {
        "tutor_groups": ["10A"],
        "pupils": [
            {"upn": upn(1), "status": "absent"},
            {"pupil": await school.ref(3), "status": "excused"},
            {"upn": upn(101)},
        ],
    }

    receipt = await school.post(talk(attendance=attendance))

    assert [(g["year_group"], g["attended"], g["absent"], g["excused"]) for g in receipt["year_groups"]] == [
        (10, 1, 1, 1),
        (11, 1, 0, 0),
    ]
    assert await school.reached() == {"10 gb5": 1, "11 gb5": 1}


async def test_the_same_post_again_changes_nothing(school: School) -> None:
    first = await school.post(talk())

    again = await school.send("POST", "/activities", json=talk())

    assert again.status_code == 200
    assert again.json() == {
        "outcome": "unchanged",
        "activity_id": first["activity_id"],
        "version": 1,
        "status": "recorded",
    }
    assert len(await school.rows()) == 2
    assert len(await school.documents("activities")) == 1


async def test_the_same_post_without_a_reference_is_known_by_its_content(school: School) -> None:
    first = await school.post(talk(None))
    again = await school.post(talk(None))
    other = await school.post(talk(None, attendance={"year_groups": [11]}))

    assert (first["outcome"], again["outcome"], other["outcome"]) == ("recorded", "unchanged", "recorded")
    assert first["activity_id"] == again["activity_id"] != other["activity_id"]


async def test_the_same_post_is_known_after_a_pupil_has_left(school: School) -> None:
    body = talk(attendance=listing([1, 6]))
    await school.post(body)
    await school.put_roll(roll_csv([1, 2, 3, 4, 5, 101, 102]))

    assert (await school.post(body))["outcome"] == "unchanged"


async def test_two_posts_at_once_are_one_activity(school: School) -> None:
    receipts = await asyncio.gather(*(school.post(talk()) for _ in range(5)))

    assert sorted(receipt["outcome"] for receipt in receipts) == ["recorded", *["unchanged"] * 4]
    assert await school.reached() == {"10 gb5": 6}
    assert len(await school.rows()) == 2


async def test_the_same_reference_with_other_content_is_sent_to_the_correction(school: School) -> None:
    first = await school.post(talk())

    answer = await school.send("POST", "/activities", json=talk(title="Meet the pilots"))

    assert answer.status_code == 409
    assert f"PUT .../activities/{first['activity_id']}" in answer.json()["detail"]
    assert len(await school.rows()) == 2


async def test_an_answer_that_was_lost_is_given_again(school: School) -> None:
    headers = {"Idempotency-Key": "talk-of-march"}

    first = await school.send("POST", "/activities", json=talk(None), headers=headers)
    second = await school.send("POST", "/activities", json=talk(None), headers=headers)
    other = await school.send("POST", "/activities", json=talk("talk-2"), headers=headers)

    assert (first.json()["outcome"], second.json()) == ("recorded", first.json())
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"activity_type": "party"}, "activity_type", "is none of: lmi_lesson"),
        ({"mode": "by_post"}, "mode", "is none of: in_person, virtual, mixed"),
        ({"tests_met": ["fun"]}, "tests_met", "is none of: clear_purpose"),
        ({"provider_type": "itp"}, "provider_type", "is no encounter with a provider"),
        ({"held_on": "2026-06-16"}, "held_on", "is in the future"),
        ({"held_on": "2025-08-31"}, "held_on", "is in 2024/25, whose roll has not been imported"),
        ({"employer_id": "gpg-404"}, "employer_id", "is not in the Hub's directory"),
        ({"attendance": {"year_groups": [10, 12]}}, "attendance.year_groups[1]", "nobody of Year 12"),
        ({"attendance": {"tutor_groups": ["12Z"]}}, "attendance.tutor_groups[0]", "nobody on the roll"),
        ({"attendance": {"pupils": [{"upn": upn(9)}]}}, "attendance.pupils[0]", "no pupil of this school"),
        ({"attendance": {"pupils": [{"pupil": "0" * 16}]}}, "attendance.pupils[0]", "there is no pupil"),
        ({"attendance": {"pupils": [{"upn": "X"}]}}, "attendance.pupils[0]", "a UPN has 13 characters"),
        ({"attendance": {}}, "attendance", "names nobody"),
        ({"held_on": "yesterday"}, "body.held_on", "is not a date"),
        ({"hours": -1}, "body.hours", "Input should be greater than"),
        ({"colour": "blue"}, "body.colour", "Extra inputs"),
    ],
    ids=str,
)
async def test_what_cannot_be_recorded_is_named_and_changes_nothing(
    school: School, change: dict[str, Any], where: str, reason: str
) -> None:
    answer = await school.send("POST", "/activities", json=talk(**change))

    assert answer.status_code == 422, answer.text
    (problem,) = problems(answer)
    assert problem[0] == where
    assert reason in problem[1]
    assert await school.documents("activities") == []
    assert await school.reached() == {}
    assert len(await school.rows()) == 1


async def test_a_pupil_of_a_year_without_roll_is_not_the_problem_that_is_named(school: School) -> None:
    body = talk(held_on="2025-03-02", attendance=listing([1]))

    assert problems(await school.send("POST", "/activities", json=body))[0][0] == "held_on"


async def test_today_is_not_in_the_future(school: School) -> None:
    assert (await school.post(talk(held_on="2026-06-15")))["outcome"] == "recorded"


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2", b"\xff\xfe", b"5", b'{"a": }'], ids=repr)
async def test_malformed_json_is_named(school: School, body: bytes) -> None:
    answer = await school.send(
        "POST", "/activities", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_five_megabytes_are_too_large(school: School) -> None:
    for method, path in (("POST", "/activities"), ("POST", "/activities/import"), ("PUT", "/roll")):
        answer = await school.send(
            method,
            path,
            params={"academic_year": "2025/26"},
            content=b" " * 5_000_000,
            headers={"Content-Type": "application/json" if path == "/activities" else "text/csv"},
        )

        assert answer.status_code == 413, path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_bulk_records_each_valid_item_and_lists_the_others(school: School) -> None:
    items = [
        talk("a"),
        talk("b", activity_type="party"),
        talk("c", attendance={"year_groups": [11]}),
        talk("a"),
        talk("a", title="Other"),
        "nonsense",
        {"reference": "d"},
        talk("e", held_on="2024-03-02"),
        talk("f", attendance={"year_groups": [10, 13]}),
    ]

    answer = await school.send("POST", "/activities/bulk", json={"activities": items})

    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    assert (receipt["recorded"], receipt["unchanged"]) == (2, 1)
    assert [(r["index"], r["reference"]) for r in receipt["rejected"]] == [
        (1, "b"), (4, "a"), (5, None), (6, "d"), (7, "e"), (8, "f"),
    ]  # fmt: skip
    reasons = [r["reason"] for r in receipt["rejected"]]
    assert reasons[0].startswith("activity_type: is none of")
    assert "correct it" in reasons[1]
    assert "activity_type: Field required" in reasons[3]
    assert "2023/24" in reasons[4]
    assert "Year 13" in reasons[5]
    assert await school.reached() == {"10 gb5": 6, "11 gb5": 2}
    assert len(await school.rows()) == 3


async def test_a_bulk_tells_the_coverage_after_each_activity(school: School) -> None:
    items = [talk("a", attendance={"tutor_groups": ["10A"]}), talk("b", attendance={"tutor_groups": ["10B"]})]

    await school.send("POST", "/activities/bulk", json={"activities": items})

    told = [event for event in await school.told() if isinstance(event, ActivityRecorded)]
    assert [[cell.reached for cell in event.coverage] for event in told] == [[3], [6]]


async def test_the_same_bulk_again_changes_nothing(school: School) -> None:
    body = {"activities": [talk("a"), talk("b", title="Pilots"), talk(None, title="Sailors")]}
    await school.send("POST", "/activities/bulk", json=body)

    again = (await school.send("POST", "/activities/bulk", json=body)).json()

    assert again == {
        "recorded": 0,
        "unchanged": 3,
        "merged": [],
        "possible_duplicates": [],
        "rejected": [],
    }
    assert len(await school.rows()) == 4


@pytest.mark.parametrize("count", [0, 51])
async def test_a_bulk_has_one_to_fifty_activities(school: School, count: int) -> None:
    items = [talk(str(number)) for number in range(count)]

    answer = await school.send("POST", "/activities/bulk", json={"activities": items})

    assert answer.status_code == 422
    assert problems(answer)[0][0] == "body.activities"


async def test_one_activity_counts_for_several_benchmarks_once_each(school: School) -> None:
    visit = talk("visit", activity_type="workplace_visit", tests_met=list(GB6_TESTS))
    await school.post(visit)
    await school.post(talk("again"))

    assert await school.reached() == {"10 gb5": 6, "10 gb6": 6}


async def test_coverage_is_floored_and_never_full_before_everybody_is(school: School) -> None:
    await school.post(talk(attendance=listing([1, 2, 3, 4])))

    coverage = await school.get("/coverage?academic_year=2025/26")

    assert coverage["year_groups"][0]["benchmarks"]["gb5"] == {"reached": 4, "percent": 66}
    assert coverage["year_groups"][1]["benchmarks"]["gb5"] == {"reached": 0, "percent": 0}


async def test_activities_are_listed_newest_first_in_pages(school: School) -> None:
    for number, day in enumerate(["2026-03-01", "2026-03-03", "2026-03-02", "2026-03-03"]):
        await school.post(talk(f"talk-{number}", held_on=day))

    first = await school.get("/activities?academic_year=2025/26&limit=3")
    second = await school.get(f"/activities?academic_year=2025/26&limit=3&after={first['next']}")

    days = [activity["held_on"] for activity in first["activities"] + second["activities"]]
    assert days == ["2026-03-03", "2026-03-03", "2026-03-02", "2026-03-01"]
    assert second["next"] is None
    assert "attendance" not in first["activities"][0]
    assert (await school.get("/activities?academic_year=2024/25"))["activities"] == []


async def test_a_page_mark_that_was_not_given_out_is_refused(school: School) -> None:
    assert (await school.send("GET", "/activities?after=nonsense")).status_code == 422


async def test_an_activity_is_shown_with_its_attendance(school: School) -> None:
    body = talk(attendance={"year_groups": [10], "pupils": [{"upn": upn(1), "status": "absent"}]})
    receipt = await school.post(body)

    view = await school.get(f"/activities/{receipt['activity_id']}")

    assert view["counts_for"] == {"everyone": ["gb5"], "listed": ["gb5"]}
    assert view["rules_version"] == "gatsby-2025.2"
    assert (view["attendance"]["year_groups"], len(view["attendance"]["pupils"])) == ([10], 6)
    absent = [p for p in view["attendance"]["pupils"] if p["status"] == "absent"]
    assert absent == [{"pupil": await school.ref(1), "year_group": 10, "status": "absent", "listed": True}]


async def test_another_schools_activity_is_as_unknown_as_none(school: School, token: TokenFor) -> None:
    receipt = await school.post(talk())
    path = f"/activities/{receipt['activity_id']}"
    school.client.headers["Authorization"] = f"Bearer {await token('other', 'careers_leader', OTHER_URN)}"
    elsewhere = School(school.client, school.context, OTHER_URN)

    for answer in (
        await elsewhere.send("GET", path),
        await elsewhere.send("PUT", path, json=talk(version=1)),
        await school.send("GET", path),
        await school.send("POST", "/activities", json=talk("mine")),
    ):
        assert answer.status_code == 404


async def test_a_school_leader_reads_and_does_not_record(school: School, token: TokenFor) -> None:
    school.client.headers["Authorization"] = f"Bearer {await token('head', 'school_leader', school.urn)}"

    assert (await school.send("GET", "/activities?academic_year=2025/26")).status_code == 200
    assert (await school.send("POST", "/activities", json=talk())).status_code == 403
