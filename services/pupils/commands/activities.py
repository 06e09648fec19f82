"""Records, corrects and retracts activities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.commands.keeping import keep, receipt_of, unchanged_receipt
from services.pupils.commands.looking_up import (
    LookingUp,
    refuse_unknown_employer,
    refuse_year_without_roll,
)
from services.pupils.model.activity import Activity, Known, Post, RetractionReason, refuse_contradiction
from services.pupils.model.draft import Draft, Identifying, as_post
from services.pupils.model.facts import Facts
from services.pupils.model.recording import Change, Desk, correct, record, refuse_stale, retract
from services.pupils.store.reads import find_activities, find_known, years_with_roll
from services.runtime.context import ServiceContext
from services.runtime.errors import HubError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

Outcome = Document | HubError
"""The receipt of one post, or why it was refused."""


async def record_activities(
    unit: UnitOfWork, context: ServiceContext, drafts: Sequence[Draft]
) -> list[Outcome]:
    """Record every activity that can be recorded; one that is recorded already changes nothing."""
    looking_up = LookingUp(unit, context)
    names = await looking_up.naming(drafts)
    items = [_read(draft, names, looking_up) for draft in drafts]
    batch = await _prepare(looking_up, names, [item for item in items if isinstance(item, _Item)])
    outcomes = [item if isinstance(item, HubError) else batch.take(item) for item in items]
    await keep(unit, batch.desk, batch.changes)
    return outcomes


async def correct_activity(
    unit: UnitOfWork, context: ServiceContext, identity: ActivityId, version: int, draft: Draft
) -> Document:
    """Replace what is recorded of an activity; the caller must have seen its current version.

    Sending the current content again changes nothing, whatever the version: the answer may have been lost.
    """
    before = await _find(unit, identity)
    looking_up = LookingUp(unit, context)
    facts = looking_up.checked(draft.facts)
    if facts.reference is None:
        facts = replace(facts, reference=before.facts.reference)
    post = as_post(replace(draft, facts=facts), await looking_up.naming([draft]))
    if before.status == "recorded" and post.fingerprint == before.fingerprints[-1]:
        return unchanged_receipt(before.known)
    refuse_stale(before, version)
    if facts.employer_id != before.facts.employer_id:
        refuse_unknown_employer(facts, await looking_up.employers([facts]))
    desk = looking_up.desk(await looking_up.sheets_of({before.academic_year}))
    change = correct(desk, before, post)
    await keep(unit, desk, [change])
    return receipt_of(change)


async def retract_activity(
    unit: UnitOfWork, context: ServiceContext, identity: ActivityId, reason: RetractionReason
) -> Document:
    """Take an activity out of every count; retracting it again changes nothing."""
    before = await _find(unit, identity)
    if before.status == "retracted":
        return unchanged_receipt(before.known)
    looking_up = LookingUp(unit, context)
    desk = looking_up.desk(await looking_up.sheets_of({before.academic_year}))
    change = retract(desk, before, reason)
    await keep(unit, desk, [change])
    return receipt_of(change)


@dataclass(frozen=True, slots=True)
class _Item:
    """One post of a batch: its facts make sense; naming its pupils gave a post, or a refusal."""

    facts: Facts
    named: tuple[ActivityId, Post] | HubError


@dataclass(slots=True)
class _Batch:
    """What a batch's decisions share, and what they have decided so far."""

    desk: Desk
    known: dict[ActivityId, Known]
    years: set[AcademicYear]
    employers: set[str]
    changes: list[Change]

    def take(self, item: _Item) -> Outcome:
        """Decide about one post; a refusal leaves everything as it was."""
        try:
            return self._decide(item)
        except HubError as refusal:
            return refusal

    def _decide(self, item: _Item) -> Document:
        refuse_year_without_roll(item.facts, self.years)
        if isinstance(item.named, HubError):
            raise item.named
        identity, post = item.named
        known = self.known.get(identity)
        if known is not None:
            refuse_contradiction(known, post.fingerprint)
            return unchanged_receipt(known)
        refuse_unknown_employer(post.facts, self.employers)
        change = record(self.desk, identity, post)
        self.known[identity] = change.after.known
        self.changes.append(change)
        return receipt_of(change)


def _read(draft: Draft, names: Identifying, looking_up: LookingUp) -> _Item | HubError:
    try:
        facts = looking_up.checked(draft.facts)
    except HubError as refusal:
        return refusal
    try:
        post = as_post(replace(draft, facts=facts), names)
    except HubError as refusal:
        return _Item(facts, refusal)
    return _Item(facts, (looking_up.activity_id(post.identity), post))


async def _prepare(looking_up: LookingUp, names: Identifying, items: Sequence[_Item]) -> _Batch:
    """Look up all that the batch needs; a post that is known already needs nothing more."""
    named = [item.named for item in items if not isinstance(item.named, HubError)]
    known = await find_known(looking_up.unit, {identity for identity, _ in named})
    fresh = [post for identity, post in named if identity not in known]
    sheets = await looking_up.sheets_for(fresh, names.pupils)
    years = {sheet.academic_year for sheet in sheets}
    if any(item.facts.academic_year not in years for item in items):
        years |= await years_with_roll(looking_up.unit)
    employers = await looking_up.employers([post.facts for post in fresh])
    return _Batch(looking_up.desk(sheets), known, years, employers, [])


async def _find(unit: UnitOfWork, identity: ActivityId) -> Activity:
    found = await find_activities(unit, [identity])
    if identity not in found:
        raise NotFoundError("There is no such activity at this school.")
    return found[identity]
