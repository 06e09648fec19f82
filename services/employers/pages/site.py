"""What the pages of `employers` share: templates, where something is wrong, and going on after a form."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.employers.fields import SERVICE_NAME
from services.employers.pages import words
from services.runtime.errors import HubError
from services.web.pages import Pages
from services.web.routing import Visitor

HUB: Final = f"/{SERVICE_NAME}"
SCHOOL: Final = f"/{SERVICE_NAME}/schools/{{urn}}"
KEY_BYTES: Final = 16
"""Of the key that a form carries, so that sending it twice records once."""

T = TypeVar("T")
Problems = tuple[tuple[str, str], ...]
"""Where something is wrong on a page, and what."""
Refused = HubError | ValidationError


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says besides its own content: what was done, or what was typed and is wrong."""

    done: str = ""
    typed: Mapping[str, Any] | None = None
    problems: Problems = ()
    status: int = HTTPStatus.OK

    @property
    def values(self) -> dict[str, Any]:
        """For a template; `wrong` has the first problem of each field."""
        return {"done": self.done, "problems": self.problems, "wrong": dict(reversed(self.problems))}


@cache
def pages() -> Pages:
    """Load the templates."""
    return Pages(SERVICE_NAME, "services.employers.pages")


def show(caller: Visitor, template: str, values: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
    """Make a page of ours; `words` are there in each of them."""
    return pages().page(caller.visit, f"employers/{template}.html", {"words": words, **values}, status)


def see(address: str, done: str = "") -> Response:
    """Go on to a page, which says what was done."""
    return RedirectResponse(f"{address}?done={done}" if done else address, HTTPStatus.SEE_OTHER)


def cut(found: Sequence[T], page: int, size: int, address: str) -> tuple[Sequence[T], dict[str, str | None]]:
    """Cut a page (from 1) out of a list, and say where the ones before and after it are."""
    first = (page - 1) * size
    return found[first : first + size], {
        "previous": f"{address}{page - 1}" if page > 1 else None,
        "next": f"{address}{page + 1}" if first + size < len(found) else None,
    }


def fresh_key() -> str:
    """Make the key of a form."""
    return secrets.token_hex(KEY_BYTES)


def status_of(error: Refused) -> int:
    """Answer what cannot be used with 422, and what others did meanwhile with 409."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(error, ValidationError) else error.status


def refused(
    error: Refused, fields: Mapping[str, str], otherwise: str, typed: Mapping[str, Any] | None = None
) -> Told:
    """Say what is wrong on the page that the form is on, with what was typed."""
    return Told(typed=typed, problems=problems_of(error, fields, otherwise), status=status_of(error))


def problems_of(error: Refused, fields: Mapping[str, str], otherwise: str) -> Problems:
    """Say what is wrong by the labels of a form's fields; what is of none of them stands at `otherwise`."""
    if isinstance(error, ValidationError):
        found = [
            (_name(found["loc"]), _said(found))
            for found in error.errors(include_url=False, include_input=False)
        ]
    else:
        found = [(one.where.partition(".")[0], one.reason) for one in error.problems] or [("", error.detail)]
    return tuple(
        (where, f"{fields[where]}: {reason}") if where in fields else (otherwise, reason)
        for where, reason in found
    )


def _name(where: Sequence[int | str]) -> str:
    return str(where[0]) if where else ""


def _said(found: Mapping[str, Any]) -> str:
    kind, bounds = str(found["type"]), found.get("ctx", {})
    if kind.endswith("too_short") or kind == "missing":
        return "fill this in"
    if kind.startswith("int") or kind in {"greater_than_equal", "less_than_equal"}:
        least, most = bounds.get("ge"), bounds.get("le")
        if least is not None:
            return f"write a whole number, {least:,} or more"
        return "write a whole number" if most is None else f"write a whole number, {most:,} at most"
    if kind.startswith("literal"):
        return "choose one of these"
    return str(found["msg"])
