"""Whether a matching is stable, said by code that shares nothing with what made it.

Everything is looked up in the preference lists as they were given, pair by pair, so that a mistake of the
algorithms cannot hide itself here.
"""

from __future__ import annotations

from services.employers.advising.projects import ProjectInstance
from services.employers.advising.stable import Instance, Placement


def faults(instance: Instance, placement: Placement) -> list[str]:
    """Say what makes a matching no matching: somebody who did not ask to be there, or one too many."""
    found = []
    for resident, hospital in placement.items():
        if hospital not in instance.residents[resident]:
            found.append(f"{resident} does not want {hospital}")
        if resident not in instance.hospitals[hospital].preferences:
            found.append(f"{hospital} does not want {resident}")
    for name, asked in instance.hospitals.items():
        if sum(one == name for one in placement.values()) > asked.capacity:
            found.append(f"{name} has more than it can take")
    return found


def blocking_pairs(instance: Instance, placement: Placement) -> list[tuple[str, str]]:
    """List the pairs that would both rather have each other; none in a stable matching."""
    those_at: dict[str, list[str]] = {name: [] for name in instance.hospitals}
    for resident, hospital in placement.items():
        those_at[hospital].append(resident)
    # The least dear of those that a hospital has, by its place in the list; past the end if there is room.
    worst: dict[str, int] = {}
    places: dict[str, dict[str, int]] = {}
    for name, asked in instance.hospitals.items():
        places[name] = dict(zip(asked.preferences, range(len(asked.preferences)), strict=True))
        full = len(those_at[name]) >= asked.capacity
        taken = [places[name][resident] for resident in those_at[name]]
        worst[name] = max(taken, default=-1) if full else len(asked.preferences)
    return [
        (resident, hospital)
        for resident, wanted in instance.residents.items()
        for hospital in _rather(wanted, placement.get(resident))
        if places[hospital].get(resident, len(instance.residents)) < worst[hospital]
    ]


def blocking_projects(instance: ProjectInstance, placement: Placement) -> list[tuple[str, str]]:
    """List the pairs of student and project that block (Abraham, Irving and Manlove 2007, section 2)."""
    return [
        (student, project)
        for student, wanted in instance.students.items()
        for project in _rather(wanted, placement.get(student))
        if _lecturer_would(instance, placement, student, project)
    ]


def _lecturer_would(instance: ProjectInstance, placement: Placement, student: str, project: str) -> bool:
    """Whether the lecturer of a project would take a student for it."""
    name = instance.projects[project].lecturer
    lecturer = instance.lecturers[name]
    dearness = {one: place for place, one in enumerate(lecturer.preferences)}
    on_project = [dearness[one] for one, there in placement.items() if there == project]
    supervised = {
        one: dearness[one] for one, there in placement.items() if instance.projects[there].lecturer == name
    }
    if len(on_project) >= instance.projects[project].capacity:
        return bool(on_project) and dearness[student] < max(on_project)
    if len(supervised) < lecturer.capacity or student in supervised:
        return True
    return bool(supervised) and dearness[student] < max(supervised.values())


def _rather(wanted: tuple[str, ...], present: str | None) -> tuple[str, ...]:
    """What somebody would rather have than what they have: all they want, if that is nothing."""
    return wanted if present is None else wanted[: wanted.index(present)]
