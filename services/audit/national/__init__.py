"""National reference figures as data: the share of schools that achieve each benchmark, by academic year.

Each row has its source and how sure we are of it (domain §5). There is none yet for `gatsby-2025`, and the
older ones must not be drawn on as one line with it: 2025/26 is a series break.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from services.audit.model.comparison import NationalFigures


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    figures: tuple[NationalFigures, ...]
    sources: dict[str, str]


@cache
def national_figures() -> tuple[NationalFigures, ...]:
    """Load the figures, the oldest first; raises ValueError for a file that does not fit."""
    read = _File.model_validate_json(files(__package__).joinpath("reference-figures.json").read_text("utf-8"))
    unknown = {key for row in read.figures for key in row.sources} - read.sources.keys()
    if unknown:
        message = f"reference-figures.json: source '{min(unknown)}' is not one of the file's sources"
        raise ValueError(message)
    return read.figures
