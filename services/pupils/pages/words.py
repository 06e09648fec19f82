"""The words that stand for codes on the staff's pages: short, and the same on each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from services.pupils.model.rules import CreditRules
from services.pupils.rules import credit_rules

BENCHMARKS: Final[Mapping[str, str]] = {
    "gb2": "Learning from career and labour market information (benchmark 2)",
    "gb4": "Linking curriculum learning to careers (benchmark 4)",
    "gb5": "Encounters with employers and employees (benchmark 5)",
    "gb6": "Experiences of workplaces (benchmark 6)",
    "gb7": "Encounters with further and higher education (benchmark 7)",
    "gb8": "Personal guidance (benchmark 8)",
}
STATUSES: Final[Mapping[str, str]] = {
    "recorded": "Counts",
    "retracted": "Taken out",
    "merged": "Counts through another",
}
ATTENDANCE: Final[Mapping[str, str]] = {"attended": "Was there", "absent": "Absent", "excused": "Excused"}
RETRACTIONS: Final[Mapping[str, str]] = {
    "entered_in_error": "It was entered by mistake",
    "did_not_take_place": "It did not take place",
    "duplicate": "It is recorded already",
}
KINDS_OF_INTEREST: Final[Mapping[str, str]] = {
    "aspiration": "Aspiration",
    "interest": "Interest",
    "hobby": "Hobby",
    "skill": "Skill",
}
ABOUT: Final[Mapping[str, str]] = {
    "pupil": "Name, year or form",
    "activity": "An activity",
    "conversation": "A conversation",
    "interest": "An interest or aspiration",
    "intention": "What the pupil wants to do next",
    "destination": "Where the pupil went after leaving",
    "self_assessment": "How the pupil rated themselves",
    "other": "Something else",
}
ASKERS: Final[Mapping[str, str]] = {
    "pupil": "The pupil",
    "parent": "A parent or carer",
    "staff": "A member of staff",
}
RESTRICTION_REASONS: Final[Mapping[str, str]] = {
    "accuracy_contested": "They say that something is wrong, and it is being checked",
    "unlawful": "It should not have been recorded, and they ask that it is kept and not used",
    "legal_claim": "They need it for a legal claim",
    "objection": "They object to its being used, and that is being looked at",
}
ERASURE_REASONS: Final[Mapping[str, str]] = {
    "request": "They asked for it",
    "objection": "They objected, and nothing outweighs that",
    "retention": "It was kept long enough",
    "entered_in_error": "It was entered by mistake",
}
LIKENESS: Final[Mapping[str, str]] = {
    "same_day_and_type": "same day and kind",
    "same_title": "same title",
    "same_employer": "same employer",
    "same_provider_type": "same kind of provider",
    "same_hours": "same number of hours",
    "same_tests": "same things that made it meaningful",
    "all_pupils_of_one": "all pupils of one are among the other's",
}


def kind_label(code: str) -> str:
    """Name a kind of activity; one that the rules no longer have goes by its code."""
    kind = credit_rules().types.get(code)
    return code if kind is None else kind.label


def kinds_in_order(used: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """List the kinds that a school uses, the most used first, and then the others as the rules list them."""
    known = list(credit_rules().types)
    ours = sorted((code for code in known if used.get(code)), key=lambda code: -used[code])
    return ours, [code for code in known if code not in ours]


def usual_tests(rules: CreditRules, code: str) -> tuple[str, ...]:
    """List all that the benchmarks of a kind ask for, in the rules' order; nothing for an unknown kind."""
    kind = rules.types.get(code)
    asked = set() if kind is None else {test for b in kind.permits for test in rules.benchmarks[b].requires}
    return tuple(test for test in rules.tests if test in asked)


def groups_in_words(year_groups: Iterable[int], tutor_groups: Iterable[str], by_name: int = 0) -> str:
    """Say whom something is for: Year 8, 10A and 3 pupils by name."""
    parts = [*(f"Year {year_group}" for year_group in year_groups), *tutor_groups]
    if by_name:
        parts.append("1 pupil by name" if by_name == 1 else f"{by_name:,} pupils by name")
    if len(parts) < 2:  # noqa: PLR2004 - one thing needs no "and"
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(figures: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    """Add an activity's figures up over its year groups: who was there, and who is credited for what."""
    credited: dict[str, int] = {}
    for group in figures:
        for benchmark, pupils in group["credits"].items():
            credited[benchmark] = credited.get(benchmark, 0) + pupils
    return {
        "attended": sum(group["attended"] for group in figures),
        "away": sum(group["absent"] + group["excused"] for group in figures),
        "credits": {benchmark: credited[benchmark] for benchmark in BENCHMARKS if benchmark in credited},
    }
