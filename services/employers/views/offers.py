"""What the Hub's team sees of offers and ask budgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from contracts.vocabulary import EmployerId
from services.employers.commands.offers import NO_SUCH_OFFER
from services.employers.model.calendar import SchoolTerm
from services.employers.model.offer import Offering
from services.employers.rules import default_offers
from services.employers.store import EMPLOYER_SHELF
from services.employers.store.offers import ASK_BUDGETS, OFFERS
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.version_store import Kind, find_kept, versions_of
from services.runtime.versions import NOT_YET, Kept

T = TypeVar("T")
View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OffersAsked:
    """Which offers; None for all. `cursor` is the last id that was seen."""

    employer_id: EmployerId | None
    type: str | None
    term: SchoolTerm | None
    withdrawn: bool
    limit: int
    cursor: str | None

    @property
    def where(self) -> View:
        """As the store asks for them."""
        where: View = {} if self.withdrawn else {"content.state": "published"}
        if self.employer_id is not None:
            where["content.employer_id"] = self.employer_id
        if self.type is not None:
            where["content.type"] = self.type
        if self.term is not None:
            where["content.term.academic_year"] = self.term.academic_year
            where["content.term.name"] = self.term.name
        if self.cursor is not None:
            where["_id"] = {"$gt": self.cursor}
        return where


def kept_view(kind: Kind[T], kept: Kept[T]) -> View:
    """Show one version of something."""
    return {
        "id": kept.id,
        "version": kept.version,
        "recorded_at": kept.recorded.at.isoformat(),
        "recorded_by": kept.recorded.by,
        "changed_at": None if kept.changed is None else kept.changed.at.isoformat(),
        "changed_by": None if kept.changed is None else kept.changed.by,
        **kind.fields(kept.content),
    }


async def offers(context: ServiceContext, asked: OffersAsked) -> View:
    """List offers in order of their ids, a page at a time."""
    page, following = await page_of_offers(context, asked)
    return {"offers": [_offer_view(kept) for kept in page], "next": following}


async def page_of_offers(
    context: ServiceContext, asked: OffersAsked
) -> tuple[list[Kept[Offering]], str | None]:
    """Read a page of offers, and the cursor of the next one if there is more."""
    found = await (
        context.database()
        .collection(OFFERS.name)
        .find(asked.where, sort=(("_id", 1),), limit=asked.limit + 1)
    )
    page = [OFFERS.read(document) for document in found[: asked.limit]]
    return page, page[-1].id if len(found) > asked.limit else None


async def offer(context: ServiceContext, offer_id: str) -> View:
    """Show one offer; raises NotFoundError if there is none."""
    found = await find_kept(context.database(), OFFERS, offer_id)
    if found is None:
        raise NotFoundError(NO_SUCH_OFFER)
    return _offer_view(found)


async def versions_of_offer(context: ServiceContext, offer_id: str) -> View:
    """Show every version of an offer, the current one first."""
    found = await versions_of(context.database(), OFFERS, offer_id)
    if not found:
        raise NotFoundError(NO_SUCH_OFFER)
    return {"versions": [_offer_view(kept) for kept in found]}


async def ask_budget(context: ServiceContext, employer_id: EmployerId) -> View:
    """Show an employer's ask budget: the agreed one, or what is assumed of its size."""
    database = context.database()
    document = await database.collection(EMPLOYER_SHELF.collection).get(employer_id)
    if document is None:
        raise NotFoundError("There is no such employer in the directory.")
    agreed = await find_kept(database, ASK_BUDGETS, employer_id)
    if agreed is not None:
        return {**kept_view(ASK_BUDGETS, agreed), "assumed": False}
    asks = default_offers().ask_budget[EMPLOYER_SHELF.read(document).size_band]
    return {"id": employer_id, "version": NOT_YET, "asks": asks, "assumed": True}


def _offer_view(kept: Kept[Offering]) -> View:
    return {**kept_view(OFFERS, kept), "virtual": kept.content.virtual}
