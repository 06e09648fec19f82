"""A token bucket a school: one school's flood must not slow the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

BURST: Final = 2.0
"""How many seconds' worth of requests may come at once."""
# Schools are a few dozen, but whoever has no account is told apart by address, of which there is no end. A
# bucket takes about 200 bytes, so this is 2 MB.
BUCKETS_KEPT: Final = 10_000


@dataclass(slots=True)
class RateLimit:
    """Allows `per_second` requests a key, in one process; times are monotonic seconds from the caller."""

    per_second: float
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key: str, now_s: float) -> float:
        """Take one request; returns 0, or the seconds until one is free."""
        capacity = self.per_second * BURST
        if len(self._buckets) >= BUCKETS_KEPT and key not in self._buckets:
            self._forget_full(now_s)
        left, at_s = self._buckets.get(key, (capacity, now_s))
        left = min(capacity, left + (now_s - at_s) * self.per_second)
        if left < 1:
            self._buckets[key] = (left, now_s)
            return (1 - left) / self.per_second
        self._buckets[key] = (left - 1, now_s)
        return 0.0

    def _forget_full(self, now_s: float) -> None:
        """Drop the buckets that have filled up again, after `BURST` seconds: new ones are no different."""
        self._buckets = {key: kept for key, kept in self._buckets.items() if now_s - kept[1] < BURST}
