"""National reference figures as data: the share of schools that achieve each benchmark, by academic year.

Owns: `reference-figures.json`. Each row has its source and how sure we are of it (domain §5). There is none
yet for `gatsby-2025`, and the older ones must not be drawn on as one line with it: 2025/26 is a series break.
A row without shares has the mean alone. Shared like `areas`: `audit` shows it to a school, `reporting` to the
Hub, and neither imports the other.

Start at `figures.py`: what a row says.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.national.figures import NationalFigures, NationalReference, latest_reference, read_figures

__all__ = [
    "NationalFigures",
    "NationalReference",
    "national_figures",
    "national_reference",
    "read_figures",
    "source_titles",
]


@cache
def national_figures() -> tuple[NationalFigures, ...]:
    """Load the figures, the oldest first; raises ValueError for a file that does not fit."""
    return read_figures(_text()).figures


@cache
def source_titles() -> dict[str, str]:
    """Return the titles of the sources by their keys."""
    return dict(read_figures(_text()).sources)


@cache
def national_reference() -> NationalReference:
    """Return the latest shares and the latest mean."""
    return latest_reference(national_figures(), source_titles())


def _text() -> str:
    return files(__package__).joinpath("reference-figures.json").read_text("utf-8")
