"""The one navigation over the pages of all services: who sees which entry is decided by permissions alone.

Services do not know each other; their pages' addresses stand here, and a test holds each of them against the
route that is really there, with its permission.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import Urn
from services.runtime.permissions import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation; `path` may have `{urn}`."""

    label: str
    path: str
    permission: Permission

    def href(self, urn: Urn | None) -> str:
        """Where it leads from a school's page, or from one of the Hub's."""
        return self.path if urn is None else self.path.format(urn=urn)


MY_SCHOOLS: Final = Entry("My schools", "/employers/advising", Permission.READ_OWN_ADVISER)
"""An adviser's own page is the Hub's and leads to each of their schools, so it is listed at both."""
SCHOOL: Final[tuple[Entry, ...]] = (
    MY_SCHOOLS,
    Entry("Today", "/pupils/schools/{urn}", Permission.READ_ACTIVITIES),
    Entry("Activities", "/pupils/schools/{urn}/activities", Permission.READ_ACTIVITIES),
    Entry("Who is missing", "/pupils/schools/{urn}/missing", Permission.READ_COVERAGE),
    Entry("Pupils", "/pupils/schools/{urn}/pupils", Permission.READ_PUPILS),
    Entry("Evaluation", "/audit/schools/{urn}/evaluation", Permission.READ_EVALUATIONS),
    Entry("Plan", "/audit/schools/{urn}/plan", Permission.READ_PLAN),
    Entry("Governors", "/audit/schools/{urn}/governors", Permission.READ_EVALUATIONS),
    Entry("Needs and matches", "/employers/schools/{urn}/needs", Permission.READ_NEEDS),
    Entry("Our figures", "/reporting/schools/{urn}", Permission.READ_SCHOOL_REPORT),
    Entry("Data protection", "/pupils/schools/{urn}/data-protection", Permission.EXPORT_RECORD),
)
HUB: Final[tuple[Entry, ...]] = (
    MY_SCHOOLS,
    Entry("The Hub", "/reporting/hub", Permission.READ_HUB_REPORT),
    Entry("Tables", "/reporting/tables", Permission.READ_HUB_REPORT),
    Entry("Snapshots", "/reporting/snapshots", Permission.READ_HUB_REPORT),
    Entry("Recount", "/reporting/recount", Permission.READ_HUB_REPORT),
    Entry("Match rounds", "/employers/rounds", Permission.READ_ROUNDS),
    Entry("Employers", "/employers/directory", Permission.READ_DIRECTORY),
    Entry("Advisers", "/employers/advisers", Permission.READ_ADVISERS),
    Entry("Map", "/employers/map", Permission.READ_DIRECTORY),
    Entry("My offers", "/employers/own", Permission.READ_OWN_EMPLOYER),
)


def entries(urn: Urn | None, granted: Collection[Permission]) -> list[Entry]:
    """List what somebody may open at a school, or in the Hub."""
    return [entry for entry in (HUB if urn is None else SCHOOL) if entry.permission in granted]
