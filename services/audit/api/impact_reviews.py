"""Routes of the impact review: the statements, a participant's opinion, what is agreed, and peers.

Everything here is the reviewed school's own: see `model/impact_review.py` for why a peer has no route.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import Field

from contracts.vocabulary import OPAQUE_ID_PATTERN, URN_PATTERN, Setting, Urn
from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.fields import (
    AcademicYearQuery,
    Text,
    academic_year_asked,
)
from services.audit.commands.impact_reviews import (
    Change,
    Invitation,
    agree,
    enter_judgement,
    give_opinion,
    invite_peers,
)
from services.audit.model.impact_review import PEERS, Agreement, Fit, Judgement, ReviewRole
from services.audit.views import impact_reviews as views
from services.runtime.bodies import (
    Body,
    Day,
    SeenVersion,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

REVIEW: Final = "/impact-review"
MOST_QUESTIONS: Final = 100
"""Six themes of at most four questions make 24; more is no review of ours."""
MOST_PRESENT: Final = 30
CODE_BYTES: Final = 8
"""16 hex digits: long enough that a slip of the pen is no other review's code."""
QuestionId = Annotated[str, Field(max_length=60)]
Level = Annotated[int, Field(strict=True)]
Code = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


class OpinionBody(Body):
    """What the caller thinks: the level of the statement that fits best, by question."""

    version: SeenVersion
    role: ReviewRole
    levels: Annotated[dict[QuestionId, Level], Field(max_length=MOST_QUESTIONS)]


class FitBody(Body):
    """A level and why it is the one."""

    level: Level
    reason: Text

    def fit(self) -> Fit:
        """Hand it to the model."""
        return Fit(self.level, self.reason)


Fits = Annotated[dict[QuestionId, FitBody], Field(min_length=1, max_length=MOST_QUESTIONS)]


class AgreementBody(Body):
    """What is agreed, and who was there."""

    version: SeenVersion
    setting: Setting
    present: Annotated[list[ReviewRole], Field(max_length=MOST_PRESENT)]
    levels: Fits


class TrioBody(Body):
    """Who reviews the school, and which themes it shares."""

    version: SeenVersion
    peers: Annotated[
        list[Annotated[str, Field(pattern=URN_PATTERN)]], Field(min_length=PEERS, max_length=PEERS)
    ]
    themes: Annotated[list[Annotated[str, Field(max_length=30)]], Field(min_length=1, max_length=20)]


class JudgementBody(Body):
    """What a peer judged."""

    version: SeenVersion
    reviewed_on: Day
    facilitated: Annotated[bool, Field(strict=True)]
    levels: Fits


@router.get(f"{REVIEW}/statements", Permission.READ_EVALUATIONS)
async def get_statements(
    caller: AdmittedToSchool,  # noqa: ARG001 - the gate admits who may read the school's evaluations
    setting: Annotated[Setting, Query()] = "school",
) -> dict[str, Any]:
    """Show the themes, questions and statements of maturity for a setting."""
    return views.statements_view(setting)


@router.get(REVIEW, Permission.READ_EVALUATIONS)
async def get_review(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Show a year's review with its profile by theme and what has changed since the year before."""
    year = academic_year_asked(academic_year, caller.context)
    await caller.context.read_logged(caller.actor, caller.urn, "impact.read", f"impact-review/{year}")
    return await views.review_view(caller.context, caller.urn, year)


@router.put(f"{REVIEW}/opinion", Permission.REVIEW_IMPACT)
async def put_opinion(
    caller: AdmittedToSchool, body: OpinionBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Say what the caller thinks fits best; only the caller's own opinion."""
    change = Change(academic_year_asked(academic_year, caller.context), body.version)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return views.opinion_view(await give_opinion(unit, change, body.role, body.levels))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.put(f"{REVIEW}/agreement", Permission.AGREE_IMPACT)
async def put_agreement(
    caller: AdmittedToSchool, body: AgreementBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Agree levels with reasons; replaces what was agreed, which is kept."""
    change = Change(academic_year_asked(academic_year, caller.context), body.version)
    fits = {question: given.fit() for question, given in body.levels.items()}

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        agreement = Agreement(body.setting, tuple(sorted(body.present)), fits)
        return views.agreement_view(await agree(unit, change, agreement))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get(f"{REVIEW}/agreement", Permission.READ_EVALUATIONS)
async def get_agreement(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Show what is agreed, in all versions, the latest first."""
    year = academic_year_asked(academic_year, caller.context)
    await caller.context.read_logged(caller.actor, caller.urn, "impact.read", f"impact-review/{year}")
    return await views.agreements_view(caller.context, caller.urn, year)


@router.put(f"{REVIEW}/trio", Permission.AGREE_IMPACT)
async def put_trio(
    caller: AdmittedToSchool, body: TrioBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Invite two peers, each with a code, and say which themes they get to see."""
    change = Change(academic_year_asked(academic_year, caller.context), body.version)
    invitation = Invitation(
        peers=[Urn(peer) for peer in body.peers],
        codes=[secrets.token_hex(CODE_BYTES) for _ in body.peers],
        themes=body.themes,
    )

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return views.trio_view(await invite_peers(unit, change, invitation))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get(f"{REVIEW}/peers/{{code}}", Permission.AGREE_IMPACT)
async def get_shared(
    caller: AdmittedToSchool, code: Code, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Show what the school hands to the peer of a code, and that peer's judgement if it is entered."""
    year = academic_year_asked(academic_year, caller.context)
    await caller.context.read_logged(caller.actor, caller.urn, "impact.read", f"impact-review/{year}/{code}")
    return await views.shared_view(caller.context, caller.urn, year, code)


@router.put(f"{REVIEW}/peers/{{code}}", Permission.AGREE_IMPACT)
async def put_judgement(
    caller: AdmittedToSchool, code: Code, body: JudgementBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Enter what the peer of a code judged; the version before is kept."""
    change = Change(academic_year_asked(academic_year, caller.context), body.version)
    fits = {question: given.fit() for question, given in body.levels.items()}

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        judgement = Judgement(body.reviewed_on, body.facilitated, fits)
        return views.peer_review_view(await enter_judgement(unit, change, code, judgement))

    return await caller.context.in_school(caller.actor, caller.urn, work)
