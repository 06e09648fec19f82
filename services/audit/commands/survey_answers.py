"""Takes an answer from whoever holds a link, and lets nobody know who that was.

The link is used up in the transaction that stores the answer, so it answers once or not at all. Nothing here
is in the access log: a row there has the time and follows the order of the answers, which would join them to
the links' holders. What is used, withdrawn, not open yet, closed or unknown is answered alike.
"""

from __future__ import annotations

from typing import Final

from services.audit.commands.versions import refuse
from services.audit.model.days import today_in_england
from services.audit.model.question_set import Answers, answer_problems
from services.audit.store.surveys import SURVEYS, add_answers, use_link
from services.runtime.errors import NotFoundError
from services.runtime.links import NO_SUCH_LINK
from services.runtime.mongo import Document
from services.runtime.uow import Actor, UnitOfWork
from services.runtime.version_store import find_kept

HOLDER: Final = Actor("holder of a survey link")
"""Whoever answers: the same for everybody, and written down nowhere."""


async def answer_by_link(unit: UnitOfWork, secret: str, answers: Answers) -> Document:
    """Store the answers of a link's holder; raises NotFoundError, or InvalidError and then the link stays.

    The link is used up first: whatever is wrong after that undoes it with the rest of the unit of work.
    """
    link = await use_link(unit, secret)
    survey = None if link is None else await find_kept(unit, SURVEYS, link[0])
    if link is None or survey is None or not survey.content.takes(link[1], today_in_england(unit.now)):
        raise NotFoundError(NO_SUCH_LINK)
    refuse("The answers cannot be taken.", answer_problems(answers, survey.content.question_set))
    await add_answers(unit, survey.id, answers)
    return {"outcome": "answered"}
