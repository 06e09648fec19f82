"""What the forms of our pages ask for: fields that were left empty are as good as not there."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.runtime.errors import FieldProblem, InvalidError

M = TypeVar("M", bound=BaseModel)


def asked_of(request: Request, model: type[M]) -> M:
    """Read the address's parameters; raises InvalidError for one that means nothing, or is there twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    problems = [FieldProblem(name, "is there more than once") for name in set(names) if names.count(name) > 1]
    if problems:
        raise InvalidError("This cannot be asked.", tuple(problems))
    given = {name: value for name, value in request.query_params.items() if value}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = [_problem(dict(found)) for found in error.errors()]
        raise InvalidError("This cannot be asked.", tuple(problems)) from None


def _problem(found: dict[str, object]) -> FieldProblem:
    if found["type"] == "extra_forbidden":
        # Not the name that was sent: it may be anything.
        return FieldProblem("address", "has a name that means nothing here")
    where = ".".join(str(part) for part in found["loc"])  # type: ignore[attr-defined]
    return FieldProblem(where, str(found["msg"]))
