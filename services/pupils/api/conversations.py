"""Routes of careers conversations: have one, follow it up, and see who had none.

Every route that shows what was said is in the access log before it answers. Conversations that a reader may
not read are told of as a number, so that nobody takes a pupil for forgotten who is not.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response, status
from pydantic import AfterValidator, Field

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.pupils import Ref, YearGroupQuery, reader_of
from services.pupils.commands.conversations import (
    Asked,
    correct_conversation,
    finish_action,
    record_conversation,
)
from services.pupils.model.conversation import (
    PUPIL,
    AgreedAction,
    ConversationId,
    Report,
    Talk,
    Visibility,
)
from services.pupils.model.facts import today_in_england
from services.pupils.model.sheets import PupilRef
from services.pupils.views import conversations as views
from services.pupils.views.pages import PupilsAsked
from services.runtime.bodies import (
    Body,
    Day,
    printable,
    readable,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

LONGEST_ACCOUNT: Final = 4_000
"""Characters: a page. What needs more is a file of the school's own."""
MOST_INTERESTS: Final = 20
MOST_ACTIONS: Final = 10
LARGEST_PAGE: Final = 500

Account = Annotated[str, Field(min_length=1, max_length=LONGEST_ACCOUNT), AfterValidator(readable)]
Line = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(printable)]
Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
Referral = Annotated[str, Field(pattern=r"^[A-Za-z0-9/_.-]{1,40}$")]
"""A case number in the school's safeguarding system; without spaces, so that nobody tells the case here."""


class ActionBody(Body):
    """Something agreed: who does what until when."""

    text: Line
    owner: Annotated[str, Field(min_length=1, max_length=128), AfterValidator(printable)] = PUPIL
    due_on: Day


class TalkBody(Body):
    """What a conversation was about."""

    held_on: Day
    said: Account
    interests: Annotated[list[Line], Field(max_length=MOST_INTERESTS)] = Field(default_factory=list)
    actions: Annotated[list[ActionBody], Field(max_length=MOST_ACTIONS)] = Field(default_factory=list)
    visibility: Visibility = "staff"
    safeguarding_referral: Referral | None = None

    def talk(self, held_by: str) -> Talk:
        """Return the model's value."""
        return Talk(
            held_on=self.held_on,
            held_by=held_by,
            said=self.said,
            interests=tuple(dict.fromkeys(self.interests)),
            actions=tuple(AgreedAction(action.text, action.owner, action.due_on) for action in self.actions),
            visibility=self.visibility,
            safeguarding_referral=self.safeguarding_referral,
        )


class ConversationBody(TalkBody):
    """A conversation to record."""

    pupil: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class CorrectionBody(TalkBody):
    """What a conversation is to say; `version` is the one that the caller has seen."""

    version: Annotated[int, Field(strict=True, ge=1)]


class DoneBody(Body):
    """What came of an agreed action; without a day, today."""

    done_on: Day | None = None
    outcome: Line


@router.post("/conversations", Permission.RECORD_CONVERSATION, status_code=status.HTTP_201_CREATED)
async def post_conversation(
    response: Response, caller: AdmittedToSchool, body: ConversationBody
) -> dict[str, Any]:
    """Record a conversation that the caller has had: 201, or 200 if it was recorded before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        talk = body.talk(caller.actor.subject)
        return await record_conversation(unit, caller.context, PupilRef(body.pupil), talk)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/conversations/{identity}", Permission.READ_CONVERSATIONS)
async def get_conversation(caller: AdmittedToSchool, identity: Id) -> dict[str, Any]:
    """Show one conversation."""
    shown = await views.conversation(caller.context, caller.urn, ConversationId(identity), reader_of(caller))
    await caller.context.read_logged(
        caller.actor, caller.urn, "conversation.read", f"conversations/{identity}"
    )
    return shown


@router.put("/conversations/{identity}", Permission.RECORD_CONVERSATION)
async def put_conversation(caller: AdmittedToSchool, identity: Id, body: CorrectionBody) -> dict[str, Any]:
    """Correct a conversation; the version before is kept."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        asked = Asked(ConversationId(identity), body.version)
        talk = body.talk(caller.actor.subject)
        return await correct_conversation(unit, caller.context, reader_of(caller), asked, talk)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/conversations/{identity}/actions/{number}/done", Permission.RECORD_CONVERSATION)
async def post_done(
    caller: AdmittedToSchool,
    identity: Id,
    number: Annotated[int, Path(ge=1, le=MOST_ACTIONS)],
    body: DoneBody,
) -> dict[str, Any]:
    """Note that something agreed is done; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        report = Report(number, body.done_on, body.outcome)
        return await finish_action(unit, reader_of(caller), ConversationId(identity), report)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/pupils/{ref}/conversations", Permission.READ_CONVERSATIONS)
async def get_conversations_with(caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show a pupil's conversations, newest first."""
    shown = await views.conversations_with(caller.context, caller.urn, PupilRef(ref), reader_of(caller))
    await caller.context.read_logged(
        caller.actor, caller.urn, "conversations.listed", f"pupils/{ref}/conversations"
    )
    return shown


@router.get("/follow-ups", Permission.READ_CONVERSATIONS)
async def get_follow_ups(
    caller: AdmittedToSchool,
    due_before: Annotated[dt.date | None, Query()] = None,
    owner: Annotated[str | None, Query(max_length=128)] = None,
) -> dict[str, Any]:
    """List what was agreed and is not done: overdue today, or due before another day; oldest first."""
    await caller.context.read_logged(caller.actor, caller.urn, "conversations.listed", "follow-ups")
    before = due_before or today_in_england(caller.context.clock())
    return await views.follow_ups(
        caller.context, caller.urn, views.FollowUpsAsked(before, owner), reader_of(caller)
    )


@router.get("/missing/conversations", Permission.READ_CONVERSATIONS)
async def get_pupils_without_conversation(
    caller: AdmittedToSchool,
    academic_year: AcademicYearQuery = None,
    year_group: YearGroupQuery = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> dict[str, Any]:
    """List the pupils on roll with whom nobody has had a conversation in an academic year, by name."""
    year = academic_year_asked(academic_year, caller.context)
    await caller.context.read_logged(
        caller.actor, caller.urn, "pupils.listed", f"missing/{year}/conversations"
    )
    asked = PupilsAsked(year, year_group, offset, limit)
    return await views.pupils_without_conversation(caller.context, caller.urn, asked)
