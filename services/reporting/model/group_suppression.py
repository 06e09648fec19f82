"""Counts of a group beside everybody's, such as pupils with SEN: what a school and the Hub may show of it.

Published are everybody's counts (`suppression.py`) and the group's, so the rest is known too: a cell is safe
if neither the group nor the rest has 1 to 5 pupils who were, or were not, reached. A school whose group is
small is withheld for every benchmark. The Hub's figure gives away the sum of what is withheld, and such sums
meet: of the group, of everybody, of six benchmarks. So the Hub's is shown only if for each withheld small
number there is another world in which it is six or more (`other_worlds.py`).

Pure and deterministic. Source: domain §9.4, rule 14, ADR 16.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from services.reporting.model.other_worlds import (
    QUARTERS,
    Everybody,
    Group,
    OtherWorlds,
    Quarters,
    hides_everybody,
)
from services.reporting.model.suppression import FEWEST_SCHOOLS, SMALLEST_DENOMINATOR, Protected, is_small


@dataclass(frozen=True, slots=True)
class ProtectedGroup:
    """What is withheld of a group: schools' rolls and counts by benchmark, and the Hub's."""

    rolls: frozenset[str]
    schools: Mapping[str, frozenset[str]]
    hub_roll: bool
    hub: Mapping[str, bool]


def protect_groups(
    groups: Mapping[str, Mapping[str, Group]], everybody: Mapping[str, Everybody]
) -> dict[str, ProtectedGroup]:
    """Decide for each group and its schools (those that hold it) what to withhold, by benchmark."""
    protected = {group: _protect(schools, everybody) for group, schools in groups.items()}
    for benchmark, whole in everybody.items():
        shown = [group for group in groups if not protected[group].hub[benchmark]]
        if shown and not hides_everybody([groups[group] for group in shown], benchmark, whole):
            for group in shown:
                hub = {**protected[group].hub, benchmark: True}
                protected[group] = replace(protected[group], hub=hub)
    return protected


def _protect(schools: Mapping[str, Group], everybody: Mapping[str, Everybody]) -> ProtectedGroup:
    few = {urn for urn, group in schools.items() if not _roll_is_safe(group)}
    rolls = set(few)
    hub_roll = len(schools) < FEWEST_SCHOOLS
    while not hub_roll and rolls and not _enough_members(schools, rolls):
        smallest = _smallest(schools, rolls)
        if smallest is None:
            hub_roll, rolls = True, few
        else:
            rolls.add(smallest)
    by_itself = {b: frozenset(_withheld(schools, rolls, b, everybody[b].protected)) for b in everybody}
    hub = {b: hub_roll or everybody[b].protected.hub for b in everybody}
    withheld = dict(by_itself)
    unsettled = True
    while unsettled:
        audit = OtherWorlds(schools, rolls, withheld, hub)
        if not hub_roll and not audit.hides_members():
            hub_roll, hub, withheld = True, dict.fromkeys(hub, True), dict(by_itself)
        failing = [
            b for b in everybody if not hub[b] and not (_enough(schools, withheld[b], b) and audit.hides(b))
        ]
        for benchmark in failing:
            smallest = _smallest(schools, withheld[benchmark])
            hub[benchmark] = smallest is None
            withheld[benchmark] = (
                by_itself[benchmark] if smallest is None else withheld[benchmark] | {smallest}
            )
        unsettled = bool(failing)
    return ProtectedGroup(frozenset(rolls), withheld, hub_roll, hub)


def _smallest(schools: Mapping[str, Group], withheld: Collection[str]) -> str | None:
    """Name the visible school with the fewest members, if any is visible."""
    visible = [urn for urn in schools if urn not in withheld]
    return min(visible, key=lambda urn: (schools[urn].members, urn)) if visible else None


def _roll_is_safe(group: Group) -> bool:
    others = group.others == 0 or group.others >= SMALLEST_DENOMINATOR
    return group.members >= SMALLEST_DENOMINATOR and others


def _enough_members(schools: Mapping[str, Group], rolls: Collection[str]) -> bool:
    members = sum(schools[urn].members for urn in rolls)
    others = sum(schools[urn].others for urn in rolls)
    return len(rolls) > 1 and min(members, others) >= SMALLEST_DENOMINATOR


def _withheld(
    schools: Mapping[str, Group], rolls: Collection[str], benchmark: str, everybody: Protected
) -> set[str]:
    return {
        urn
        for urn, group in schools.items()
        if urn in rolls or urn in everybody.schools or not _is_safe(group.quarters(benchmark))
    }


def _is_safe(quarters: Quarters) -> bool:
    """Where nobody was reached, nobody is singled out among those left."""
    inside, inside_left, outside, outside_left = quarters
    few = is_small(inside) or is_small(outside)
    return not (few or (inside and is_small(inside_left)) or (outside and is_small(outside_left)))


def _enough(schools: Mapping[str, Group], withheld: Collection[str], benchmark: str) -> bool:
    if not withheld:
        return True
    sums = [sum(schools[urn].quarters(benchmark)[place] for urn in withheld) for place in QUARTERS]
    return len(withheld) > 1 and not any(is_small(number) for number in sums)
