"""Confirmed matches: listed until they are recorded, named by activities, and by no wrong one."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import httpx
import pytest

from contracts.employers import MatchChanged, MatchState
from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted
from contracts.vocabulary import EmployerId, Urn
from services.pupils.reactions import on_match_changed
from services.runtime.uow import Actor, UnitOfWork
from tests.pupils.conftest import OTHER_URN, School, listing, talk
from tests.pupils.test_pages_activities import fill_in, key_of, look
from tests.pupils.test_participations import HEADER, row
from tests.pupils.test_plan_recording import PAST, recorded, report
from tests.pupils.test_plans_api import make
from tests.pupils.values import URN

EMPLOYER: Final = "gpg-961"
MATCH, SECOND, FOREIGN, UNKNOWN = (f"match-{number:04d}" for number in range(1, 5))
ENDS_ON: Final = dt.date(2026, 7, 17)


async def tell(
    school: School, match_id: str = MATCH, state: MatchState = "confirmed", **changes: object
) -> None:
    """Have the service hear of a match, as its reaction does."""
    fields: dict[str, Any] = {
        "urn": Urn(URN),
        "match_id": match_id,
        "round_id": "round-0001",
        "round_ends_on": ENDS_ON,
        "need_id": "need-0001",
        "offer_id": "offer-0001",
        "employer_id": EmployerId(EMPLOYER),
        "activity_type": "employer_talk",
        "state": state,
        **changes,
    }

    async def work(unit: UnitOfWork) -> None:
        await on_match_changed(unit, MatchChanged(**fields))

    await school.context.in_hub(Actor("test"), str(fields["urn"]), work)


@pytest.fixture
async def matched(school: School) -> School:
    """A school with two confirmed matches; another school has one too."""
    for employer in (EMPLOYER, "gpg-1"):
        await school.know_employer(employer)
    await tell(school)
    await tell(school, SECOND, round_ends_on=dt.date(2026, 3, 31))
    await tell(school, FOREIGN, urn=Urn(OTHER_URN))
    return school


def talk_of(
    match_id: str | None = MATCH, reference: str | None = "talk-1", **changes: object
) -> dict[str, Any]:
    """A talk of a match."""
    return talk(reference, **({"employer_id": EMPLOYER, "match_id": match_id} | changes))


async def waiting(school: School) -> list[str]:
    """Name the matches that wait to be recorded."""
    return [match["match_id"] for match in (await school.get("/matches"))["matches"]]


async def named(school: School) -> list[tuple[str | None, str | None]]:
    """Name the matches of what was told of activities, as (before, after)."""
    found: list[tuple[str | None, str | None]] = []
    for event in await school.told():
        match event:
            case ActivityRecorded(activity=after):
                found.append((None, after.match_id))
            case ActivityCorrected(before=before, after=after):
                found.append((before.match_id, after.match_id))
            case ActivityRetracted(before=before):
                found.append((before.match_id, None))
    return found


def problems(answer: httpx.Response) -> list[tuple[str, str]]:
    """Where and why a request was refused."""
    assert answer.status_code == 422, answer.text
    return [(problem["where"], problem["reason"]) for problem in answer.json()["problems"]]


async def test_confirmed_matches_are_listed_with_what_an_activity_of_one_says(matched: School) -> None:
    shown = await matched.get("/matches")

    assert shown == {
        "total": 2,
        "matches": [
            {
                "match_id": identity,
                "employer_id": EMPLOYER,
                "activity_type": "employer_talk",
                "round_ends_on": last_day,
            }
            for identity, last_day in ((SECOND, "2026-03-31"), (MATCH, "2026-07-17"))
        ],
    }
    first = await matched.get("/matches?limit=1")
    assert (first["total"], [one["match_id"] for one in first["matches"]]) == (2, [SECOND])
    assert (await matched.send("GET", "/matches?limit=201")).status_code == 422


@pytest.mark.parametrize("state", ["proposed", "accepted", "declined", "replaced"])
async def test_what_is_not_confirmed_is_not_known(school: School, state: MatchState) -> None:
    await tell(school, state=state)

    assert await waiting(school) == []


async def test_a_cancelled_match_is_listed_no_longer_and_cannot_be_recorded(matched: School) -> None:
    await tell(matched, state="cancelled")

    assert await waiting(matched) == [SECOND]
    (problem,) = problems(await matched.send("POST", "/activities", json=talk_of()))
    assert problem[0] == "match_id"


async def test_a_second_delivery_changes_nothing(matched: School) -> None:
    await tell(matched)
    assert await waiting(matched) == [SECOND, MATCH]
    for _ in "ab":
        await tell(matched, state="cancelled")
    assert await waiting(matched) == [SECOND]


async def test_a_school_without_matches_has_an_empty_list(school: School) -> None:
    assert await school.get("/matches") == {"total": 0, "matches": []}


async def test_an_activity_names_its_match_and_the_list_leaves_it_out_at_once(matched: School) -> None:
    receipt = await matched.post(talk_of())

    assert await named(matched) == [(None, MATCH)]
    assert await waiting(matched) == [SECOND]
    shown = await matched.get(f"/activities/{receipt['activity_id']}")
    assert shown["match_id"] == MATCH
    (listed,) = (await matched.get("/activities?academic_year=2025/26"))["activities"]
    assert listed["match_id"] == MATCH
    retracted = {"reason": "did_not_take_place"}
    await matched.send("POST", f"/activities/{receipt['activity_id']}/retraction", json=retracted)
    assert await waiting(matched) == [SECOND, MATCH]
    assert await named(matched) == [(None, MATCH), (MATCH, None)]


async def test_a_completed_match_is_not_listed_and_a_second_session_can_name_it(matched: School) -> None:
    await tell(matched, state="completed")

    await matched.post(talk_of(attendance={"tutor_groups": ["10A"]}))
    await matched.post(talk_of(reference="talk-2", attendance={"tutor_groups": ["10B"]}))

    assert await waiting(matched) == [SECOND]
    assert await named(matched) == [(None, MATCH), (None, MATCH)]


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"match_id": UNKNOWN}, "match_id", "is not a confirmed match of this school"),
        ({"match_id": "no id"}, "body.match_id", "should match pattern"),
        ({"employer_id": None}, "employer_id", "is missing: the match is with gpg-961"),
        ({"employer_id": "gpg-1"}, "employer_id", "is another one: the match is with gpg-961"),
        ({"activity_type": "job_shadow"}, "activity_type", "is another one: the match is of employer_talk"),
    ],
    ids=str,
)
async def test_an_activity_that_does_not_fit_its_match_is_refused_and_nothing_is_kept(
    matched: School, changes: dict[str, Any], where: str, reason: str
) -> None:
    ((found, why),) = problems(await matched.send("POST", "/activities", json=talk_of(**changes)))

    assert found == where
    assert reason in why
    assert await named(matched) == []
    assert await matched.documents("activities") == []


async def test_another_schools_match_is_refused_as_one_that_there_is_not(matched: School) -> None:
    answers = [
        await matched.send("POST", "/activities", json=talk_of(identity)) for identity in (FOREIGN, UNKNOWN)
    ]

    assert problems(answers[0]) == problems(answers[1])
    assert FOREIGN not in answers[0].text


async def test_the_same_post_again_changes_nothing_though_the_match_was_cancelled_since(
    matched: School,
) -> None:
    await matched.post(talk_of())
    await tell(matched, state="cancelled")

    assert (await matched.post(talk_of()))["outcome"] == "unchanged"
    assert await named(matched) == [(None, MATCH)]


async def test_a_post_that_names_no_match_is_another_than_one_that_does(matched: School) -> None:
    await matched.post(talk_of(None))

    answer = await matched.send("POST", "/activities", json=talk_of())

    assert answer.status_code == 409
    assert "correct it" in answer.json()["detail"]


async def test_of_a_bulk_only_what_does_not_fit_is_left_out(matched: School) -> None:
    activities = [talk_of(), talk_of(FOREIGN, "talk-2"), talk_of(SECOND, "talk-3", held_on="2026-03-03")]

    receipt = (await matched.send("POST", "/activities/bulk", json={"activities": activities})).json()

    assert receipt["recorded"] == 2
    ((index, reason),) = [(one["index"], one["reason"]) for one in receipt["rejected"]]
    assert (index, reason.partition(":")[0]) == (1, "match_id")
    assert await waiting(matched) == []


async def test_rows_of_a_table_name_a_match_or_are_refused_with_their_column(matched: School) -> None:
    header = HEADER.strip() + ",match_id\n"
    lines = [
        row(serial, reference=reference, title=reference).strip() + f",{identity}\n"
        for serial, reference, identity in ((1, "one", MATCH), (2, "one", MATCH), (3, "two", FOREIGN))
    ]
    lines.append(row(4, reference="three", title="three", employer_id="gpg-1").strip() + f",{SECOND}\n")

    receipt = (
        await matched.send(
            "POST",
            "/activities/import",
            content=header + "".join(lines),
            headers={"Content-Type": "text/csv"},
        )
    ).json()

    assert (receipt["recorded"], receipt["activities"]["recorded"]) == (2, 1)
    assert [(one["row"], one["column"]) for one in receipt["rejected"]] == [
        (4, "match_id"),
        (5, "employer_id"),
    ]
    assert await named(matched) == [(None, MATCH)]


async def test_a_plans_report_says_which_match_was_kept(matched: School) -> None:
    invited = {"tutor_groups": ["10A"]}
    planned = await make(
        matched, planned_on=PAST, invited=invited, activity_type="employer_talk", employer_id=EMPLOYER
    )

    (refused,) = problems(await report(matched, planned["plan_id"], match_id=FOREIGN))
    assert refused[0] == "match_id"
    assert (await matched.get(f"/plans/{planned['plan_id']}"))["status"] == "planned"
    await recorded(matched, planned["plan_id"], match_id=MATCH)

    assert await named(matched) == [(None, MATCH)]


async def test_a_correction_names_a_match_changes_it_and_takes_it_off(matched: School) -> None:
    receipt = await matched.post(talk_of(None))
    path = f"/activities/{receipt['activity_id']}"

    for version, identity in enumerate((MATCH, SECOND, None), 1):
        answer = await matched.send("PUT", path, json=talk_of(identity, version=version))
        assert answer.json()["outcome"] == "corrected", answer.text

    assert await named(matched) == [(None, None), (None, MATCH), (MATCH, SECOND), (SECOND, None)]
    assert await waiting(matched) == [SECOND, MATCH]


async def test_a_correction_cannot_name_what_cannot_be_recorded(matched: School) -> None:
    receipt = await matched.post(talk_of(None))
    path = f"/activities/{receipt['activity_id']}"

    foreign = await matched.send("PUT", path, json=talk_of(FOREIGN, version=1))
    other = await matched.send("PUT", path, json=talk_of(employer_id="gpg-1", version=1))

    assert problems(foreign)[0][0] == "match_id"
    assert problems(other)[0][0] == "employer_id"
    assert await named(matched) == [(None, None)]


async def test_what_else_was_wrong_can_be_corrected_after_the_match_was_cancelled(matched: School) -> None:
    receipt = await matched.post(talk_of())
    await tell(matched, state="cancelled")
    path = f"/activities/{receipt['activity_id']}"

    better = await matched.send("PUT", path, json=talk_of(attendance=listing([1, 2]), version=1))
    other = await matched.send("PUT", path, json=talk_of(employer_id="gpg-1", version=2))

    assert better.json()["outcome"] == "corrected", better.text
    assert problems(other)[0][0] == "match_id"


async def test_a_repeat_that_knows_the_match_gives_it_to_the_one_that_counts_and_takes_it_back(
    matched: School,
) -> None:
    first = await matched.post(talk_of(None))

    again = await matched.post(talk_of(MATCH, "mis-17"))

    assert (again["outcome"], again["taken_over"]) == ("merged", ["match_id"])
    assert await named(matched) == [(None, None), (None, MATCH)]
    assert await waiting(matched) == [SECOND]
    separated = await matched.send("POST", f"/activities/{again['activity_id']}/separation")
    assert separated.status_code == 200, separated.text
    assert await named(matched) == [(None, None), (None, MATCH), (None, MATCH), (MATCH, None)]
    shown = await matched.get(f"/activities/{first['activity_id']}")
    assert shown["match_id"] is None


async def test_accounts_of_different_matches_are_not_taken_for_one(matched: School) -> None:
    await matched.post(talk_of())

    again = await matched.post(talk_of(SECOND, "mis-17"))

    assert again["outcome"] == "recorded"
    assert "possible_duplicates" not in again
    assert (await matched.get("/activities/duplicates?academic_year=2025/26"))["total"] == 0


async def test_what_a_survivor_had_of_its_own_is_stored_with_the_match_it_took_over(matched: School) -> None:
    first = await matched.post(talk_of(None))
    await matched.post(talk_of(MATCH, "mis-17"))

    (stored,) = [one for one in await matched.documents("activities") if one["_id"] == first["activity_id"]]

    assert (stored["match_id"], stored["own_facts"]["match_id"]) == (MATCH, None)


async def test_a_confirmed_match_waits_on_todays_page_and_is_recorded_from_there(matched: School) -> None:
    (identity, *_) = await waiting(matched)
    today = await look(matched)
    assert f"activities/new?match_id={identity}" in today.text

    form = await look(matched, f"/activities/new?match_id={identity}")
    assert f'name="match_id" value="{identity}"' in form.text
    typed = {
        "key": key_of(form), "match_id": identity, "activity_type": "employer_talk", "mode": "in_person",
        "employer_id": {MATCH: EMPLOYER, SECOND: EMPLOYER}[identity], "year_groups": "10",
    }  # fmt: skip
    assert (await fill_in(matched, "/activities/new", typed)).status_code == 303
    assert identity not in await waiting(matched)
