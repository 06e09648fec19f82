"""The open data of the areas that ship with the package: real schools and employers, and nobody's pupils.

Owns: `data/`, trimmed copies of public registers (what, from where and under which licence:
`data/SOURCES.md`), and the reading of them.

Invariants:
- the files hold only rows and columns of their sources, never a derived or invented value;
- whatever is derived (setting, year groups, size band) is derived here, by a stated rule;
- wherever the data is shown, `ATTRIBUTION` is shown with it.

Start at `load.py`; `area.py` says what a school and an employer are; `build.py` makes `data/` again.
"""

from services.areas.area import Area, Employer, School
from services.areas.load import ATTRIBUTION, UnknownAreaError, area_names, load_area

__all__ = [
    "ATTRIBUTION",
    "Area",
    "Employer",
    "School",
    "UnknownAreaError",
    "area_names",
    "load_area",
]
