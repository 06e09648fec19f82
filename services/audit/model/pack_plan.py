"""The sections of the governor pack on what the school does next, and whom it heard.

Owners are subjects of access tokens and no names, so they are not printed; nor is what anybody answered.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from contracts.vocabulary import academic_year_of
from services.audit.model.days import spoken, term_days, term_of
from services.audit.model.paper import Block, Bullets, Cell, Section, Table, Text
from services.audit.model.plan import STATUSES, Status
from services.audit.model.plan_calendar import PlanAction, plan_progress, reminders_of, years_of_plan
from services.audit.model.question_set import Audience
from services.audit.model.voice import GroupVoice, Voice

MOST_GOALS_SHOWN: Final = 40
"""In one table, two pages: a meeting reads no more, and the whole plan is in the Hub."""
STATUS_WORDS: Final[Mapping[Status, str]] = {
    "not_started": "Not started",
    "in_progress": "In progress",
    "done": "Done",
    "superseded": "No longer pursued",
}
AUDIENCE_WORDS: Final[Mapping[Audience, str]] = {
    "pupils": "Pupils",
    "parents_carers": "Parents and carers",
    "staff": "Staff",
    "employers": "Employers",
    "governors": "Governors",
    "advisers": "Careers advisers",
}
_COLUMNS: Final = ("Goal", "Criteria", "Due on", "State", "Cost")


def plan_section(actions: Sequence[PlanAction], today: dt.date) -> Section:
    """Show the goals by status, what is overdue, what is due this term, and what the plan costs."""
    heading = "The action plan"
    if not actions:
        return Section("plan", heading, (Text("No action has been planned yet."),))
    year = academic_year_of(today)
    due = plan_progress(year, actions).actions
    in_all = Counter(kept.content.status for kept in actions)
    counts = [(STATUS_WORDS[status], str(due[status]), str(in_all[status])) for status in STATUSES]
    columns = ("State", f"Due in {year}", "In the whole plan")
    overdue = reminders_of(actions, today).overdue
    term = term_of(today)
    last = term_days(year, term)[1]
    this_term = [
        kept
        for kept in sorted(actions, key=lambda kept: (kept.content.goal.due_on, kept.id))
        if kept.content.is_open and today <= kept.content.goal.due_on <= last
    ]
    return Section(
        "plan",
        heading,
        (
            Table("Goals by state", columns, counts, frozenset({1, 2})),
            *_goals(f"Overdue on {spoken(today)}", overdue, "No goal is overdue."),
            *_goals(
                f"Still to be done in the {term} term, by {spoken(last)}",
                this_term,
                f"No other goal is due by the end of the {term} term.",
            ),
            _costs(actions, today),
        ),
    )


def voice_section(voice: Voice) -> Section:
    """Say in one line a group who was heard; what they answered is nobody's to read here."""
    named = sum(group.named_by_gb1_4 for group in voice.groups)
    return Section(
        "voice",
        "Who was heard",
        (
            Text(
                f"{voice.named_and_heard} of the {named} groups whose views criterion gb1.4 asks for were "
                f"heard since {spoken(voice.since)}."
            ),
            Bullets("By group", [_heard(group) for group in voice.groups]),
        ),
    )


def _goals(caption: str, goals: Sequence[PlanAction], none: str) -> list[Block]:
    if not goals:
        return [Text(none)]
    blocks: list[Block] = [
        Table(caption, _COLUMNS, [_row(kept) for kept in goals[:MOST_GOALS_SHOWN]], frozenset({4}))
    ]
    if more := len(goals) - MOST_GOALS_SHOWN:
        blocks += [Text(f"And {more} more, which the plan in the Careers Hub lists.")] if more > 0 else []
    return blocks


def _row(kept: PlanAction) -> tuple[Cell, ...]:
    goal = kept.content.goal
    return (
        goal.specific,
        ", ".join(goal.criteria),
        spoken(goal.due_on),
        STATUS_WORDS[kept.content.status],
        pounds(goal.cost_pence),
    )


def _costs(actions: Sequence[PlanAction], today: dt.date) -> Table:
    rows = [
        (year.academic_year, pounds(year.cost_pence))
        for year in years_of_plan(actions, academic_year_of(today))
    ]
    return Table(
        "What the goals cost that are due in a year", ("Academic year", "Cost"), rows, frozenset({1})
    )


def pounds(pence: int) -> str:
    """Write an amount of money."""
    return f"£{pence // 100:,}.{pence % 100:02d}"


def _heard(group: GroupVoice) -> str:
    name = AUDIENCE_WORDS[group.audience]
    if group.last is None:
        return f"{name}: being asked now." if group.state == "being_asked" else f"{name}: not heard."
    survey = group.last.survey
    changed = "what changed is noted" if survey.what_changed else "what changed is not noted yet"
    return f"{name}: heard, by a survey that closed on {spoken(survey.closes_on)}; {changed}."
