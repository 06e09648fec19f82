"""What a school reads of its surveys, and what the holder of a link is asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Final

from contracts.vocabulary import AcademicYear, Urn, academic_year_days
from services.audit.model.days import today_in_england
from services.audit.model.question_set import QuestionSet
from services.audit.model.survey import MOST_DAYS_OPEN, Survey, links_out, withdrawn_batches
from services.audit.model.survey_results import FEWEST_ANSWERS, results_of
from services.audit.model.voice import GroupVoice, Round, Voice, twelve_months_before, voice_of
from services.audit.store.surveys import (
    SURVEYS,
    answers_to,
    count_answers,
    count_used,
    find_link,
    surveys_of,
)
from services.audit.surveys import question_sets
from services.audit.views.versions import View, kept_view
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.tenancy import SchoolDatabase
from services.runtime.version_store import find_kept
from services.runtime.versions import Kept

ONE_DAY: Final = dt.timedelta(days=1)


def questions() -> View:
    """Show what each audience is asked."""
    return {"question_sets": [_question_set_view(found) for found in question_sets().values()]}


async def surveys(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """List the surveys that close in an academic year with their response rates, the last one first."""
    database, today = context.school(urn), today_in_england(context.clock())
    found = await surveys_of(database, *academic_year_days(year))
    return {"academic_year": year, "surveys": [await _survey_view(database, one, today) for one in found]}


async def survey(context: ServiceContext, urn: Urn, identity: str) -> View:
    """Show one survey with the questions that it asks."""
    database = context.school(urn)
    kept = await _the_survey(database, identity)
    shown = await _survey_view(database, kept, today_in_england(context.clock()))
    return {**shown, "question_set": _question_set_view(kept.content.question_set)}


async def results(context: ServiceContext, urn: Urn, identity: str) -> View:
    """Show what a closed survey says; what is withheld and why is in `model/survey_results.py`."""
    database, today = context.school(urn), today_in_england(context.clock())
    kept = await _the_survey(database, identity)
    shown = await _survey_view(database, kept, today)
    if kept.content.state(today) != "closed":
        return {**shown, "questions": None, "withheld": "Results are shown once the survey is closed."}
    found = results_of(kept.content.question_set, await answers_to(database, identity))
    if found is None:
        reason = f"There are fewer than {FEWEST_ANSWERS} answers, so nobody could be sure to stay unknown."
        return {**shown, "questions": None, "withheld": reason}
    asked = {question.id: question for question in kept.content.question_set.questions}
    return {
        **shown,
        "questions": [
            {
                **asdict(result),
                "kind": asked[result.question].kind,
                "text": asked[result.question].text,
                "criteria": list(asked[result.question].criteria),
            }
            for result in found
        ],
        "withheld": None,
    }


async def voice_now(context: ServiceContext, urn: Urn) -> Voice:
    """Find out which groups were heard in the last twelve months."""
    database, today = context.school(urn), today_in_england(context.clock())
    rounds = [
        Round(kept.id, kept.content, await count_answers(database, kept.id))
        for kept in await surveys_of(database, twelve_months_before(today), today + ONE_DAY * MOST_DAYS_OPEN)
    ]
    return voice_of(rounds, today)


async def summary(context: ServiceContext, urn: Urn) -> View:
    """Say which groups were heard in the last twelve months, and what changed (gb1.4)."""
    voice = await voice_now(context, urn)
    return {
        "criterion": "gb1.4",
        "since": voice.since.isoformat(),
        "groups_named": sum(group.named_by_gb1_4 for group in voice.groups),
        "groups_heard": voice.named_and_heard,
        "rounds_with_changes": len(voice.changes),
        "groups": [_group_view(group) for group in voice.groups],
    }


async def questions_by_link(context: ServiceContext, urn: Urn, secret: str) -> View | None:
    """Show the holder of a link what they are asked; None for a link that cannot be used."""
    database, today = context.school(urn), today_in_england(context.clock())
    link = await find_link(database, secret)
    kept = None if link is None else await find_kept(database, SURVEYS, link[0])
    if link is None or kept is None or not kept.content.takes(link[1], today):
        return None
    asked = kept.content.question_set
    return {
        "title": kept.content.title,
        "introduction": asked.introduction,
        "closes_on": kept.content.closes_on.isoformat(),
        "scale": asked.scale.model_dump(),
        "questions": [
            question.model_dump(include={"id", "kind", "text", "options"}) for question in asked.questions
        ],
    }


async def _survey_view(database: SchoolDatabase, kept: Kept[Survey], today: dt.date) -> View:
    content = kept.content
    answers = await count_answers(database, kept.id)
    withdrawn = withdrawn_batches(content.batches)
    links = links_out(content, await count_used(database, kept.id, withdrawn))
    return {
        "survey_id": kept.id,
        **{name: value for name, value in kept_view(SURVEYS, kept).items() if name != "question_set"},
        "question_set_version": content.question_set.version,
        "state": content.state(today),
        "links": links,
        "answers": answers,
        "response_percent": 100 * answers // links if links else None,
    }


def _question_set_view(found: QuestionSet) -> View:
    shown: View = found.model_dump(mode="json")
    return shown


def _group_view(group: GroupVoice) -> View:
    last = group.last
    return {
        "audience": group.audience,
        "named_by_gb1_4": group.named_by_gb1_4,
        "state": group.state,
        "survey_id": None if last is None else last.id,
        "closed_on": None if last is None else last.survey.closes_on.isoformat(),
        "answers": None if last is None else last.answers,
        "what_changed": None if last is None else last.survey.what_changed,
    }


async def _the_survey(database: SchoolDatabase, identity: str) -> Kept[Survey]:
    found = await find_kept(database, SURVEYS, identity)
    if found is None:
        raise NotFoundError("There is no such survey at this school.")
    return found
