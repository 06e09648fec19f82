"""What can be seen of the directory, and of an employer's engagement with the Hub's schools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import AcademicYear, EmployerId
from services.employers.model.directory import Employer, School
from services.employers.model.engagement import Part, YearFigures, figures_of
from services.employers.model.names import words_of
from services.employers.store import EMPLOYER_SHELF, SCHOOL_SHELF, starts_with
from services.employers.stream import ENGAGEMENT
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError


@dataclass(frozen=True, slots=True)
class EmployerQuery:
    """Which employers to list: whose names have words that begin so, of this section, after this one."""

    q: str | None
    sic_section: str | None
    limit: int
    cursor: EmployerId | None


@dataclass(frozen=True, slots=True)
class EmployerPage:
    """Some employers in order of name; `next` is the cursor of what follows, None at the end."""

    employers: tuple[Employer, ...]
    next: EmployerId | None


async def schools(context: ServiceContext) -> list[School]:
    """List the Hub's schools, in order of name; a Hub has tens."""
    documents = context.database().collection(SCHOOL_SHELF.collection)
    return [SCHOOL_SHELF.read(document) for document in await documents.find({}, sort=[("place", 1)])]


async def employers(context: ServiceContext, query: EmployerQuery) -> EmployerPage:
    """List employers in order of name, a page at a time.

    Raises InvalidError for a `q` without a letter or digit and for a cursor that is not an employer's.
    """
    documents = context.database().collection(EMPLOYER_SHELF.collection)
    where: dict[str, Any] = {}
    if query.q is not None:
        where["$and"] = [starts_with(word) for word in _words(query.q)]
    if query.sic_section is not None:
        where["sic_section"] = query.sic_section
    if query.cursor is not None:
        last = await documents.get(query.cursor)
        if last is None:
            raise _invalid("cursor", "is not one that this list gave out")
        where["place"] = {"$gt": last["place"]}
    found = await documents.find(where, sort=[("place", 1)], limit=query.limit + 1)
    page = tuple(EMPLOYER_SHELF.read(document) for document in found[: query.limit])
    return EmployerPage(page, page[-1].id if len(found) > query.limit else None)


async def employer(context: ServiceContext, identity: EmployerId) -> Employer:
    """Read one employer; raises NotFoundError if it is not in the directory."""
    document = await context.database().collection(EMPLOYER_SHELF.collection).get(identity)
    if document is None:
        raise NotFoundError("There is no such employer in the directory.")
    return EMPLOYER_SHELF.read(document)


async def engagement_of(
    context: ServiceContext, identity: EmployerId, *, for_hub_team: bool
) -> tuple[YearFigures, ...]:
    """Sum what the Hub's schools did with an employer, by academic year, suppressed as its reader needs.

    Reads every school's document: tens of documents of tens of employers each.
    """
    documents = await context.projection(ENGAGEMENT)
    parts: dict[AcademicYear, list[Part]] = {}
    for document in await documents.find({}, fields=["state"]):
        for year, counts_by_employer in document["state"].items():
            if (counts := counts_by_employer.get(identity)) is not None:
                parts.setdefault(year, []).append(Part(**counts))
    return figures_of(parts, for_hub_team=for_hub_team)


def _words(q: str) -> tuple[str, ...]:
    words = words_of(q)
    if not words:
        raise _invalid("q", "needs a letter or a digit")
    return words


def _invalid(where: str, reason: str) -> InvalidError:
    return InvalidError(f"{where} {reason}.", (FieldProblem(f"query.{where}", reason),))
