"""Pages for people: one layout, one stylesheet of our own, and headers that let nothing else in.

A service makes a `Pages` with the package that holds its templates; each template extends `web/layout.html`.
Values are escaped wherever they stand, and a name that a template does not get is an error and no gap.
Nothing on a page is fetched from anybody else, and no script or style stands in it (promise "web").
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from services.runtime.errors import HubError
from services.runtime.static_files import StaticFile

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # A page is somebody's: no cache keeps it, and no search engine finds it.
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


@cache
def static_files() -> tuple[StaticFile, ...]:
    """Load what pages need beside themselves: the stylesheet, and nothing else so far."""
    content = files(__package__).joinpath("static/hub.css").read_bytes()
    return (StaticFile("hub", ".css", "text/css", content),)


class Pages:
    """The pages of one service; `package` is the Python package with its folder `templates`."""

    def __init__(self, service: str, package: str) -> None:
        self._service = service
        self._environment = Environment(
            loader=PrefixLoader({"web": PackageLoader(__package__), service: PackageLoader(package)}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, values: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
        """Make a page of a template, such as `pupils/record.html`."""
        (stylesheet,) = static_files()
        page = self._environment.get_template(template).render(
            values, stylesheet=stylesheet.path(self._service)
        )
        return HTMLResponse(page, int(status), headers=HEADERS)

    def refusal(self, error: HubError) -> Response:
        """Say in plain words why there is no page, with the same status as a problem document."""
        retry_after_s = getattr(error, "retry_after_s", None)
        values = {"found": error.status != HTTPStatus.NOT_FOUND, "retry_after_s": retry_after_s}
        answer = self.render("web/refusal.html", values, error.status)
        if retry_after_s is not None:
            answer.headers["Retry-After"] = str(retry_after_s)
        return answer
