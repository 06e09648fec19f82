"""Reading pupils through the routes: sealed at rest, paged, in the access log, and nobody else's."""

from __future__ import annotations

import json

from tests.conftest import TokenFor
from tests.pupils.conftest import OTHER_URN, School, roll_csv, talk
from tests.pupils.values import upn


async def test_a_upn_is_stored_sealed_and_digested_only(school: School) -> None:
    stored = json.dumps(await school.documents("pupils"), default=str)

    assert not [serial for serial in (1, 2, 101) if upn(serial) in stored]


async def test_pupils_are_listed_by_name_in_pages(school: School) -> None:
    first = await school.get("/pupils?academic_year=2025/26&year_group=10&limit=4")
    second = await school.get("/pupils?academic_year=2025/26&year_group=10&limit=4&offset=4")

    assert (first["total"], first["next_offset"], second["next_offset"]) == (6, 4, None)
    names = [pupil["surname"] for pupil in first["pupils"] + second["pupils"]]
    assert names == [f"Surname{serial}" for serial in range(1, 7)]
    assert set(first["pupils"][0]) == {"pupil", "surname", "forename", "year_group", "tutor_group"}


async def test_leavers_and_other_years_are_not_listed(school: School) -> None:
    await school.put_roll(roll_csv([1, 2, 3, 4, 5, 101, 102]))

    assert (await school.get("/pupils?academic_year=2025/26"))["total"] == 7
    assert (await school.get("/pupils?academic_year=2024/25"))["total"] == 0


async def test_a_pupil_is_shown_with_upn_years_and_activities(school: School) -> None:
    receipt = await school.post(talk())
    await school.post(talk("talk-2", held_on="2026-03-03", attendance={"year_groups": [11]}))

    pupil = await school.get(f"/pupils/{await school.ref(3)}")

    assert (pupil["upn"], pupil["upn_is_temporary"]) == (upn(3), False)
    assert pupil["years"] == [
        {
            "academic_year": "2025/26",
            "year_group": 10,
            "tutor_group": "10A",
            "admitted_on": None,
            "left_on": None,
            "enrolment": "C",
            "groups": [],
            "sen_needs": [],
        }
    ]
    (activity,) = pupil["activities"]
    assert activity["activity_id"] == receipt["activity_id"]
    assert (activity["status"], activity["counts_for"]) == ("attended", ["gb5"])


async def test_reading_pupils_is_in_the_access_log_and_so_is_changing_them(school: School) -> None:
    ref = await school.ref(1)
    receipt = await school.post(talk())
    await school.get(f"/pupils/{ref}")

    log = await school.accesses()

    assert log == [
        ("leader", "roll.imported", "roll/2025/26"),
        ("leader", "pupils.listed", "roll/2025/26/pupils"),
        ("leader", "activity.recorded", f"activities/{receipt['activity_id']}"),
        ("leader", "pupil.read", f"pupils/{ref}"),
    ]


async def test_an_unknown_pupil_is_not_found_and_a_strange_id_is_refused(school: School) -> None:
    assert (await school.send("GET", "/pupils/0123456789abcdef")).status_code == 404
    assert (await school.send("GET", f"/pupils/{upn(1)}")).status_code == 422


async def test_another_schools_pupil_is_as_unknown_as_nobody(school: School, token: TokenFor) -> None:
    ref = await school.ref(1)
    school.client.headers["Authorization"] = f"Bearer {await token('other', 'careers_leader', OTHER_URN)}"
    elsewhere = School(school.client, school.context, OTHER_URN)

    assert (await elsewhere.send("GET", f"/pupils/{ref}")).status_code == 404
    assert (await school.send("GET", f"/pupils/{ref}")).status_code == 404
