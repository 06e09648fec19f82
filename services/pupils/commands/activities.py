"""Records, corrects and retracts activities.

A fresh post that is certainly the same encounter as a recorded one, or as another of its batch, is merged
with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.commands.keeping import fresh_receipt, keep, receipt_of, unchanged_receipt
from services.pupils.commands.looking_up import (
    LookingUp,
    refuse_unknown_employer,
    refuse_year_without_roll,
)
from services.pupils.model.activity import Activity, Known, RetractionReason, refuse_contradiction
from services.pupils.model.draft import Draft, Identifying, as_post
from services.pupils.model.duplicates import Recorded
from services.pupils.model.facts import Facts
from services.pupils.model.matches import Match, refuse_unfit_match, says_the_same_of_a_match
from services.pupils.model.merging import Fresh, refuse_separate, take_in
from services.pupils.model.recording import Decided, Desk, correct, refuse_stale, retract, retract_merged
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
    before = await the_activity(unit, identity)
    looking_up = LookingUp(unit, context)
    facts = looking_up.checked(draft.facts)
    if facts.reference is None:
        facts = replace(facts, reference=before.facts.reference)
    post = as_post(replace(draft, facts=facts), await looking_up.naming([draft]))
    if before.status != "retracted" and post.fingerprint == before.fingerprints[-1]:
        return unchanged_receipt(before.known)
    refuse_stale(before, version)
    if facts.employer_id != before.facts.employer_id:
        refuse_unknown_employer(facts, await looking_up.employers([facts]))
    if not says_the_same_of_a_match(facts, before.facts):
        refuse_unfit_match(facts, await looking_up.matches([facts]))
    desk = looking_up.desk(await looking_up.sheets_of({before.academic_year}))
    change = correct(desk, before, post)
    await keep(unit, desk, [change])
    return receipt_of(change)


async def retract_activity(
    unit: UnitOfWork, context: ServiceContext, identity: ActivityId, reason: RetractionReason
) -> Document:
    """Take an activity out of every count, with those merged into it; doing so again changes nothing."""
    before = await the_activity(unit, identity)
    if before.status == "retracted":
        return unchanged_receipt(before.known)
    looking_up = LookingUp(unit, context)
    desk = looking_up.desk(await looking_up.sheets_of({before.academic_year}))
    change = retract(desk, before, reason)
    merged = await find_activities(unit, before.merged)
    await keep(unit, desk, [change, *retract_merged(desk, list(merged.values()), reason)])
    return receipt_of(change)


@dataclass(frozen=True, slots=True)
class _Item:
    """One post of a batch: its facts make sense; naming its pupils gave a post, or a refusal."""

    facts: Facts
    named: Fresh | HubError


@dataclass(slots=True)
class _Batch:
    """What a batch's decisions share, and what they have decided so far."""

    desk: Desk
    known: dict[ActivityId, Known]
    years: set[AcademicYear]
    employers: set[str]
    matches: dict[str, Match]
    others: Recorded
    changes: list[Decided]

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
        fresh = item.named
        known = self.known.get(fresh.identity)
        if known is not None:
            refuse_contradiction(known, fresh.post.fingerprint)
            if fresh.separate:
                refuse_separate(known)
            return unchanged_receipt(known)
        refuse_unknown_employer(fresh.post.facts, self.employers)
        refuse_unfit_match(fresh.post.facts, self.matches)
        taken = take_in(self.desk, fresh, self.others)
        for change in taken.changes:
            self.known[change.after.id] = change.after.known
            self.changes.append(change)
        return fresh_receipt(taken)


def _read(draft: Draft, names: Identifying, looking_up: LookingUp) -> _Item | HubError:
    try:
        facts = looking_up.checked(draft.facts)
    except HubError as refusal:
        return refusal
    try:
        post = as_post(replace(draft, facts=facts), names)
    except HubError as refusal:
        return _Item(facts, refusal)
    return _Item(facts, Fresh(looking_up.activity_id(post.identity), post, draft.separate))


async def _prepare(looking_up: LookingUp, names: Identifying, items: Sequence[_Item]) -> _Batch:
    """Look up all that the batch needs; a post that is known already needs nothing more."""
    named = [item.named for item in items if not isinstance(item.named, HubError)]
    known = await find_known(looking_up.unit, {fresh.identity for fresh in named})
    unknown = [fresh for fresh in named if fresh.identity not in known]
    fresh = [one.post for one in unknown]
    alike = await looking_up.alike([one.post.facts for one in unknown if not one.separate])
    if alike:
        # What is merged into a recorded activity concerns that one's pupils too.
        sheets = await looking_up.sheets_of({post.facts.academic_year for post in fresh})
    else:
        sheets = await looking_up.sheets_for(fresh, names.pupils)
    years = {sheet.academic_year for sheet in sheets}
    if any(item.facts.academic_year not in years for item in items):
        years |= await years_with_roll(looking_up.unit)
    employers = await looking_up.employers([post.facts for post in fresh])
    matches = await looking_up.matches([post.facts for post in fresh])
    return _Batch(looking_up.desk(sheets), known, years, employers, matches, Recorded(alike), [])


async def the_activity(unit: UnitOfWork, identity: ActivityId) -> Activity:
    """Read an activity; raises NotFoundError if the school has none of this id."""
    found = await find_activities(unit, [identity])
    if identity not in found:
        raise NotFoundError("There is no such activity at this school.")
    return found[identity]
