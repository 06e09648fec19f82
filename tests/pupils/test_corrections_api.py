"""Corrections and retractions through the routes: exact recounts, versions, and what is told of them."""

from __future__ import annotations

import pytest

from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted, RollChanged
from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.values import upn


async def test_a_correction_recounts_exactly_and_tells_both_versions(school: School) -> None:
    first = await school.post(talk())
    change = talk(attendance={"year_groups": [10], "pupils": [{"upn": upn(1), "status": "absent"}]})

    answer = await school.send("PUT", f"/activities/{first['activity_id']}", json=change | {"version": 1})

    assert answer.status_code == 200, answer.text
    assert (answer.json()["outcome"], answer.json()["version"]) == ("corrected", 2)
    assert await school.reached() == {"10 gb5": 5}
    told = (await school.told())[-1]
    assert isinstance(told, ActivityCorrected)
    assert (told.before.year_groups[0].attended, told.after.year_groups[0].attended) == (6, 5)
    assert [version["_id"] for version in await school.documents("activity_versions")] == [
        f"{first['activity_id']}:1"
    ]


async def test_a_correction_can_carry_its_version_as_if_match(school: School) -> None:
    first = await school.post(talk())
    path = f"/activities/{first['activity_id']}"
    etag = (await school.send("GET", path)).headers["etag"]

    answer = await school.send("PUT", path, json=talk(title="New"), headers={"If-Match": etag})

    assert (etag, answer.status_code) == ('"1"', 200)
    assert (await school.get(path))["title"] == "New"


async def test_a_correction_sent_twice_is_made_once(school: School) -> None:
    first = await school.post(talk())
    path = f"/activities/{first['activity_id']}"

    outcomes = [
        (await school.send("PUT", path, json=talk(title="New", version=1))).json()["outcome"]
        for _ in range(2)
    ]

    assert outcomes == ["corrected", "unchanged"]
    assert len(await school.rows()) == 3


async def test_a_correction_of_an_old_version_is_refused(school: School) -> None:
    first = await school.post(talk())
    path = f"/activities/{first['activity_id']}"
    await school.send("PUT", path, json=talk(title="New", version=1))

    answer = await school.send("PUT", path, json=talk(title="Newer", version=1))

    assert answer.status_code == 409
    assert "at version 2 now, not 1" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "version"),
    [({}, None), ({"If-Match": "*"}, None), ({"If-Match": '"1"'}, 2), ({"If-Match": "abc"}, 1)],
    ids=str,
)
async def test_a_correction_without_a_clear_version_is_refused(
    school: School, headers: dict[str, str], version: int | None
) -> None:
    first = await school.post(talk())
    body = talk(title="New") | ({} if version is None else {"version": version})

    answer = await school.send("PUT", f"/activities/{first['activity_id']}", json=body, headers=headers)

    assert answer.status_code == 422
    assert "version" in answer.json()["detail"]


async def test_the_original_post_arriving_again_does_not_undo_a_correction(school: School) -> None:
    first = await school.post(talk())
    await school.send("PUT", f"/activities/{first['activity_id']}", json=talk(title="New", version=1))

    again = await school.post(talk())

    assert (again["outcome"], again["version"]) == ("unchanged", 2)
    assert (await school.get(f"/activities/{first['activity_id']}"))["title"] == "New"


async def test_a_correction_keeps_a_leaver_where_the_group_is_the_same(school: School) -> None:
    first = await school.post(talk())
    await school.put_roll(roll_csv([1, 2, 3, 4, 5, 101, 102]))

    answer = await school.send(
        "PUT", f"/activities/{first['activity_id']}", json=talk(title="New", version=1)
    )

    assert answer.json()["year_groups"][0]["attended"] == 6
    assert await school.reached() == {"10 gb5": 5}


async def test_a_retraction_takes_an_activity_out_of_every_count(school: School) -> None:
    first = await school.post(talk())
    await school.post(talk("talk-2", title="Pilots", attendance={"tutor_groups": ["10A"]}))

    path = f"/activities/{first['activity_id']}"
    answer = await school.send("POST", f"{path}/retraction", json={"reason": "did_not_take_place"})

    assert (answer.status_code, answer.json()["outcome"]) == (200, "retracted")
    assert await school.reached() == {"10 gb5": 3}
    told = (await school.told())[-1]
    assert isinstance(told, ActivityRetracted)
    assert told.before.year_groups[0].attended == 6
    view = await school.get(path)
    assert (view["status"], view["retraction"], view["version"]) == ("retracted", "did_not_take_place", 2)


async def test_a_retraction_sent_twice_is_made_once(school: School) -> None:
    first = await school.post(talk())
    path = f"/activities/{first['activity_id']}/retraction"

    outcomes = [
        (await school.send("POST", path, json={"reason": "duplicate"})).json()["outcome"] for _ in range(2)
    ]

    assert outcomes == ["retracted", "unchanged"]
    assert len(await school.rows()) == 3


async def test_a_retracted_activity_stays_retracted(school: School) -> None:
    first = await school.post(talk())
    path = f"/activities/{first['activity_id']}"
    await school.send("POST", f"{path}/retraction", json={"reason": "duplicate"})

    posted = await school.send("POST", "/activities", json=talk())
    corrected = await school.send("PUT", path, json=talk(title="New", version=2))

    assert (posted.status_code, corrected.status_code) == (409, 409)
    assert "another reference" in posted.json()["detail"]
    assert await school.reached() == {}


async def test_a_reason_that_is_no_code_is_refused(school: School) -> None:
    first = await school.post(talk())

    answer = await school.send(
        "POST", f"/activities/{first['activity_id']}/retraction", json={"reason": "bored"}
    )

    assert answer.status_code == 422
    assert "did_not_take_place" in answer.json()["problems"][0]["reason"]


async def test_what_is_not_there_is_not_found(school: School) -> None:
    nothing = "/activities/" + "0" * 32

    answers = [
        await school.send("GET", nothing),
        await school.send("PUT", nothing, json=talk(version=1)),
        await school.send("POST", f"{nothing}/retraction", json={"reason": "duplicate"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_a_year_of_changes_is_told_as_it_happened(school: School) -> None:
    first = await school.post(talk())
    await school.send("PUT", f"/activities/{first['activity_id']}", json=talk(title="New", version=1))
    await school.put_roll(roll_csv([1, 2, 3, 4, 5, 101, 102]))
    await school.send("POST", f"/activities/{first['activity_id']}/retraction", json={"reason": "duplicate"})

    assert [type(event) for event in await school.told()] == [
        RollChanged,
        ActivityRecorded,
        ActivityCorrected,
        RollChanged,
        ActivityRetracted,
    ]
    assert [row.sequence for row in await school.rows()] == [1, 2, 3, 4, 5]
