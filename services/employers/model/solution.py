"""A round and its plan as bytes, packed and read; a round is written in `round_writing.py`."""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

from pydantic import TypeAdapter

from services.employers.matching.plan import Plan
from services.employers.matching.round import MatchRound

_ROUND: Final = TypeAdapter(MatchRound)
_PLAN: Final = TypeAdapter(Plan)
FAST: Final = 1
"""zlib's quickest level: a round at its largest packs in a third of the time, into a third more."""


def digest_of(content: bytes) -> str:
    """Digest what was written."""
    return hashlib.sha256(content).hexdigest()


def packed(content: bytes) -> bytes:
    """Make it small for the store and the pipe to the solver."""
    return zlib.compress(content, FAST)


def round_from(content: bytes) -> MatchRound:
    """Read a packed round."""
    return _ROUND.validate_json(zlib.decompress(content))


def packed_plan(plan: Plan) -> bytes:
    """Write a plan whole."""
    return packed(_PLAN.dump_json(plan))


def plan_from(content: bytes) -> Plan:
    """Read a packed plan."""
    return _PLAN.validate_json(zlib.decompress(content))
