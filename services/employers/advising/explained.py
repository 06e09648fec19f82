"""Why somebody has nobody, read off a stable matching: whom they asked, and who was dearer there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.employers.advising.projects import ProjectInstance
from services.employers.advising.stable import Instance, Placement, by_hospital


@dataclass(frozen=True, slots=True)
class Because:
    """Who has nobody (or free places), a code of the reason, and by name whom it is about."""

    name: str
    reason: str
    """A key of `WORDS`."""
    about: tuple[str, ...] = ()


def unmatched_residents(instance: Instance, placement: Placement) -> list[Because]:
    """Say of each resident without a hospital why."""
    found = []
    for name, wanted in sorted(instance.residents.items()):
        if name in placement:
            continue
        closed = tuple(one for one in wanted if instance.hospitals[one].capacity == 0)
        if not wanted:
            found.append(Because(name, "wants_nobody"))
        elif len(closed) == len(wanted):
            found.append(Because(name, "no_capacity", closed))
        else:
            found.append(Because(name, "others_dearer", tuple(one for one in wanted if one not in closed)))
    return found


def free_places(instance: Instance, placement: Placement) -> list[tuple[int, Because]]:
    """Say of each hospital with room how much, and why nobody fills it."""
    having = by_hospital(instance, placement)
    found = []
    for name, hospital in sorted(instance.hospitals.items()):
        free = hospital.capacity - len(having[name])
        elsewhere = tuple(one for one in hospital.preferences if one not in having[name])
        if free > 0:
            reason = (
                "placed_dearer" if elsewhere else "wants_nobody" if not having[name] else "all_placed_here"
            )
            found.append((free, Because(name, reason, elsewhere)))
    return found


def unmatched_students(instance: ProjectInstance, placement: Placement) -> list[Because]:
    """Say of each student without a project why."""
    return [
        Because(name, "others_dearer" if wanted else "wants_nobody", wanted)
        for name, wanted in sorted(instance.students.items())
        if name not in placement
    ]


WORDS: Final[Mapping[str, str]] = {
    "wants_nobody": "its list is empty",
    "no_capacity": "{about} can take nobody",
    "others_dearer": "{about}: full, with those who are preferred there",
    "placed_dearer": "{about}: placed where they would rather be",
    "all_placed_here": "everybody on its list is here already",
}


def in_words(because: Because) -> str:
    """Write a reason out."""
    return WORDS[because.reason].format(about=", ".join(because.about))
