"""What a browser sends of a form: names and texts, read without trust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from services.runtime.errors import FieldProblem, InvalidError, TooLargeError

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 4_000
"""A year group of 400 with ten fields each."""
MOST_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """Names and values in the order sent; line ends as we write them, spaces around a value dropped."""

    fields: Sequence[tuple[str, str]] = ()

    def text(self, name: str) -> str:
        """Return the only value of a name, or an empty text; raises InvalidError if there are several."""
        found = self.every(name)
        if len(found) > 1:
            raise InvalidError("Something was sent twice.", (FieldProblem(name, "has more than one value"),))
        return found[0] if found else ""

    def every(self, name: str) -> list[str]:
        """Return all values of a name, as checkboxes send them."""
        return [value for field, value in self.fields if field == name]

    def __contains__(self, name: str) -> bool:
        return any(field == name for field, _ in self.fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)


def read_form(body: bytes, most_fields: int = MOST_FIELDS) -> Form:
    """Read a form's bytes; raises InvalidError for what no browser sends, TooLargeError for too much."""
    if len(body) > MOST_BYTES:
        raise TooLargeError(f"A form has {MOST_BYTES // 1024} KiB at most.")
    try:
        found = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most_fields
        )
    except ValueError:
        problem = FieldProblem("form", f"is not a form with {most_fields} fields at most")
        raise InvalidError("What was sent cannot be read.", (problem,)) from None
    return Form(tuple((name, value.replace("\r\n", "\n").strip()) for name, value in found))


async def form_of(request: Request) -> Form:
    """Read the form that a request brings."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise InvalidError("What was sent is not a form.", (FieldProblem("content-type", f"is not {FORM}"),))
    return read_form(await request.body())
