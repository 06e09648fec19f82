from __future__ import annotations

from dataclasses import replace

import pytest

from services.employers.matching.plan import Objective
from services.employers.matching.propose import propose
from services.employers.matching.round import Apart, Employer, MatchRound, Offer, Pair, Position
from services.runtime.errors import InvalidError
from tests.employers.matching.rounds import by_hand, employer, offer, pair, seeded, terms


def refused(match_round: MatchRound) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        propose(match_round, terms())
    return [f"{problem.where} {problem.reason}" for problem in caught.value.problems]


def test_a_locked_line_is_in_the_plan_though_another_is_cheaper() -> None:
    far = replace(employer(1), position=Position(51.1, -2.0))
    match_round = replace(by_hand(employers=2), employers=(employer(0), far))

    free = propose(match_round, terms())
    locked = propose(replace(match_round, locks=(pair(0, 1),)), terms())

    assert free.pairs == {pair(0, 0)}
    assert locked.pairs == {pair(0, 1)}
    assert [line.locked for line in locked.lines] == [True]
    assert locked.objective - free.objective == Objective(0, 0, 11)


def test_locking_a_whole_plan_gives_it_again() -> None:
    for seed in range(8):
        match_round = seeded(seed)
        plan = propose(match_round, terms())
        again = propose(replace(match_round, locks=tuple(plan.pairs)), terms())
        assert again.pairs == plan.pairs
        assert again.objective == plan.objective


def test_two_locks_on_one_place_are_refused_and_both_are_named() -> None:
    match_round = replace(by_hand(schools=2), locks=(pair(0, 0), pair(1, 0)))

    assert refused(match_round)[0] == (
        "locks.n-0+o-0 and locks.n-1+o-0 need 2 where the capacity of the offer is 1"
    )


def test_locks_beyond_an_ask_budget_are_refused_and_all_are_named() -> None:
    match_round = by_hand(schools=2)
    two = replace(match_round, offers=(offer(0), offer(1, of=0)), locks=(pair(0, 0), pair(1, 1)))

    assert refused(two) == [
        "locks.n-0+o-0 and locks.n-1+o-1 need 2 where the ask budget of the employer is 1"
    ]


def test_locks_beyond_the_slots_of_a_need_are_refused() -> None:
    match_round = replace(by_hand(employers=2), locks=(pair(0, 0), pair(0, 1)))

    assert refused(match_round) == ["locks.n-0+o-0 and locks.n-0+o-1 need 2 where the slots of the need is 1"]


def test_a_lock_and_the_exclusion_that_it_contradicts_are_both_named() -> None:
    match_round = replace(by_hand(), locks=(pair(),), excluded=frozenset({pair()}))
    assert refused(match_round) == ["locks.n-0+o-0 contradicts excluded.n-0+o-0"]

    apart = Apart(match_round.needs[0].urn, match_round.employers[0].id)
    match_round = replace(by_hand(), locks=(pair(),), apart=frozenset({apart}))
    assert refused(match_round) == ["locks.n-0+o-0 contradicts apart.100000+e-0"]


def test_a_lock_that_breaks_a_rule_is_refused_with_the_rule() -> None:
    far = replace(employer(), position=Position(51.9, -2.0))

    assert refused(replace(by_hand(), employers=(far,), locks=(pair(),))) == [
        "locks.n-0+o-0 breaks the rule on distance"
    ]


def test_a_lock_on_what_is_not_there_is_refused() -> None:
    assert refused(replace(by_hand(), locks=(pair(0, 7),))) == [
        "locks.n-0+o-7 names an offer that is not in this round"
    ]


def test_a_pair_that_is_locked_twice_is_refused() -> None:
    assert "locks.n-0+o-0 is locked 2 times" in refused(replace(by_hand(), locks=(pair(), pair())))


def _two_alike(nearer: float) -> tuple[MatchRound, tuple[Employer, Employer], tuple[Offer, Offer]]:
    match_round = by_hand(employers=2)
    employers = (employer(0), replace(employer(1), position=Position(51.0 + nearer, -2.0)))
    return replace(match_round, employers=employers), employers, (offer(0), offer(1))


def test_a_small_gain_is_not_worth_a_change_and_a_real_one_is() -> None:
    before: frozenset[Pair] = frozenset({pair(0, 1)})
    small, _, _ = _two_alike(nearer=0.1)
    real, *_ = _two_alike(nearer=0.25)
    wide = tuple(replace(each, radius_km=50) for each in real.offers)
    real = replace(real, offers=wide)

    assert propose(replace(small, previous=before), terms()).pairs == before
    assert propose(replace(real, previous=before), terms()).pairs == {pair(0, 0)}


def test_a_change_elsewhere_leaves_a_plan_as_it_was() -> None:
    for seed in range(6):
        match_round = replace(seeded(seed), previous=frozenset())
        plan = propose(match_round, terms())
        with_previous = replace(match_round, previous=plan.pairs)
        assert propose(with_previous, terms()).pairs == plan.pairs


def test_lines_of_a_last_plan_that_are_no_longer_there_do_not_matter() -> None:
    match_round = replace(by_hand(), previous=frozenset({pair(5, 5)}))

    assert propose(match_round, terms()).pairs == {pair()}
