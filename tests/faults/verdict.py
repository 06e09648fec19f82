"""What a checker says: what it counted, and what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

PROBLEMS_SHOWN: Final = 5


@dataclass(slots=True)
class Verdict:
    """One promise's verdict; a count of `must_count` that is nought is a failure of the check itself."""

    promise: str
    must_count: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence where called
        """Note a complaint unless it holds."""
        if not holds:
            self.problems.append(complaint)

    @property
    def uncounted(self) -> list[str]:
        """What should have been looked at and was not there."""
        return [f"{self.promise} counted no {what}" for what in self.must_count if not self.counts[what]]

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {what}" for what, number in self.counts.items())
        if not self.problems:
            return f"{self.promise} {counts}"
        shown = "; ".join(self.problems[:PROBLEMS_SHOWN])
        return f"{self.promise} BROKEN {len(self.problems)} times ({counts}): {shown}"
