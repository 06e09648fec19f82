"""Rounds: what a score is made of, who comes first, and that everything is explained."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary import Urn
from services.employers.advising.adviser import Adviser, AdviserId
from services.employers.advising.rounds import Parties, Round, place_of, propose_round
from services.employers.advising.rules import AdvisingRules
from services.employers.advising.scoring import barriers, distance_km, room, score
from services.employers.advising.standing import SchoolFacts, Standing
from services.employers.model.directory import Position
from tests.employers.advising.values import (
    LONG_AGO,
    POOLE,
    RULES,
    TODAY,
    adviser,
    match,
    school,
    standing,
)

WEIGHTS = RULES.weights


def proposed(advisers: list[Adviser], schools: list[SchoolFacts], at: Standing | None = None) -> Round:
    return propose_round(Parties(advisers, schools), at or standing(), RULES)


def pairs(found: Round) -> dict[str, str]:
    return {line.urn: line.adviser for line in found.lines}


def days_ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def test_a_distance_is_the_one_on_the_map() -> None:
    london, edinburgh = Position(51.5074, -0.1278), Position(55.9533, -3.1883)

    away = distance_km(london, edinburgh)

    assert away is not None
    assert away == pytest.approx(534, abs=1)
    assert distance_km(london, london) == 0
    assert distance_km(london, None) is None


@pytest.mark.parametrize(
    ("position", "remote", "points"),
    [
        (POOLE, False, 30),
        (Position(50.72 + 20 / 111.195, -1.98), False, 15),
        (Position(50.72 + 41 / 111.195, -1.98), False, 0),
        (Position(50.72 + 41 / 111.195, -1.98), True, 10),
        (None, False, 0),
        (None, True, 10),
    ],
)
def test_the_part_for_distance_falls_with_it_and_has_a_floor_for_who_helps_from_afar(
    position: Position | None,
    remote: bool,  # noqa: FBT001 - a parameter of the table
    points: int,
) -> None:
    found = score(adviser(position=position, remote=remote), school(), standing(), RULES)

    assert found.distance == pytest.approx(points, abs=1)


def test_each_part_comes_of_its_own_fact_and_the_total_is_their_sum() -> None:
    plain = score(adviser(seniority="other", hours_a_month=4, position=None), school(), standing(), RULES)
    assert plain.total == WEIGHTS.capacity.an_hour * 4

    good = score(
        adviser(sic_section="F", send_trained_until=dt.date(2028, 1, 1)),
        school(special=True, sectors=("F",)),
        standing([match("m", ("a1", "100001"), ("active", LONG_AGO), ("ended", TODAY), because="completed")]),
        RULES,
    )

    assert good.parts == {
        "distance": 30, "sector": 20, "send_training": 10, "seniority": 12,
        "capacity": 8, "previous": 15, "diversity": 10,
    }  # fmt: skip
    assert good.total == 105


def test_training_that_runs_out_within_the_year_lets_in_but_earns_nothing() -> None:
    soon = adviser(send_trained_until=TODAY)

    assert barriers(soon, school(special=True), standing(), RULES) == ()
    assert score(soon, school(special=True), standing(), RULES).send_training == 0


def test_a_section_that_many_advisers_are_of_earns_less() -> None:
    those = [adviser("a1", sic_section="F"), adviser("a2", sic_section="F"), adviser("a3", sic_section="Q")]
    matches = [match(one.id, (one.id, f"10000{n}"), ("active", LONG_AGO)) for n, one in enumerate(those)]
    at = standing(matches, those)

    def points(section: str | None) -> int:
        return score(adviser("a9", sic_section=section), school(), at, RULES).diversity

    assert (points("F"), points("Q"), points("K"), points(None)) == (3, 6, 10, 0)


@pytest.mark.parametrize(("ended", "points"), [("school_asked", -15), ("adviser_left", 15), ("withdrawn", 0)])
def test_how_two_parted_counts_when_they_could_meet_again(ended: str, points: int) -> None:
    before = match("m", ("a1", "100001"), ("active", LONG_AGO), ("ended", TODAY), because=ended)  # type: ignore[arg-type]  # a code

    assert score(adviser(), school(), standing([before]), RULES).previous == points


def test_room_is_by_schools_and_by_hours_and_a_paused_match_holds_its_place() -> None:
    two = adviser(capacity_schools=2, hours_a_month=8)
    assert room(two, standing(), RULES) == 2
    assert room(adviser(capacity_schools=2, hours_a_month=7), standing(), RULES) == 1
    paused = match("m", ("a1", "100009"), ("active", LONG_AGO), ("paused", TODAY))
    assert room(two, standing([paused]), RULES) == 1


def test_a_school_whose_adviser_pauses_waits_from_that_day() -> None:
    paused = match("m", ("a1", "100001"), ("active", LONG_AGO), ("paused", days_ago(3)))

    assert standing([paused]).waits_since(school(since=LONG_AGO)) == days_ago(3)


def test_a_proposal_that_was_declined_does_not_begin_the_wait_anew() -> None:
    declined = match(
        "m", ("a1", "100001"), ("proposed", TODAY), ("ended", TODAY), because="declined_by_adviser"
    )

    at = standing([declined])

    assert at.waits_since(school(since=LONG_AGO)) == LONG_AGO
    assert barriers(adviser(), school(), at, RULES) == ("declined_before",)
    later = replace(declined, history=tuple(replace(step, since=days_ago(365)) for step in declined.history))
    assert barriers(adviser(), school(), standing([later]), RULES) == ()


@pytest.mark.parametrize(
    ("one", "band"),
    [
        (school(special=True), 0),
        (school(since=days_ago(365)), 1),
        (school(since=days_ago(364)), 2),
        (school(since=days_ago(180)), 2),
        (school(since=days_ago(90)), 3),
        (school(since=days_ago(89)), 4),
    ],
)
def test_the_queue_has_special_schools_first_and_then_bands_of_waiting(one: SchoolFacts, band: int) -> None:
    assert place_of(one, standing(), RULES).band == band


def test_a_school_that_wants_a_second_comes_last_even_a_special_one() -> None:
    has = match("m", ("a9", "100001"), ("active", LONG_AGO))
    second = school("100001", special=True, wants=2)

    assert place_of(second, standing([has]), RULES).band == 5


def test_the_scarce_adviser_goes_by_the_band_before_the_score() -> None:
    near, far = school("100001"), school("100002", since=days_ago(400), position=Position(50.9, -1.98))

    assert pairs(proposed([adviser()], [near, far])) == {"100002": "a1"}


def test_within_a_band_the_better_fit_goes_before_the_longer_wait() -> None:
    near = school("100002")
    far = school("100001", since=days_ago(10), position=Position(50.9, -1.98))

    assert pairs(proposed([adviser()], [near, far])) == {"100002": "a1"}


def test_what_either_side_stated_comes_before_queue_and_score() -> None:
    special = school("100001", special=True)
    named = school("100002")
    trained = adviser("a1", send_trained_until=TODAY, preferences=(Urn("100002"),))
    assert pairs(proposed([trained], [special, named])) == {"100002": "a1"}

    wants_far = school("100001", preferences=(AdviserId("far"),))
    far = adviser("far", position=Position(50.9, -1.98))
    assert pairs(proposed([adviser("near"), far], [wants_far])) == {"100001": "far"}


def test_of_two_alike_the_smaller_id_is_taken() -> None:
    assert pairs(proposed([adviser("a2"), adviser("a1")], [school("100001")])) == {"100001": "a1"}
    assert pairs(proposed([adviser("a1")], [school("100002"), school("100001")])) == {"100001": "a1"}


@st.composite
def hubs(draw: st.DrawFn) -> tuple[list[Adviser], list[SchoolFacts]]:
    """A few advisers and schools, with every fact that could matter."""
    urns = [f"10000{n}" for n in range(draw(st.integers(1, 5)))]
    ids = [f"a{n}" for n in range(draw(st.integers(1, 4)))]
    trained = st.sampled_from([None, TODAY, dt.date(2030, 1, 1)])
    positions = st.sampled_from([None, POOLE, Position(50.9, -2.4), Position(51.5, -0.1)])
    advisers = [
        adviser(
            identity,
            draw(st.sampled_from(["available", "available", "active", "applied", "paused"])),
            seniority=draw(st.sampled_from(["director", "other"])),
            capacity_schools=draw(st.integers(0, 3)),
            hours_a_month=draw(st.sampled_from([3, 8, 16])),
            position=draw(positions),
            remote=draw(st.booleans()),
            travel_km=draw(st.sampled_from([None, 20])),
            sic_section=draw(st.sampled_from([None, "F", "Q"])),
            send_trained_until=draw(trained),
            conflicts=tuple(map(Urn, draw(st.lists(st.sampled_from(urns), unique=True, max_size=1)))),
            preferences=tuple(map(Urn, draw(st.lists(st.sampled_from(urns), unique=True, max_size=2)))),
        )
        for identity in ids
    ]
    schools = [
        school(
            urn,
            special=draw(st.booleans()),
            since=draw(st.sampled_from([None, TODAY, days_ago(100), days_ago(500)])),
            position=draw(positions),
        )
        for urn in urns
    ]
    stated = [
        one
        if one.need is None
        else replace(
            one,
            need=replace(
                one.need,
                wants=draw(st.integers(0, 2)),
                preferences=tuple(
                    map(AdviserId, draw(st.lists(st.sampled_from(ids), unique=True, max_size=2)))
                ),
            ),
        )
        for one in schools
    ]
    return advisers, stated


@given(hubs())
def test_a_round_breaks_no_hard_rule_and_no_capacity_and_is_stable(
    hub: tuple[list[Adviser], list[SchoolFacts]],
) -> None:
    advisers, schools = hub
    at = standing()
    found = proposed(advisers, schools)
    by_id = {one.id: one for one in advisers}
    by_urn = {one.urn: one for one in schools}

    assert found.blocking == ()
    assert len({line.urn for line in found.lines}) == len(found.lines)
    for line in found.lines:
        assert barriers(by_id[line.adviser], by_urn[line.urn], at, RULES) == ()
        assert line.score == score(by_id[line.adviser], by_urn[line.urn], at, RULES)
    for one in advisers:
        assert sum(line.adviser == one.id for line in found.lines) <= room(one, at, RULES)


@given(hubs())
def test_nobody_earlier_in_the_queue_lacks_an_adviser_who_has_named_neither_and_serves_one_later(
    hub: tuple[list[Adviser], list[SchoolFacts]],
) -> None:
    """What it means to be first in the queue, asked of the result alone."""
    advisers, schools = hub
    at = standing()
    found = proposed(advisers, schools)
    has = {line.urn for line in found.lines}
    for waiting in schools:
        if waiting.urn in has:
            continue
        for line in found.lines:
            serving = next(one for one in advisers if one.id == line.adviser)
            if {waiting.urn, line.urn} & set(serving.profile.preferences):
                continue
            if not barriers(serving, waiting, at, RULES):
                assert line.place.band <= place_of(waiting, at, RULES).band


@given(hubs())
def test_the_order_in_which_everybody_is_listed_decides_nothing(
    hub: tuple[list[Adviser], list[SchoolFacts]],
) -> None:
    advisers, schools = hub

    assert proposed(advisers[::-1], schools[::-1]) == proposed(advisers, schools)


@given(hubs())
def test_every_school_that_waits_is_served_or_explained_by_every_adviser(
    hub: tuple[list[Adviser], list[SchoolFacts]],
) -> None:
    advisers, schools = hub
    at = standing()
    found = proposed(advisers, schools)

    waiting = {one.urn for one in schools if at.waits_since(one) is not None}
    assert {line.urn for line in found.lines} | {left.id for left in found.schools_left} == waiting
    for left in found.schools_left:
        assert sum(left.barriers.values()) + len(left.dearer) == len(advisers)
    for left in found.advisers_left:
        served = sum(line.adviser == left.id for line in found.lines)
        assert served + sum(left.barriers.values()) + len(left.dearer) == len(waiting)


def test_the_rule_file_names_a_reason_and_a_source_for_every_weight() -> None:
    for name, weight in WEIGHTS:
        assert weight.reason, name
        assert weight.source, name
        assert weight.confidence in RULES.confidence, name


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("hours_a_school", {"least": 9}),
        ("queue", {"waiting_days": [90, 180]}),
        ("queue", {"reason": ""}),
        ("churn", {"window_days": 0}),
        ("declined", {"unknown": 1}),
    ],
)
def test_a_rule_file_that_contradicts_itself_is_refused(part: str, changes: dict[str, object]) -> None:
    file = RULES.model_dump(mode="json")
    file[part] |= changes

    with pytest.raises(ValidationError):
        AdvisingRules.model_validate(file)
