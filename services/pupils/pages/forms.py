"""What the forms of these pages have in common: what was typed, what is wrong with it, and being sent once.

A form carries a random key that was made when it was shown. The key and all that was typed together make the
request's idempotency key: a double click is the same request, and a form that was changed after going back in
the browser is another one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError

from services.pupils.api import SERVICE_NAME
from services.runtime.errors import FieldProblem, ForbiddenError, HubError, InvalidError
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form
from services.web.routing import SchoolVisitor
from services.web.session import SEE_OTHER

PREFIX: Final = f"/{SERVICE_NAME}/schools/{{urn}}"
KEY: Final = "key"
_KEY_BYTES: Final = 16
_KEY: Final = re.compile(r"^[0-9a-f]{32}$")
_FOR_PROGRAMS: Final = re.compile(r" \((?:GET|PUT|POST) [^)]*\)")
"""What a reason tells a program to send; a person has a page for it."""
_VERBS: Final = ("is ", "has ", "are ", "needs ", "names ", "must ", "contains ", "cannot ", "differs ")

B = TypeVar("B", bound=BaseModel)
Labels = Mapping[str, tuple[str, str]]
"""By the name that a problem gives a field: the field of the form, and what it is called in a sentence."""


def new_key() -> str:
    """Make the key of a form that is about to be shown."""
    return secrets.token_hex(_KEY_BYTES)


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it is shown: what was typed, and what is wrong by field; `""` stands for the whole."""

    sent: Form = field(default_factory=Form)
    problems: Sequence[tuple[str, str]] = ()
    key: str = field(default_factory=new_key)

    def text(self, name: str, default: str = "") -> str:
        """Return what was typed, or what stands there at first."""
        return next(iter(self.sent.every(name)), default if not self.sent.fields else "")

    def chosen(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Return what was ticked, or what is ticked at first."""
        return self.sent.every(name) if self.sent.fields else list(default)

    def error(self, name: str) -> dict[str, str] | None:
        """Return a field's message as the design system's components take it."""
        return next(({"text": message} for where, message in self.problems if where == name), None)

    def day(self, name: str, default: dt.date | None = None) -> list[dict[str, str]]:
        """Return the three inputs of a date."""
        parts = ("", "", "") if default is None else (default.day, default.month, default.year)
        wrong = " govuk-input--error" if self.error(name) else ""
        return [
            {
                "name": part,
                "value": self.text(f"{name}-{part}", str(value)),
                "classes": f"govuk-input--width-{width}{wrong}",
            }
            for part, value, width in zip(("day", "month", "year"), parts, (2, 2, 4), strict=True)
        ]

    @property
    def summary(self) -> list[dict[str, str]]:
        """List what is wrong for the top of the page, each linked to its field."""
        return [
            {"text": message, "href": f"#{where}"} if where else {"text": message}
            for where, message in self.problems
        ]


def refused(form: Form, error: HubError, labels: Labels) -> Filled:
    """Show a form again with what is wrong, in words of the form, under the key that it had."""
    told = [_told(problem, labels) for problem in error.problems] or [("", error.detail)]
    return Filled(form, list(dict.fromkeys(told)), form.text(KEY) or new_key())


def _told(problem: FieldProblem, labels: Labels) -> tuple[str, str]:
    name = re.split(r"[.\[]", problem.where, maxsplit=1)[0]
    reason = _FOR_PROGRAMS.sub("", problem.reason)
    known = labels.get(problem.where) or labels.get(name)
    if known is None:
        return "", reason[:1].upper() + reason[1:]
    where, label = known
    return where, f"{label} {reason}" if reason.startswith(_VERBS) else f"{label}: {reason}"


def read_body(kind: type[B], values: Mapping[str, Any]) -> B:
    """Check what was typed as a program's body is checked; raises InvalidError in plain words."""
    try:
        return kind.model_validate(values)
    except ValidationError as invalid:
        raise InvalidError("Check what you typed.", _in_words(invalid)) from None


def _in_words(invalid: ValidationError) -> tuple[FieldProblem, ...]:
    """Say where and why without what was typed; our own reasons stay, the library's become English."""
    found = []
    for error in invalid.errors(include_url=False, include_input=False):
        context = error.get("ctx", {})
        match error["type"]:
            case "string_too_short" | "missing":
                reason = "is missing"
            case "string_too_long":
                reason = f"has more than {context['max_length']:,} characters"
            case "too_long":
                reason = f"has more than {context['max_length']:,} entries"
            case "string_pattern_mismatch" | "literal_error" | "string_type":
                reason = "is not one of the choices"
            case "float_type" | "int_type" | "greater_than_equal" | "less_than_equal":
                reason = "is not a number that can be"
            case _:
                reason = error["msg"]
        found.append(FieldProblem(".".join(map(str, error["loc"])) or "form", reason))
    return tuple(found)


def day_typed(form: Form, name: str) -> str | None:
    """Join the three inputs of a date to text such as 2026-03-14; None if none of them was filled in.

    What is no number is passed on as it is, so that whoever reads days refuses it.
    """
    day, month, year = (form.text(f"{name}-{part}") for part in ("day", "month", "year"))
    if not (day or month or year):
        return None
    return f"{year}-{month.zfill(2)}-{day.zfill(2)}"


def number_typed(text: str) -> float | str | None:
    """Read a number; what is none is passed on, so that whoever reads numbers refuses it."""
    if not text:
        return None
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) else text


async def once(
    caller: SchoolVisitor, form: Form, what: bytes, work: Callable[[UnitOfWork], Awaitable[Document]]
) -> Document:
    """Do what a form asks for in one unit of work; the same form again gets the first answer."""
    asked = request_of(form, what)

    async def run(unit: UnitOfWork) -> Document:
        async def do() -> Document:
            return await work(unit)

        return await answer_once(unit, asked, asked, do)

    return await caller.context.in_school(caller.actor, caller.urn, run)


def request_of(form: Form, what: bytes) -> str:
    """Name a request by its form's key and all that was typed; raises InvalidError without a key."""
    if not _KEY.match(form.text(KEY)):
        problem = FieldProblem(
            "form", "is not one of these pages': load the page again, and send it from there"
        )
        raise InvalidError("What was sent cannot be used.", (problem,))
    return fingerprint(what, json.dumps(sorted(form)).encode())


def address(caller: SchoolVisitor, path: str, **query: str) -> str:
    """Name a page of the school that the caller looks at."""
    tail = f"?{urlencode(query)}" if query else ""
    return f"{PREFIX.format(urn=caller.asked)}{path}{tail}"


def go_to(caller: SchoolVisitor, path: str, **query: str) -> RedirectResponse:
    """Send a browser to a page after something was done."""
    return RedirectResponse(address(caller, path, **query), SEE_OTHER)


def require(caller: SchoolVisitor, permission: Permission) -> None:
    """Raise ForbiddenError unless the caller has a second permission that a page needs."""
    if permission not in caller.granted:
        raise ForbiddenError("Your role does not include this. Ask your Careers Leader.")
