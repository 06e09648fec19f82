"""The rules of advising as data: weights, hours, queue; loaded and checked once a process."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.employers.advising.rules import AdvisingRules

FILE = "advising-2026.1.json"


@cache
def advising_rules() -> AdvisingRules:
    """Load the rules in use; raises pydantic's ValidationError for a file that contradicts itself."""
    return AdvisingRules.model_validate_json(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
