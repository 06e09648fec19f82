"""Pages for people: one layout, in the style of the GOV.UK Design System, and strict headers.

A service makes a `Pages` with the package that holds its templates; all extend `web/hub.html`. Values are
escaped wherever they stand, and a name that a template does not get is an error and no gap. The design
system's components are called as `govuk.button({...})`. Nothing on a page is fetched from anybody else, and
no script or style stands in it (promise "web").

`page` is for somebody signed in. `render` is for everybody else: it names nobody, and needs no style to be
installed, because a pupil's right to read a record, or the words of an error, may not hang on an operator's
missing file; its pages are written so that they can be read and sent as plain HTML. A pupil's record, a
survey and what stands in their place extend `web/by_link.html`: the same layout, with nothing that runs.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from services.runtime.errors import HubError
from services.runtime.static_files import StaticFile
from services.web.assets import (
    GOVUK_FRONTEND,
    AssetsMissingError,
    default_folder,
    govuk_behaviour,
    govuk_style,
    is_installed,
)
from services.web.components import Components
from services.web.labels import labelled
from services.web.words import ENGLISH

if TYPE_CHECKING:
    from services.web.visit import Visit

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

GOVUK_STYLE: Final = "govuk"
SITE_STYLE: Final = "site"
ICON: Final = "icon"
START_SCRIPT: Final = "start"
SITE_SCRIPT: Final = "site-script"


@cache
def static_files() -> tuple[StaticFile, ...]:
    """Load what pages need beside themselves; without the design system's files if nobody installed them."""
    return tuple(_files().values())


@cache
def _files() -> dict[str, StaticFile]:
    found = {
        SITE_STYLE: StaticFile("site", ".css", "text/css", _own("site.css")),
        ICON: StaticFile("icon", ".svg", "image/svg+xml", _own("icon.svg")),
        START_SCRIPT: StaticFile("start", ".js", "text/javascript", _own("start.js")),
    }
    if is_installed(GOVUK_FRONTEND, default_folder()):
        behaviour = StaticFile("govuk", ".js", "text/javascript", govuk_behaviour())
        script = _own("site.js").replace(b"govuk.js", behaviour.name.encode("ascii"))
        found[GOVUK_STYLE] = StaticFile("govuk", ".css", "text/css", govuk_style())
        found["govuk-script"] = behaviour
        found[SITE_SCRIPT] = StaticFile("site", ".js", "text/javascript", script)
    return found


def _own(name: str) -> bytes:
    return files(__package__).joinpath("static", name).read_bytes()


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
        self._environment.globals["govuk"] = Components()
        self._environment.filters |= ENGLISH | {"labelled": labelled}

    def page(
        self, visit: Visit, template: str, values: dict[str, Any], status: int = HTTPStatus.OK
    ) -> Response:
        """Make a page for somebody signed in; raises AssetsMissingError if the style was never installed."""
        # Read it once, so that what is missing says so.
        govuk_style_is_there()
        return self._answer(template, {**values, "visit": visit}, status)

    def render(self, template: str, values: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
        """Make a page for somebody who is not signed in, in plain HTML if the style was never installed."""
        return self._answer(template, {**values, "visit": None}, status)

    def refusal(self, error: HubError) -> Response:
        """Say in plain words why a link opens nothing, with the same status as a problem document."""
        values = {
            "found": error.status != HTTPStatus.NOT_FOUND,
            "retry_after_s": getattr(error, "retry_after_s", None),
        }
        return _patient(self.render("web/refusal.html", values, error.status), error)

    def trouble(self, error: HubError | None) -> Response:
        """Say what happened and what is safe, in place of a page; None stands for a mistake of ours."""
        status = HTTPStatus.INTERNAL_SERVER_ERROR if error is None else error.status
        problems = () if error is None else error.problems
        values = {
            "title": TROUBLE.get(status, "This page cannot be shown"),
            "detail": OUR_MISTAKE if error is None else error.detail,
            "problems": [(problem.where, problem.reason) for problem in problems],
            "status": int(status),
        }
        return _patient(self.render("web/trouble.html", values, status), error)

    def _answer(self, template: str, values: dict[str, Any], status: int) -> Response:
        paths = {name: file.path(self._service) for name, file in _files().items()}
        page = self._environment.get_template(template).render(values, files=paths)
        return HTMLResponse(page, int(status), headers=HEADERS)


OUR_MISTAKE: Final = (
    "This is our mistake, and it has been noted. If you sent something, look whether it is there before you "
    "send it again."
)
TROUBLE: Final[dict[int, str]] = {
    HTTPStatus.BAD_REQUEST: "There is a problem with what was sent",
    HTTPStatus.UNAUTHORIZED: "You need to sign in again",
    HTTPStatus.FORBIDDEN: "You cannot open this page",
    HTTPStatus.NOT_FOUND: "Page not found",
    HTTPStatus.CONFLICT: "Somebody was quicker",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is too much at once",
    HTTPStatus.UNPROCESSABLE_ENTITY: "There is a problem with what was sent",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests at once",
    HTTPStatus.SERVICE_UNAVAILABLE: "The Hub cannot answer just now",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Sorry, something went wrong",
}


def govuk_style_is_there() -> None:
    """Raise AssetsMissingError unless the design system's files were there when this process started."""
    if GOVUK_STYLE not in _files():
        govuk_style()
        raise AssetsMissingError(
            "The pages' style was installed after the Hub was started. Start the Hub again."
        )


def _patient(answer: Response, error: HubError | None) -> Response:
    if (retry_after_s := getattr(error, "retry_after_s", None)) is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer
