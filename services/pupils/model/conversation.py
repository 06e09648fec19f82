"""A careers conversation: what was said, what was agreed, and whether that was done.

Any member of staff may have one with any pupil. It is a record for the school alone: it counts for no
benchmark but the record itself (gb3.3; a form tutor's talk is no personal guidance, domain rule 8), and it is
written to be read by the pupil (domain §9.7). A referral to safeguarding is a pointer, never content (§9.9).

Nothing is overwritten: a correction is a new version, and an agreed action is finished with a day and a name.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType, get_args

from contracts.vocabulary import AcademicYear, academic_year_of
from services.pupils.model.activity import Mark
from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import ConflictError, FieldProblem, InvalidError, NotFoundError

ConversationId = NewType("ConversationId", str)
"""32 hex digits, made of what was said with whom and when: the same conversation twice is one."""

Visibility = Literal["staff", "careers_leader"]
"""Who may read it: all staff who may read pupils, or the Careers Leader and whoever had it."""
VISIBILITIES: Final[tuple[Visibility, ...]] = get_args(Visibility)

PUPIL: Final = "pupil"
"""The owner of an action that the pupil has agreed to do; any other owner is a member of staff's subject."""

FIRST_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Done:
    """That an agreed action was finished: the day, what came of it, and who says so."""

    on: dt.date
    outcome: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class AgreedAction:
    """What somebody is to do until a day."""

    text: str
    owner: str
    due_on: dt.date
    done: Done | None = None

    def is_overdue(self, today: dt.date) -> bool:
        """Whether its day has passed without it being done."""
        return self.done is None and self.due_on < today


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says of an action, counted from 1: when it was done (None for today), what came of it."""

    number: int
    on: dt.date | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Talk:
    """What is told of a conversation."""

    held_on: dt.date
    held_by: str
    said: str
    interests: tuple[str, ...]
    actions: tuple[AgreedAction, ...]
    visibility: Visibility
    safeguarding_referral: str | None

    def fingerprint(self, pupil: PupilRef) -> str:
        """Digest whom it was with and all that is told, to recognise it when it is sent again."""
        parts = [
            pupil,
            self.held_on.isoformat(),
            self.held_by,
            self.said,
            sorted(self.interests),
            [(action.text, action.owner, action.due_on.isoformat()) for action in self.actions],
            self.visibility,
            self.safeguarding_referral,
        ]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads conversations: by which subject, and whether all of them.

    `answers_for_rights` is whether they may see and put right records that are restricted.
    """

    subject: str
    reads_all: bool
    answers_for_rights: bool = False

    @property
    def shown(self) -> Use:
        """What it is for when something is shown to them."""
        return Use.RIGHTS if self.answers_for_rights else Use.SHOWN

    @property
    def correcting(self) -> Use:
        """What it is for when they correct something."""
        return Use.PUT_RIGHT if self.answers_for_rights else Use.RECORDED

    @property
    def taking_back(self) -> Use:
        """What it is for when they take something back."""
        return Use.RIGHTS if self.answers_for_rights else Use.TRACKED


@dataclass(frozen=True, slots=True)
class Conversation:
    """One version of a conversation with one pupil."""

    id: ConversationId
    version: int
    pupil: PupilRef
    talk: Talk
    recorded: Mark
    changed: Mark | None = None

    @property
    def academic_year(self) -> AcademicYear:
        """The academic year that it was held in."""
        return academic_year_of(self.talk.held_on)

    @property
    def next_due_on(self) -> dt.date | None:
        """The first day that an action is still due on, or None when all is done."""
        return min((action.due_on for action in self.talk.actions if action.done is None), default=None)

    def may_be_read_by(self, reader: Reader) -> bool:
        """Whether its visibility admits a reader who may read conversations at all."""
        return self.talk.visibility == "staff" or reader.reads_all or reader.subject == self.talk.held_by


def talk_problems(talk: Talk, today: dt.date) -> tuple[FieldProblem, ...]:
    """List what makes no sense."""
    problems = []
    if talk.held_on > today:
        problems.append(FieldProblem("held_on", "is in the future; record a conversation once it was had"))
    problems += [
        FieldProblem(f"actions[{place}].due_on", "is before the conversation")
        for place, action in enumerate(talk.actions)
        if action.due_on < talk.held_on
    ]
    return tuple(problems)


def finish(conversation: Conversation, report: Report, today: dt.date, mark: Mark) -> Conversation | None:
    """Finish an action, today unless the report names a day; None if it was reported in just this way.

    Raises NotFoundError for an action that there is not, InvalidError for a day that cannot be, ConflictError
    if the action was finished otherwise.
    """
    actions, place = conversation.talk.actions, report.number - 1
    if not 0 <= place < len(actions):
        raise NotFoundError("There is no such action in this conversation.")
    done = actions[place].done
    if done is not None:
        if done.outcome == report.outcome and report.on in {None, done.on}:
            return None
        raise ConflictError(
            "This action is done already. To change what came of it, correct the conversation."
        )
    day = report.on or today
    if not conversation.talk.held_on <= day <= today:
        problem = FieldProblem("done_on", "is before the conversation, or in the future")
        raise InvalidError("The action cannot be finished on this day.", (problem,))
    finished = replace(actions[place], done=Done(day, report.outcome, mark))
    return _changed(
        conversation,
        replace(conversation.talk, actions=(*actions[:place], finished, *actions[place + 1 :])),
        mark,
    )


def correct(conversation: Conversation, talk: Talk, mark: Mark) -> Conversation:
    """Tell a conversation anew; actions that are told unchanged stay done."""
    return _changed(conversation, replace(talk, actions=_still_done(talk.actions, conversation)), mark)


def refuse_stale(conversation: Conversation, version: int) -> None:
    """Raise ConflictError unless the caller has seen the current version."""
    if version != conversation.version:
        current = conversation.version
        raise ConflictError(f"This conversation was changed meanwhile (version {current}). Read it again.")


def _still_done(told: Sequence[AgreedAction], before: Conversation) -> tuple[AgreedAction, ...]:
    done = {replace(action, done=None): action for action in before.talk.actions}
    return tuple(done.get(action, action) for action in told)


def _changed(conversation: Conversation, talk: Talk, mark: Mark) -> Conversation:
    return replace(conversation, version=conversation.version + 1, talk=talk, changed=mark)
