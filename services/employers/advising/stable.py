"""Stable matching of residents to hospitals with capacities: deferred acceptance, in favour of either side.

In a Hub the residents are schools that want an adviser and the hospitals are Enterprise Advisers, who can
have several schools; the words are those of the literature (Gale and Shapley 1962; Gusfield and Irving 1989).
A pair is acceptable if each names the other. A matching is stable if no acceptable pair would both rather
have each other than what they have (`blocking.py` says so independently).

Invariants: of all stable matchings, `resident_optimal` gives every resident the best and `hospital_optimal`
every hospital; both leave the same residents and the same places empty (rural hospitals theorem). The result
depends on the preferences alone, not on the order in which anybody is listed.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

Placement = Mapping[str, str]
"""Which hospital a resident has; who has none is not in it."""


@dataclass(frozen=True, slots=True)
class Hospital:
    """How many residents a hospital takes, and which, the dearest first."""

    capacity: int
    preferences: tuple[str, ...]

    @property
    def places(self) -> int:
        """How many places can be asked for: no more than there are residents to ask."""
        return min(self.capacity, len(self.preferences))


@dataclass(frozen=True, slots=True)
class Instance:
    """Everybody's preferences, the dearest first; whoever builds one sees to it that each pair names both."""

    residents: Mapping[str, tuple[str, ...]]
    hospitals: Mapping[str, Hospital]


def resident_optimal(instance: Instance) -> Placement:
    """Let residents ask, hospitals keep the best who ask: the stable matching that is best for residents."""
    ranks = hospital_ranks(instance)
    kept: dict[str, list[tuple[int, str]]] = {name: [] for name in instance.hospitals}
    choices = {name: iter(wanted) for name, wanted in instance.residents.items()}
    asking = list(instance.residents)
    while asking:
        resident = asking.pop()
        wanted = next(choices[resident], None)
        if wanted is None:
            continue
        # A heap of negative ranks: the least dear of those kept is on top.
        heapq.heappush(kept[wanted], (-ranks[wanted][resident], resident))
        if len(kept[wanted]) > instance.hospitals[wanted].capacity:
            asking.append(heapq.heappop(kept[wanted])[1])
    return {resident: hospital for hospital, those in kept.items() for _, resident in those}


def hospital_optimal(instance: Instance) -> Placement:
    """Let hospitals ask, residents keep the best who asks: the stable matching that is best for hospitals."""
    ranks = {
        resident: {hospital: rank for rank, hospital in enumerate(wanted)}
        for resident, wanted in instance.residents.items()
    }
    choices = {name: iter(hospital.preferences) for name, hospital in instance.hospitals.items()}
    placed: dict[str, str] = {}
    asking = [name for name, hospital in instance.hospitals.items() for _ in range(hospital.places)]
    while asking:
        hospital = asking.pop()
        wanted = next(choices[hospital], None)
        if wanted is None:
            continue
        present = placed.get(wanted)
        if present is not None and ranks[wanted][present] < ranks[wanted][hospital]:
            asking.append(hospital)
            continue
        placed[wanted] = hospital
        if present is not None:
            asking.append(present)
    return placed


def hospital_ranks(instance: Instance) -> Mapping[str, Mapping[str, int]]:
    """How dear each resident is to each hospital; 0 is dearest."""
    return {
        name: {resident: rank for rank, resident in enumerate(hospital.preferences)}
        for name, hospital in instance.hospitals.items()
    }


def by_hospital(instance: Instance, placement: Placement) -> dict[str, list[str]]:
    """List whom each hospital has, the dearest first."""
    return {
        name: [resident for resident in hospital.preferences if placement.get(resident) == name]
        for name, hospital in instance.hospitals.items()
    }
