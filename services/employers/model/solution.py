"""A round and its plan as bytes: one way of writing each, so that equal inputs have equal digests."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import zlib
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from services.employers.matching.plan import Plan
from services.employers.matching.round import MatchRound

_ROUND: Final = TypeAdapter(MatchRound)
_PLAN: Final = TypeAdapter(Plan)


@cache
def _fields_of(kind: type[Any]) -> tuple[str, ...]:
    """Name a value's fields; looked up once a kind, because a round has tens of thousands of offers."""
    if not dataclasses.is_dataclass(kind):
        message = f"{kind.__name__} has no place in a round"
        raise TypeError(message)
    return tuple(each.name for each in dataclasses.fields(kind))


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON has
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _fields_of(kind)}


def written(match_round: MatchRound) -> bytes:
    """Write a round in its one way."""
    return json.dumps(
        match_round.canonical(), default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def digest_of(content: bytes) -> str:
    """Digest what was written."""
    return hashlib.sha256(content).hexdigest()


def packed(content: bytes) -> bytes:
    """Make it small for the store and the pipe to the solver."""
    return zlib.compress(content)


def round_from(content: bytes) -> MatchRound:
    """Read a packed round."""
    return _ROUND.validate_json(zlib.decompress(content))


def packed_plan(plan: Plan) -> bytes:
    """Write a plan whole."""
    return packed(_PLAN.dump_json(plan))


def plan_from(content: bytes) -> Plan:
    """Read a packed plan."""
    return _PLAN.validate_json(zlib.decompress(content))
