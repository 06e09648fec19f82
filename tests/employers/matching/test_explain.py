from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.vocabulary import EmployerId
from services.employers.matching.compare import compare, shadow_prices
from services.employers.matching.explain import explain_lines, why_not_employer, why_not_offer
from services.employers.matching.plan import Objective
from services.employers.matching.propose import propose, solve
from services.employers.matching.repair import changed, remedies
from services.employers.matching.round import NeedId, Position
from services.runtime.errors import NotFoundError
from tests.employers.matching.rounds import by_hand, employer, offer, pair, seeded, terms

FAR = Position(51.1, -2.0)
"""11 km from everybody else."""


def test_a_line_tells_its_parts_what_binds_and_the_runner_up_with_its_loss() -> None:
    match_round = replace(by_hand(employers=2), employers=(employer(0), replace(employer(1), position=FAR)))
    plan = propose(match_round, terms())

    (reason,) = explain_lines(match_round, terms(), plan, [pair()])

    assert reason.caps == ("offer_full", "ask_budget_spent")
    assert [line.pair for line in reason.instead] == [pair(0, 1)]
    assert reason.loss == Objective(0, 0, 11)
    assert sum(points for _, points in reason.line.parts) == reason.line.cost == 0


def test_a_line_without_a_runner_up_loses_its_slot() -> None:
    plan = propose(by_hand(), terms())

    (reason,) = explain_lines(by_hand(), terms(), plan, [pair()])

    assert reason.instead == ()
    assert reason.loss
    assert reason.loss.unmet == 1


def test_a_locked_line_has_no_loss() -> None:
    match_round = replace(by_hand(), locks=(pair(),))

    (reason,) = explain_lines(match_round, terms(), propose(match_round, terms()), [pair()])

    assert reason.loss is None


def test_what_is_no_line_cannot_be_explained() -> None:
    with pytest.raises(NotFoundError):
        explain_lines(by_hand(), terms(), propose(by_hand(), terms()), [pair(0, 9)])


def test_why_not_names_every_rule_in_the_way() -> None:
    barred = replace(offer(1), year_groups=frozenset({8}), send="none", group_size=5)
    match_round = replace(by_hand(employers=2), offers=(offer(0), barred))

    why = why_not_offer(match_round, terms(), propose(match_round, terms()), pair(0, 1))

    assert why.blocked_by == ("year_group", "group_size")
    assert why.loss is None


def test_why_not_tells_who_would_be_displaced_and_what_is_lost() -> None:
    match_round = by_hand(schools=2, employers=2)
    match_round = replace(match_round, employers=(employer(0), replace(employer(1), position=FAR)))
    match_round = replace(
        match_round, schools=(match_round.schools[0], replace(match_round.schools[1], position=FAR))
    )
    plan = propose(match_round, terms())

    why = why_not_offer(match_round, terms(), plan, pair(0, 1))

    assert plan.pairs == {pair(0, 0), pair(1, 1)}
    assert {line.pair for line in why.displaced} == {pair(0, 0), pair(1, 1)}
    assert {line.pair for line in why.added} == {pair(0, 1), pair(1, 0)}
    assert why.loss == Objective(0, 0, 22)


def test_why_not_says_that_locked_lines_have_used_it_up() -> None:
    match_round = replace(by_hand(schools=2), locks=(pair(0, 0),))

    why = why_not_offer(match_round, terms(), propose(match_round, terms()), pair(1, 0))

    assert why.blocked_by == ("capacity", "ask_budget")


def test_why_not_an_employer_answers_for_each_of_its_offers() -> None:
    match_round = by_hand(employers=2)
    match_round = replace(
        match_round,
        offers=(offer(0), replace(offer(2), employer_id=EmployerId("e-1"), type="mock_interview")),
    )
    plan = propose(match_round, terms())

    own = why_not_employer(match_round, terms(), plan, NeedId("n-0"), EmployerId("e-0"))
    other = why_not_employer(match_round, terms(), plan, NeedId("n-0"), EmployerId("e-1"))

    assert [why.in_plan for why in own] == [True]
    assert [why.blocked_by for why in other] == [("type",)]
    with pytest.raises(NotFoundError):
        why_not_employer(match_round, terms(), plan, NeedId("n-0"), EmployerId("e-9"))


