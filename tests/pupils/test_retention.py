"""Retention: names and words go after leaving, everything three years later, by itself or when asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from bson import encode
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary import AcademicYear, Urn
from services.pupils.commands import retention as commands
from services.pupils.commands.retention import keep_retention
from services.pupils.model.pupil import Pupil, YearPlace
from services.pupils.model.restriction import Restriction, RestrictionId
from services.pupils.model.retention import (
    RetentionSettings,
    due_for_erasure,
    leavers,
    pseudonymised,
    pseudonymised_from,
)
from services.pupils.model.rights_rules import RightsRules
from services.pupils.rules import rights_rules
from services.pupils.service import SERVICE
from services.pupils.store.roll_index import ROLL_INDEX_ID, find_in_roll_index
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document, Replace
from services.runtime.settings import Settings
from tests.conftest import WorkerFor, eventually
from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.test_conversations_api import TALK
from tests.pupils.test_destinations import COLLEGE
from tests.pupils.test_interests import BUILDER
from tests.pupils.test_rectifications import ask
from tests.pupils.values import TODAY, URN, ref, upn

THIS: Final = AcademicYear("2025/26")
LAST: Final = AcademicYear("2024/25")
DEFAULT: Final = RetentionSettings.of_rules(rights_rules())
COLLECTIONS: Final = (
    *("pupils", "roll_index", "year_groups", "conversations", "conversation_versions", "interests"),
    *("intended_destinations", "destination_spells", "self_assessments", "self_assessment_versions"),
    *("rectifications", "restrictions", "activities", "activity_versions"),
)


def pupil(number: int, *years: AcademicYear, left_on: dt.date | None = None, **changes: Any) -> Pupil:  # noqa: ANN401 - fields
    """A pupil who was on roll in these years."""
    places = {year: YearPlace(10, "10A", left_on if year == max(years) else None) for year in years}
    return replace(Pupil(ref(number), f"digest{number}", places, b"", "Surname", "Forename"), **changes)


STAYING: Final = [pupil(number, LAST, THIS) for number in range(100, 130)]


@pytest.mark.parametrize(
    ("years", "left_on", "first"),
    [
        ([LAST], None, "2025-10-01"),
        ([LAST], dt.date(2025, 1, 9), "2025-10-01"),
        ([LAST, THIS], dt.date(2025, 10, 20), "2026-10-01"),
        # Found missing in September, by the roll of the year before.
        ([LAST], dt.date(2025, 9, 2), "2026-10-01"),
    ],
)
def test_names_go_31_days_after_the_academic_year_of_leaving(
    years: list[AcademicYear], left_on: dt.date | None, first: str
) -> None:
    leaver = pupil(1, *years, left_on=left_on)
    day = dt.date.fromisoformat(first)
    assert pseudonymised_from(leaver, DEFAULT.pseudonymise_after_days) == day
    everybody = [leaver, *STAYING]
    assert leavers(everybody, DEFAULT, day - dt.timedelta(days=1)).due == []
    assert leavers(everybody, DEFAULT, day).due == [leaver]


def test_nobody_has_left_while_no_later_roll_says_so() -> None:
    """A school that is late with its roll would lose every name in October."""
    assert leavers([pupil(1, LAST), pupil(2, LAST)], DEFAULT, TODAY).due == []
    assert len(leavers([pupil(1, LAST), pupil(2, LAST, THIS)], DEFAULT, TODAY).due) == 1


@pytest.mark.parametrize(("gone", "held_back"), [(9, 0), (10, 10), (30, 30)])
def test_most_of_a_year_leaving_in_silence_waits_to_be_confirmed(gone: int, held_back: int) -> None:
    """A roll of the new Year 7 alone looks like that."""
    pupils = [*(pupil(number, LAST) for number in range(gone)), pupil(900, LAST, THIS), pupil(901, THIS)]
    found = leavers(pupils, DEFAULT, TODAY)
    assert sum(map(len, found.held_back.values())) == held_back
    assert len(found.due) == gone - held_back


def test_those_whom_a_roll_saw_leave_wait_for_nobody() -> None:
    pupils = [pupil(number, LAST, left_on=dt.date(2025, 3, 3)) for number in range(30)]
    assert len(leavers([*pupils, pupil(901, THIS)], DEFAULT, TODAY).due) == 30


def test_who_is_restricted_or_waits_for_an_answer_keeps_the_name_for_now() -> None:
    restriction = Restriction(RestrictionId("0" * 32), "legal_claim", TODAY)
    pupils = [pupil(1, LAST, restriction=restriction), pupil(2, LAST), pupil(3, LAST), *STAYING]
    found = leavers(pupils, DEFAULT, TODAY, spare={ref(2)})
    assert ([one.ref for one in found.due], found.spared) == ([ref(3)], 2)
    far = dt.date(2100, 1, 1)
    due = due_for_erasure(pupils, rights_rules().deletion, far)
    assert ref(1) not in {one.ref for one in due}
    assert len(due) == len(pupils) - 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from([LAST, THIS, AcademicYear("2023/24")]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=40,
    ),
    st.integers(0, 365),
    st.dates(dt.date(2024, 1, 1), dt.date(2028, 1, 1)),
)
def test_leavers_are_due_held_back_spared_or_done_and_never_two_of_these(
    told: list[tuple[AcademicYear, bool, bool]], days: int, today: dt.date
) -> None:
    pupils = [
        pupil(
            number,
            year,
            left_on=dt.date(int(year[:4]) + 1, 3, 1) if seen_leaving else None,
            pseudonymised_on=TODAY if done else None,
        )
        for number, (year, seen_leaving, done) in enumerate(told)
    ]
    found = leavers(pupils, RetentionSettings(days), today)

    waiting = [one.ref for held in found.held_back.values() for one in held]
    latest = max((year for year, _, _ in told), default=None)
    expected = {
        one.ref
        for one, (year, seen_leaving, done) in zip(pupils, told, strict=True)
        if not done
        and (seen_leaving or year != latest)
        and dt.date(int(year[:4]) + 1, 8, 31) + dt.timedelta(days=days) <= today
    }
    assert sorted([*(one.ref for one in found.due), *waiting]) == sorted(expected)


def test_a_pupil_without_names_keeps_what_counts_rest_on() -> None:
    before = pupil(1, LAST, groups={LAST: ("sen_e",)})
    after = pseudonymised(before, TODAY)
    assert (after.surname, after.forename, after.pseudonymised_on) == ("", "", TODAY)
    assert after.years[LAST] == YearPlace(10, "")
    assert (after.ref, after.upn_digest, after.groups) == (before.ref, before.upn_digest, before.groups)


def test_a_rule_file_that_contradicts_itself_is_refused() -> None:
    file = rights_rules().model_dump()
    days = file["pseudonymisation"]["days_after_year_of_leaving"]
    for broken in (
        file | {"restriction": file["restriction"] | {"reasons": {"objection": "You objected."}}},
        file
        | {
            "pseudonymisation": file["pseudonymisation"]
            | {"days_after_year_of_leaving": days | {"default": 400}}
        },
    ):
        with pytest.raises(ValidationError):
            RightsRules.model_validate(broken)


@pytest.fixture
async def school(full_school: School) -> School:
    """A school that pupil 1, of whom there is something of everything, and pupil 103 have left."""
    history = roll_csv([1, 2, 3, 4, 5, 6, 101, 102, 103])
    assert (await full_school.put_roll(history, academic_year="2024/25")).status_code == 200
    return full_school


async def leave(school: School) -> str:
    """Have pupil 1, known from 2025/26 alone in what is recorded, leave; time passes to October 2026."""
    found = await school.ref(1)
    without = roll_csv([2, 3, 4, 5, 6, 101, 102])
    assert (await school.put_roll(without)).json()["left"] == 1
    later(school, dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC))
    return found


def later(school: School, now: dt.datetime) -> None:
    """Put the service's clock forward; tokens are checked by another, so that they stay good."""
    school.context.clock = lambda: now


