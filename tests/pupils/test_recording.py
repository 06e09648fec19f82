"""Recording, correcting and retracting: figures, coverage, and what is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted, CoverageCell
from services.pupils.model.activity import Activity, Known, Post, identity_of_rows, refuse_contradiction
from services.pupils.model.facts import Facts
from services.pupils.model.recording import Change, correct, record, refuse_stale, retract
from services.pupils.model.sheets import Register
from services.runtime.errors import ConflictError, HubError, InvalidError
from tests.pupils.values import (
    GB5_TESTS,
    GB7_TESTS,
    ID,
    LMI_LESSON,
    TALK,
    VISIT,
    YEAR,
    desk,
    given,
    post,
    reached,
    ref,
    register,
)


def recorded(of: Register, posted: Post | None = None) -> Activity:
    return record(desk(of), ID, post() if posted is None else posted).after


def cells(change: Change) -> list[tuple[int, str, int]]:
    return [(cell.year_group, cell.benchmark, cell.reached) for cell in change.told.coverage]


def test_recording_counts_statuses_encounters_and_credits() -> None:
    of = register(1001, 1002, 1003, 1004)

    change = record(desk(of), ID, post(VISIT, given(10, listed={1003: "absent", 1004: "excused"})))

    (figures,) = change.after.figures.year_groups
    assert figures.model_dump() == {
        "year_group": 10,
        "attended": 2,
        "absent": 1,
        "excused": 1,
        "encounters": 2,
        "credits": {"gb5": 2, "gb6": 2},
        "by_group": {},
        "provider_access": None,
        "work_minutes": 120,
    }
    assert reached(of) == {(10, "gb5"): 2, (10, "gb6"): 2}


def test_what_is_told_names_the_school_the_activity_and_coverage_after_it() -> None:
    told = record(desk(register(1001, 1002)), ID, post()).told

    assert isinstance(told, ActivityRecorded)
    assert (told.urn, told.academic_year, told.activity_id) == ("136500", YEAR, ID)
    assert (told.activity.activity_type, told.activity.held_on) == ("employer_talk", dt.date(2026, 3, 2))
    assert told.activity.employer_id == "gpg-961"
    assert told.coverage == (CoverageCell(year_group=10, benchmark="gb5", reached=2),)


def test_each_participation_is_one_encounter_whatever_it_counts_for() -> None:
    of = register(1001)

    (figures,) = recorded(of, post(VISIT)).figures.year_groups

    assert (figures.encounters, sum(figures.credits.values())) == (1, 2)


def test_employer_and_provider_met_at_once_are_one_encounter() -> None:
    talk = replace(
        TALK,
        activity_type="alumni_talk",
        provider_type="university",
        tests_met=tuple(sorted({*GB5_TESTS, *GB7_TESTS})),
    )

    (figures,) = recorded(register(1001, 1002), post(talk)).figures.year_groups

    assert (figures.encounters, figures.credits) == (2, {"gb5": 2, "gb7": 2})


def test_an_activity_without_credit_reaches_nobody_and_tells_no_coverage() -> None:
    of = register(1001)

    change = record(desk(of), ID, post(replace(TALK, tests_met=())))

    assert (cells(change), reached(of), of.changed()) == ([], {}, [])
    assert change.after.figures.year_groups[0].attended == 1


def test_being_reached_twice_is_being_reached_once() -> None:
    of = register(1001, 1002)
    recorded(of)

    change = record(desk(of), ID, post(replace(TALK, reference="talk-2"), given(listed={1001: "attended"})))

    assert cells(change) == [(10, "gb5", 2)]


def test_a_meeting_counts_for_pupils_listed_one_by_one() -> None:
    of = register(1101, 1102)
    meeting = replace(TALK, activity_type="guidance_meeting_l6", tests_met=(), employer_id=None)

    change = record(desk(of), ID, post(meeting, given(11, listed={1101: "attended"})))

    assert cells(change) == [(11, "gb8", 1)]
    assert change.after.credited == {11: {("gb8",): [ref(1101)]}}


def test_a_leaver_can_be_named_and_reaches_no_count() -> None:
    of = register(1001, 1002)
    of.take_off(YEAR, ref(1002))

    change = record(desk(of), ID, post(TALK, given(10, listed={1002: "attended"})))

    assert change.after.figures.year_groups[0].attended == 2
    assert cells(change) == [(10, "gb5", 1)]


def test_a_refused_activity_leaves_the_sheets_as_they_were() -> None:
    of = register(1001)

    with pytest.raises(InvalidError):
        record(desk(of), ID, post(TALK, given(10, 12)))

    assert (reached(of), of.changed()) == ({}, [])


def test_a_correction_tells_both_versions_and_the_coverage_after_it() -> None:
    of = register(1001, 1002, 1003)
    before = recorded(of)

    change = correct(desk(of), before, post(TALK, given(10, listed={1003: "absent"})))

    assert isinstance(change.told, ActivityCorrected)
    assert change.told.before == before.figures
    assert change.told.after.year_groups[0].attended == 2
    assert cells(change) == [(10, "gb5", 2)]
    assert (change.after.version, len(change.after.fingerprints)) == (2, 2)


def test_a_pupil_whose_last_crediting_activity_goes_is_no_longer_reached() -> None:
    of = register(1001, 1002)
    first = recorded(of)
    recorded(of, post(replace(TALK, reference="talk-2"), given(listed={1001: "attended"})))

    retract(desk(of), first, "did_not_take_place")

    assert reached(of) == {(10, "gb5"): 1}
    assert of.sheet_of(YEAR, ref(1001)) is not None
    assert [dict(sheet.credits) for sheet in of] == [{"gb5": {ref(1001): 1}}]


def test_a_correction_that_lowers_the_tests_takes_the_credit_back() -> None:
    of = register(1001)
    before = recorded(of, post(VISIT))

    change = correct(desk(of), before, post(replace(VISIT, tests_met=GB5_TESTS)))

    assert cells(change) == [(10, "gb5", 1), (10, "gb6", 0)]


def test_a_correction_reaches_a_pupil_who_has_moved_up_since() -> None:
    of = register(1001, 1002, 1101)
    before = recorded(of)
    of.place(YEAR, ref(1002), 11, "11B")

    change = correct(desk(of), before, post(TALK, given(10, listed={1002: "absent"})))

    assert cells(change) == [(10, "gb5", 1), (11, "gb5", 0)]
    assert [f.year_group for f in change.after.figures.year_groups] == [10]


def test_a_retraction_tells_what_leaves_the_counts() -> None:
    of = register(1001, 1002)
    before = recorded(of)

    change = retract(desk(of), before, "duplicate")

    assert isinstance(change.told, ActivityRetracted)
    assert change.told.before == before.figures
    assert cells(change) == [(10, "gb5", 0)]
    assert (change.after.status, change.after.retraction) == ("retracted", "duplicate")
    assert change.after.attendance == before.attendance, "what was recorded is kept"


@pytest.mark.parametrize(
    ("facts", "error", "word"),
    [
        (replace(TALK, held_on=dt.date(2025, 8, 31)), InvalidError, "another academic year"),
        (replace(TALK, reference="talk-2"), InvalidError, "reference"),
        (replace(TALK, reference=None), InvalidError, "reference"),
    ],
    ids=["another year", "another reference", "no reference"],
)
def test_some_things_cannot_be_corrected(facts: Facts, error: type[HubError], word: str) -> None:
    of = register(1001)
    before = recorded(of)

    with pytest.raises(error, match=word):
        correct(desk(of), before, post(facts))

    assert reached(of) == {(10, "gb5"): 1}


def test_a_retracted_activity_cannot_be_corrected() -> None:
    of = register(1001)
    gone = retract(desk(of), recorded(of), "duplicate").after

    with pytest.raises(ConflictError, match="retracted"):
        correct(desk(of), gone, post())


def test_only_who_has_seen_the_current_version_can_correct_it() -> None:
    activity = recorded(register(1001))

    refuse_stale(activity, 1)
    with pytest.raises(ConflictError, match="at version 1 now, not 2"):
        refuse_stale(activity, 2)


def test_the_same_post_is_known_in_any_order() -> None:
    one = post(TALK, given(10, 11, tutor_groups=["9A", "9B"], listed={1: "absent", 2: "excused"}))
    other = post(TALK, given(11, 10, tutor_groups=["9B", "9A"], listed={2: "excused", 1: "absent"}))

    assert one.fingerprint == other.fingerprint
    assert one.identity == other.identity


def test_a_post_is_known_by_its_reference_else_by_its_content() -> None:
    anonymous = replace(TALK, reference=None)

    assert post(TALK, given(10)).identity == post(VISIT_AS_TALK, given(11)).identity
    assert post(anonymous, given(10)).identity != post(anonymous, given(11)).identity
    assert identity_of_rows(anonymous) != post(anonymous).identity
    assert identity_of_rows(TALK) == post(TALK).identity


VISIT_AS_TALK = replace(VISIT, reference=TALK.reference)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Meet the pilots"},
        {"hours": 2.0},
        {"employer_id": None},
        {"mode": "mixed"},
        {"held_on": dt.date(2026, 3, 3)},
    ],
    ids=str,
)
def test_any_difference_is_another_content(change: dict[str, object]) -> None:
    changed = replace(TALK, **change)  # type: ignore[arg-type]  # fields by name

    assert post(changed).fingerprint != post(TALK).fingerprint


def test_every_version_that_was_posted_is_known_again() -> None:
    of = register(1001)
    first = recorded(of)
    second = correct(desk(of), first, post(replace(TALK, title="Meet the pilots"))).after

    refuse_contradiction(second.known, post().fingerprint)
    refuse_contradiction(second.known, post(replace(TALK, title="Meet the pilots")).fingerprint)
    with pytest.raises(ConflictError, match="correct it: PUT"):
        refuse_contradiction(second.known, post(LMI_LESSON).fingerprint)


def test_a_post_of_a_retracted_activity_is_refused_with_advice() -> None:
    known = Known(ID, 2, "retracted", (post().fingerprint,))

    with pytest.raises(ConflictError, match="another reference"):
        refuse_contradiction(known, post().fingerprint)
