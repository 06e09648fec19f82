"""Writes a round as bytes: in one way, so that equal inputs have equal digests.

It is apart from the models because of orjson, which takes a tenth of the standard library's time over a round
of 25,000 offers; such a round is written each time that it is solved again.
"""

from __future__ import annotations

from typing import Any

import orjson

from services.employers.matching.round import MatchRound


def _plain(value: object) -> list[Any]:
    """Put a set into its order; orjson writes days and dataclasses of itself, by their fields in order."""
    if isinstance(value, frozenset):
        return sorted(value)
    message = f"{type(value).__name__} has no place in a round"
    raise TypeError(message)


def written(match_round: MatchRound) -> bytes:
    """Write a round in its one way: its lists by id, its sets and mappings in order."""
    return orjson.dumps(match_round.canonical(), default=_plain, option=orjson.OPT_SORT_KEYS)
