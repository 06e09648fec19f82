"""Nobody can work out a group's small numbers from the tables of everybody, of the group and of the Hub."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.model.group_suppression import ProtectedGroup, protect_groups
from services.reporting.model.other_worlds import QUARTERS, Everybody, Group
from services.reporting.model.suppression import is_small, protect
from tests.reporting.attacker import Published

BENCHMARKS = ("gb5", "gb8")
GROUPS = ("sen", "in_care")
YEAR_GROUP = 10


@dataclass(frozen=True)
class Hub:
    """Some schools, and what is published of them."""

    rolls: dict[str, int]
    everybody: dict[str, Everybody]
    groups: dict[str, dict[str, Group]]
    protected: dict[str, ProtectedGroup]


def hub_of(schools: dict[str, tuple[int, dict[str, int], dict[str, tuple[int, dict[str, int]]]]]) -> Hub:
    """Protect schools: roll, reached by benchmark; by group its members, and reached by benchmark."""
    rolls = {urn: roll for urn, (roll, _, _) in schools.items()}
    everybody = {
        b: Everybody(
            protect(
                {urn: {YEAR_GROUP: reached[b]} for urn, (_, reached, _) in schools.items()},
                {urn: {YEAR_GROUP: roll} for urn, roll in rolls.items()},
            ),
            {urn: (reached[b], roll - reached[b]) for urn, (roll, reached, _) in schools.items()},
        )
        for b in BENCHMARKS
    }
    groups: dict[str, dict[str, Group]] = {
        g: {
            urn: Group(
                of[g][0], roll - of[g][0], {b: (of[g][1][b], all_of[b] - of[g][1][b]) for b in BENCHMARKS}
            )
            for urn, (roll, all_of, of) in schools.items()
            if of[g][0]
        }
        for g in GROUPS
    }
    return Hub(rolls, everybody, groups, protect_groups(groups, everybody))


@st.composite
def hubs(draw: st.DrawFn) -> Hub:
    """Schools of all kinds: large, small, special ones whose whole roll is of the group."""
    schools = {}
    for number in range(draw(st.integers(1, 6))):
        roll = draw(st.sampled_from([7, 12, 30, 90]))
        reached = {
            b: draw(st.one_of(st.integers(0, roll), st.sampled_from([0, roll, 3]))) for b in BENCHMARKS
        }
        of = {}
        for group in GROUPS:
            members = draw(st.one_of(st.integers(0, min(roll, 14)), st.sampled_from([0, roll])))
            inside = {
                b: draw(st.integers(max(0, members - (roll - reached[b])), min(members, reached[b])))
                for b in BENCHMARKS
            }
            of[group] = (members, inside)
        schools[f"10000{number}"] = (roll, reached, of)
    return hub_of(schools)


def attacker_of(hub: Hub) -> Published[tuple[str, ...]]:
    """Tell everything that is published, unrounded: of everybody, of each group, and the Hub's sums."""
    unknown: list[tuple[str, ...]] = []
    for urn in hub.rolls:
        unknown += [(urn, b) for b in BENCHMARKS]
        for g in GROUPS:
            unknown += [(urn, g), *((urn, g, b) for b in BENCHMARKS)]
    known = Published(unknown, [hub.rolls[name[0]] for name in unknown])
    for urn, roll in hub.rolls.items():
        for b in BENCHMARKS:
            if urn not in hub.everybody[b].protected.schools:
                known.tell({(urn, b): 1}, hub.everybody[b].counts[urn][0])
            for g in GROUPS:
                known.know_not_negative({(urn, g): 1, (urn, g, b): -1})
                known.know_not_negative({(urn, b): 1, (urn, g, b): -1})
                known.know_not_negative({(urn, g, b): 1, (urn, g): -1, (urn, b): -1}, roll)
    for b in BENCHMARKS:
        if not hub.everybody[b].protected.hub:
            counts = hub.everybody[b].counts
            known.tell({(urn, b): 1 for urn in hub.rolls}, sum(counts[urn][0] for urn in hub.rolls))
    for g in GROUPS:
        tell_group(known, hub, g)
    return known


def tell_group(known: Published[tuple[str, ...]], hub: Hub, g: str) -> None:
    held, protected = hub.groups[g], hub.protected[g]
    for urn in hub.rolls:
        if urn not in held:
            known.tell({(urn, g): 1}, 0)
        elif urn not in protected.rolls:
            known.tell({(urn, g): 1}, held[urn].members)
        for b in BENCHMARKS:
            if urn in held and urn not in protected.schools[b]:
                known.tell({(urn, g, b): 1}, held[urn].reached[b][0])
    if not protected.hub_roll:
        known.tell({(urn, g): 1 for urn in held}, sum(group.members for group in held.values()))
    for b in BENCHMARKS:
        if held and not protected.hub[b]:
            known.tell({(urn, g, b): 1 for urn in held}, sum(one.reached[b][0] for one in held.values()))