async def stored(school: School) -> dict[str, list[Document]]:
    return {name: await school.documents(name) for name in COLLECTIONS}


async def traces(school: School, *words: str) -> set[str]:
    """Which of these words are anywhere in what the school holds."""
    held = await stored(school)
    raw = b"".join(encode(document) for documents in held.values() for document in documents)
    return {word for word in words if word.encode() in raw}


SAID: Final = (
    "Surname1\x00",
    "Wants to sail",
    "Wants to work with boats",
    "sailing",
    "Boat builder",
    "Sail\x00",
)


async def test_a_leavers_names_and_words_go_and_what_counts_rest_on_stays(school: School) -> None:
    found = await leave(school)
    assert await traces(school, *SAID) == set(SAID)
    coverage = {year: await school.get(f"/coverage?academic_year={year}") for year in (LAST, THIS)}
    comparison = await school.get("/self-assessments/ks4/change?academic_year=2025/26")

    assert not await keep_retention(school.context, Urn(URN))

    assert await traces(school, *SAID, "CPOMS/17") == set()
    assert {year: await school.get(f"/coverage?academic_year={year}") for year in (LAST, THIS)} == coverage
    assert await school.get("/self-assessments/ks4/change?academic_year=2025/26") == comparison
    shown = await school.get(f"/pupils/{found}")
    assert (shown["surname"], shown["upn"]) == ("", upn(1))
    assert shown["pseudonymised_on"] == "2026-10-01"
    assert {year["tutor_group"] for year in shown["years"]} == {""}
    assert len(shown["activities"]) == 1
    record = await school.get(f"/pupils/{found}/record")
    assert record["destinations"]["actual"][0]["provider"] == "Weymouth College"
    assert [one["status"] for one in record["destinations"]["intended"]] == ["training"]
    assert [(one["held_on"], one["said"]) for one in record["conversations"]] == [("2026-02-10", "")]
    assert [(one["due_on"], one["text"]) for one in record["conversations"][0]["actions"]] == [
        ("2026-03-01", ""),
        ("2026-02-20", ""),
    ]
    assert len(record["self_assessments"]) == 1
    assert ("retention, daily", "pupil.pseudonymised", f"pupils/{found}") in await school.accesses()


