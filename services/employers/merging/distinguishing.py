"""Records that two employers are not the same, so that they are not suggested again, and takes that back.

What had spoken for the pair is kept with it (`model/duplicates.py`), and nothing is told: to everybody else
the two were two before.
"""

from __future__ import annotations

from contracts.vocabulary import EmployerId
from services.employers.details.store import EMPLOYER_DETAILS
from services.employers.listed import require_listed
from services.employers.merging.store import (
    EMPLOYER_DISTINCTIONS,
    keeping_distinction,
    read_distinction,
    read_merges,
)
from services.employers.model.details import Mark
from services.employers.model.directory import Employer
from services.employers.model.duplicates import Likeness, Likenesses, known_of, pair_of
from services.employers.model.merging import Distinction
from services.employers.terms import name_terms
from services.runtime.errors import ConflictError, FieldProblem, InvalidError
from services.runtime.uow import UnitOfWork


async def tell_apart(unit: UnitOfWork, one: EmployerId, other: EmployerId) -> Distinction:
    """Record that two employers are not the same; the same again changes nothing.

    Raises NotFoundError for who is not listed, InvalidError for an employer and itself, ConflictError if one
    is merged or nothing speaks for the two being one.
    """
    pair = pair_of(one, other)
    likeness = await _likeness(unit, one, other)
    before = await read_distinction(unit, pair)
    evidence = frozenset() if likeness is None else frozenset(likeness.evidence)
    if before.stands and evidence <= before.seen:
        return before
    if likeness is None:
        raise ConflictError("These two are not taken for one, so there is nothing to say.")
    after = Distinction(pair, before.seen | evidence, stands=True)
    mark = Mark(unit.actor.subject, unit.now)
    await unit.collection(EMPLOYER_DISTINCTIONS).write(keeping_distinction(after, mark))
    return after


async def take_distinction_back(unit: UnitOfWork, one: EmployerId, other: EmployerId) -> Distinction:
    """Have two employers be suggested again, as far as something speaks for it."""
    await _both(unit, one, other)
    before = await read_distinction(unit, pair_of(one, other))
    if not before.stands:
        return before
    after = Distinction(before.pair, frozenset(), stands=False)
    mark = Mark(unit.actor.subject, unit.now)
    await unit.collection(EMPLOYER_DISTINCTIONS).write(keeping_distinction(after, mark))
    return after


async def _both(unit: UnitOfWork, one: EmployerId, other: EmployerId) -> tuple[Employer, Employer]:
    if one == other:
        problem = FieldProblem("other", "is the employer itself")
        raise InvalidError("An employer cannot be told from itself.", (problem,))
    return await require_listed(unit, one), await require_listed(unit, other)


async def _likeness(unit: UnitOfWork, one: EmployerId, other: EmployerId) -> Likeness | None:
    """Say what speaks for two employers being one, whatever was said of them before."""
    entries = await _both(unit, one, other)
    if {one, other} & (await read_merges(unit)).keys():
        raise ConflictError("One of the two is merged into another one. Take that back first.")
    details = [await unit.collection(EMPLOYER_DETAILS).get(entry.id) or {} for entry in entries]
    known = [known_of(entry, found) for entry, found in zip(entries, details, strict=True)]
    return next(iter(Likenesses(known, name_terms()).pairs), None)
