"""Where pupils, sheets and activities are kept.

In a school's own database: `pupils` (one document each), `roll_index` (where all of them are, in one
document), `year_groups` (one sheet a year group and academic year), `activities` (one document each, the
attendance inside it) and `activity_versions` (what was before a correction or retraction). In the service's
database: `employers`, the ids that the directory has listed, and `matches` (`matches.py`).

Attendance is a list of ids for each year group and status, not a list of documents, and has no index: this is
five times less to write on the embedded store, and reading the few hundred activities of a school's year to
find one pupil's takes less time than an index over every attendance would cost each post (measured).

Each in a module of its own, with its collections and queries: `conversations.py`, `interests.py`,
`destinations.py`, `self_assessments.py`, `plans.py`, `activity_evaluations.py`, `scopes.py`,
`roll_mapping.py`, `rectifications.py`, `restrictions.py`, `record_links.py`, `retention.py`, `erasures.py`.
Of the others, `documents.py`, `activity_documents.py` and `roll_index.py` write them down and read them back;
`reads.py` and `writes.py` are the queries.
"""

from __future__ import annotations

from typing import Final

from services.runtime.mongo import Index

PUPILS: Final = "pupils"
ROLL_INDEX: Final = "roll_index"
YEAR_GROUPS: Final = "year_groups"
ACTIVITIES: Final = "activities"
ACTIVITY_VERSIONS: Final = "activity_versions"
EMPLOYERS: Final = "employers"

SCHOOL_INDEXES: Final = {
    PUPILS: (Index((("upn_digest", 1),), unique=True),),
    ACTIVITIES: (Index((("academic_year", 1), ("held_on", -1), ("_id", 1))),),
}
