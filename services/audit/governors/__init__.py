"""The questions that the governor pack prints besides the school's own data: `prompts.json`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.audit.model.data_files import read_data_file
from services.audit.model.governor_files import GovernorPrompts


@cache
def governor_prompts() -> GovernorPrompts:
    """Load the questions; raises DataFileError that says what is wrong where."""
    return read_data_file(GovernorPrompts, "prompts.json", _read("prompts.json"))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