async def test_the_roll_index_says_the_same_as_the_pupil(school: School) -> None:
    found = await leave(school)
    await keep_retention(school.context, Urn(URN))
    (document,) = [one for one in await school.documents("pupils") if one["_id"] == found]
    index = await school.context.school(URN).collection("roll_index").get(ROLL_INDEX_ID)
    assert index is not None
    (place,) = find_in_roll_index(index, {found}, ())
    assert {year: one.tutor_group for year, one in place.years.items()} == {LAST: "", THIS: ""}
    assert document["upn_digest"] == place.upn_digest


async def test_a_second_run_changes_nothing(school: School) -> None:
    await leave(school)
    await keep_retention(school.context, Urn(URN))
    before, told = await stored(school), len(await school.rows())
    log = await school.accesses()

    assert not await keep_retention(school.context, Urn(URN))

    assert await stored(school) == before
    assert await school.accesses() == log
    assert len(await school.rows()) == told, "no count has changed, so nothing is told"


async def test_after_a_restore_the_next_run_does_it_again(school: School) -> None:
    await leave(school)
    backup = await stored(school)
    await keep_retention(school.context, Urn(URN))
    database = school.context.school(URN)
    for name, documents in backup.items():
        await database.collection(name).delete({})
        await database.collection(name).write(
            *(Replace({"_id": document["_id"]}, document, upsert=True) for document in documents)
        )
    assert await traces(school, *SAID), "the backup is back"

    await keep_retention(school.context, Urn(URN))

    assert await traces(school, *SAID) == set()


async def test_a_roll_that_has_the_pupil_again_brings_the_name_back(school: School) -> None:
    found = await leave(school)
    await keep_retention(school.context, Urn(URN))
    roll = roll_csv([1, 2, 3, 4, 5, 6, 101, 102])

    assert (await school.put_roll(roll, academic_year="2026/27")).json()["changed"] == 0
    shown = await school.get(f"/pupils/{found}")

    assert (shown["surname"], shown["pseudonymised_on"]) == ("Surname1", None)
    anew = BUILDER | {"text": "Rigger"}
    assert (await school.send("POST", f"/pupils/{found}/interests", json=anew)).status_code == 201
    assert await keep_retention(school.context, Urn(URN)) is False
    assert (await school.get(f"/pupils/{found}"))["surname"] == "Surname1"


async def test_what_was_taken_away_is_not_written_in_again_but_destinations_are(school: School) -> None:
    found = await leave(school)
    await keep_retention(school.context, Urn(URN))
    talk_id = (await school.get(f"/pupils/{found}/conversations"))["conversations"][0]["conversation_id"]
    intention = {"status": "training", "words": "Sail", "said_on": "2026-09-03"}
    for method, path, body in (
        ("POST", f"/pupils/{found}/interests", BUILDER),
        ("POST", f"/pupils/{found}/intentions", intention),
        ("PUT", f"/conversations/{talk_id}", TALK | {"version": 2}),
        ("POST", "/conversations", TALK | {"pupil": found}),
    ):
        refused = await school.send(method, path, json=body)
        assert refused.status_code == 409, (path, refused.text)
    job = COLLEGE | {"status": "employment", "provider": "Portland Port", "seen_on": "2026-09-20"}
    assert (await school.send("POST", f"/pupils/{found}/destinations", json=job)).status_code == 201


