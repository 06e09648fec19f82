"""The codes of matching in plain English, and how points and losses are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP
from services.employers.advisers.rules import advising_rules
from services.employers.rules import encounter_types, weights
from services.employers.terms import import_terms

_DAYS_SAID: Final = 62
"""Up to two months people count in days."""
_DAYS_A_YEAR: Final = 365
_MONTHS_A_YEAR: Final = 12

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "proposed": ("Proposed", "govuk-tag--blue"),
    "accepted": ("Accepted by both", "govuk-tag--turquoise"),
    "confirmed": ("Confirmed", "govuk-tag--green"),
    "completed": ("Took place", "govuk-tag--green"),
    "declined": ("Declined", "govuk-tag--red"),
    "cancelled": ("Cancelled", "govuk-tag--red"),
    "replaced": ("Replaced", "govuk-tag--grey"),
}
"""What a match's state is called, and the colour of its tag; the word alone is enough."""
VETTING: Final[Mapping[str, tuple[str, str]]] = {
    "listed": ("Not vetted", "govuk-tag--yellow"),
    "vetted": ("Vetted", "govuk-tag--green"),
    "paused": ("Paused", "govuk-tag--orange"),
    "refused": ("Refused", "govuk-tag--red"),
}
ANSWERS: Final[Mapping[str | None, str]] = {
    None: "No answer yet",
    "accepted": "Accepted",
    "declined": "Declined",
}
PARTS: Final = {
    "distance": "Distance",
    "virtual": "Virtual",
    "sector": "Sector",
    "interests": "Pupils' interests",
    "again": "Met before",
    "size": "Size of employer",
    "send": "SEND",
    "adviser": "Adviser's word",
    "stay": "Already arranged",
    "load": "Asked often",
    "variety": "Same sector again",
}
"""The parts of a score; their reasons are in the weights."""
RULES: Final = {
    "type": "It is another kind of encounter.",
    "year_group": "It does not take these year groups.",
    "group_size": "The group is larger than it takes.",
    "mode": "One is virtual, and the other in person.",
    "send": "The employer is not yet confident of meeting pupils with SEND.",
    "safeguarding": "Supervision, insurance and checks are not in order until the last day.",
    "distance": "The school is outside its radius.",
    "days": "No day suits both.",
    "exclusion": "It is excluded, or these two are kept apart.",
    "capacity": "All that it offers is locked or confirmed.",
    "ask_budget": "It has been asked as often as agreed.",
    "slots": "The need is filled by matches that are locked or confirmed.",
    "several": "More than one of these stands in the way.",
    "taken": "It would fit, and serves another need.",
    "own": "It serves this need already.",
}
CHANGES: Final = {
    "capacity": "Ask {} for one more of what it offers",
    "budget": "Ask {} once more than agreed",
    "distance": "Ask {} to come as far as this school",
    "days": "Find a day that suits both with {}",
    "group_size": "Split the group, or ask {} to take a larger one",
    "mode": "Meet {} virtually instead of in person, or the other way round",
    "year_group": "Ask {} to take this year group",
    "send": "Prepare {} for pupils with SEND",
    "safeguarding": "Bring supervision, insurance and checks of {} in order",
}
CAPS: Final = {
    "offer_full": "All that this offer has is in the plan.",
    "ask_budget_spent": "The employer is asked as often as agreed.",
}
HINDRANCES: Final = {
    "withdrawn": "It is withdrawn.",
    "not_vetted": "The Hub has not vetted you yet.",
    "merged": "Your entry was merged into another one.",
    "safeguarding": "The Hub has not yet noted that supervision, insurance and checks are in order.",
}
MODES: Final = {"in_person": "In person", "virtual": "Virtual", "either": "Either"}
SEND: Final = {
    "none": "Not yet",
    "confident": "Yes, by our own word",
    "evidenced": "Yes, and we can show it",
}
SIZES: Final = {
    "sole_trader": "Self-employed",
    "micro": "Fewer than 10 people",
    "small": "10 to 49 people",
    "medium": "50 to 249 people",
    "large": "250 people or more",
    "unknown": "Size not known",
}
BENCHMARKS: Final = {
    "gb2": "Benchmark 2: Learning from career and labour market information",
    "gb4": "Benchmark 4: Linking curriculum learning to careers",
    "gb5": "Benchmark 5: Encounters with employers and employees",
    "gb6": "Benchmark 6: Experiences of workplaces",
    "gb7": "Benchmark 7: Encounters with further and higher education",
}
"""Those that a meeting with an employer can help with (`rules/encounter-types.json`)."""
YEAR_GROUPS: Final = {str(year): f"Year {year}" for year in range(FIRST_YEAR_GROUP, LAST_YEAR_GROUP + 1)}
CHECKS: Final = {
    "exists_and_trades": "It exists and trades",
    "employers_liability_insurance": "Employers' liability insurance",
    "public_liability_insurance": "Public liability insurance",
    "risk_assessment": "Risk assessment",
    "safeguarding_arrangements": "Safeguarding arrangements",
    "suitable_for_young_people": "Suitable for young people",
    "references": "References",
}
SENIORITY: Final = {
    "owner_or_chief": "Owner or chief executive",
    "director": "Director",
    "senior_manager": "Senior manager",
    "manager": "Manager",
    "other": "Other",
}

