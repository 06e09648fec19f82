"""The pages of `reporting`: the Hub on one screen, its tables, snapshots and recount; a school's own figures.

- `hub_page.py`: the Hub, put together from `gaps.py` (what to do next), `progress.py` (what moved),
  `national_chart.py` (beside England) and `heat.py` (how dark a cell is); `live_page.py` tells it what moves.
- `tables_page.py` with `table_pdf.py`; `snapshots_page.py`; `recount_page.py` with `side_by_side.py`, which
  decides whose two numbers somebody may see; `school_page.py`: the same of one school, whole.
- `asked.py`, `years.py`: what a form asks for; `wording.py`: the words beside codes; `templates/`.
"""

from __future__ import annotations

from functools import cache

from services.web.pages import Pages


@cache
def pages() -> Pages:
    """Load the templates."""
    return Pages("reporting", __name__)
