"""Routes of what was thought of activities: by teachers, employers and pupils together."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Response, status
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.vocabulary import OPAQUE_ID_PATTERN, ActivityId
from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.bodies import (
    Code,
)
from services.pupils.commands.activity_evaluations import (
    CorrectionAsked,
    correct_evaluation,
    evaluate_activity,
)
from services.pupils.model.activity_evaluation import ActivityEvaluationId, Evaluator, Opinion
from services.pupils.model.attendance import MOST_ATTENDEES
from services.pupils.views import activity_evaluations as views
from services.runtime.bodies import (
    Body,
    readable,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

LONGEST_REMARK: Final = 2_000
"""Characters: what went well, or what to change; half a page."""
MOST_QUESTIONS: Final = 20

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
Remark = Annotated[str, Field(min_length=1, max_length=LONGEST_REMARK), AfterValidator(readable)]
Rating = Annotated[int, Field(strict=True)]
RatingText = Annotated[str, Field(pattern=r"^[0-9]{1,2}$")]
Answers = Annotated[int, Field(strict=True, ge=1, le=MOST_ATTENDEES)]


class EvaluationBody(Body):
    """What somebody thought: `ratings` by a teacher or an employer, `answers` counted for all pupils."""

    who: Evaluator
    ratings: Annotated[dict[Code, Rating], Field(max_length=MOST_QUESTIONS)] = Field(default_factory=dict)
    answers: Annotated[dict[Code, dict[RatingText, Answers]], Field(max_length=MOST_QUESTIONS)] = Field(
        default_factory=dict
    )
    went_well: Remark | None = None
    to_change: Remark | None = None

    @model_validator(mode="after")
    def _counted_for_pupils_alone(self) -> EvaluationBody:
        if self.who == "pupils" and self.ratings:
            raise PydanticCustomError("counted", "pupils' ratings come counted, in answers")
        if self.who != "pupils" and self.answers:
            raise PydanticCustomError("counted", "only pupils' answers are counted; use ratings")
        return self

    def opinion(self) -> Opinion:
        """Return the model's value."""
        counted = {
            name: {int(rating): number for rating, number in counts.items()}
            for name, counts in self.answers.items()
            if counts
        }
        rated = {name: {rating: 1} for name, rating in self.ratings.items()}
        return Opinion(self.who, counted or rated, self.went_well, self.to_change)


class CorrectionBody(EvaluationBody):
    """What an evaluation is to say; `version` is the one that the caller has seen."""

    version: Annotated[int, Field(strict=True, ge=1)]


@router.get("/activities/evaluations", Permission.READ_ACTIVITIES)
async def get_evaluations_of_year(
    caller: AdmittedToSchool, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Sum up an academic year's evaluations by activity type and employer; no free text."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.evaluations_of_year(caller.context, caller.urn, year)


@router.post(
    "/activities/{identity}/evaluation", Permission.RECORD_ACTIVITY, status_code=status.HTTP_201_CREATED
)
async def post_evaluation(
    response: Response, caller: AdmittedToSchool, identity: Id, body: EvaluationBody
) -> dict[str, Any]:
    """Keep what somebody thought of a recorded activity: 201, or 200 if it was kept before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await evaluate_activity(unit, caller.context, ActivityId(identity), body.opinion())

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/activities/{identity}/evaluation", Permission.READ_ACTIVITIES)
async def get_evaluations(caller: AdmittedToSchool, identity: Id) -> dict[str, Any]:
    """Show what was thought of an activity, with what went well and what to change."""
    resource = f"activities/{identity}/evaluation"
    await caller.context.read_logged(caller.actor, caller.urn, "evaluation.read", resource)
    return await views.evaluations_of_activity(caller.context, caller.urn, ActivityId(identity))


@router.put("/activities/{identity}/evaluation/{evaluation_id}", Permission.RECORD_ACTIVITY)
async def put_evaluation(
    caller: AdmittedToSchool, identity: Id, evaluation_id: Id, body: CorrectionBody
) -> dict[str, Any]:
    """Correct an evaluation; the version before is kept."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        asked = CorrectionAsked(ActivityId(identity), ActivityEvaluationId(evaluation_id), body.version)
        return await correct_evaluation(unit, asked, body.opinion())

    return await caller.context.in_school(caller.actor, caller.urn, work)