async def test_a_school_may_wait_longer_or_be_asked_first(school: School) -> None:
    found = await leave(school)
    assert await school.get("/retention/settings") == {
        "pseudonymise_after_days": 31,
        "pseudonymise": "automatic",
        "erase": "automatic",
        "limits": {"lowest": 0, "default": 31, "highest": 365},
        "rules": {
            "version": rights_rules().version,
            "pseudonymisation": rights_rules().pseudonymisation.source,
            "deletion": rights_rules().deletion.source,
        },
    }
    ask_me = {"pseudonymise_after_days": 31, "pseudonymise": "ask", "erase": "ask"}
    changes = [await school.send("PUT", "/retention/settings", json=ask_me) for _ in range(2)]
    assert [change.json()["outcome"] for change in changes] == ["changed", "unchanged"]
    await keep_retention(school.context, Urn(URN))
    assert (await school.get("/retention"))["names"] == {"due": 2, "held_back": {}, "spared": 0}
    assert (await school.get(f"/pupils/{found}"))["surname"] == "Surname1"

    done = (await school.send("POST", "/retention/pseudonymisations")).json()

    assert done == {"pseudonymised": 2, "left": 0, "held_back": 0}
    assert (await school.get(f"/pupils/{found}"))["surname"] == ""
    longer = ask_me | {"pseudonymise_after_days": 200, "pseudonymise": "automatic"}
    assert (await school.send("PUT", "/retention/settings", json=longer)).status_code == 200
    assert (await school.get("/retention/settings"))["pseudonymise_after_days"] == 200
    actions = [action for _, action, _ in await school.accesses()]
    assert actions.count("retention.settings_changed") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"pseudonymise_after_days": -1},
        {"pseudonymise_after_days": 366},
        {"pseudonymise_after_days": "31"},
        {"pseudonymise": "never"},
        {"erase": None},
        {"years": 4},
    ],
)
async def test_settings_beyond_the_limits_are_refused(school: School, change: dict[str, Any]) -> None:
    body = {"pseudonymise_after_days": 31, "pseudonymise": "ask", "erase": "ask"} | change
    assert (await school.send("PUT", "/retention/settings", json=body)).status_code == 422
    assert (await school.get("/retention/settings"))["pseudonymise"] == "automatic"


async def test_most_of_a_year_waits_until_somebody_confirms_that_they_have_left(empty_school: School) -> None:
    school = empty_school
    await school.put_roll(roll_csv(range(1, 13)), academic_year="2024/25")
    await school.put_roll(roll_csv([12, 100]))

    await keep_retention(school.context, Urn(URN))
    held = (await school.get("/retention"))["names"]
    unconfirmed = (await school.send("POST", "/retention/pseudonymisations")).json()
    confirmed = (await school.send("POST", "/retention/pseudonymisations?confirm_leavers=true")).json()

    assert held == {"due": 0, "held_back": {"2024/25": 11}, "spared": 0}
    assert unconfirmed == {"pseudonymised": 0, "left": 0, "held_back": 11}
    assert confirmed == {"pseudonymised": 11, "left": 0, "held_back": 0}
    assert (await school.get("/retention"))["names"] == {"due": 0, "held_back": {}, "spared": 0}


async def test_a_round_takes_some_and_says_that_more_are_left(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "PSEUDONYMISED_AT_ONCE", 1)
    monkeypatch.setattr(commands, "ERASED_A_ROUND", 1)
    await leave(school)
    assert (await school.put_roll(roll_csv([201, 202, 203]), academic_year="2021/22")).status_code == 200

    rounds = []
    for _ in range(4):
        more = await keep_retention(school.context, Urn(URN))
        held = await school.documents("pupils")
        without = sum(one["pseudonymised_on"] is not None for one in held)
        rounds.append((more, without, len(held)))

    assert [more for more, _, _ in rounds] == [True, True, True, False]
    assert [number for _, _, number in rounds] == [11, 10, 9, 9]
    assert rounds[-1][1] == 2
    assert {one["reason"] for one in (await school.get("/erasures"))["erasures"]} == {"retention"}


