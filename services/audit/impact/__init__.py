"""The themes of an impact review as data, one JSON file each, read and checked once a process.

Only that there are six themes, rooted in the Gatsby Benchmarks, with best-fit statements that differ by
setting, is known from what is published (domain §3). The themes' names and all statements are ours, at
confidence L, and wait to be replaced by the published ones: a change of these files alone.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.audit.model.data_files import read_data_file
from services.audit.model.impact_themes import Theme, Themes, whole


@cache
def impact_themes() -> Themes:
    """Load every theme that ships; raises DataFileError that says what is wrong where."""
    found = [file for file in files(__package__).iterdir() if file.name.endswith(".json")]
    return whole(read_data_file(Theme, file.name, file.read_text("utf-8")) for file in found)
