"""Routes of a school's own matches: what is proposed to it, and its answer."""

from __future__ import annotations

from typing import Any

from services.employers.api.fields import Id
from services.employers.api.round_bodies import AnswerBody
from services.employers.commands.matches import answer_for_school
from services.employers.views import rounds as views
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling

router = SecuredRouter("employers", "/employers/v1/schools/{urn}/matches")


@router.get("", Permission.READ_MATCHES)
async def get_matches(caller: AdmittedToSchool) -> dict[str, Any]:
    """List what is matched for the school, and nothing of other schools."""
    return await views.school_matches(caller.context, caller.urn)


@router.post("/{line_id}/answer", Permission.ANSWER_MATCHES)
async def post_answer(caller: AdmittedToSchool, line_id: Id, body: AnswerBody) -> dict[str, Any]:
    """Accept or decline a match."""

    async def work(unit: UnitOfWork) -> Document:
        return await answer_for_school(unit, caller.urn, Telling(line_id, body.version, body.answer))

    return await caller.context.in_hub(caller.actor, caller.urn, work)
