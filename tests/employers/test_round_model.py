"""Rounds as bytes, and what becomes of a match: pure."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.employers import MatchState
from contracts.vocabulary import AcademicYear, ActivityId, EmployerId, Urn
from services.employers.matching.compare import price_of_fairness
from services.employers.matching.propose import propose
from services.employers.matching.round import NeedId, OfferId
from services.employers.model.calendar import SchoolTerm
from services.employers.model.match import (
    ACTIVE,
    FIXED,
    Answer,
    Match,
    Side,
    Speaker,
    answered,
    cancelled,
    confirmed,
    match_id_of,
    planned,
    with_activity,
    without_activity,
)
from services.employers.model.solution import (
    digest_of,
    packed,
    packed_plan,
    plan_from,
    round_from,
)
from services.employers.round_answers import propose_round
from services.employers.round_questions import Asked
from services.employers.round_writing import written
from services.runtime.errors import ConflictError
from tests.employers.matching.rounds import seeded, terms

SIDES: Final[tuple[Side, ...]] = ("school", "employer")
MATCH: Final = Match(
    round_id="r",
    ends_on=dt.date(2026, 7, 17),
    term=SchoolTerm(AcademicYear("2025/26"), "summer"),
    urn=Urn("136500"),
    need_id=NeedId("n"),
    offer_id=OfferId("o"),
    employer_id=EmployerId("gpg-1"),
    type="employer_talk",
)


@pytest.mark.parametrize("seed", range(5))
def test_a_round_and_its_plan_come_back_from_their_bytes_as_they_were(seed: int) -> None:
    match_round = seeded(seed)
    plan = propose(match_round, terms())

    assert round_from(packed(written(match_round))) == match_round.canonical()
    assert plan_from(packed_plan(plan)) == plan
    assert propose(round_from(packed(written(match_round))), terms()).digest == plan.digest


def test_the_digest_does_not_depend_on_the_order_of_what_is_written_nor_on_the_process() -> None:
    match_round = seeded(3)
    turned = replace(match_round, needs=match_round.needs[::-1], offers=match_round.offers[::-1])
    digest = digest_of(written(match_round))
    # Sets are in another order in every process: their hashes are salted.
    code = (
        "from tests.employers.matching.rounds import seeded\n"
        "from services.employers.model.solution import digest_of\n"
        "from services.employers.round_writing import written\n"
        "print(digest_of(written(seeded(3))))"
    )

    assert digest_of(written(turned)) == digest
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"},
    )
    assert told.stdout.strip() == digest


def test_a_match_is_accepted_when_both_sides_have() -> None:
    one = answered(MATCH, "school", "accepted")
    both = answered(one, "employer", "accepted")

    assert (one.state, both.state) == ("proposed", "accepted")
    assert answered(both, "employer", "declined").state == "declined"
    assert confirmed(confirmed(both)).takes
    for early in (MATCH, one):
        with pytest.raises(ConflictError, match="accept"):
            confirmed(early)
        with pytest.raises(ConflictError, match="Decline"):
            cancelled(early, "school")


def test_it_is_kept_whether_an_employer_answered_itself() -> None:
    by_telephone = answered(MATCH, "coordinator", "accepted")
    itself = answered(by_telephone, "employer", "accepted")

    assert (by_telephone.employer, by_telephone.employer_by) == ("accepted", "coordinator")
    assert (itself.employer, itself.employer_by) == ("accepted", "employer")
    assert answered(itself, "coordinator", "accepted") == itself
    rang_to_decline = answered(itself, "coordinator", "declined")
    assert (rang_to_decline.state, rang_to_decline.employer_by) == ("declined", "coordinator")
    assert answered(MATCH, "school", "accepted").employer_by is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["school", "employer", "coordinator"]), st.sampled_from(["accepted", "declined"])
        )
    )
)
def test_a_coordinator_speaks_for_the_employer_and_nobody_else(said: list[tuple[Speaker, Answer]]) -> None:
    match, alike = MATCH, MATCH
    for speaker, answer in said:
        if match.state == "declined":
            break
        match = answered(match, speaker, answer)
        alike = answered(alike, "school" if speaker == "school" else "employer", answer)

    assert replace(match, employer_by=None) == replace(alike, employer_by=None)


@given(
    st.lists(st.tuples(st.sampled_from(["school", "employer"]), st.sampled_from(["accepted", "declined"])))
)
def test_no_order_of_answers_confirms_what_somebody_declined(said: list[tuple[Side, Answer]]) -> None:
    match, last = MATCH, dict[Side, Answer]()
    for side, answer in said:
        if match.state == "declined":
            break
        match = answered(match, side, answer)
        last[side] = answer

    naive = "declined" if "declined" in last.values() else "accepted" if len(last) == 2 else "proposed"
    assert match.state == naive


@pytest.mark.parametrize(("by", "takes"), [("school", False), ("employer", True)])
def test_only_the_school_gives_back_what_it_cancels(by: Side, *, takes: bool) -> None:
    fixed = replace(MATCH, state="confirmed")

    gone = cancelled(fixed, by)

    assert gone.takes is takes
    assert cancelled(gone, by) == gone
    with pytest.raises(ConflictError):
        confirmed(gone)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["talk-0001", "talk-0002", "talk-0003"]))))
def test_a_match_is_completed_as_long_as_an_activity_names_it(told: list[tuple[bool, str]]) -> None:
    match, naming = replace(MATCH, state="confirmed"), set[str]()
    for names, activity in told:
        match = (with_activity if names else without_activity)(match, ActivityId(activity))
        naming = naming | {activity} if names else naming - {activity}

        assert match.state == ("completed" if naming else "confirmed")
        assert set(match.completed_by) == naming
        assert match.takes
        assert confirmed(match) == match


def test_a_completed_match_is_not_cancelled() -> None:
    match = with_activity(replace(MATCH, state="confirmed"), ActivityId("talk-0001"))

    for by in SIDES:
        with pytest.raises(ConflictError, match="retracts the activity"):
            cancelled(match, by)


@pytest.mark.parametrize(("by", "takes"), [("school", False), ("employer", True)])
def test_a_match_that_was_cancelled_first_stays_so(by: Side, *, takes: bool) -> None:
    gone = cancelled(replace(MATCH, state="confirmed"), by)

    told = with_activity(gone, ActivityId("talk-0001"))

    assert (told.state, told.completed_by, told.takes) == ("cancelled", ("talk-0001",), takes)
    assert without_activity(told, ActivityId("talk-0001")) == gone


@pytest.mark.parametrize("state", sorted(FIXED))
def test_no_plan_replaces_what_is_fixed(state: MatchState) -> None:
    plan = propose(seeded(1), terms())
    first = {line.pair: replace(MATCH, need_id=line.need_id, offer_id=line.offer_id) for line in plan.lines}
    fixed = replace(MATCH, need_id=NeedId("withdrawn"), state=state)
    identity = match_id_of("r", fixed.pair)

    assert identity not in planned({identity: fixed}, plan.lines, first)


def test_a_new_plan_keeps_what_stays_and_replaces_what_goes() -> None:
    plan = propose(seeded(1), terms())
    first = {line.pair: replace(MATCH, need_id=line.need_id, offer_id=line.offer_id) for line in plan.lines}
    stays = answered(first[plan.lines[0].pair], "school", "accepted")
    goes = replace(MATCH, need_id=NeedId("gone"))
    before = {match_id_of("r", one.pair): one for one in (stays, goes)}

    changes = planned(before, plan.lines, first)

    assert match_id_of("r", stays.pair) not in changes
    assert changes[match_id_of("r", goes.pair)][1].state == "replaced"
    assert len(changes) == len(plan.lines)
    assert sum(after.state in ACTIVE for _, after in changes.values()) == len(plan.lines) - 1


@pytest.mark.parametrize("seed", range(4))
def test_what_the_solver_answers_of_a_stored_round_is_the_plan_and_the_price_of_its_fairness(
    seed: int,
) -> None:
    match_round = seeded(seed, schools=4, employers=9)
    plan = propose(match_round, terms())
    price = price_of_fairness(match_round, terms(), plan)

    found = propose_round(Asked(packed(written(match_round)), terms().fairness))

    assert found.plan == plan == plan_from(found.packed)
    assert (found.price["matches_lost"], found.price["cost"]) == (-price.matches, price.cost)
    assert found.price["schools"] == price.to_json()["schools"]
