"""The pages of `reporting`: the Hub on one screen, and a school's own figures.

`hub_page.py`, `school_page.py`: the routes; `templates/`: how they look; `heat.py`: how dark a cell is.
"""

from __future__ import annotations

from functools import cache

from services.web.pages import Pages


@cache
def pages() -> Pages:
    """Load the templates."""
    return Pages("reporting", __name__)
