"""A Hub at its largest in the store, as R7's rounds have it: listed, vetted, offered and needed.

It is written in bulk, past the commands that would check each offer by itself, as the same documents with the
same events. The schools have no history: their projections are empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, TypeVar

from services.employers.commands import list_directory
from services.employers.commands.changes import mark_of
from services.employers.commands.offers import OFFERS_KEY
from services.employers.matching import round as engine
from services.employers.matching.round import MatchRound
from services.employers.model.calendar import SchoolTerm
from services.employers.model.details import Mark as DecisionMark
from services.employers.model.directory import Employer, Position, School
from services.employers.model.need import Wanted
from services.employers.model.offer import Offering
from services.employers.model.vetting import Decision, Marked, Vetting
from services.employers.service import SERVICE
from services.employers.store.needs import NEEDS
from services.employers.store.offers import OFFERS
from services.employers.vetting.store import EMPLOYER_VETTING, keeping_vetting
from services.runtime.context import ServiceContext
from services.runtime.uow import Actor, UnitOfWork
from services.runtime.version_store import keep_all
from services.runtime.versions import FIRST_VERSION, Kept

T = TypeVar("T")

ACTOR: Final = Actor("bench")
AT_ONCE: Final = 500
"""Documents of one unit of work, as a listing has them."""


async def store_round(context: ServiceContext, match_round: MatchRound, term: SchoolTerm) -> None:
    """Write everything that a round is gathered from, for a term."""
    await context.prepare(SERVICE.indexes, SERVICE.school_indexes)
    schools = [_school(each) for each in match_round.schools]
    await list_directory(context, ACTOR, schools, [_employer(each) for each in match_round.employers])
    for employers in _some(match_round.employers):
        await context.in_hub(ACTOR, "vetting", partial(_vet, employers=employers))
    for offers in _some(match_round.offers):
        await context.in_hub(ACTOR, OFFERS_KEY, partial(_offer, offers=offers, term=term))
    for school in match_round.schools:
        needs = [need for need in match_round.needs if need.urn == school.urn]
        await context.in_school(ACTOR, school.urn, partial(_need, needs=needs))


async def _vet(unit: UnitOfWork, employers: Sequence[engine.Employer]) -> None:
    decision = Decision("vetted", unit.now.date(), ("exists_and_trades",), None)
    vetting = Vetting((Marked(decision, DecisionMark(unit.actor.subject, unit.now)),))
    await unit.collection(EMPLOYER_VETTING).write(*(keeping_vetting(each.id, vetting) for each in employers))


async def _offer(unit: UnitOfWork, offers: Sequence[engine.Offer], term: SchoolTerm) -> None:
    mark = mark_of(unit)
    kept = [Kept(str(each.id), FIRST_VERSION, offering(each, term), mark) for each in offers]
    await keep_all(unit, OFFERS, [(each, None) for each in kept])
    for each in kept:
        unit.tell(each.content.told(each.id))


async def _need(unit: UnitOfWork, needs: Sequence[engine.Need]) -> None:
    mark = mark_of(unit)
    kept = [Kept(str(each.id), FIRST_VERSION, wanted(each), mark) for each in needs]
    await keep_all(unit, NEEDS, [(each, None) for each in kept])
    for each in kept:
        unit.tell(each.content.told(unit.urn, each.id))


def offering(offer: engine.Offer, term: SchoolTerm) -> Offering:
    """Say it as an offer that is stored; safeguarding is in order until the term ends."""
    return Offering(
        employer_id=offer.employer_id,
        type=offer.type,
        term=term,
        year_groups=tuple(sorted(offer.year_groups)),
        group_size=offer.group_size,
        capacity=offer.capacity,
        radius_km=offer.radius_km,
        send=offer.send,
        evidence_note="a visit in March" if offer.send == "evidenced" else None,
        safeguarding_until=term.days[1],
        days=None,
    )


def wanted(need: engine.Need) -> Wanted:
    """Say it as a need that is stored."""
    return Wanted(
        type=need.type,
        benchmark=None,
        year_groups=tuple(sorted(need.year_groups)),
        pupils=need.pupils,
        slots=need.slots,
        mode=need.mode,
        send=need.send,
        sectors=tuple(sorted(need.sectors)),
        days=None,
    )


def _school(school: engine.School) -> School:
    return School(
        id=school.urn,
        name=f"School {school.urn}",
        phase="Secondary",
        setting=school.setting,
        lowest_year=7,
        highest_year=13,
        has_post16=True,
        district="Dorset",
        position=_position(school.position),
    )


def _employer(employer: engine.Employer) -> Employer:
    return Employer(
        id=employer.id,
        name=employer.name,
        sic_section=employer.sic_section,
        size_band=employer.size_band,
        town=None,
        position=_position(employer.position),
    )


def _position(position: engine.Position | None) -> Position | None:
    return None if position is None else Position(position.latitude, position.longitude)


def _some(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[first : first + AT_ONCE] for first in range(0, len(items), AT_ONCE)]
