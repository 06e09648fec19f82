"""Who is missing what: the school's own figures per criterion, and the pupils behind each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from contracts.vocabulary import AcademicYear
from services.pupils.model.criteria import Criterion, Limits, Standing, standing
from services.pupils.model.groups import Group, belongs
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import Sheet
from services.pupils.rules import credit_rules, criteria
from services.pupils.store.destinations import intended_by
from services.pupils.store.reads import all_pupils, all_sheets
from services.pupils.views.pages import PupilsAsked, View, page_of, pupils_on_roll
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.tenancy import SchoolDatabase

HIGHER_EDUCATION = "higher_education"


@dataclass(frozen=True, slots=True)
class MissingAsked:
    """Which criterion, and which page of the pupils of which year group, tutor group and group."""

    criterion: str
    year_group: int
    tutor_group: str | None
    group: Group | None
    pupils: PupilsAsked


async def criteria_table(
    context: ServiceContext, urn: str, year: AcademicYear, group_asked: Group | None = None
) -> View:
    """Count, for each year group with a roll and each criterion that applies, who meets it (of a group).

    Percentages are floored, so nothing short of everybody shows as 100 (domain rule 2).
    """
    database, rules = context.school(urn), criteria()
    sheets = await all_sheets(database)
    limits = await _limits(database, year, group_asked)
    groups = sorted(
        (sheet for sheet in sheets if sheet.academic_year == year and sheet.pupils),
        key=lambda sheet: sheet.year_group,
    )
    if not groups:
        raise NotFoundError(f"No roll of {year} has been imported for this school.")
    return {
        "academic_year": year,
        "group": group_asked,
        "rules_version": rules.version,
        "criteria": {name: _about(criterion) for name, criterion in rules.criteria.items()},
        "year_groups": [
            {
                "year_group": group.year_group,
                "on_roll": len(group.pupils),
                "criteria": {
                    name: _figures(found)
                    for name, criterion in rules.criteria.items()
                    if (found := _standing(name, criterion, sheets, group, limits)) is not None
                },
            }
            for group in groups
        ],
    }


async def missing(context: ServiceContext, urn: str, asked: MissingAsked) -> View:
    """List the pupils of a year group who do not meet a criterion, what each lacks, and what would help."""
    database, rules = context.school(urn), criteria()
    criterion = rules.criteria.get(asked.criterion)
    if criterion is None:
        known = ", ".join(rules.criteria)
        raise NotFoundError(f"There is no such criterion that pupils' records answer; there are {known}.")
    sheets = await all_sheets(database)
    year, year_group = asked.pupils.year, asked.year_group
    group = next((s for s in sheets if (s.academic_year, s.year_group) == (year, year_group)), None)
    if group is None or not group.pupils:
        raise NotFoundError(f"Nobody is on roll in Year {year_group} of {year}.")
    limits = await _limits(database, year, asked.group)
    found = _standing(asked.criterion, criterion, sheets, group, limits)
    if found is None:
        raise NotFoundError(f"{asked.criterion} does not apply to Year {year_group}.")
    lacking = [
        pupil
        for pupil in await pupils_on_roll(database, year, year_group)
        if pupil.ref in found.missing and asked.tutor_group in {None, pupil.years[year].tutor_group}
    ]
    page = page_of(lacking, asked.pupils)
    for entry in page["pupils"]:
        entry["lacks"] = list(found.missing[entry["pupil"]])
    titles = credit_rules().types
    return {
        "criterion": asked.criterion,
        **_about(criterion),
        "year_group": year_group,
        **_figures(found),
        "by_tutor_group": _by_tutor_group(group, found, lacking),
        "next": [{"activity_type": name, "title": titles[name].label} for name in criterion.next],
        **page,
    }


def _standing(
    name: str, criterion: Criterion, sheets: Collection[Sheet], group: Sheet, limits: Limits
) -> Standing | None:
    return standing(name, criterion, sheets, (group.academic_year, group.year_group), limits)


def _about(criterion: Criterion) -> View:
    return {
        "title": criterion.title,
        "period": criterion.period,
        "only": criterion.only,
        "confidence": criterion.confidence,
        "note": criterion.note,
    }


def _figures(found: Standing) -> View:
    percent = 100 * found.met // found.applies_to if found.applies_to else None
    return {
        "applies_to": found.applies_to,
        "met": found.met,
        "missing": len(found.missing),
        "percent": percent,
    }


def _by_tutor_group(group: Sheet, found: Standing, lacking: Collection[Pupil]) -> View:
    shown = {pupil.ref for pupil in lacking}
    return dict(sorted(Counter(group.pupils[ref] for ref in found.missing if ref in shown).items()))


async def _limits(database: SchoolDatabase, year: AcademicYear, group: Group | None) -> Limits:
    """Find who considers higher education (said so last), and who belongs to a group in an academic year."""
    intended = await intended_by(database)
    considering = {ref for ref, said in intended.items() if said[0].intention.status == HIGHER_EDUCATION}
    among = None
    if group is not None:
        everybody = (await all_pupils(database)).values()
        among = {pupil.ref for pupil in everybody if belongs(pupil.groups.get(year, ()), group)}
    return Limits({"considering_higher_education": considering}, among)
