"""How late a reader is, in seconds: since when the oldest event that it lacks has been announced.

A number of events says little: a hundred are a second's work, or a school's whole day that nobody can see.
Announcements (`progress.py`) tell each stream's head twice a second. Here the moments are kept at which a
head moved, until the reader has passed them; the first of those left is the answer. Times are seconds of a
monotonic clock, given by the caller. After a start what is missing counts from the first announcement.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.runtime.arrivals import Stream

# Five minutes of a stream that moves with each announcement. Then every second moment is forgotten and the
# next are kept half as often, so that a long outage costs no memory and a hundredth of precision.
MOMENTS_KEPT: Final = 600  # even: of one more, thinning keeps the first and the last
_FIRST_GAP_S: Final = 0.5


class Moment(NamedTuple):
    """When a stream's head was first heard to be here."""

    head: int
    at_s: float


@dataclass(slots=True)
class _Story:
    """A stream's moments that the reader has not passed, and how far apart they are at least."""

    moments: deque[Moment] = field(default_factory=deque)
    gap_s: float = 0.0

    def lateness_s(self, head: int, applied: int, now_s: float) -> float:
        self._note(head, now_s)
        while self.moments and self.moments[0].head <= applied:
            self.moments.popleft()
        if not self.moments:
            self.gap_s = 0.0
            return 0.0
        return now_s - self.moments[0].at_s

    def _note(self, head: int, now_s: float) -> None:
        if not self.moments or (head > self.moments[-1].head and now_s - self.moments[-1].at_s >= self.gap_s):
            self.moments.append(Moment(head, now_s))
        elif head > self.moments[-1].head:
            # Told a little earlier than it was: late is said too soon rather than too late.
            self.moments[-1] = Moment(head, self.moments[-1].at_s)
        if len(self.moments) > MOMENTS_KEPT:
            self.moments = deque(list(self.moments)[::2])
            self.gap_s = max(_FIRST_GAP_S, self.gap_s) * 2


@dataclass(slots=True)
class Lateness:
    """The streams that one reader follows."""

    _stories: dict[Stream, _Story] = field(default_factory=dict)

    def seconds(self, streams: Iterable[tuple[Stream, int, int]], now_s: float) -> float:
        """Note each stream's announced head and applied sequence; returns the lateness of the latest."""
        return max(
            (
                self._stories.setdefault(stream, _Story()).lateness_s(head, applied, now_s)
                for stream, head, applied in streams
            ),
            default=0.0,
        )
