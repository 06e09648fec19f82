"""Instances from files: read, checked whole, and refused with every place that is wrong.

The shape is that of `docs/advisers.md`: `type` HR with `residents` and `hospitals`, or SPA-S with `students`,
`projects` and `lecturers`. Refused are names listed twice, preferences of somebody unknown or named twice,
capacities below zero, and one-sided preferences. The theory would let the last be: a pair needs both. But in
a file that people wrote it is a slip, and to drop it in silence would decide who gets whom.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.employers.advising.projects import Lecturer, Project, ProjectInstance
from services.employers.advising.stable import Hospital, Instance
from services.runtime.errors import FieldProblem, InvalidError

HR: Final = "HR"
SPA: Final = "SPA-S"
MOST_NAMES: Final = 10_000
"""A side: a hundred Hubs' schools or advisers. A file with more is something else."""
MOST_PREFERENCES: Final = 1_000_000
"""Entries of all lists together: some 100 MB while it is solved, and a few seconds."""
LONGEST_NAME: Final = 200
MOST_PROBLEMS: Final = 100
"""Problems named at once; who has mended a hundred tries again."""
LARGEST_CAPACITY: Final = 1_000_000
"""Anything above is a slip of the keyboard."""
_ABOUT: Final = frozenset({"name", "type", "source", "licence", "expected", "note"})
_SIDES: Final[Mapping[str, tuple[str, ...]]] = {
    HR: ("residents", "hospitals"),
    SPA: ("students", "projects", "lecturers"),
}

Json = Any
"""What a file may hold: anything, until it is checked."""