async def test_records_that_are_kept_too_long_are_erased_by_themselves_through_the_journal(
    school: School, journal: Path
) -> None:
    await school.put_roll(roll_csv([201]), academic_year="2021/22")
    (due,) = (await school.get("/retention"))["due"]

    assert not await keep_retention(school.context, Urn(URN))

    assert (await school.send("GET", f"/pupils/{due['pupil']}")).status_code == 404
    (receipt,) = (await school.get("/erasures"))["erasures"]
    assert (receipt["reason"], receipt["asked_by"]) == ("retention", "retention, daily")
    assert (journal / f"{receipt['erasure_id']}.json").exists()


async def test_a_clock_that_is_years_ahead_costs_nobody_on_the_last_roll_their_record(school: School) -> None:
    """Nor does a school that sends no roll any more: the list of what is due asks a person."""
    later(school, dt.datetime(2040, 1, 1, tzinfo=dt.UTC))

    assert not await keep_retention(school.context, Urn(URN))

    held = await school.documents("pupils")
    assert len(held) == 8, "only the one whom the last roll did not have is gone"
    assert {one["pseudonymised_on"] for one in held} == {None}
    assert len((await school.get("/retention"))["due"]) == 8


async def test_without_a_journal_nobody_is_erased_and_the_log_says_so(
    school: School, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    await school.put_roll(roll_csv([201]), academic_year="2021/22")
    context: ServiceContext = school.context
    context.settings = settings

    assert not await keep_retention(context, Urn(URN))

    said = capfd.readouterr()
    assert "no erasure journal" in said.out + said.err
    assert len((await school.get("/retention"))["due"]) == 1
    assert "Surname201" not in said.out + said.err


async def test_a_restricted_record_is_neither_bared_nor_erased(school: School) -> None:
    await school.put_roll(roll_csv([201]), academic_year="2021/22")
    (due,) = (await school.get("/retention"))["due"]
    await school.send("PUT", f"/pupils/{due['pupil']}/restriction", json={"reason": "legal_claim"})

    await keep_retention(school.context, Urn(URN))
    listed = await school.get("/retention")

    assert (listed["due"], listed["restricted"]) == ([], 1)
    assert listed["names"]["spared"] == 1
    assert (await school.send("POST", "/retention/erasures")).json() == {"erased": [], "left": 0}
    assert (await school.get(f"/pupils/{due['pupil']}"))["surname"] == "Surname201"


async def test_who_waits_for_an_answer_keeps_the_name_until_there_is_one(school: School) -> None:
    found = await leave(school)
    receipt = await ask(school, found, received_on="2026-09-20")
    await keep_retention(school.context, Urn(URN))
    assert (await school.get(f"/pupils/{found}"))["surname"] == "Surname1"

    path = f"/rectifications/{receipt['rectification_id']}/answer"
    assert (await school.send("POST", path, json={"outcome": "done"})).status_code == 200
    await keep_retention(school.context, Urn(URN))

    assert (await school.get(f"/pupils/{found}"))["surname"] == ""
    assert (await school.get(f"/pupils/{found}/record"))["rectifications"] == []


async def test_attendance_of_a_form_that_is_corrected_later_still_counts_the_leavers(
    school: School,
) -> None:
    """The tutor group is gone from the pupil, and not from the sheet that counts rest on."""
    form = talk("form", title="Form talk", attendance={"tutor_groups": ["10A"]})
    receipt = await school.post(form)
    assert receipt["year_groups"][0]["attended"] == 3
    await school.put_roll(roll_csv([2, 3, 4, 5, 6, 101, 102]), academic_year="2026/27")
    later(school, dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC))
    await keep_retention(school.context, Urn(URN))
    assert await traces(school, "Surname1\x00") == set()

    path = f"/activities/{receipt['activity_id']}"
    corrected = await school.send("PUT", path, json=form | {"title": "A better title", "version": 1})

    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["year_groups"][0]["attended"] == 3


async def test_the_worker_does_it_by_itself(
    empty_school: School, worker_for: WorkerFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.daily.FIRST_AFTER_S", 0.0)
    school = empty_school
    await school.put_roll(roll_csv([1, 2]), academic_year="2023/24")
    await school.put_roll(roll_csv([2]), academic_year="2025/26")

    async def done() -> bool:
        return "" in {one["surname"] for one in await school.documents("pupils")}

    async with worker_for([SERVICE]):
        await eventually(done)
