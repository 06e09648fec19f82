"""The same encounter by file, by another system and by hand counts once, and can be separated again."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httpx
import pytest

from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted
from contracts.vocabulary import Payload
from services.employers.stream import ENGAGEMENT
from services.pupils.api.duplicates import MOST_PAIRS
from services.pupils.commands.keeping import MOST_SUSPECTS_TOLD
from services.pupils.store import reads
from services.pupils.views import duplicates as duplicates_view
from services.recount.compare import count_school, flatten
from services.reporting.model.report import own_report, school_year
from tests.conftest import TokenFor
from tests.pupils.conftest import OTHER_URN, School, listing, talk
from tests.pupils.test_participations import HEADER
from tests.pupils.test_participations_api import line, send
from tests.pupils.values import GB5_TESTS, upn
from tests.reporting.events import fold

LIST: Final = "/activities/duplicates?academic_year=2025/26"
YEAR_10: Final = [1, 2, 3, 4, 5, 6]


async def act(school: School, identity: str, what: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return await school.send("POST", f"/activities/{identity}/{what}", json=body)


async def merge(school: School, one: dict[str, Any], into: dict[str, Any]) -> dict[str, Any]:
    body = {"into": into["activity_id"], "version": one["version"]}
    answer = await act(school, one["activity_id"], "merging", body)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def separate(school: School, identity: str) -> dict[str, Any]:
    answer = await act(school, identity, "separation")
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def send_separate(school: School, row: str, said: str) -> httpx.Response:
    """Import one row with what it says in the column `separate`."""
    content = f"{HEADER.rstrip()},separate\n{row.rstrip()},{said}\n"
    return await school.send(
        "POST", "/activities/import", content=content, headers={"Content-Type": "text/csv"}
    )


def file_line(serial: int) -> str:
    """A row of the talk under the file's own reference."""
    return line(serial, reference="row-1")


async def encounters(school: School) -> int:
    """Add up the encounters of the activities that count, as a reader of the events does."""
    standing: dict[str, int] = {}
    for event in await school.told():
        match event:
            case ActivityRecorded(activity=figures) | ActivityCorrected(after=figures):
                standing[event.activity_id] = sum(group.encounters for group in figures.year_groups)
            case ActivityRetracted():
                del standing[event.activity_id]
    return sum(standing.values())


async def kinds(school: School) -> list[type[Payload]]:
    return [type(event) for event in await school.told()][1:]


