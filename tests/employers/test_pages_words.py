"""Every code that a page can meet has words, and what is typed is read as people write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.employers import MatchState, RelationshipEnd
from services.employers.advisers.proposals import LASTING
from services.employers.advising.adviser import Seniority
from services.employers.advising.match import MatchState as RelationshipState
from services.employers.advising.scoring import PARTS
from services.employers.matching.explain import Bound, Cap
from services.employers.matching.hard_rules import RuleName
from services.employers.matching.round import Mode, SendConfidence, SizeBand
from services.employers.matching.weights import ArcPart, Repair, TierPart
from services.employers.model.offer import Hindrance
from services.employers.model.vetting import VettingState
from services.employers.pages import fields, words
from services.employers.pages.site import cut
from services.employers.rules import encounter_types
from services.employers.terms import vetting_terms
from services.web.forms import Form


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (get_args(MatchState), words.STATES),
        (get_args(VettingState), words.VETTING),
        ((*get_args(ArcPart), *get_args(TierPart)), words.PARTS),
        ((*get_args(RuleName), *get_args(Bound), "several", "taken", "own"), words.RULES),
        (get_args(Repair), words.CHANGES),
        (get_args(Cap), words.CAPS),
        (get_args(Hindrance), words.HINDRANCES),
        (get_args(Mode), words.MODES),
        (get_args(SendConfidence), words.SEND),
        (get_args(SizeBand), words.SIZES),
        (get_args(Seniority), words.SENIORITY),
        (get_args(RelationshipState), words.RELATIONSHIPS),
        (get_args(RelationshipEnd), words.PARTINGS),
        (PARTS, words.FIT),
        (LASTING, words.IN_THE_WAY),
        (vetting_terms().checks, words.CHECKS),
        ({each for kind in encounter_types().types for each in kind.benchmarks}, words.BENCHMARKS),
        ("ABCDEFGHIJKLMNOPQRSTU", words.sectors()),
    ],
)
def test_every_code_has_words_and_no_words_are_left_over(
    codes: Collection[str], told: Mapping[str, object]
) -> None:
    assert set(told) == set(codes)


def test_every_part_of_a_score_says_what_it_stands_for() -> None:
    assert set(words.part_reasons()) == set(words.PARTS)
    assert all(words.fit_reasons()[part] for part in words.FIT)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "0 days"), (1, "1 day"), (61, "61 days"), (62, "2 months"), (365, "12 months"),
        (729, "23 months"), (730, "2 years"), (1_460, "4 years"),
    ],
)  # fmt: skip
def test_how_long_something_lasted_is_said_in_whole_days_months_or_years(days: int, said: str) -> None:
    assert words.lasted(days) == said


@pytest.mark.parametrize("text", ["2026-03-14", "14/3/2026", "14/03/2026", "14 March 2026", "14 Mar 2026"])
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert fields.day(text) == "2026-03-14"


def test_what_is_no_day_and_no_number_stays_as_it_was_typed() -> None:
    assert fields.days("14 March 2026\n\n someday, 2026-03-15") == ["2026-03-14", "someday", "2026-03-15"]
    assert fields.days(" \n ") is None
    assert [fields.number(text) for text in ("1,250", "-3", "", "1.5", "²", "ten")] == [
        1250, -3, None, "1.5", "²", "ten",
    ]  # fmt: skip
    assert (
        fields.three_fields(Form((("on-day", "1"), ("on-month", "6"), ("on-year", "26"))), "on") == "26-06-01"
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"unmet": 0, "unfairness": 0, "cost": 0}, "nothing, it is as good"),
        ({"unmet": 1, "unfairness": 0, "cost": -40}, "1 more meeting stays unmet; 40 fewer points"),
        (
            {"unmet": 2, "unfairness": 3, "cost": 0},
            "2 more meetings stay unmet; schools are served less evenly",
        ),
    ],
)
def test_a_loss_is_said_in_words(found: dict[str, int], said: str) -> None:
    assert words.loss(found) == said


@given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_the_pages_of_a_list_are_the_list_and_the_last_one_leads_nowhere(found: list[int], size: int) -> None:
    seen: list[int] = []
    page, leads_on = 0, True
    while leads_on:
        page += 1
        part, more = cut(found, page, size, "")
        assert more["previous"] == (str(page - 1) if page > 1 else None)
        assert len(part) <= size
        seen += part
        leads_on = more["next"] is not None
    assert seen == found
