"""The statutory and publishing checklist as data: `statutory.json`, read and checked once a process.

A newer version replaces the file; what a school has stated keeps the version that it was stated against.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.audit.model.checklist import Checklist
from services.audit.model.data_files import read_data_file

STATUTORY = "statutory.json"


@cache
def statutory_checklist() -> Checklist:
    """Load the checklist; raises DataFileError that says what is wrong where."""
    text = files(__package__).joinpath(STATUTORY).read_text("utf-8")
    return read_data_file(Checklist, STATUTORY, text)
