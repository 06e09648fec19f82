"""What attending counts for: the type permits, the tests confirm (domain §7.2, §7.3, rules 6 to 11)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import CREDITED_BENCHMARKS, EmployerId
from services.pupils.model.credit import Grant, grant_of
from services.pupils.model.facts import Facts, completed, problems_of, today_in_england
from services.pupils.rules import credit_rules
from tests.pupils.values import GB5_TESTS, GB6_TESTS, GB7_TESTS, TALK, TODAY

RULES = credit_rules()
ALL_TESTS = tuple(sorted(RULES.tests))


def granted(facts: Facts) -> Grant:
    assert not problems_of(facts, RULES, TODAY)
    return grant_of(RULES, completed(facts, RULES))


def everyone(facts: Facts) -> tuple[str, ...]:
    return granted(facts).everyone


def test_a_talk_that_passes_the_tests_is_an_employer_encounter_for_all() -> None:
    assert granted(TALK) == Grant(("gb5",), ("gb5",))


@pytest.mark.parametrize("missing", GB5_TESTS)
def test_each_missing_test_costs_the_encounter(missing: str) -> None:
    assert everyone(replace(TALK, tests_met=tuple(t for t in GB5_TESTS if t != missing))) == ()


def test_virtual_alone_is_not_enough_and_a_mix_is() -> None:
    assert everyone(replace(TALK, mode="virtual")) == ()
    assert everyone(replace(TALK, mode="mixed")) == ("gb5",)


def test_a_workplace_visit_counts_for_gb5_and_gb6_at_once() -> None:
    visit = replace(TALK, activity_type="workplace_visit", tests_met=GB6_TESTS)

    assert everyone(visit) == ("gb5", "gb6")
    assert everyone(replace(visit, tests_met=GB5_TESTS)) == ("gb5",)


@pytest.mark.parametrize("missing", sorted(set(GB6_TESTS) - set(GB5_TESTS)))
def test_gb6_needs_each_of_its_longer_tests(missing: str) -> None:
    tests = tuple(t for t in GB6_TESTS if t != missing)

    assert everyone(replace(TALK, activity_type="job_shadow", tests_met=tests)) == ("gb5",)


def test_virtual_work_experience_counts_only_as_part_of_a_mix() -> None:
    facts = replace(TALK, activity_type="virtual_work_experience", tests_met=ALL_TESTS)

    assert everyone(replace(facts, mode="virtual")) == ()
    assert everyone(replace(facts, mode="mixed")) == ("gb5", "gb6")


def test_a_providers_talk_knows_its_provider_type() -> None:
    facts = replace(TALK, activity_type="provider_talk_itp", tests_met=GB7_TESTS)

    assert completed(facts, RULES).provider_type == "itp"
    assert everyone(facts) == ("gb7",)
    assert everyone(replace(facts, tests_met=GB5_TESTS)) == ()


def test_a_fair_counts_per_pupil_listed_and_per_provider_met() -> None:
    fair = replace(TALK, activity_type="careers_fair", tests_met=ALL_TESTS)

    assert granted(fair) == Grant(("gb2",), ("gb2", "gb5"))
    assert granted(replace(fair, provider_type="fe_college")) == Grant(("gb2",), ("gb2", "gb5", "gb7"))


def test_a_guidance_meeting_is_one_to_one() -> None:
    meeting = replace(TALK, activity_type="guidance_meeting_l6", tests_met=(), employer_id=None)

    assert granted(meeting) == Grant((), ("gb8",))


@pytest.mark.parametrize(
    "code", ["guidance_meeting_below_l6", "group_guidance", "careers_conversation", "part_time_job"]
)
def test_what_is_no_guidance_meeting_and_no_workplace_counts_for_nothing(code: str) -> None:
    assert granted(replace(TALK, activity_type=code, tests_met=ALL_TESTS)) == Grant((), ())


def test_former_pupils_count_by_whom_they_bring() -> None:
    talk = replace(TALK, activity_type="alumni_talk", tests_met=ALL_TESTS, employer_id=None)

    assert everyone(talk) == ()
    assert everyone(replace(talk, employer_id=EmployerId("gpg-1"))) == ("gb5",)
    assert everyone(replace(talk, provider_type="university")) == ("gb7",)
    assert everyone(replace(talk, employer_id=EmployerId("gpg-1"), provider_type="university")) == (
        "gb5",
        "gb7",
    )


@given(
    st.sampled_from(sorted(RULES.types)),
    st.sets(st.sampled_from(ALL_TESTS)),
    st.sampled_from(sorted(RULES.modes)),
    st.sampled_from([None, EmployerId("gpg-1")]),
    st.data(),
)
def test_nothing_is_granted_that_type_tests_and_mode_do_not_all_allow(
    code: str, tests: set[str], mode: str, employer: EmployerId | None, data: st.DataObject
) -> None:
    kind = RULES.types[code]
    provider = data.draw(st.sampled_from([None, *kind.provider_types]))
    facts = replace(
        TALK,
        activity_type=code,
        tests_met=tuple(sorted(tests)),
        mode=mode,
        employer_id=employer,
        provider_type=provider,
    )

    grant = granted(facts)

    assert set(grant.everyone) <= set(grant.named) <= set(kind.permits)
    for benchmark in grant.named:
        assert set(RULES.benchmarks[benchmark].requires) <= tests
        assert mode in RULES.benchmarks[benchmark].modes
    assert list(grant.named) == [b for b in CREDITED_BENCHMARKS if b in grant.named]


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"activity_type": "party"}, "activity_type", "is none of: lmi_lesson, curriculum_link"),
        ({"mode": "by_post"}, "mode", "is none of: in_person, virtual, mixed"),
        ({"tests_met": ("fun",)}, "tests_met", "is none of: clear_purpose"),
        ({"provider_type": "itp"}, "provider_type", "is no encounter with a provider; leave"),
        (
            {"activity_type": "provider_talk_fe", "provider_type": "itp"},
            "provider_type",
            "is none of: fe_college",
        ),
        ({"held_on": TODAY + dt.timedelta(days=1)}, "held_on", "is in the future"),
    ],
)
def test_what_does_not_make_sense_is_named(change: dict[str, object], where: str, reason: str) -> None:
    (problem,) = problems_of(replace(TALK, **change), RULES, TODAY)  # type: ignore[arg-type]  # fields by name

    assert problem.where == where
    assert reason in problem.reason


def test_every_problem_is_named_at_once() -> None:
    facts = replace(TALK, activity_type="party", mode="by_post", held_on=dt.date(2027, 1, 1))

    assert [p.where for p in problems_of(facts, RULES, TODAY)] == ["activity_type", "mode", "held_on"]


def test_a_day_begins_in_england_before_it_does_in_utc() -> None:
    half_past_midnight_in_summer = dt.datetime(2026, 6, 14, 23, 30, tzinfo=dt.UTC)

    assert today_in_england(half_past_midnight_in_summer) == dt.date(2026, 6, 15)
