"""What old answers say under the newer framework: bounds that hold, and nothing that was not asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import BENCHMARKS
from services.audit.frameworks import frameworks
from services.audit.model.answers import score
from services.audit.model.framework import NOT_APPLICABLE, Profile
from services.audit.model.rescoring import AnswerMapping, Bounds, Rescored, bounds_of, check_mapping, rescored
from services.audit.rescoring import mapping_to_2025
from tests.audit.evaluations import every_answer

OLD, NEW = frameworks()["gatsby-2018"], frameworks()["gatsby-2025"]
SCHOOL = Profile("school", has_post16=True)
PROFILES = (
    SCHOOL,
    Profile("school", has_post16=False),
    Profile("special", has_post16=True),
    Profile("college", has_post16=True),
)


def bounds(answers: dict[str, str], profile: Profile = SCHOOL) -> dict[str, Bounds]:
    return {found.part.id: found for found in bounds_of(mapping_to_2025(), (OLD, NEW), profile, answers)}


def scored(answers: dict[str, str], profile: Profile = SCHOOL) -> dict[str, Rescored]:
    found = rescored(NEW, profile, list(bounds(answers, profile).values()))
    return {one.benchmark: one for one in found}


def span(answers: dict[str, str], part: str) -> tuple[str, str] | None:
    found = bounds(answers)[part]
    return (found.least, found.most) if found.known else None


@pytest.mark.parametrize(
    ("old", "part", "span_wanted"),
    [
        ({"gb8.1.by_16": "most"}, "gb8.1.by_16", ("most", "most")),
        ({"gb8.1.by_16": "overwhelming_majority"}, "gb8.1.by_16", ("most", "almost_all")),
        ({"gb8.1.by_16": "all"}, "gb8.1.by_16", ("all", "all")),
        ({"gb6.1.by_16": "some"}, "gb6.1.by_16", ("none", "some")),
        ({"gb6.1.by_16": "all"}, "gb6.1.by_16", None),
        ({}, "gb8.1.by_16", None),
        ({"gb1.1.careers_leader": "yes", "gb1.1.trained": "yes"}, "gb1.1.careers_leader", ("yes", "yes")),
        ({"gb1.1.careers_leader": "yes", "gb1.1.trained": "no"}, "gb1.1.careers_leader", ("no", "no")),
        ({"gb1.1.careers_leader": "yes"}, "gb1.1.careers_leader", None),
        ({"gb1.2.on_website": "no"}, "gb1.3.published", ("no", "no")),
        ({"gb1.2.on_website": "yes"}, "gb1.3.published", None),
        # The same id, and another question.
        ({"gb3.1.aspirations": "yes"}, "gb3.1.aspirations", None),
    ],
)
def test_an_old_answer_says_as_much_as_it_says(
    old: dict[str, str], part: str, span_wanted: tuple[str, str] | None
) -> None:
    assert span(old, part) == span_wanted


def test_the_best_of_answers_proves_little_and_the_worst_proves_what_is_not_achieved() -> None:
    best = scored(every_answer(OLD, SCHOOL, best=True))
    worst = scored(every_answer(OLD, SCHOOL, best=False))

    assert {one.achieved for one in best.values()} == {None}
    assert {one.high_percent for one in best.values()} == {100}
    assert best["gb8"].low_percent is not None
    assert best["gb8"].low_percent > 0
    assert worst["gb8"].achieved is False
    assert worst["gb4"].achieved is None
    assert worst["gb4"].known_parts == 0


@given(st.data())
def test_whatever_the_new_answers_would_have_been_their_score_is_within_the_bounds(
    data: st.DataObject,
) -> None:
    profile = data.draw(st.sampled_from(PROFILES))
    old = {
        part.id: data.draw(st.sampled_from([a for a in OLD.answers_of(part) if a != NOT_APPLICABLE]))
        for part in OLD.parts_for(profile)
        if data.draw(st.booleans())
    }
    found = bounds(old, profile)
    given_now: dict[str, str] = {}
    for bound in found.values():
        ladder = NEW.answers_of(bound.part)
        at_least, at_most = ladder.index(bound.least), ladder.index(bound.most)
        assert at_least <= at_most
        given_now[bound.part.id] = ladder[data.draw(st.integers(at_least, at_most))]

    points = score(NEW, profile, given_now).points

    for benchmark, one in scored(old, profile).items():
        if one.low_percent is None or one.high_percent is None:
            assert not points[benchmark].applies  # type: ignore[index]
            continue
        now = 100 * points[benchmark].points // points[benchmark].applicable_points  # type: ignore[index]
        assert one.low_percent <= now <= one.high_percent
    assert set(scored(old, profile)) == set(BENCHMARKS)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda line: line.update(part="gb1.9.nothing"), "not a part of gatsby-2025"),
        (
            lambda line: line.update({"from": ["gb1.9.nothing", "gb1.1.trained"]}),
            "which gatsby-2018.1 has not",
        ),
        (lambda line: line.update({"from": ["gb5.1.every_year", "gb1.1.trained"]}), "not of its kind"),
        (lambda line: line.update(how="same"), "does not go with 2 parts"),
        (lambda line: line.update(sources=["hearsay"]), "hearsay"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(spoil: Callable[[Any], object], message: str) -> None:
    place = files("services.audit.rescoring").joinpath("gatsby-2018-to-gatsby-2025.json")
    file = json.loads(place.read_text("utf-8"))
    spoil(file["carried"][0])

    with pytest.raises(ValueError, match=message):
        check_mapping(AnswerMapping.model_validate(file), OLD, NEW)