def read_json(text: str) -> Json:
    """Read a file's text; raises InvalidError for what is no JSON or has a name twice in one object."""
    repeated: list[str] = []

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            repeated.extend(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        return found

    try:
        value = json.loads(text, object_pairs_hook=object_of)
    except (ValueError, RecursionError) as wrong:
        raise InvalidError("The file is not JSON. Save it as JSON again.") from wrong
    if repeated:
        problems = tuple(FieldProblem(name, "is named twice; keep one") for name in repeated[:MOST_PROBLEMS])
        raise InvalidError("A name is listed twice.", problems)
    return value


def read_instance(body: Json) -> Instance | ProjectInstance:
    """Check an instance and return it; raises InvalidError that names every place that is wrong."""
    if not isinstance(body, dict):
        raise InvalidError("An instance is a JSON object.", (FieldProblem("file", "is no JSON object"),))
    kind = body.get("type", HR)
    if not isinstance(kind, str) or kind not in _SIDES:
        raise InvalidError("This type is not known.", (FieldProblem("type", f"must be {HR} or {SPA}"),))
    check = _Checking()
    for name in sorted(body.keys() - _ABOUT - set(_SIDES[kind])):
        check.problem(name, f"is not a field of an instance of type {kind}")
    instance = check.residents_of(body) if kind == HR else check.projects_of(body)
    if check.problems:
        raise InvalidError("The instance cannot be solved.", tuple(check.problems[:MOST_PROBLEMS]))
    return instance


class _Checking:
    """Collects what is wrong with one instance."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []
        self._entries = 0

    def problem(self, where: str, reason: str) -> None:
        """Note what is wrong at a place."""
        self.problems.append(FieldProblem(where, reason))

    def residents_of(self, body: Mapping[str, Json]) -> Instance:
        """Read an instance of hospitals and residents."""
        residents = {
            name: self._names(f"residents.{name}", wanted)
            for name, wanted in self._side(body, "residents").items()
        }
        hospitals: dict[str, Hospital] = {}
        for name, one in self._side(body, "hospitals").items():
            where = f"hospitals.{name}"
            parts = self._parts(where, one, ("capacity", "preferences"))
            names = self._names(f"{where}.preferences", parts.get("preferences"))
            hospitals[name] = Hospital(self._capacity(where, parts), names)
        wants = {name: set(wanted) for name, wanted in residents.items()}
        wanted_by = {name: set(hospital.preferences) for name, hospital in hospitals.items()}
        self._known("residents", residents, hospitals, "hospital")
        self._known("hospitals", {n: h.preferences for n, h in hospitals.items()}, residents, "resident")
        self._both_sided("residents", "hospitals", wants, wanted_by)
        return Instance(residents, hospitals)

    def projects_of(self, body: Mapping[str, Json]) -> ProjectInstance:
        """Read an instance of students, projects and lecturers."""
        students = {
            name: self._names(f"students.{name}", wanted)
            for name, wanted in self._side(body, "students").items()
        }
        lecturers: dict[str, Lecturer] = {}
        for name, one in self._side(body, "lecturers").items():
            where = f"lecturers.{name}"
            parts = self._parts(where, one, ("capacity", "preferences"))
            names = self._names(f"{where}.preferences", parts.get("preferences"))
            lecturers[name] = Lecturer(self._capacity(where, parts), names)
        projects: dict[str, Project] = {}
        for name, one in self._side(body, "projects").items():
            where = f"projects.{name}"
            parts = self._parts(where, one, ("capacity", "lecturer"))
            lecturer = parts.get("lecturer")
            if not isinstance(lecturer, str) or lecturer not in lecturers:
                self.problem(f"{where}.lecturer", "is no lecturer of the instance")
                lecturer = ""
            projects[name] = Project(self._capacity(where, parts), lecturer)
        self._known("students", students, projects, "project")
        self._known("lecturers", {n: one.preferences for n, one in lecturers.items()}, students, "student")
        wants = {
            name: {projects[one].lecturer for one in wanted if one in projects} - {""}
            for name, wanted in students.items()
        }
        wanted_by = {name: set(lecturer.preferences) for name, lecturer in lecturers.items()}
        self._both_sided("students", "lecturers", wants, wanted_by)
        return ProjectInstance(students, projects, lecturers)

    def _side(self, body: Mapping[str, Json], side: str) -> Mapping[str, Json]:
        found = body.get(side)
        if not isinstance(found, dict):
            self.problem(side, "must be an object of names")
            return {}
        if len(found) > MOST_NAMES:
            self.problem(side, f"has more than {MOST_NAMES} names")
            return {}
        for place, name in enumerate(found):
            if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
                self.problem(f"{side}.{place}", f"needs a name of 1 to {LONGEST_NAME} visible characters")
        return found

    def _parts(self, where: str, value: Json, known: tuple[str, ...]) -> Mapping[str, Json]:
        if not isinstance(value, dict):
            self.problem(where, f"must be an object with {' and '.join(known)}")
            return {}
        for name in sorted(value.keys() - set(known)):
            self.problem(f"{where}.{name}", f"is not known; it has {' and '.join(known)}")
        return value

    def _capacity(self, where: str, parts: Mapping[str, Json]) -> int:
        found = parts.get("capacity")
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= LARGEST_CAPACITY:
            self.problem(f"{where}.capacity", f"must be a whole number from 0 to {LARGEST_CAPACITY}")
            return 0
        return found

    def _names(self, where: str, value: Json) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self.problem(where, "must be a list of names, the dearest first")
            return ()
        self._entries += len(value)
        if self._entries > MOST_PREFERENCES:
            self.problem(where, f"takes the instance over {MOST_PREFERENCES} preferences")
            return ()
        seen: set[str] = set()
        for place, name in enumerate(value):
            if name in seen:
                self.problem(f"{where}.{place}", "names somebody a second time")
            seen.add(name)
        return tuple(dict.fromkeys(value))

    def _known(
        self, side: str, lists: Mapping[str, tuple[str, ...]], others: Iterable[str], other: str
    ) -> None:
        known = set(others)
        for name, wanted in lists.items():
            for one in wanted:
                if one not in known:
                    self.problem(f"{side}.{name}", f"wants {one}, which is no {other} of the instance")

    def _both_sided(
        self, side: str, other: str, wants: Mapping[str, set[str]], wanted_by: Mapping[str, set[str]]
    ) -> None:
        for name, wanted in wants.items():
            for one in sorted(wanted & wanted_by.keys()):
                if name not in wanted_by[one]:
                    reason = f"wants {one}, whose list under {other} does not name it: add it or take it out"
                    self.problem(f"{side}.{name}", reason)
        for name, wanted in wanted_by.items():
            for one in sorted(wanted & wants.keys()):
                if name not in wants[one]:
                    reason = (
                        f"wants {one}, whose list under {side} does not lead to it: add it or take it out"
                    )
                    self.problem(f"{other}.{name}", reason)
