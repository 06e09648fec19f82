"""Renders a paper as one page that needs nothing else: no script, no request, no style but its own.

The style sheet is inside the page and allowed by its digest, so the page looks the same when it is saved or
sent on; everything else is forbidden by its policy. All text is escaped by the template engine.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.audit.model.paper import Paper
from services.audit.pages import chart

TEMPLATE: Final = "paper.html"
ROWS_KEPT_TOGETHER: Final = 12
"""A table of no more rows is printed on one page: browsers leave its header behind otherwise."""


@cache
def stylesheet() -> str:
    """Load the page's own style sheet."""
    return files(__package__).joinpath("templates/paper.css").read_text("utf-8")


@cache
def security_headers() -> dict[str, str]:
    """Return the headers that keep a page to itself; it names people, so nothing in between keeps it."""
    digest = base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode("ascii")
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def page_of(paper: Paper) -> str:
    """Render a paper as a page."""
    return _environment().get_template(TEMPLATE).render(paper=paper)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.audit.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        # A file of ours, not what somebody typed.
        "stylesheet": Markup(stylesheet()),  # noqa: S704 - a constant file of this package
        "laid_out": chart.laid_out,
        "kind": lambda block: type(block).__name__,
        "rows_kept_together": ROWS_KEPT_TOGETHER,
        "chart_width": chart.WIDTH,
        "bar_height": chart.BAR_HEIGHT,
        "dark": chart.DARK,
        "light": chart.LIGHT,
        "line": chart.LINE,
    }
    return environment
