"""Student-project allocation: students rank projects, their lecturers rank students, both have capacities.

It is hospitals and residents with a second capacity above the first. In a Hub it fits an employer who gives
several Enterprise Advisers (the projects) and can spare only so many schools in all (the lecturer). Rounds do
not use it: there an adviser ranks schools for themselves, and none of the limits is shared between advisers.
It is here because instances of it are exchanged in the same files, which `careers-hub match-advisers` reads.

Students ask in order of their lists (SPA-student of Abraham, Irving and Manlove, Journal of Discrete
Algorithms 5, 2007). Their algorithm also deletes pairs that can no longer be; to be refused when asking has
the same result. Invariant: the matching is stable, and no student has a better one in any stable matching.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.employers.advising.stable import Placement


@dataclass(frozen=True, slots=True)
class Project:
    """How many students a project takes, and who supervises it."""

    capacity: int
    lecturer: str


@dataclass(frozen=True, slots=True)
class Lecturer:
    """How many students a lecturer takes over all projects, and which, the dearest first."""

    capacity: int
    preferences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectInstance:
    """Everybody's preferences, the dearest first; checked by `instances.py`."""

    students: Mapping[str, tuple[str, ...]]
    projects: Mapping[str, Project]
    lecturers: Mapping[str, Lecturer]


def student_optimal(instance: ProjectInstance) -> Placement:
    """Find the stable matching of students to projects that is best for every student."""
    ranks = {
        name: {student: rank for rank, student in enumerate(lecturer.preferences)}
        for name, lecturer in instance.lecturers.items()
    }
    placed: dict[str, str] = {}
    on_project: dict[str, set[str]] = {name: set() for name in instance.projects}
    supervised: dict[str, set[str]] = {name: set() for name in instance.lecturers}
    choices = {name: iter(wanted) for name, wanted in instance.students.items()}
    asking = list(instance.students)
    while asking:
        student = asking.pop()
        wanted = next(choices[student], None)
        if wanted is None:
            continue
        project = instance.projects[wanted]
        placed[student] = wanted
        on_project[wanted].add(student)
        supervised[project.lecturer].add(student)
        rank = ranks[project.lecturer]
        if len(on_project[wanted]) > project.capacity:
            refused = max(on_project[wanted], key=rank.__getitem__)
        elif len(supervised[project.lecturer]) > instance.lecturers[project.lecturer].capacity:
            refused = max(supervised[project.lecturer], key=rank.__getitem__)
        else:
            continue
        on_project[placed.pop(refused)].discard(refused)
        supervised[project.lecturer].discard(refused)
        asking.append(refused)
    return placed


def by_project(instance: ProjectInstance, placement: Placement) -> dict[str, list[str]]:
    """List whom each project has, the dearest to its lecturer first."""
    return {
        name: [
            student
            for student in instance.lecturers[project.lecturer].preferences
            if placement.get(student) == name
        ]
        for name, project in instance.projects.items()
    }
