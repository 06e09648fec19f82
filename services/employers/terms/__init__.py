"""The directory's code lists as data: versioned JSON files with their sources, loaded and checked once.

- `employer-standards-2026.1.json`: the Employer Standards and the bands of a score;
- `vetting-2026.1.json`: what is checked before first use, and why an employer is refused or paused;
- `names-2026.1.json`: which words of a name do not tell one organisation from another;
- `imports-2026.1.json`: the Gender Pay Gap Service's columns and sizes, and the sections of industry.

Apart from `rules/`, whose matching engine takes an api process a second to load.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.employers.model.incoming import ImportTerms
from services.employers.model.names import NameTerms
from services.employers.model.standards import EmployerStandards
from services.employers.model.vetting import VettingTerms


@cache
def employer_standards() -> EmployerStandards:
    """Load the Employer Standards; raises pydantic's ValidationError for a file that does not fit."""
    return EmployerStandards.model_validate_json(_read("employer-standards-2026.1.json"))


@cache
def vetting_terms() -> VettingTerms:
    """Load what vetting checks and why it refuses; raises pydantic's ValidationError, as the others."""
    return VettingTerms.model_validate_json(_read("vetting-2026.1.json"))


@cache
def name_terms() -> NameTerms:
    """Load the words that do not tell organisations apart."""
    return NameTerms.model_validate_json(_read("names-2026.1.json"))


@cache
def import_terms() -> ImportTerms:
    """Load how files of employers are read."""
    return ImportTerms.model_validate_json(_read("imports-2026.1.json"))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
