"""Destinations: the sustained rule by the cases of domain §10.8, and the routes."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary import AcademicYear
from services.pupils.model.destination import Spell, destination_months, status_on, sustained
from services.pupils.model.destination_rules import DestinationRules
from services.pupils.rules import destination_rules
from tests.pupils.conftest import School, roll_csv
from tests.pupils.values import upn

LEFT: Final = AcademicYear("2024/25")
CATEGORIES: Final = destination_rules().categories
COLLEGE: Final[dict[str, Any]] = {
    "status": "further_education",
    "provider": "Weymouth College",
    "source": "provider",
    "starts_on": "2025-09-04",
    "seen_on": "2026-04-20",
}


def spell(status: str, first: str, last: str) -> Spell:
    """Something done from a day to a day."""
    end = dt.date.fromisoformat(last)
    return Spell(status, "somewhere", "provider", dt.date.fromisoformat(first), end, end)


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        ([spell("further_education", "2025-10-06", "2026-03-27")], "education"),
        (
            [
                spell("employment", "2025-10-01", "2025-11-30"),
                spell("employment", "2026-01-05", "2026-03-31"),
            ],
            "employment",
        ),
        ([spell("apprenticeship_level_3", "2026-02-01", "2026-07-31")], "apprenticeship"),
        ([spell("apprenticeship_level_3", "2026-02-01", "2026-06-30")], "not_sustained"),
        ([spell("further_education", "2025-10-06", "2025-12-19")], "not_sustained"),
        ([], "not_captured"),
        ([spell("not_known", "2025-09-01", "2026-07-31")], "not_captured"),
        ([spell("neet_seeking", "2025-09-01", "2026-07-31")], "not_sustained"),
        ([spell("further_education", "2025-10-06", "2026-02-27")], "not_sustained"),
        (
            [
                spell("further_education", "2025-10-06", "2025-12-19"),
                spell("employment", "2026-01-05", "2026-03-31"),
            ],
            "mixed",
        ),
        ([spell("further_education", "2024-10-06", "2025-03-27")], "not_captured"),
    ],
)
def test_a_destination_is_sustained_by_the_rule(spells: list[Spell], expected: str) -> None:
    assert sustained(spells, CATEGORIES, LEFT) == expected


def test_what_was_last_seen_in_december_is_not_taken_to_have_gone_on() -> None:
    open_ended = Spell(
        "further_education", "college", "pupil", dt.date(2025, 9, 4), seen_on=dt.date(2025, 12, 19)
    )
    assert sustained([open_ended], CATEGORIES, LEFT) == "not_sustained"
    assert status_on([open_ended], dt.date(2025, 11, 1)) == "further_education"
    assert status_on([open_ended], dt.date(2026, 1, 1)) == "not_known"


def test_the_destination_year_runs_from_august_to_july() -> None:
    months = destination_months(LEFT)
    assert (months[0], months[4], months[5], months[-1]) == ((2025, 8), (2025, 12), (2026, 1), (2026, 7))
    assert len(months) == 12


@given(st.sets(st.sampled_from(destination_months(LEFT))), st.sets(st.sampled_from(destination_months(LEFT))))
def test_the_rule_agrees_with_counting_months(
    studying: set[tuple[int, int]], working: set[tuple[int, int]]
) -> None:
    """Each spell lies in one month, so that months can be counted by hand."""
    spells = [
        spell(status, f"{year}-{month:02d}-10", f"{year}-{month:02d}-20")
        for status, months in (("school_sixth_form", studying), ("employment", working))
        for year, month in months
    ]
    winter = {(2025, 10), (2025, 11), (2025, 12), (2026, 1), (2026, 2), (2026, 3)}
    if winter <= studying:
        expected = "education"
    elif len(winter & working) >= 5:
        expected = "employment"
    elif winter & working and len(winter & (studying | working)) >= 5:
        expected = "mixed"
    else:
        expected = "not_sustained" if studying | working else "not_captured"
    assert sustained(spells, CATEGORIES, LEFT) == expected


def test_rules_without_a_status_for_those_not_known_are_refused() -> None:
    rules = destination_rules().model_dump()
    del rules["statuses"]["not_known"]
    with pytest.raises(ValidationError, match="not_known"):
        DestinationRules.model_validate(rules)


@pytest.fixture
async def leavers(school: School) -> School:
    """A school whose pupils 101 and 102 were in Year 11 of 2024/25, and have left since."""
    answer = await school.put_roll(roll_csv([101, 102, 103]), academic_year="2024/25")
    assert answer.status_code == 200, answer.text
    return school


async def ref_of(school: School, serial: int) -> str:
    """Find the id of a pupil who was there in 2024/25."""
    page = await school.get("/pupils?academic_year=2024/25&limit=500")
    (found,) = [p["pupil"] for p in page["pupils"] if p["surname"] == f"Surname{serial}"]
    return str(found)


async def test_intentions_may_change_and_all_are_kept(leavers: School) -> None:
    path = f"/pupils/{await ref_of(leavers, 101)}/intentions"
    first = {"status": "school_sixth_form", "words": "Stay on for A levels", "said_on": "2025-02-03"}
    later = {"status": "further_education", "words": "Marine engineering", "said_on": "2025-05-12"}
    answers = [
        await leavers.send("POST", path, json=body)
        for body in (first, later | {"has_offer": True}, first | {"words": "stay on for a levels"})
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 200]
    shown = await leavers.get(path.replace("intentions", "destinations"))
    assert [(one["status"], one["has_offer"]) for one in shown["intended"]] == [
        ("further_education", True),
        ("school_sixth_form", False),
    ]
    assert shown["actual"] == []
    assert shown["sustained"]["category"] == "not_captured"


async def test_a_destination_is_followed_until_it_was_sustained(leavers: School) -> None:
    ref = await ref_of(leavers, 103)
    path = f"/pupils/{ref}/destinations"
    first = await leavers.send("POST", path, json=COLLEGE | {"seen_on": "2025-11-03"})
    identity = first.json()["destination_id"]
    before = await leavers.get(path)
    seen = [
        await leavers.send("POST", f"/destinations/{identity}/seen", json={"seen_on": day})
        for day in ("2026-04-20", "2026-04-20", "2025-12-01")
    ]
    after = await leavers.get(path)

    assert before["sustained"] == {"after": LEFT, "category": "not_sustained", "rule": "destinations-2026.1"}
    assert [answer.json()["outcome"] for answer in seen] == ["seen", "unchanged", "unchanged"]
    assert after["sustained"]["category"] == "education"
    assert after["actual"][0]["seen_on"] == "2026-04-20"


async def test_what_has_ended_does_not_go_on(leavers: School) -> None:
    path = f"/pupils/{await ref_of(leavers, 101)}/destinations"
    identity = (await leavers.send("POST", path, json=COLLEGE)).json()["destination_id"]
    end = {"seen_on": "2026-05-01", "ends_on": "2026-04-24"}
    ended = [await leavers.send("POST", f"/destinations/{identity}/seen", json=end) for _ in range(2)]
    resumed = await leavers.send("POST", f"/destinations/{identity}/seen", json={"seen_on": "2026-06-01"})

    assert [answer.json()["outcome"] for answer in ended] == ["seen", "unchanged"]
    assert resumed.status_code == 409


async def test_what_was_entered_by_mistake_leaves_the_record(leavers: School) -> None:
    path = f"/pupils/{await ref_of(leavers, 101)}/destinations"
    identity = (await leavers.send("POST", path, json=COLLEGE)).json()["destination_id"]
    outcomes = [
        (await leavers.send("POST", f"/destinations/{identity}/retraction")).json()["outcome"]
        for _ in range(2)
    ]
    assert outcomes == ["retracted", "unchanged"]
    assert (await leavers.get(path))["actual"] == []
    seen = await leavers.send("POST", f"/destinations/{identity}/seen", json={"seen_on": "2026-05-01"})
    assert seen.status_code == 404
    unknown = await leavers.send("POST", f"/destinations/{'0' * 32}/retraction")
    assert unknown.status_code == 404
    assert (await leavers.send("POST", path, json=COLLEGE)).status_code == 201


async def test_a_cohort_is_counted_with_neet_and_not_known_together(leavers: School) -> None:
    at_college, seeking = [await ref_of(leavers, serial) for serial in (101, 102)]
    await leavers.send("POST", f"/pupils/{at_college}/destinations", json=COLLEGE)
    neet = COLLEGE | {"status": "neet_seeking", "provider": "none", "source": "family"}
    await leavers.send("POST", f"/pupils/{seeking}/destinations", json=neet)

    counted = await leavers.get("/destinations?leavers_of=2024/25")

    assert (counted["leavers"], counted["on"]) == (3, "2025-11-01")
    assert counted["statuses"] == {"further_education": 1, "neet_seeking": 1, "not_known": 1}
    assert counted["categories"]["education"] == 1
    assert counted["neet_or_not_known"] == 2
    assert counted["sustained"] == {"education": 1, "not_sustained": 1, "not_captured": 1}
    assert (await leavers.send("GET", "/destinations?leavers_of=2023/24")).status_code == 404


async def test_the_local_authoritys_table_names_leavers_and_evaluates_nothing(leavers: School) -> None:
    ref = await ref_of(leavers, 101)
    await leavers.send(
        "POST", f"/pupils/{ref}/destinations", json=COLLEGE | {"provider": "=cmd|' /C calc'!A0"}
    )
    meant = {"status": "training", "words": "Rather work", "said_on": "2025-02-03"}
    await leavers.send("POST", f"/pupils/{ref}/intentions", json=meant)

    answer = await leavers.send("GET", "/destinations/export?leavers_of=2024/25")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["upn"] for row in rows] == [upn(101), upn(102), upn(103)]
    assert (rows[0]["intended_status"], rows[0]["has_offer"]) == ("training", "no")
    assert (rows[0]["status"], rows[0]["provider"]) == ("further_education", "'=cmd|' /C calc'!A0")
    assert (rows[2]["status"], rows[2]["last_seen"]) == ("not_known", "")
    assert ("leader", "destinations.exported", "destinations/2024/25/11/export") in await leavers.accesses()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"status": "astronaut"}, "status"),
        ({"seen_on": "2026-06-16"}, "seen_on"),
        ({"seen_on": "2025-09-01"}, "seen_on"),
        ({"ends_on": "2025-09-01"}, "ends_on"),
        ({"source": "rumour"}, "body.source"),
        ({"provider": ""}, "body.provider"),
        ({"starts_on": "2025-02-30"}, "body.starts_on"),
    ],
)
async def test_what_cannot_be_is_refused(leavers: School, changes: dict[str, Any], where: str) -> None:
    path = f"/pupils/{await ref_of(leavers, 101)}/destinations"
    answer = await leavers.send("POST", path, json=COLLEGE | changes)
    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert await leavers.documents("destination_spells") == []


async def test_an_intention_that_makes_no_sense_or_of_nobody_is_refused(leavers: School) -> None:
    body = {"status": "school_sixth_form", "words": "Stay on", "said_on": "2026-06-16"}
    path = f"/pupils/{await ref_of(leavers, 101)}/intentions"
    future = await leavers.send("POST", path, json=body)
    nobody = await leavers.send(
        "POST", "/pupils/0123456789abcdef/intentions", json=body | {"said_on": "2026-06-01"}
    )
    assert (future.status_code, nobody.status_code) == (422, 404)


async def test_who_is_with_nobody_needs_no_provider_and_whoever_learns_does(leavers: School) -> None:
    path = f"/pupils/{await ref_of(leavers, 101)}/destinations"
    nobodys = {name: value for name, value in COLLEGE.items() if name != "provider"}

    learning = await leavers.send("POST", path, json=nobodys)
    seeking = await leavers.send("POST", path, json=nobodys | {"status": "neet_seeking"})

    assert learning.status_code == 422
    assert learning.json()["problems"][0]["where"] == "provider"
    assert seeking.status_code == 201