def narrowed(hub: Hub) -> list[tuple[str, ...]]:
    """Name each small number that what is published keeps below six; a roll below six is public anyway."""
    known = attacker_of(hub)
    found: list[tuple[str, ...]] = []
    for urn, roll in hub.rolls.items():
        for b in BENCHMARKS:
            reached, left = hub.everybody[b].counts[urn]
            if is_small(reached) and known.most((urn, b)) < 6:
                found.append((urn, b))
            if reached and is_small(left) and roll - known.least((urn, b)) < 6:
                found.append((urn, b, "left"))
        for g in GROUPS:
            if urn in hub.groups[g]:
                found += of_group(known, hub, urn, g)
    return found


def of_group(known: Published[tuple[str, ...]], hub: Hub, urn: str, g: str) -> list[tuple[str, ...]]:
    group, roll = hub.groups[g][urn], hub.rolls[urn]
    found: list[tuple[str, ...]] = []
    if is_small(group.members) and known.most((urn, g)) < 6:
        found.append((urn, g))
    for b in BENCHMARKS:
        terms: tuple[tuple[dict[tuple[str, ...], float], int], ...] = (
            ({(urn, g, b): 1}, 0),
            ({(urn, g): 1, (urn, g, b): -1}, 0),
            ({(urn, b): 1, (urn, g, b): -1}, 0),
            ({(urn, b): -1, (urn, g): -1, (urn, g, b): 1}, roll),
        )
        for quarter, (sums, more) in zip(QUARTERS, terms, strict=True):
            number = group.quarters(b)[quarter]
            # Where nobody of a part was reached, those left are that part, and nobody is singled out.
            nobody = quarter % 2 == 1 and group.quarters(b)[quarter - 1] == 0
            if is_small(number) and not nobody and known.most_of(sums) + more < 6:
                found.append((urn, g, b, str(quarter)))
    return found


@settings(max_examples=30, deadline=None)
@given(hubs())
def test_an_attacker_with_all_tables_finds_no_small_number(hub: Hub) -> None:
    assert narrowed(hub) == []


def test_large_numbers_are_shown() -> None:
    reached = {"gb5": 60, "gb8": 40}
    of = {"sen": (30, {"gb5": 20, "gb8": 10}), "in_care": (3, {"gb5": 1, "gb8": 1})}
    hub = hub_of({f"10000{n}": (90, reached, of) for n in range(4)})

    sen, in_care = hub.protected["sen"], hub.protected["in_care"]
    assert (sen.rolls, sen.schools["gb5"], sen.hub) == (
        frozenset(),
        frozenset(),
        {"gb5": False, "gb8": False},
    )
    assert in_care.rolls == set(hub.rolls)
    # Twelve in care in the whole Hub may be shown, though no school's three; four of them reached may not.
    assert (in_care.hub_roll, in_care.hub) == (False, {"gb5": True, "gb8": True})


def test_a_group_that_two_schools_hold_has_no_total() -> None:
    reached = {"gb5": 60, "gb8": 40}
    held = {"sen": (30, {"gb5": 20, "gb8": 10}), "in_care": (0, {"gb5": 0, "gb8": 0})}
    none = {g: (0, dict.fromkeys(BENCHMARKS, 0)) for g in GROUPS}
    schools = {f"10000{n}": (90, reached, held if n < 2 else none) for n in range(4)}

    assert hub_of(schools).protected["sen"].hub_roll


@pytest.mark.parametrize("planted", ["school", "hub"])
def test_the_attacker_sees_what_a_careless_table_gives_away(planted: str) -> None:
    reached = {"gb5": 60, "gb8": 40}
    few = {"sen": (30, {"gb5": 2, "gb8": 10}), "in_care": (0, {"gb5": 0, "gb8": 0})}
    many = {"sen": (30, {"gb5": 20, "gb8": 10}), "in_care": (0, {"gb5": 0, "gb8": 0})}
    hub = hub_of({f"10000{n}": (90, reached, few if n == 0 else many) for n in range(4)})
    assert narrowed(hub) == []

    sen = hub.protected["sen"]
    shown = {"school": sen.schools["gb5"] - {"100000"}, "hub": frozenset({"100000"})}[planted]
    hub.protected["sen"] = ProtectedGroup(sen.rolls, {**sen.schools, "gb5": shown}, sen.hub_roll, sen.hub)

    assert ("100000", "sen", "gb5", "0") in narrowed(hub)