@pytest.mark.parametrize(
    ("kind", "barred"),
    [
        ("distance", {"radius_km": 5}),
        ("year_group", {"year_groups": frozenset({8})}),
        ("group_size", {"group_size": 10}),
        ("safeguarding", {"safeguarding_until": None}),
        ("mode", {"virtual": True}),
        ("capacity", {"capacity": 0}),
    ],
)
def test_the_one_rule_in_the_way_is_the_remedy_and_it_works(kind: str, barred: dict[str, object]) -> None:
    match_round = by_hand()
    match_round = replace(
        match_round,
        offers=(replace(offer(), **barred),),  # type: ignore[arg-type]
        employers=(replace(employer(), position=FAR),),
    )
    solved = solve(match_round, terms())

    (remedy,) = remedies(match_round, terms(), solved, 10)

    assert solved.plan.lines == ()
    assert remedy.change
    assert remedy.change.kind == kind
    assert propose(changed(match_round, remedy.change), terms()).pairs == {pair()}


def test_a_budget_that_others_have_spent_is_the_remedy() -> None:
    match_round = by_hand(schools=2)
    match_round = replace(match_round, offers=(replace(offer(), capacity=2),))
    solved = solve(match_round, terms())

    (remedy,) = remedies(match_round, terms(), solved, 10)

    assert remedy.change
    assert (remedy.change.kind, remedy.change.employer_id) == ("budget", "e-0")
    assert remedy.in_the_way == (("taken", 1),)


def test_a_need_that_no_single_change_can_fill_has_no_remedy() -> None:
    match_round = by_hand()
    match_round = replace(match_round, offers=(replace(offer(), group_size=5, safeguarding_until=None),))

    (remedy,) = remedies(match_round, terms(), solve(match_round, terms()), 10)

    assert remedy.change is None
    assert remedy.in_the_way == (("several", 1),)


@pytest.mark.parametrize("seed", range(6))
def test_every_remedy_fills_a_slot_without_losing_one(seed: int) -> None:
    match_round = seeded(seed)
    solved = solve(match_round, terms())
    told = remedies(match_round, terms(), solved, 5)

    assert solved.plan.unmet
    assert len(told) == min(5, len(solved.plan.unmet))
    for remedy in told:
        if remedy.change is not None:
            plan = propose(changed(match_round, remedy.change), terms())
            assert plan.objective.unmet < solved.plan.objective.unmet
            assert solved.plan.objective - plan.objective == remedy.gain


def test_one_more_employer_is_worth_the_slot_that_it_fills() -> None:
    match_round = by_hand(schools=2)
    sends = tuple(replace(each, send=True, sectors=frozenset({"Q"})) for each in match_round.needs)
    match_round = replace(match_round, needs=sends)
    prices = {
        (price.what, price.sector): price.gain.unmet
        for price in shadow_prices(match_round, terms(), propose(match_round, terms()))
    }

    assert prices == {
        ("SEND-confident employer", None): 1,
        ("employer", None): 0,
        ("employer of this sector", "Q"): 0,
    }


def test_what_if_an_employer_leaves_tells_what_each_school_loses() -> None:
    match_round = by_hand(schools=2, employers=2)
    before = propose(match_round, terms())
    after = propose(replace(match_round, employers=(employer(0),), offers=(offer(0),)), terms())

    difference = compare(before, after)

    assert difference.matches == -1
    assert [(old.met, new.met) for old, new in difference.schools if old and new] == [(1, 0)]
    assert len(difference.removed) >= 1