RELATIONSHIPS: Final[Mapping[str, tuple[str, str]]] = {
    "proposed": ("Proposed", "govuk-tag--blue"),
    "introduced": ("Introduced", "govuk-tag--turquoise"),
    "active": ("Active", "govuk-tag--green"),
    "paused": ("Paused", "govuk-tag--orange"),
    "ended": ("Ended", "govuk-tag--grey"),
}
"""Where an adviser and a school stand, and the colour of its tag."""
PARTINGS: Final = {
    "declined_by_school": "The school declined",
    "declined_by_adviser": "You declined",
    "withdrawn": "The proposal was withdrawn",
    "completed": "Your work together was complete",
    "school_asked": "The school asked to end it",
    "adviser_asked": "You asked to end it",
    "adviser_left": "You left the Hub",
    "adviser_paused": "You paused",
    "conflict_of_interest": "A conflict of interest",
    "school_closed": "The school closed",
}
"""Why an adviser and a school parted, as the adviser reads it."""
FIT: Final = {
    "distance": "Distance",
    "sector": "Your sector",
    "send_training": "Your SEND training",
    "seniority": "Your position",
    "capacity": "Hours that you have left",
    "previous": "An earlier relationship",
    "diversity": "How many advisers share your sector",
}
"""The parts of how well an adviser and a school fit; their reasons are in the rules of advising."""
IN_THE_WAY: Final = {
    "conflict_of_interest": "You told the Hub of a conflict of interest with this school.",
    "send_training_needed": "A special school needs an adviser whose SEND training is valid.",
}
"""What keeps an adviser and a school from being introduced, as the adviser reads it."""


def plain(code: str) -> str:
    """Write a code that has no words of its own as words: `not_insured` is "Not insured"."""
    return code.replace("_", " ").capitalize()


@cache
def types() -> Mapping[str, str]:
    """Name each type of encounter."""
    return {each.code: each.label for each in encounter_types().types}


@cache
def sectors() -> Mapping[str, str]:
    """Name each section of the Standard Industrial Classification."""
    return {each.section: each.title for each in import_terms().sic_sections}


@cache
def part_reasons() -> Mapping[str, str]:
    """Say what each part of a score stands for."""
    told = weights()
    parts: dict[str, str] = {name: one.reason for name, one in told.weights.items()}
    return {**parts, **{name: one.reason for name, one in told.tiers.items()}}


@cache
def fit_reasons() -> Mapping[str, str]:
    """Say what each part of how well an adviser and a school fit stands for."""
    weights = advising_rules().weights
    return {name: getattr(weights, name).reason for name in FIT}


def not_again_days() -> int:
    """Say for how long a school that was declined is not proposed again."""
    return advising_rules().declined.not_again_for_days


def lasted(days: int) -> str:
    """Write how long something has lasted, in whole days, months or years."""
    if days < _DAYS_SAID:
        return counted(days, "day")
    months = days * _MONTHS_A_YEAR // _DAYS_A_YEAR
    if months < 2 * _MONTHS_A_YEAR:
        return counted(months, "month")
    return counted(months // _MONTHS_A_YEAR, "year")


def years(groups: Iterable[int]) -> str:
    """Write year groups: `Year 9`, or `Years 9, 10 and 12`."""
    found = [str(group) for group in groups]
    if not found:
        return "No year group named"
    if len(found) == 1:
        return f"Year {found[0]}"
    return f"Years {', '.join(found[:-1])} and {found[-1]}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: 1 pupil, 2 pupils."""
    return f"{count:,} {one if abs(count) == 1 else many or one + 's'}"


def loss(found: Mapping[str, int] | None) -> str:
    """Say what a plan loses against the best one; None is the best one itself."""
    if found is None:
        return "nothing"
    said = []
    if found["unmet"]:
        said.append(counted(found["unmet"], "more meeting stays unmet", "more meetings stay unmet"))
    if found["unfairness"]:
        said.append(f"schools are served {'less' if found['unfairness'] > 0 else 'more'} evenly")
    if found["cost"]:
        said.append(points(found["cost"]))
    return "; ".join(said) or "nothing, it is as good"


def points(cost: int) -> str:
    """Say a difference of points: more is worse."""
    direction = "more" if cost > 0 else "fewer"
    return counted(abs(cost), f"{direction} point")


def need_in_words(need: Mapping[str, Any]) -> str:
    """Name a need: what, for whom and how many pupils at once."""
    kind = types().get(need["type"], need["type"])
    return f"{kind}, {years(need['year_groups'])}, up to {counted(need['pupils'], 'pupil')}"
