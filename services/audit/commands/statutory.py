"""States how a school meets a duty, and who and what it names for careers. One unit of work each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.vocabulary import AcademicYear
from services.audit.checklists import statutory_checklist
from services.audit.model.checklist import Checklist, Item
from services.audit.model.days import today_in_england
from services.audit.model.statutory import (
    NOT_YET,
    Particulars,
    Stated,
    StatedParticulars,
    Statement,
    YearOfDuties,
    particulars_problems,
    refuse_stale,
    statement_problems,
)
from services.audit.store.statutory import PARTICULARS, find_year, keep_year
from services.runtime.errors import ConflictError, InvalidError
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Mark


@dataclass(frozen=True, slots=True)
class Asked:
    """Which item of which academic year, and the version that the caller has seen."""

    year: AcademicYear
    item: str
    version: int


async def state_item(unit: UnitOfWork, asked: Asked, statement: Statement) -> Stated:
    """State how the school meets one item; the same statement again changes nothing.

    A page is looked at by a person, who says on which day: nothing here fetches it, because the Hub sends no
    request to any address outside it. Whoever sends a new `last_checked_on` is the one who has looked.

    Raises NotFoundError for an item that there is not, ConflictError before particulars are stated or if the
    item was stated by somebody else in between, InvalidError that lists everything that makes no sense.
    """
    checklist = statutory_checklist()
    item = checklist.the_item(asked.item)
    year = await find_year(unit, asked.year)
    before = year.items.get(item.id)
    statement = _with_next_check(statement, checklist)
    _check(statement, item, year, unit)
    if before is not None and before.statement == statement:
        return before
    refuse_stale(asked.version, NOT_YET if before is None else before.version)
    looked_again = before is None or before.statement.last_checked_on != statement.last_checked_on
    checked_by = unit.actor.subject if looked_again or before is None else before.checked_by
    after = Stated(
        item=item.id,
        version=asked.version + 1,
        checklist_version=checklist.version,
        statement=statement,
        mark=Mark(unit.now, unit.actor.subject),
        checked_by=None if statement.last_checked_on is None else checked_by,
    )
    await keep_year(unit, replace(year, items={**year.items, item.id: after}), before)
    unit.log_access("statutory.stated", f"statutory/{asked.year}/{item.id}")
    return after


async def state_particulars(
    unit: UnitOfWork, academic_year: AcademicYear, seen: int, particulars: Particulars
) -> StatedParticulars:
    """State who is named for careers and what is published; the same again changes nothing.

    Raises ConflictError if somebody else has stated them in between, InvalidError for what makes no sense.
    """
    problems = particulars_problems(particulars)
    if problems:
        raise InvalidError("The particulars do not make sense.", problems)
    year = await find_year(unit, academic_year)
    before = year.particulars
    if before is not None and before.particulars == particulars:
        return before
    refuse_stale(seen, NOT_YET if before is None else before.version)
    after = StatedParticulars(seen + 1, particulars, Mark(unit.now, unit.actor.subject))
    await keep_year(unit, replace(year, particulars=after), before)
    unit.log_access("statutory.particulars_stated", f"statutory/{academic_year}/{PARTICULARS}")
    return after


def _with_next_check(statement: Statement, checklist: Checklist) -> Statement:
    if statement.last_checked_on is None or statement.next_check_on is not None:
        return statement
    return replace(statement, next_check_on=checklist.check_again.due_after(statement.last_checked_on))


def _check(statement: Statement, item: Item, year: YearOfDuties, unit: UnitOfWork) -> None:
    if year.particulars is None:
        raise ConflictError(
            "Which duties bind the school is not known for this academic year. State its particulars first."
        )
    exemption = item.applies_to.exemption(year.particulars.particulars.institution, year.academic_year)
    problems = statement_problems(statement, item, exemption, today_in_england(unit.now))
    if problems:
        raise InvalidError("This cannot be stated of the duty.", problems)
