"""One readable card a topic: what it carries, who writes, who reads, and for how long.

A service has one topic, because the ledger's sequence runs over all its events of a key: a reader of the
topic sees every number and so can tell a gap from a type that it does not care for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

DAY_MS: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class TopicCard:
    """What one topic is; `personal_data` can only be `none`."""

    name: str
    about: str
    key: str
    owner: str
    readers: tuple[str, ...]
    partitions: int
    retention_ms: int
    personal_data: Literal["none"] = "none"


# The ledgers hold every event for ever and re-publish at will, so topics keep just enough for a reader
# that was away over the longest school holiday.
_LEDGER_RETENTION_MS: Final = 60 * DAY_MS

PUPILS: Final = TopicCard(
    name="pupils.events",
    about="What pupils took part in, as counts and coverage per school, year group and benchmark.",
    key="URN of the school",
    owner="pupils",
    readers=("reporting", "employers", "audit"),
    partitions=6,
    retention_ms=_LEDGER_RETENTION_MS,
)
AUDIT: Final = TopicCard(
    name="audit.events",
    about="Gatsby evaluations: completed, superseded, shared, unshared. Scores only where they are shared.",
    key="URN of the school",
    owner="audit",
    readers=("reporting", "employers"),
    partitions=6,
    retention_ms=_LEDGER_RETENTION_MS,
)
EMPLOYERS: Final = TopicCard(
    name="employers.events",
    about="The Hub's shared directory; offers, schools' needs, matches, and relationships with advisers.",
    key="'directory', 'offers', 'advisers': each is one ordered story; for needs and matches a school's URN",
    owner="employers",
    readers=("pupils", "reporting", "audit"),
    partitions=6,
    retention_ms=_LEDGER_RETENTION_MS,
)
CONTROL: Final = TopicCard(
    name="hub.control",
    about="How far each ledger has got, and readers' requests to have a part of one published again.",
    key="name of the service that owns the ledger",
    owner="every worker",
    readers=("every worker",),
    partitions=1,
    retention_ms=DAY_MS,
)

LEDGER_TOPICS: Final = (PUPILS, AUDIT, EMPLOYERS)
ALL_TOPICS: Final = (*LEDGER_TOPICS, CONTROL)
