"""What we hold a school's answers against, as data: versioned JSON files with their sources and confidence.

- `departments.json`: the bands that heads of department answer with, and the CDI learning areas (read by
  `model/department.py`).
- `resources.json`: what staff time, training and budget are compared with (read by `model/resources.py`).
- `suggested-actions-2025.json`: what a school can do about a weak criterion (read by `model/suggestion.py`).

Files are read and checked once a process; one that contradicts itself raises pydantic's ValidationError.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.audit.model.department import DepartmentFacts
from services.audit.model.resources import ResourceFacts
from services.audit.model.suggestion import SuggestedActions


@cache
def department_facts() -> DepartmentFacts:
    """Load the bands and the learning areas."""
    return DepartmentFacts.model_validate_json(_read("departments.json"))


@cache
def resource_facts() -> ResourceFacts:
    """Load what resources are compared with."""
    return ResourceFacts.model_validate_json(_read("resources.json"))


@cache
def suggested_actions() -> SuggestedActions:
    """Load the suggested actions for the criteria of gatsby-2025."""
    return SuggestedActions.model_validate_json(_read("suggested-actions-2025.json"))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
