"""A token bucket a school: one school's flood must not slow the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

BURST: Final = 2.0
"""How many seconds' worth of requests may come at once."""


@dataclass(slots=True)
class RateLimit:
    """Allows `per_second` requests a key, in one process; times are monotonic seconds from the caller."""

    per_second: float
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key: str, now_s: float) -> float:
        """Take one request; returns 0, or the seconds until one is free."""
        capacity = self.per_second * BURST
        left, at_s = self._buckets.get(key, (capacity, now_s))
        left = min(capacity, left + (now_s - at_s) * self.per_second)
        if left < 1:
            self._buckets[key] = (left, now_s)
            return (1 - left) / self.per_second
        self._buckets[key] = (left - 1, now_s)
        return 0.0
