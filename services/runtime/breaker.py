"""The circuit breaker of a reader: when parking runs hot, something is wrong with us, not with the records.

After many parked records in a short while the reader stops taking new ones for a pause, then tries one batch.
Without it a bug in a fold would park a whole Hub's year in a minute.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

WINDOW_S: Final = 30.0
# A school's broken upload parks a handful; a Hub's worth in half a minute is our own fault.
PARKED_IN_WINDOW: Final = 50
PAUSE_S: Final = 10.0


@dataclass(slots=True)
class Breaker:
    """Counts parked records; times are seconds of a monotonic clock, given by the caller."""

    limit: int = PARKED_IN_WINDOW
    window_s: float = WINDOW_S
    pause_s: float = PAUSE_S
    _parked: deque[float] = field(default_factory=deque)
    _open_until: float = 0.0

    def parked(self, now_s: float, records: int = 1) -> bool:
        """Count parked records; True if the breaker opens by it."""
        self._parked.extend([now_s] * records)
        while self._parked and self._parked[0] < now_s - self.window_s:
            self._parked.popleft()
        if len(self._parked) < self.limit:
            return False
        self._parked.clear()
        self._open_until = now_s + self.pause_s
        return True

    def pause_left(self, now_s: float) -> float:
        """Seconds until the reader may try again; 0 when it may."""
        return max(0.0, self._open_until - now_s)
