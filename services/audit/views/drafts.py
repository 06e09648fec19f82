"""What a school sees of an evaluation that it answers: parts, answers, evidence, what its records say."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import Any

from contracts.vocabulary import AcademicYear, Urn, academic_year_of
from services.audit.frameworks import framework_versions
from services.audit.model.answers import PartScore, score
from services.audit.model.days import today_in_england
from services.audit.model.derived import Cell, Derived, Records, derive
from services.audit.model.evidence import Evidence, due_for_review
from services.audit.model.framework import GatsbyFramework
from services.audit.model.scores import achieved_count, scores_of
from services.audit.model.sheet import NEVER_ANSWERED, Given, Sheet
from services.audit.store.records import records_of
from services.audit.store.sheets import drafts_of, earlier_answers, find_sheet
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.versions import Mark

View = dict[str, Any]


async def drafts(context: ServiceContext, urn: Urn) -> View:
    """List the open drafts, and how far each is."""
    return {"drafts": [_summary(sheet) for sheet in await drafts_of(context.school(urn))]}


async def sheet_page(context: ServiceContext, urn: Urn, identity: str) -> View:
    """Show a sheet with every part that applies; raises NotFoundError if there is none."""
    year = academic_year_of(today_in_england(context.clock()))
    found, records = await asyncio.gather(
        find_sheet(context.school(urn), identity), records_of(context, urn, year)
    )
    if found is None:
        raise NotFoundError("This school has no such evaluation, or it was not answered here.")
    return _page(found, records, year, today_in_england(context.clock()))


async def part_history(context: ServiceContext, urn: Urn, identity: str, part: str) -> View:
    """Show what a part is and was answered with, by whom and when; the oldest first."""
    database = context.school(urn)
    sheet, earlier = await asyncio.gather(
        find_sheet(database, identity), earlier_answers(database, identity, part)
    )
    if sheet is None or part not in framework_versions()[sheet.framework_version].by_part:
        raise NotFoundError("This school has no such evaluation, or it has no such part.")
    current = sheet.given.get(part)
    return {
        "part": part,
        "answers": [_given_view(given) for given in (*earlier, *([] if current is None else [current]))],
    }


def _page(sheet: Sheet, records: Records, year: AcademicYear, today: dt.date) -> View:
    framework = framework_versions()[sheet.framework_version]
    scored = score(framework, sheet.profile, sheet.answers)
    # What a completed evaluation was compared with then is not what the records say now.
    derived = derive(framework, sheet.profile, sheet.answers, records) if sheet.state == "draft" else ()
    by_part = {answer.part: answer for answer in derived}
    evidence = _by_part(sheet)
    titles = {criterion.id: criterion for criterion in framework.criteria_in(sheet.profile.setting)}
    return {
        **_summary(sheet),
        "setting_note": framework.settings[sheet.profile.setting].note,
        "on_roll_now": [
            {"year_group": group, "learners": number} for group, number in sorted(records.on_roll.items())
        ],
        "records_of": year,
        "criteria": [
            {"criterion": identity, "title": titles[identity].title_in(sheet.profile.setting), "state": state}
            for identity, state in scored.criteria.items()
        ],
        "parts": [
            _part_view(framework, found, sheet.given.get(found.part.id))
            | {
                "evidence": evidence.get(found.part.id, []),
                "derived": _derived_view(by_part.get(found.part.id)),
            }
            for found in scored.parts
        ],
        "mismatches": [answer.part for answer in derived if answer.differs],
        "evidence_due": [found.id for found in due_for_review(sheet.evidence, today)],
    }


def _summary(sheet: Sheet) -> View:
    framework = framework_versions()[sheet.framework_version]
    scored = score(framework, sheet.profile, sheet.answers)
    scores = scores_of(scored.points)
    by_benchmark = {found.benchmark: found for found in scores}
    return {
        "evaluation_id": sheet.id,
        "state": sheet.state,
        "version": sheet.version,
        "framework": sheet.framework,
        "framework_version": sheet.framework_version,
        "setting": sheet.profile.setting,
        "has_post16": sheet.profile.has_post16,
        "started": _mark_view(sheet.started),
        "copied_from": sheet.copied_from,
        "copied_unconfirmed": sum(given.copied for given in sheet.given.values()),
        "learner_numbers": {
            "source": sheet.numbers.source,
            **_mark_view(sheet.numbers.mark),
            "year_groups": _numbers(sheet.numbers.by_year_group),
        },
        "missing": list(scored.missing),
        "achieved_count": achieved_count(scores),
        "benchmarks": [
            {
                "benchmark": benchmark,
                "name": framework.benchmarks[benchmark].name,
                "points": points.points,
                "applicable_points": points.applicable_points,
                "score_percent": by_benchmark[benchmark].score_percent if points.applies else None,
                "achieved": by_benchmark[benchmark].achieved if points.applies else None,
            }
            for benchmark, points in scored.points.items()
        ],
    }


def _part_view(framework: GatsbyFramework, found: PartScore, given: Given | None) -> View:
    part = found.part
    labels: Mapping[str, str] = (
        {} if part.scale is None else {b: v.label for b, v in framework.scales[part.scale].bands.items()}
    )
    return {
        "part": part.id,
        "criterion": part.criterion,
        "text": part.text,
        "kind": part.kind,
        "possible_answers": [
            {"answer": answer, "label": labels.get(answer, answer.replace("_", " "))}
            for answer in framework.answers_of(part)
        ],
        "required": part.required,
        "shown": found.shown,
        "state": found.state,
        "points": found.earned,
        "possible_points": part.points,
        "confidence": part.confidence,
        "given": None if given is None else _given_view(given),
        "version": NEVER_ANSWERED if given is None else given.version,
    }


def _given_view(given: Given) -> View:
    return {
        "answer": given.answer,
        "version": given.version,
        "copied": given.copied,
        **_mark_view(given.mark),
    }


def _by_part(sheet: Sheet) -> dict[str, list[View]]:
    views: dict[str, list[View]] = {}
    for evidence in sheet.evidence:
        views.setdefault(evidence.part, []).append(_evidence_view(evidence))
    return views


def _evidence_view(evidence: Evidence) -> View:
    return {
        "evidence_id": evidence.id,
        "link": evidence.link,
        "note": evidence.note,
        "review_on": None if evidence.review_on is None else evidence.review_on.isoformat(),
        **_mark_view(evidence.mark),
        "withdrawn": None if evidence.withdrawn is None else _mark_view(evidence.withdrawn),
    }


def _derived_view(derived: Derived | None) -> View | None:
    if derived is None:
        return None
    return {
        "band": derived.band,
        "count": derived.count,
        "total": derived.total,
        "certainty": derived.certainty,
        "note": derived.note,
        "year_groups": [_cell_view(cell) for cell in derived.year_groups],
        "differs": derived.differs,
    }


def _cell_view(cell: Cell) -> View:
    return {"year_group": cell.year_group, "count": cell.count, "total": cell.total, "band": cell.band}


def _numbers(by_year_group: Mapping[int, int]) -> list[View]:
    return [{"year_group": group, "learners": number} for group, number in sorted(by_year_group.items())]


def _mark_view(mark: Mark) -> View:
    return {"by": mark.by, "at": mark.at.isoformat()}
