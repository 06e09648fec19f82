"""The frameworks that schools evaluate against, as data: a JSON file a version, with source and confidence.

A file says which framework and version it is, the days on which it was or is in use, its settings,
benchmarks, criteria, parts (what is asked, and for how many points) and scales (domain §1, §2). It is called
after its version: `gatsby-2025.1.json`. A file that evaluations have been made with is never changed: to
correct one, add `gatsby-2025.2.json` beside it. New evaluations are made with the newest version of the
framework that is in use; those that there are keep theirs, and are scored by it for ever.

Files are read and checked once a process; what is wrong with one is said with its name, place and reason.
`careers-hub framework validate FILE` says it before it is added. A framework of another name also needs a
word in `contracts/vocabulary.py`, because other services read its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from services.audit.model.framework import GatsbyFramework, number_of
from services.audit.model.framework_check import Problem, check


class FrameworkFileError(ValueError):
    """A framework's file cannot be used; `problems` names every place in it, and why."""

    def __init__(self, file_name: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{file_name}: {problem}" for problem in problems))
        self.file_name = file_name
        self.problems = tuple(problems)


@cache
def framework_versions() -> Mapping[str, GatsbyFramework]:
    """Load every version of every framework that ships, by its version; raises FrameworkFileError."""
    found = sorted(
        (file for file in files(__package__).iterdir() if file.name.endswith(".json")), key=lambda f: f.name
    )
    read = (read_framework(file.name, file.read_text("utf-8")) for file in found)
    return MappingProxyType({framework.version: framework for framework in read})


@cache
def frameworks() -> Mapping[str, GatsbyFramework]:
    """Return the newest version of every framework, by the framework's name."""
    return newest(framework_versions())


@cache
def known_criteria() -> frozenset[str]:
    """Name the criteria of all frameworks and settings."""
    return frozenset().union(*(framework.known_criteria for framework in framework_versions().values()))


def known_criterion(text: str) -> bool:
    """Whether a framework has a criterion of this id."""
    return text in known_criteria()


def newest(versions: Mapping[str, GatsbyFramework]) -> Mapping[str, GatsbyFramework]:
    """Keep the newest version of each framework, by the framework's name."""
    by_age = sorted(versions.values(), key=lambda framework: number_of(framework.version))
    return MappingProxyType({framework.framework: framework for framework in by_age})


def read_framework(file_name: str, text: str) -> GatsbyFramework:
    """Read one framework from its file's text; raises FrameworkFileError that says what is wrong where."""
    repeated: list[Problem] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        seen: dict[str, object] = {}
        for key, value in pairs:
            if key in seen:
                repeated.append(Problem("the file", f"'{key}' is there twice in one object"))
            seen[key] = value
        return seen

    try:
        raw = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as invalid:
        raise FrameworkFileError(file_name, [Problem("the file", f"Invalid JSON: {invalid}")]) from None
    problems = [*repeated, *check(raw)]
    version = raw.get("version") if isinstance(raw, dict) else None
    if isinstance(version, str) and file_name != f"{version}.json":
        problems.append(Problem("version", f"is '{version}', and a file has its version's name"))
    if problems:
        raise FrameworkFileError(file_name, problems)
    return GatsbyFramework.model_validate(raw)
