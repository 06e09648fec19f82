"""Composes the governor pack: each section from what it needs, and all of them in order.

It asks for nothing that staff do not use already (source text S4). To add a section, write a function that
makes one and name it in `governor_pack`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import BENCHMARKS, AcademicYear, Benchmark, Urn
from services.audit.model.checklist import Force
from services.audit.model.days import spoken
from services.audit.model.governor_files import GovernorPrompts
from services.audit.model.pack_plan import plan_section, voice_section
from services.audit.model.pack_scores import Evaluated, evaluation_section, name_of, national_section
from services.audit.model.paper import Block, Bullets, Cell, Link, Paper, Section, Table, Text
from services.audit.model.plan_calendar import PlanAction
from services.audit.model.statutory import ItemStatus, Particulars, Person, Share
from services.audit.model.voice import Voice
from services.national.figures import NationalReference
from services.runtime.errors import FieldProblem

UNKNOWN: Final = "not stated"
_ADDRESS_SHOWN: Final = 80
"""Characters of an address that are printed; the whole of it is behind the link."""
_STATES: Final = {
    "met": "Met",
    "partly": "Partly met",
    "not_met": "Not met",
    "not_applicable": "Does not apply",
    "not_stated": "Not stated",
}
_PARTICULARS: Final = {
    "careers_leader": "Careers Leader",
    "careers_leader.email": "Careers Leader's e-mail address",
    "careers_leader.telephone": "Careers Leader's telephone number",
    "information_review_on": "Next review of what is published",
    "provider_access": "Provider access policy statement",
    "provider_access.review_on": "Next review of the provider access policy statement",
}
_FORCES: Final[Mapping[Force, str]] = {
    "duty": "Duty",
    "recommended": "Recommended",
    "ambition": "Ambition, not yet a duty",
}


@dataclass(frozen=True, slots=True)
class Duties:
    """How the school stands with its statutory checklist."""

    academic_year: AcademicYear
    particulars: Particulars | None
    statuses: Sequence[ItemStatus]
    share: Share
    missing: Sequence[FieldProblem]


@dataclass(frozen=True, slots=True)
class PackFacts:
    """All that the pack is made of."""

    urn: Urn
    made_on: dt.date
    latest: Evaluated | None
    previous: Evaluated | None
    duties: Duties
    national: NationalReference
    plan: Sequence[PlanAction]
    voice: Voice
    prompts: GovernorPrompts


def governor_pack(facts: PackFacts) -> Paper:
    """Compose the whole pack."""
    return Paper(
        title="Careers programme: pack for governors",
        subtitle=f"School {facts.urn} (URN), as on {spoken(facts.made_on)}",
        author=f"School {facts.urn}",
        sections=(
            people_section(facts.duties.particulars),
            evaluation_section(facts.latest, facts.previous),
            national_section(facts.national, facts.latest),
            plan_section(facts.plan, facts.made_on),
            voice_section(facts.voice),
            duties_section(facts.duties),
            prompts_section(facts.prompts, facts.latest),
        ),
    )


def people_section(particulars: Particulars | None) -> Section:
    """Name the people, and the dates that governors keep an eye on."""
    given = particulars
    access = None if given is None else given.provider_access
    review = None if given is None else given.information_review_on
    rows: list[tuple[Cell, Cell]] = [
        ("Careers Leader", _contact(None if given is None else given.careers_leader)),
        ("Link governor", _contact(None if given is None else given.link_governor)),
        ("Provider access policy statement", UNKNOWN if access is None else _link(access.url)),
        ("Next review of that statement", UNKNOWN if access is None else spoken(access.review_on)),
        ("Next review of what is published", UNKNOWN if review is None else spoken(review)),
    ]
    return Section(
        "people", "People and dates", (Table("Who leads, and by when", ("What", "Who or when"), rows),)
    )


def duties_section(duties: Duties) -> Section:
    """Show how the school meets its statutory duties, and what is missing on its website."""
    share = duties.share
    summary = f"{share.met} of {share.applicable} duties that apply are met"
    if share.percent is not None:
        summary += f" ({share.percent}%, rounded down)"
    blocks: list[Block] = [Text(f"{summary}, in {duties.academic_year}.")]
    if duties.particulars is None:
        unknown = "Which duties apply is not known until the school's particulars are stated; all are shown."
        blocks.append(Text(unknown, warning=True))
    rows = [_duty_row(status) for status in duties.statuses]
    columns = ("Duty", "Kind", "State", "Last checked", "Next check", "Where it is published")
    blocks.append(Table("Statutory and publishing checklist", columns, rows))
    if duties.missing:
        named = _PARTICULARS | {status.item.id: status.item.duty for status in duties.statuses}
        lines = [f"{named[problem.where]}: {problem.reason}" for problem in duties.missing]
        blocks.append(Bullets("Still missing for publication", lines))
    else:
        blocks.append(Text("Nothing is missing of what has to be published."))
    return Section("duties", "Statutory duties", tuple(blocks))


def prompts_section(prompts: GovernorPrompts, latest: Evaluated | None) -> Section:
    """List the questions to ask, those of benchmarks that are not achieved first."""
    names = {} if latest is None else latest.names
    ordered = sorted(BENCHMARKS, key=lambda benchmark: _urgency(benchmark, latest))
    return Section(
        "questions",
        "Questions to ask",
        (
            Text("Benchmarks that are not achieved come first, those that do not apply last."),
            *(Bullets(name_of(benchmark, names), prompts.benchmarks[benchmark]) for benchmark in ordered),
        ),
    )


def _urgency(benchmark: Benchmark, latest: Evaluated | None) -> int:
    achieved = False if latest is None else latest.results[benchmark].achieved
    return 2 if achieved is None else int(achieved)


def _link(url: str) -> Link:
    """Link to an address; a long one is shown by its beginning."""
    text = url.removeprefix("https://").removeprefix("http://")
    return Link(text if len(text) <= _ADDRESS_SHOWN else f"{text[: _ADDRESS_SHOWN - 1]}…", url)


def _contact(person: Person | None) -> str:
    if person is None:
        return UNKNOWN
    return ", ".join(part for part in (person.name, person.email, person.telephone) if part is not None)


def _duty_row(status: ItemStatus) -> tuple[Cell, ...]:
    statement = None if status.stated is None else status.stated.statement
    state = _STATES[status.state]
    if status.reason is not None:
        state = f"{state}: {status.reason}"
    checked = None if statement is None else statement.last_checked_on
    due = None if statement is None else statement.next_check_on
    url = None if statement is None else statement.url
    next_check = "" if due is None else spoken(due)
    if status.overdue:
        next_check = f"{next_check} (overdue)" if next_check else "overdue"
    return (
        status.item.duty,
        _FORCES[status.item.force],
        state,
        "" if checked is None else spoken(checked),
        next_check,
        "" if url is None else _link(url),
    )