async def view(school: School, receipt: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return await school.get(f"/activities/{receipt['activity_id']}")


async def test_the_same_encounter_by_hand_by_api_and_by_file_counts_once(school: School) -> None:
    by_hand = await school.post(talk(None, title="Meet the Engineers", hours=1))

    by_api = await school.post(talk("mis-17", attendance=listing(YEAR_10)))
    by_file = (await send(school, *(file_line(serial) for serial in YEAR_10[:4]))).json()

    assert (by_api["outcome"], by_api["merged_into"]) == ("merged", by_hand["activity_id"])
    assert by_file["activities"]["merged"] == 1
    assert by_file["merged"][0]["merged_into"] == by_hand["activity_id"]
    assert await school.reached() == {"10 gb5": 6}
    assert await encounters(school) == 6
    assert await kinds(school) == [ActivityRecorded]
    shown = await view(school, by_hand)
    assert shown["merged"] == [by_api["activity_id"], by_file["merged"][0]["activity_id"]]
    assert (shown["status"], shown["version"]) == ("recorded", 1)


async def test_a_merged_activity_is_kept_as_it_was_sent_and_shows_where_it_counts(school: School) -> None:
    first = await school.post(talk())
    again = await school.post(talk("mis-17", title="MEET THE ENGINEERS", attendance=listing([1])))

    shown = await view(school, again)

    assert (shown["status"], shown["merged_into"]) == ("merged", first["activity_id"])
    assert (shown["title"], shown["reference"], len(shown["attendance"]["pupils"])) == (
        "MEET THE ENGINEERS", "mis-17", 1,
    )  # fmt: skip
    page = await school.get("/activities?academic_year=2025/26")
    assert {a["activity_id"]: (a["status"], a["merged_into"]) for a in page["activities"]} == {
        first["activity_id"]: ("recorded", None),
        again["activity_id"]: ("merged", first["activity_id"]),
    }


async def test_what_the_second_account_knows_more_becomes_a_correction_of_the_first(school: School) -> None:
    attendance = {"pupils": [{"upn": upn(1)}, {"upn": upn(2), "status": "absent"}]}
    first = await school.post(talk(tests_met=[], attendance=attendance))
    assert await school.reached() == {}

    again = await school.post(talk("mis-17", hours=1.5))

    assert (again["outcome"], again["survivor_version"]) == ("merged", 2)
    assert again["taken_over"] == ["hours", "tests_met", "attendance"]
    assert again["coverage"] == [{"year_group": 10, "benchmark": "gb5", "reached": 6, "by_group": {}}]
    assert await school.reached() == {"10 gb5": 6}
    assert await kinds(school) == [ActivityRecorded, ActivityCorrected]
    shown = await view(school, first)
    assert (shown["hours"], shown["title"], shown["tests_met"]) == (
        1.5,
        "Meet the engineers",
        sorted(GB5_TESTS),
    )
    assert {pupil["status"] for pupil in shown["attendance"]["pupils"]} == {"attended"}
    (before,) = await school.documents("activity_versions")
    assert (before["version"], before["tests_met"]) == (1, [])


async def test_a_repeat_of_what_was_merged_changes_nothing(school: School) -> None:
    first = await school.post(talk())
    await school.post(talk("mis-17"))
    file = [(await send(school, file_line(1), file_line(2))).json() for _ in range(2)]
    rows = len(await school.rows())

    again = await school.post(talk("mis-17"))
    file.append((await send(school, file_line(2), file_line(1))).json())

    assert (again["outcome"], again["status"]) == ("unchanged", "merged")
    assert again["merged_into"] == first["activity_id"]
    assert [receipt["outcome"] for receipt in file] == ["imported", "unchanged", "unchanged"]
    assert len(await school.rows()) == rows


async def test_the_same_again_at_the_same_moment_is_recorded_once(school: School) -> None:
    receipts = await asyncio.gather(*(school.post(talk(f"system-{number}")) for number in range(4)))

    assert sorted(receipt["outcome"] for receipt in receipts) == ["merged", "merged", "merged", "recorded"]
    assert await encounters(school) == 6


async def test_in_one_bulk_the_repeat_is_merged_with_the_first(school: School) -> None:
    items = [talk("a"), talk("b", attendance=listing([1, 2])), talk("c", title="Pilots"), talk("a")]

    receipt = (await school.send("POST", "/activities/bulk", json={"activities": items})).json()

    assert (receipt["recorded"], receipt["unchanged"]) == (2, 1)
    (merged,) = receipt["merged"]
    assert (merged["index"], merged["reference"]) == (1, "b")
    (possible,) = receipt["possible_duplicates"]
    assert (possible["index"], possible["possible_duplicates"]) == (2, [merged["merged_into"]])
    assert await encounters(school) == 12


async def test_in_one_file_the_repeat_is_merged_with_the_first(school: School) -> None:
    other = "talk-2"

    receipt = (
        await send(school, line(1), line(2), line(1, reference=other), line(2, reference=other))
    ).json()

    assert receipt["activities"] == {"recorded": 1, "extended": 0, "merged": 1, "unchanged": 0}
    assert (receipt["recorded"], receipt["merged"][0]["row"]) == (4, 4)
    assert await encounters(school) == 2


async def test_what_is_only_suspected_is_recorded_and_told(school: School) -> None:
    first = await school.post(talk())

    second = await school.post(talk("talk-2", title="Meet the pilots"))

    assert (second["outcome"], second["possible_duplicates"]) == ("recorded", [first["activity_id"]])
    assert await encounters(school) == 12
    assert "possible_duplicates" not in await school.post(talk("y11", attendance={"year_groups": [11]}))


async def test_a_receipt_names_no_more_than_so_many(school: School) -> None:
    items = [talk(str(number), title=f"Talk {number}") for number in range(MOST_SUSPECTS_TOLD + 2)]
    await school.send("POST", "/activities/bulk", json={"activities": items})

    receipt = await school.post(talk("last"))

    assert len(receipt["possible_duplicates"]) == MOST_SUSPECTS_TOLD


async def test_what_is_sent_as_separate_counts_on_its_own_and_is_not_suggested(school: School) -> None:
    await school.post(talk())

    by_api = await school.post(talk("second-session", separate=True))
    by_file = (await send_separate(school, file_line(1), "yes")).json()

    assert by_api["outcome"] == "recorded"
    assert "possible_duplicates" not in by_api
    assert (by_file["activities"]["recorded"], by_file["activities"]["merged"]) == (1, 0)
    assert await encounters(school) == 13
    assert (await school.get(LIST))["duplicates"] == []


async def test_separate_is_yes_or_no(school: School) -> None:
    receipt = await send_separate(school, file_line(1), "perhaps")

    assert receipt.json()["problems"][0]["column"] == "separate", receipt.text
    assert (await school.send("POST", "/activities", json=talk(separate="yes"))).status_code == 422


async def test_a_merged_one_that_is_sent_again_as_separate_is_told_how(school: School) -> None:
    await school.post(talk())
    await school.post(talk("mis-17"))
    await send(school, file_line(1))

    by_api = await school.send("POST", "/activities", json=talk("mis-17", separate=True))
    by_file = (await send_separate(school, file_line(1), "yes")).json()

    assert by_api.status_code == 409
    assert "/separation" in by_api.json()["detail"]
    assert by_file["rejected"][0]["column"] == "separate"
    assert await encounters(school) == 6


async def test_further_rows_of_a_merged_activity_are_refused_with_advice(school: School) -> None:
    await school.post(talk())
    await send(school, file_line(1))

    receipt = (await send(school, file_line(1), file_line(101))).json()

    assert (receipt["unchanged"], receipt["rejected"][0]["row"]) == (1, 3)
    assert "/separation" in receipt["rejected"][0]["reason"]


async def test_two_that_counted_are_merged_by_hand(school: School) -> None:
    first = await school.post(talk(attendance=listing([1, 2, 3])))
    second = await school.post(talk("talk-2", title="Pilots", attendance=listing([3, 4])))
    assert await encounters(school) == 5

    receipt = await merge(school, second, first)

    assert (receipt["outcome"], receipt["taken_over"]) == ("merged", ["attendance"])
    assert receipt["coverage"] == [{"year_group": 10, "benchmark": "gb5", "reached": 4, "by_group": {}}]
    assert await encounters(school) == 4
    assert await school.reached() == {"10 gb5": 4}
    assert (await kinds(school))[2:] == [ActivityCorrected, ActivityRetracted]
    again = await act(school, second["activity_id"], "merging", {"into": first["activity_id"], "version": 1})
    assert again.json()["outcome"] == "unchanged"


async def test_separating_puts_everything_back(school: School) -> None:
    first = await school.post(talk(attendance=listing([1, 2, 3])))
    second = await school.post(talk("talk-2", title="Pilots", attendance=listing([3, 4]), hours=2))
    before = await view(school, first)
    merged = await merge(school, second, first)
    assert merged["taken_over"] == ["hours", "attendance"]

    receipt = await separate(school, second["activity_id"])

    assert (receipt["outcome"], receipt["separated_from"]) == ("separated", first["activity_id"])
    after = await view(school, first)
    assert after | {"version": 1} == before
    assert (await view(school, second))["status"] == "recorded"
    assert await encounters(school) == 5
    assert (await kinds(school))[-2:] == [ActivityRecorded, ActivityCorrected]
    assert (await school.get(LIST))["duplicates"] == []
    assert (await separate(school, second["activity_id"]))["outcome"] == "unchanged"


async def test_one_merged_at_once_counts_on_its_own_once_it_is_separated(school: School) -> None:
    await school.post(talk())
    again = await school.post(talk("afternoon"))

    await separate(school, again["activity_id"])

    assert await encounters(school) == 12
    repeated = await school.post(talk("afternoon"))
    assert (repeated["outcome"], repeated["status"]) == ("unchanged", "recorded")


async def test_a_correction_of_the_survivor_outlives_the_separation(school: School) -> None:
    first = await school.post(talk(attendance=listing([1, 2])))
    second = await school.post(talk("talk-2", attendance=listing([1, 2, 3, 4])))
    change = talk(title="Engineers", attendance=listing([1, 2, 3, 5]), version=2)
    answer = await school.send("PUT", f"/activities/{first['activity_id']}", json=change)
    assert answer.status_code == 200, answer.text

    await separate(school, second["activity_id"])

    shown = await view(school, first)
    there = {pupil["pupil"] for pupil in shown["attendance"]["pupils"]}
    assert there == {await school.ref(serial) for serial in (1, 2, 5)}
    assert shown["title"] == "Engineers"
    assert await encounters(school) == 7


async def test_with_the_survivor_the_encounter_is_retracted_as_a_whole(school: School) -> None:
    first = await school.post(talk())
    second = await school.post(talk("talk-2"))

    answer = await act(school, first["activity_id"], "retraction", {"reason": "did_not_take_place"})

    assert answer.status_code == 200, answer.text
    shown = await view(school, second)
    assert (shown["status"], shown["retraction"]) == ("retracted", "did_not_take_place")
    assert await encounters(school) == 0
    assert await school.reached() == {}
    assert (await school.send("POST", "/activities", json=talk("talk-2"))).status_code == 409
    assert (await act(school, second["activity_id"], "separation")).status_code == 409
    assert (await kinds(school)).count(ActivityRetracted) == 1


async def test_a_merged_activity_is_neither_corrected_nor_retracted(school: School) -> None:
    first = await school.post(talk())
    second = await school.post(talk("talk-2"))
    path = f"/activities/{second['activity_id']}"

    corrected = await school.send("PUT", path, json=talk("talk-2", title="Pilots", version=1))
    retracted = await act(school, second["activity_id"], "retraction", {"reason": "duplicate"})
    posted = await school.send("POST", "/activities", json=talk("talk-2", title="Pilots"))
    repeated = await school.send("PUT", path, json=talk("talk-2", version=1))

    assert [answer.status_code for answer in (corrected, retracted, posted)] == [409, 409, 409]
    assert all(first["activity_id"] in answer.json()["detail"] for answer in (corrected, retracted, posted))
    assert repeated.json()["outcome"] == "unchanged"


async def test_a_merger_that_makes_no_sense_is_refused(school: School) -> None:
    first = await school.post(talk())
    other = await school.post(talk("other", title="Pilots"))
    merged = await school.post(talk("mis-17"))
    gone = await school.post(talk("gone", held_on="2026-03-05"))
    await act(school, gone["activity_id"], "retraction", {"reason": "entered_in_error"})

    async def status(one: dict[str, Any], into: str, version: int = 1) -> int:
        return (
            await act(school, one["activity_id"], "merging", {"into": into, "version": version})
        ).status_code

    assert await status(first, first["activity_id"]) == 422
    assert await status(other, "0" * 32) == 422
    assert await status(other, first["activity_id"], version=2) == 409
    assert await status(other, merged["activity_id"]) == 409
    assert await status(other, gone["activity_id"]) == 409
    assert await status(gone, first["activity_id"], version=2) == 409
    assert await status(merged, other["activity_id"]) == 409
    assert await status(first, other["activity_id"]) == 409
    assert await encounters(school) == 12


async def test_a_merger_across_academic_years_is_refused(school: School) -> None:
    header = "upn,surname,forename,year_group,tutor_group\n"
    await school.put_roll(f"{header}{upn(1)},Surname1,Forename1,9,9A\n", academic_year="2024/25")
    old = await school.post(talk("old", held_on="2025-03-03", attendance=listing([1])))
    new = await school.post(talk("new"))

    answer = await act(school, old["activity_id"], "merging", {"into": new["activity_id"], "version": 1})

    assert answer.status_code == 422, answer.text
    assert answer.json()["problems"][0]["where"] == "into"
    pair = {"activities": [old["activity_id"], new["activity_id"]]}
    assert (await school.send("POST", "/activities/duplicates/dismissal", json=pair)).status_code == 422


async def test_suspected_pairs_are_listed_with_the_reasons_newest_first(school: School) -> None:
    first = await school.post(talk())
    second = await school.post(talk("talk-2", title="Pilots", attendance=listing([1, 2, 101])))
    for number in (3, 4):
        await school.post(talk(f"later-{number}", title=f"{number}", held_on="2026-03-09"))

    listed = await school.get(LIST)

    assert listed["total"] == 2
    assert [pair["activities"][0]["held_on"] for pair in listed["duplicates"]] == ["2026-03-09", "2026-03-02"]
    pair = listed["duplicates"][1]
    assert {a["activity_id"] for a in pair["activities"]} == {first["activity_id"], second["activity_id"]}
    assert (pair["pupils_in_common"], pair["why"], pair["certain"]) == (
        2, ["same_day_and_type", "same_tests"], False,
    )  # fmt: skip
    assert len((await school.get(f"{LIST}&limit=1"))["duplicates"]) == 1
    assert (await school.send("GET", f"{LIST}&limit={MOST_PAIRS + 1}")).status_code == 422


async def test_a_correction_that_makes_two_the_same_is_in_the_list_as_certain(school: School) -> None:
    await school.post(talk())
    other = await school.post(talk("talk-2", title="Pilots"))
    await school.send("PUT", f"/activities/{other['activity_id']}", json=talk("talk-2", version=1))

    (pair,) = (await school.get(LIST))["duplicates"]

    assert pair["certain"] is True


async def test_a_post_is_compared_with_so_many_of_the_days_in_question(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    await school.post(talk(held_on="2026-03-02"))
    await school.post(talk("later", held_on="2026-03-09"))
    monkeypatch.setattr(reads, "MOST_LOOKED_THROUGH", 1)
    items = [talk("a", held_on="2026-03-02"), talk("b", held_on="2026-03-09")]

    receipt = (await school.send("POST", "/activities/bulk", json={"activities": items})).json()

    assert [merged["reference"] for merged in receipt["merged"]] == ["b"]
    assert (await school.get(LIST))["total"] == 1


async def test_posts_of_more_days_than_are_asked_for_one_by_one_are_merged_as_well(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = ["2026-03-02", "2026-03-09", "2026-03-16"]
    for day in days:
        await school.post(talk(day, held_on=day))
    monkeypatch.setattr(reads, "MOST_DAYS_ASKED_FOR", 2)
    items = [talk(f"again {day}", held_on=day) for day in days]

    receipt = (await school.send("POST", "/activities/bulk", json={"activities": items})).json()

    assert len(receipt["merged"]) == len(days)


async def test_the_list_pairs_so_many_of_one_day_and_type(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await school.post(talk(f"{number}", title=f"{number}"))
    assert (await school.get(LIST))["total"] == 3

    monkeypatch.setattr(duplicates_view, "MOST_OF_A_DAY", 2)

    assert (await school.get(LIST))["total"] == 1


async def test_a_pair_that_was_dismissed_is_not_listed_again(school: School) -> None:
    first = await school.post(talk())
    second = await school.post(talk("talk-2", title="Pilots"))
    body = {"activities": [second["activity_id"], first["activity_id"]]}

    answers = [await school.send("POST", "/activities/duplicates/dismissal", json=body) for _ in range(2)]

    assert [answer.json()["outcome"] for answer in answers] == ["dismissed", "unchanged"]
    assert (await school.get(LIST))["total"] == 0
    for pair in (
        [first["activity_id"]] * 2,
        [first["activity_id"], "0" * 32],
        [first["activity_id"]],
    ):
        answer = await school.send("POST", "/activities/duplicates/dismissal", json={"activities": pair})
        assert answer.status_code == 422


async def test_a_pair_that_is_merged_is_separated_and_not_dismissed(school: School) -> None:
    first = await school.post(talk())
    second = await school.post(talk("talk-2"))
    body = {"activities": [first["activity_id"], second["activity_id"]]}

    answer = await school.send("POST", "/activities/duplicates/dismissal", json=body)

    assert answer.status_code == 409
    assert "/separation" in answer.json()["detail"]


async def test_a_pupils_page_shows_the_encounter_once(school: School) -> None:
    first = await school.post(talk())
    await school.post(talk("mis-17", attendance=listing([1])))

    page = await school.get(f"/pupils/{await school.ref(1)}")

    assert [shown["activity_id"] for shown in page["activities"]] == [first["activity_id"]]


async def test_work_experience_hours_are_counted_once(school: School) -> None:
    block: dict[str, Any] = {"activity_type": "job_shadow", "hours": 30.0, "tests_met": []}
    await school.post(talk("a", attendance=listing([101]), **block))
    await school.post(talk("b", attendance=listing([101]), **block))

    (sheet,) = [s for s in await school.documents("year_groups") if s["_id"] == "2025/26:11"]

    assert b'"work_experience:minutes":{"' in sheet["content"]
    assert b":1800}" in sheet["content"]


async def test_everything_is_in_the_access_log(school: School) -> None:
    first = await school.post(talk())
    second = await school.post(talk("talk-2"))
    await separate(school, second["activity_id"])

    seen = [(what, of.rpartition("/")[2]) for _, what, of in await school.accesses()]

    one, other = first["activity_id"], second["activity_id"]
    assert seen[-5:] == [
        ("activity.recorded", one),
        ("activity.joined", one),
        ("activity.merged", other),
        ("activity.separated", other),
        ("activity.parted", one),
    ]


async def test_activities_of_another_school_are_never_the_same(school: School, token: TokenFor) -> None:
    mine = await school.post(talk())
    other = await school.post(talk("other", title="Pilots"))
    headers = {"Authorization": f"Bearer {await token('stranger', 'careers_leader', OTHER_URN)}"}
    path = f"/pupils/v1/schools/{OTHER_URN}/activities"

    merging = await school.client.post(
        f"{path}/{mine['activity_id']}/merging",
        json={"into": other["activity_id"], "version": 1},
        headers=headers,
    )
    separation = await school.client.post(f"{path}/{mine['activity_id']}/separation", headers=headers)
    dismissal = await school.client.post(
        f"{path}/duplicates/dismissal",
        json={"activities": [mine["activity_id"], other["activity_id"]]},
        headers=headers,
    )

    assert [a.status_code for a in (merging, separation, dismissal)] == [404, 404, 422]
    assert await encounters(school) == 12


async def test_reports_equal_a_recount_after_merging_and_separating_in_any_order(school: School) -> None:
    await school.know_employer("gpg-961")
    first = await school.post(talk(attendance=listing([1, 2, 3]), employer_id="gpg-961"))
    second = await school.post(talk("talk-2", title="Pilots", attendance=listing([3, 4, 101])))
    third = await school.post(talk("talk-3", attendance=listing([1, 2]), employer_id="gpg-961"))
    await merge(school, second, first)
    change = talk(attendance=listing([1, 2, 3, 5]), version=2, employer_id="gpg-961")
    await school.send("PUT", f"/activities/{first['activity_id']}", json=change)
    await separate(school, second["activity_id"])
    await separate(school, third["activity_id"])
    fourth = await school.post(talk("talk-4", attendance=listing([1]), employer_id="gpg-961"))
    assert fourth["outcome"] == "merged"
    await act(school, first["activity_id"], "retraction", {"reason": "entered_in_error"})

    rows = [
        {"key": school.urn, "type": row.event.type, "value": row.event.value} for row in await school.rows()
    ]
    listed = {"urn": school.urn, "name": "A school", "setting": "school"}
    report = own_report("2025/26", "now", school_year(listed, fold(rows), {}, "2025/26"))
    engagement = ENGAGEMENT.empty()
    for event in await school.told():
        if type(event) in ENGAGEMENT.on:
            ENGAGEMENT.on[type(event)](engagement, event)

    assert flatten(report) == count_school(rows, [], "2025/26")
    assert (report["activities"], report["encounters"]) == (2, 5)
    assert engagement == {"2025/26": {"gpg-961": {"activities": 1, "attended": 2, "encounters": 2}}}
    assert await school.reached() == {"10 gb5": 4, "11 gb5": 1}


@pytest.mark.parametrize("body", [{"into": "0" * 32}, {"version": 1}, {"into": "x", "version": 1}], ids=str)
async def test_a_merger_needs_both_the_other_one_and_the_version(
    school: School, body: dict[str, Any]
) -> None:
    first = await school.post(talk())

    assert (await act(school, first["activity_id"], "merging", body)).status_code == 422
