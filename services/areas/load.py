"""Load an area by its name.

The files are small (tens of kilobytes) and are read from inside the package, so an installed wheel finds
them as a checkout does.
"""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from typing import Final

from services.areas.area import Area, read_employer, read_school

ATTRIBUTION: Final = (
    "Contains public sector information licensed under the Open Government Licence v3.0 (DfE Get Information "
    "about Schools, DfE Compare School Performance, Gender Pay Gap Service, ONS). Contains OS data © Crown "
    "copyright and database right 2025. Contains Royal Mail data © Royal Mail copyright and database right "
    "2025. Contains National Statistics data © Crown copyright and database right 2025."
)
"""What the licences ask us to print where the data is shown (`data/SOURCES.md`)."""

_TITLES: Final = {
    "dorset": "Dorset and Bournemouth, Christchurch & Poole",
    "west-yorkshire": "West Yorkshire",
}


class UnknownAreaError(LookupError):
    """No area of this name ships with the package; the message lists those that do."""


def area_names() -> tuple[str, ...]:
    """List the names that `load_area` knows."""
    return tuple(_TITLES)


def load_area(name: str) -> Area:
    """Load an area's schools and employers; raises UnknownAreaError, which lists the known names."""
    if name not in _TITLES:
        raise UnknownAreaError(f"There is no area '{name}'. Areas that ship here: {', '.join(_TITLES)}.")
    return Area(
        name=name,
        title=_TITLES[name],
        schools=tuple(read_school(row) for row in _rows(f"{name}-schools.csv")),
        employers=tuple(read_employer(row) for row in _rows(f"{name}-employers.csv")),
        attribution=ATTRIBUTION,
    )


def _rows(file_name: str) -> list[dict[str, str]]:
    text = (files("services.areas") / "data" / file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))
