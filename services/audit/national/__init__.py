"""National reference figures as data: the share of schools that achieve each benchmark, by academic year.

Each row has its source and how sure we are of it (domain §5). There is none yet for `gatsby-2025`, and the
older ones must not be drawn on as one line with it: 2025/26 is a series break. A row without shares has the
mean alone.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from services.audit.model.comparison import NationalFigures, NationalReference, latest_reference
from services.audit.model.stated import refuse_unsourced


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    figures: tuple[NationalFigures, ...]
    sources: dict[str, str]


@cache
def national_figures() -> tuple[NationalFigures, ...]:
    """Load the figures, the oldest first; raises ValueError for a file that does not fit."""
    return _file().figures


@cache
def national_reference() -> NationalReference:
    """Return the latest shares and the latest mean."""
    return latest_reference(_file().figures, _file().sources)


def read_figures(text: str) -> _File:
    """Read a file of figures; raises ValueError that says what does not fit."""
    read = _File.model_validate_json(text)
    refuse_unsourced(read.figures, read.sources)
    return read


@cache
def _file() -> _File:
    return read_figures(files(__package__).joinpath("reference-figures.json").read_text("utf-8"))
