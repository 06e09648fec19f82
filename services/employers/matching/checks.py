"""Refuses rounds that cannot be meant, before any work is done, and names every problem.

An employer without an offer is fine: it is in nobody's way. A need that nobody can meet is fine too: the plan
says that it is unmet, and `repair.py` what would help.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from services.employers.matching import limits
from services.employers.matching.columns import SECTIONS, Columns, Ints
from services.employers.matching.hard_rules import RULES
from services.employers.matching.land import Land
from services.employers.matching.round import Apart, Employer, MatchRound, Need, Offer, Pair, School
from services.runtime.errors import FieldProblem, InvalidError, TooLargeError

YEAR_GROUPS: Final = range(7, 15)
"""14 stands for learners beyond Year 13 (domain §8.3)."""


def check_round(match_round: MatchRound, land: Land) -> None:
    """Raise TooLargeError beyond a limit, InvalidError for what cannot be meant."""
    _check_sizes(match_round)
    problems = list(islice(_problems(match_round, land), limits.MOST_PROBLEMS))
    if problems:
        first = problems[0]
        raise InvalidError(
            f"The round cannot be used: {first.where} {first.reason}. Put it right and try again.",
            tuple(problems),
        )


def _check_sizes(match_round: MatchRound) -> None:
    sizes = (
        ("schools", len(match_round.schools), limits.MOST_SCHOOLS),
        ("employers", len(match_round.employers), limits.MOST_EMPLOYERS),
        ("offers", len(match_round.offers), limits.MOST_OFFERS),
        ("needs", len(match_round.needs), limits.MOST_NEEDS),
        ("locks", len(match_round.locks), limits.MOST_SETTLED),
        ("exclusions", len(match_round.excluded), limits.MOST_SETTLED),
        ("pairs kept apart", len(match_round.apart), limits.MOST_SETTLED),
        ("lines of the last plan", len(match_round.previous), limits.MOST_SETTLED),
        ("slots", sum(need.slots for need in match_round.needs), limits.MOST_SLOTS_IN_ALL),
    )
    for what, size, most in sizes:
        if size > most:
            raise TooLargeError(
                f"A round can have {most:,} {what}; this one has {size:,}. Split it, say by district."
            )


def _problems(match_round: MatchRound, land: Land) -> Iterator[FieldProblem]:
    yield from _repeated("schools", [school.urn for school in match_round.schools])
    yield from _repeated("employers", [employer.id for employer in match_round.employers])
    yield from _repeated("offers", [offer.id for offer in match_round.offers])
    yield from _repeated("needs", [need.id for need in match_round.needs])
    for school in match_round.schools:
        yield from _school_problems(school, land)
    for employer in match_round.employers:
        yield from _employer_problems(employer, land)
    yield from _offers_problems(match_round)
    yield from _needs_problems(match_round)
    yield from _unknown(match_round)


def _repeated(kind: str, identities: Sequence[str]) -> Iterator[FieldProblem]:
    for identity, times in Counter(identities).items():
        if times > 1:
            yield FieldProblem(f"{kind}.{identity}", f"is there {times} times; an id can be there once")


def _school_problems(school: School, land: Land) -> Iterator[FieldProblem]:
    where = f"schools.{school.urn}"
    if (reason := land.problem(school.position)) is not None:
        yield FieldProblem(f"{where}.position", reason)
    for name, counts in (("met_sectors", school.met_sectors), ("interests", school.interests)):
        if any(section not in SECTIONS for section in counts if section is not None):
            yield FieldProblem(f"{where}.{name}", "has a section that SIC 2007 does not know (A to U)")
        yield from _count_problems(f"{where}.{name}", counts.values())
    yield from _count_problems(f"{where}.met_sizes", school.met_sizes.values())


def _count_problems(where: str, counts: Iterable[int]) -> Iterator[FieldProblem]:
    if not all(0 <= count <= limits.MOST_COUNTED for count in counts):
        yield FieldProblem(where, f"has a count that is not 0 to {limits.MOST_COUNTED:,}")


def _employer_problems(employer: Employer, land: Land) -> Iterator[FieldProblem]:
    where = f"employers.{employer.id}"
    if (reason := land.problem(employer.position)) is not None:
        yield FieldProblem(f"{where}.position", reason)
    if employer.sic_section is not None and employer.sic_section not in SECTIONS:
        yield FieldProblem(f"{where}.sic_section", "is not a section of SIC 2007 (A to U)")
    yield from _beyond(where, "ask_budget", employer.ask_budget, (0, limits.MOST_CAPACITY))
    yield from _beyond(where, "asked", employer.asked, (0, limits.MOST_CAPACITY))


def _offers_problems(match_round: MatchRound) -> Iterator[FieldProblem]:
    known = {employer.id for employer in match_round.employers}
    usual: dict[frozenset[int], bool] = {}
    for offer in match_round.offers:
        years = offer.year_groups
        if years not in usual:
            usual[years] = not any(_year_problems("", years))
        # The usual case at once: a round has tens of thousands of offers.
        if usual[years] and offer.employer_id in known and _is_within_bounds(offer):
            continue
        where = f"offers.{offer.id}"
        if offer.employer_id not in known:
            yield FieldProblem(f"{where}.employer_id", "is not an employer of this round")
        yield from _offer_problems(where, offer)


def _is_within_bounds(offer: Offer) -> bool:
    return (
        0 <= offer.capacity <= limits.MOST_CAPACITY
        and 1 <= offer.group_size <= limits.MOST_PUPILS
        and 0 <= offer.radius_km <= limits.MOST_RADIUS_KM
    )


def _offer_problems(where: str, offer: Offer) -> Iterator[FieldProblem]:
    yield from _year_problems(where, offer.year_groups)
    yield from _beyond(where, "capacity", offer.capacity, (0, limits.MOST_CAPACITY))
    yield from _beyond(where, "group_size", offer.group_size, (1, limits.MOST_PUPILS))
    yield from _beyond(where, "radius_km", offer.radius_km, (0, limits.MOST_RADIUS_KM))


def _needs_problems(match_round: MatchRound) -> Iterator[FieldProblem]:
    known = {school.urn for school in match_round.schools}
    for need in match_round.needs:
        where = f"needs.{need.id}"
        if need.urn not in known:
            yield FieldProblem(f"{where}.urn", "is not a school of this round")
        yield from _need_problems(where, need)


def _need_problems(where: str, need: Need) -> Iterator[FieldProblem]:
    yield from _year_problems(where, need.year_groups)
    yield from _beyond(where, "slots", need.slots, (1, limits.MOST_SLOTS))
    yield from _beyond(where, "pupils", need.pupils, (1, limits.MOST_PUPILS))
    if any(section not in SECTIONS for section in need.sectors):
        yield FieldProblem(f"{where}.sectors", "has a section that SIC 2007 does not know (A to U)")


def _year_problems(where: str, years: frozenset[int]) -> Iterator[FieldProblem]:
    if not years:
        yield FieldProblem(f"{where}.year_groups", "names no year group")
    elif not all(year in YEAR_GROUPS for year in years):
        yield FieldProblem(f"{where}.year_groups", "has a year group outside 7 to 14")


def _beyond(where: str, name: str, value: int, bounds: tuple[int, int]) -> Iterator[FieldProblem]:
    least, most = bounds
    if not least <= value <= most:
        yield FieldProblem(f"{where}.{name}", f"is {value:,}; it must be {least:,} to {most:,}")


def _unknown(match_round: MatchRound) -> Iterator[FieldProblem]:
    needs = {need.id for need in match_round.needs}
    offers = {offer.id for offer in match_round.offers}
    named: tuple[tuple[str, Iterable[Pair]], ...] = (
        ("locks", match_round.locks),
        ("excluded", sorted(match_round.excluded)),
    )
    for kind, pairs in named:
        for pair in pairs:
            where = f"{kind}.{pair.need_id}+{pair.offer_id}"
            if pair.need_id not in needs:
                yield FieldProblem(where, "names a need that is not in this round")
            if pair.offer_id not in offers:
                yield FieldProblem(where, "names an offer that is not in this round")
    urns = {school.urn for school in match_round.schools}
    employers = {employer.id for employer in match_round.employers}
    for each in sorted(match_round.apart):
        if each.urn not in urns or each.employer_id not in employers:
            yield FieldProblem(
                f"apart.{each.urn}+{each.employer_id}",
                "names a school or employer that is not in this round",
            )


def check_locks(c: Columns) -> None:
    """Raise InvalidError for locks that contradict each other or a rule; a problem names all that clash."""
    problems = list(islice(_lock_problems(c), limits.MOST_PROBLEMS))
    if problems:
        first = problems[0]
        raise InvalidError(
            f"The locked lines cannot all stand: {first.where} {first.reason}. Take one of them out.",
            tuple(problems),
        )


def _lock_problems(c: Columns) -> Iterator[FieldProblem]:
    locks = c.round.locks
    for pair, times in Counter(locks).items():
        if times > 1:
            yield FieldProblem(_lock(pair), f"is locked {times} times")
    for place, pair in enumerate(locks):
        need, offer = (each[place : place + 1] for each in c.locks)
        for name, rule in RULES.items():
            if not rule(c, need, offer)[0]:
                plain = f"breaks the rule on {name.replace('_', ' ')}"
                yield FieldProblem(_lock(pair), _contradicted(c, pair) if name == "exclusion" else plain)
    yield from _over_full(c)


def _contradicted(c: Columns, pair: Pair) -> str:
    """Name the exclusion that a lock contradicts."""
    urns = {need.id: need.urn for need in c.round.needs}
    employers = {offer.id: offer.employer_id for offer in c.round.offers}
    apart = Apart(urns[pair.need_id], employers[pair.offer_id])
    if apart in c.round.apart:
        return f"contradicts apart.{apart.urn}+{apart.employer_id}"
    return f"contradicts excluded.{pair.need_id}+{pair.offer_id}"


def _over_full(c: Columns) -> Iterator[FieldProblem]:
    needs, offers = c.locks
    bounds: tuple[tuple[str, Ints, Ints], ...] = (
        ("slots of the need", needs, c.needs.slots),
        ("capacity of the offer", offers, c.offers.capacity),
        ("ask budget of the employer", c.offers.employer[offers], c.employers.budget),
    )
    for what, keys, most in bounds:
        groups: defaultdict[int, list[Pair]] = defaultdict(list)
        for key, pair in zip(keys.tolist(), c.round.locks, strict=True):
            groups[key].append(pair)
        for key, pairs in groups.items():
            if len(pairs) > most[key]:
                others = ", ".join(_lock(pair) for pair in pairs[1:])
                yield FieldProblem(
                    _lock(pairs[0]),
                    f"and {others or 'no other'} need {len(pairs)} where the {what} is {most[key]}",
                )


def _lock(pair: Pair) -> str:
    return f"locks.{pair.need_id}+{pair.offer_id}"
