"""What the school reads back of how its activities were thought of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.model.activity_evaluation import ActivityEvaluation, EvaluationQuestions, tally
from services.pupils.rules import evaluation_questions
from services.pupils.store import ACTIVITIES
from services.pupils.store.activity_evaluations import evaluations_in, evaluations_of
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


async def evaluations_of_activity(context: ServiceContext, urn: str, identity: ActivityId) -> View:
    """Show all evaluations of an activity, the oldest first, and what is asked."""
    database = context.school(urn)
    activity = await database.collection(ACTIVITIES).get(identity)
    if activity is None:
        raise NotFoundError("There is no such activity at this school.")
    found = await evaluations_of(database, identity)
    return {
        "activity_id": identity,
        "status": activity["status"],
        "questions": _asked(evaluation_questions()),
        "evaluations": [_shown(evaluation) for evaluation in found],
    }


async def evaluations_of_year(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Sum up an academic year's evaluations by activity type and employer, without retracted activities."""
    database, questions = context.school(urn), evaluation_questions()
    activities = {
        document["_id"]: document
        for document in await database.collection(ACTIVITIES).find(
            {"academic_year": year}, fields=("status", "activity_type", "employer_id")
        )
        if document["status"] == "recorded"
    }
    by_type: dict[str, list[ActivityEvaluation]] = defaultdict(list)
    by_employer: dict[str, list[ActivityEvaluation]] = defaultdict(list)
    for evaluation in await evaluations_in(database, year):
        activity = activities.get(evaluation.activity)
        if activity is None:
            continue
        by_type[activity["activity_type"]].append(evaluation)
        if activity["employer_id"] is not None:
            by_employer[activity["employer_id"]].append(evaluation)
    return {
        "academic_year": year,
        "rules_version": questions.version,
        "questions": _asked(questions),
        "by_activity_type": [
            {"activity_type": name, **_summed_up(found, questions)} for name, found in sorted(by_type.items())
        ],
        "by_employer": [
            {"employer_id": name, **_summed_up(found, questions)}
            for name, found in sorted(by_employer.items())
        ],
    }


def _summed_up(found: Sequence[ActivityEvaluation], questions: EvaluationQuestions) -> View:
    summed_up = tally((evaluation.opinion for evaluation in found), questions)
    return {
        "activities": len({evaluation.activity for evaluation in found}),
        "evaluations": len(found),
        "ratings": {
            name: {who: {"answers": one.answers, "mean": one.mean} for who, one in by_who.items()}
            for name, by_who in summed_up.items()
        },
    }


def _asked(questions: EvaluationQuestions) -> list[View]:
    return [
        {"id": question.id, "text": question.text, "asked_of": list(question.asked_of)}
        for question in questions.questions
    ]


def _shown(evaluation: ActivityEvaluation) -> View:
    opinion = evaluation.opinion
    return {
        "evaluation_id": evaluation.id,
        "version": evaluation.version,
        "who": opinion.who,
        "answers": {
            name: {str(rating): number for rating, number in sorted(counts.items())}
            for name, counts in opinion.answers.items()
        },
        "went_well": opinion.went_well,
        "to_change": opinion.to_change,
        "rules_version": evaluation.rules_version,
        "recorded_at": evaluation.recorded.at.isoformat(),
        "recorded_by": evaluation.recorded.by,
    }
