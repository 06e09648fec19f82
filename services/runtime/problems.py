"""Every error of the API as problem+json (RFC 9457): what happened, where, what to do, and the trace's id.

What the caller sent is never repeated: a message names the field, not its contents.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from services.runtime.errors import FieldProblem, HubError, InvalidError
from services.runtime.logs import get_logger
from services.runtime.telemetry import current_trace_id

log = get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
# A body with a thousand mistakes is answered with the first of them.
PROBLEMS_SHOWN: Final = 50


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every kind of error the same way; `observed.py` answers those that nobody expected."""
    app.add_exception_handler(HubError, _hub_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def problem(
    status: int,
    title: str,
    detail: str,
    problems: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Build one problem document."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if problems:
        body["problems"] = [p.to_json() for p in problems[:PROBLEMS_SHOWN]]
        if len(problems) > PROBLEMS_SHOWN:
            body["problems_not_shown"] = len(problems) - PROBLEMS_SHOWN
    if trace_id := current_trace_id():
        body["trace_id"] = trace_id
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


async def _hub_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HubError):
        raise error
    headers: dict[str, str] = {}
    if (retry_after := getattr(error, "retry_after_s", None)) is not None:
        headers["Retry-After"] = str(retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.title, error.detail, error.problems, headers)


async def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = tuple(_field_problem(found) for found in error.errors())
    first = problems[0]
    detail = f"{first.where}: {first.reason}" if len(problems) == 1 else f"{len(problems)} fields are wrong."
    return problem(InvalidError.status, InvalidError.title, detail, problems)


def _field_problem(found: Mapping[str, Any]) -> FieldProblem:
    location = [str(part) for part in found["loc"]]
    if found["type"] == "json_invalid":
        position = location[-1] if location[-1].isdigit() else "0"
        return FieldProblem("body", f"This is not JSON: it breaks at character {position}.")
    return FieldProblem(".".join(location), str(found["msg"]))


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if request.app.state.show_refusal is not None and _asks_for_a_page(request):
        answer: Response = request.app.state.show_refusal(error)
        return answer
    title = HTTPStatus(error.status_code).phrase
    return problem(error.status_code, title, str(error.detail), headers=error.headers)


def _asks_for_a_page(request: Request) -> bool:
    """Whether a browser asks; a program says `*/*`, or nothing."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def note_mistake(scope: Scope, error: Exception) -> None:
    """Note a mistake of ours: where it happened, but not its text."""
    # An error's text may repeat what was being handled: a validation error shows its input.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("request failed", method=scope["method"], error=type(error).__name__, where=where)


def unexpected_problem(scope: Scope, error: Exception) -> JSONResponse:
    """Note a mistake of ours, and build the answer."""
    note_mistake(scope, error)
    detail = "This is our mistake, and it has been noted. Nothing was acknowledged; you may try again."
    return problem(500, "Something went wrong", detail)
