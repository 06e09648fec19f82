"""What callers send: wrong types and unknown fields are refused by place, and never repeated."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.pupils.api.bodies import ActivityBody, draft_of, problems_of, reason_of, reference_of
from services.pupils.model.attendance import Groups
from services.pupils.model.draft import Draft, Identifying, ListedPupil, as_post
from services.pupils.model.pupil import Enrolled, Pupils, YearPlace
from services.pupils.rules import la_codes
from services.runtime.errors import HubError, InvalidError
from tests.pupils.values import TALK, TODAY, YEAR, ref, upn

BODY: dict[str, Any] = {
    "reference": "talk-1",
    "activity_type": "employer_talk",
    "title": "Meet the engineers",
    "held_on": "2026-03-02",
    "mode": "in_person",
    "hours": 1,
    "employer_id": "gpg-961",
    "tests_met": ["two_way_interaction", "clear_purpose", "reflection", "learning_outcomes", "reflection"],
    "attendance": {"year_groups": [10, 10], "pupils": [{"upn": upn(1), "status": "absent"}]},
}


def refused(change: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as invalid:
        ActivityBody.model_validate(BODY | change)
    return [(p.where, p.reason) for p in problems_of(invalid.value)]


def test_a_body_becomes_a_draft() -> None:
    draft = ActivityBody.model_validate(BODY).draft()

    assert draft == Draft(TALK, Groups((10,)), [ListedPupil(None, upn(1), "absent")])


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"held_on": 20260302}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"held_on": "2026-02-30"}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"held_on": "2026-03-02T10:00:00"}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"held_on": "02/03/2026"}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"held_on": None}, "held_on", "is not a date; write it like 2026-03-14"),
        ({"title": "  "}, "title", "String should have at least 1 character"),
        ({"title": 5}, "title", "Input should be a valid string"),
        ({"title": "a\nb"}, "title", "contains a control or invisible character"),
        ({"reference": "x" * 65}, "reference", "String should have at most 64 characters"),
        ({"hours": "1"}, "hours", "Input should be a valid number"),
        ({"hours": -0.5}, "hours", "Input should be greater than or equal to 0"),
        ({"hours": 1001}, "hours", "Input should be less than or equal to 1000"),
        ({"hours": True}, "hours", "Input should be a valid number"),
        ({"tests_met": "reflection"}, "tests_met", "Input should be a valid list"),
        ({"tests_met": [1]}, "tests_met.0", "Input should be a valid string"),
        ({"attendance": None}, "attendance", "Input should be a valid dictionary"),
        (
            {"attendance": {"year_groups": ["10"]}},
            "attendance.year_groups.0",
            "Input should be a valid integer",
        ),
        ({"attendance": {"year_groups": [6]}}, "attendance.year_groups.0", "Input should be greater than"),
        ({"attendance": {"year_groups": [15]}}, "attendance.year_groups.0", "Input should be less than"),
        ({"attendance": {"tutor_groups": [""]}}, "attendance.tutor_groups.0", "String should have at least"),
        ({"attendance": {"pupils": [{"status": "absent"}]}}, "attendance.pupils.0", "needs either pupil or"),
        (
            {"attendance": {"pupils": [{"upn": "x", "pupil": "y"}]}},
            "attendance.pupils.0",
            "needs either pupil or upn",
        ),
        (
            {"attendance": {"pupils": [{"upn": "x", "status": "late"}]}},
            "attendance.pupils.0.status",
            "Input should be 'attended', 'absent' or 'excused'",
        ),
        ({"attendance": {"everybody": True}}, "attendance.everybody", "Extra inputs are not permitted"),
        ({"notes": "?"}, "notes", "Extra inputs are not permitted"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named_by_place(change: dict[str, Any], where: str, reason: str) -> None:
    (problem,) = refused(change)

    assert problem[0] == where
    assert problem[1].startswith(reason)


def test_more_listed_pupils_than_any_school_has_are_refused() -> None:
    listed = [{"upn": "x"}] * 3_001

    assert refused({"attendance": {"pupils": listed}})[0][0] == "attendance.pupils"


def test_no_reason_repeats_what_was_sent() -> None:
    secret = "Secret Name"
    sent = BODY | {
        "held_on": secret,
        "employer_id": secret,
        "mode": [secret],
        "attendance": {"pupils": [{"pupil": 5, "upn": secret * 3, "status": secret}]},
    }

    with pytest.raises(ValidationError) as invalid:
        ActivityBody.model_validate(sent)

    problems = problems_of(invalid.value)
    assert len(problems) == 6
    assert not [p for p in problems if "Secret" in p.reason + p.where]


@pytest.mark.parametrize("item", [None, "talk", 5, [], {}], ids=repr)
def test_an_item_of_a_bulk_that_is_no_activity_is_a_refusal_of_its_own(item: object) -> None:
    refusal = draft_of(item)

    assert isinstance(refusal, InvalidError)
    assert reason_of(refusal)
    assert reference_of(item) is None


def test_a_refused_items_reference_helps_to_find_it() -> None:
    assert reference_of({"reference": "talk-9"}) == "talk-9"
    assert reference_of({"reference": 9}) is None
    assert reason_of(HubError("It is so.")) == "It is so."


def names(*serials: int, left: bool = False) -> Identifying:
    place = YearPlace(10, "10A", TODAY if left else None)
    pupils = [Enrolled(ref(s), f"digest of {upn(s)}", {YEAR: place}) for s in serials]
    return Identifying(Pupils(pupils), lambda text: f"digest of {text}", la_codes())


def listing(*mentions: ListedPupil) -> Draft:
    return Draft(TALK, Groups((10,)), mentions)


def test_pupils_are_named_by_id_or_upn_in_any_case() -> None:
    draft = listing(ListedPupil(ref(1), None, "absent"), ListedPupil(None, f" {upn(2).lower()}", "excused"))

    assert as_post(draft, names(1, 2)).given.listed == {ref(1): "absent", ref(2): "excused"}


@pytest.mark.parametrize(
    ("mention", "reason"),
    [
        (ListedPupil("nobody", None, "absent"), "there is no pupil with this id"),
        (ListedPupil(None, upn(9), "absent"), "no pupil of this school has this UPN; import the roll first"),
        (ListedPupil(None, "A801200005001", "absent"), "the check letter does not fit the other characters"),
        (ListedPupil(None, upn(1), "absent"), "is the same pupil as attendance.pupils[0]"),
    ],
    ids=["id", "upn", "no upn", "twice"],
)
def test_a_pupil_who_cannot_be_recorded_is_named_by_place(mention: ListedPupil, reason: str) -> None:
    draft = listing(ListedPupil(ref(1), None, "attended"), mention)

    with pytest.raises(InvalidError) as refusal:
        as_post(draft, names(1))

    assert [(p.where, p.reason) for p in refusal.value.problems] == [("attendance.pupils[1]", reason)]


def test_a_pupil_who_has_left_can_be_named_for_what_was_before() -> None:
    draft = listing(ListedPupil(ref(1), None, "attended"))

    assert as_post(draft, names(1, left=True)).given.listed == {ref(1): "attended"}
