"""What commands and views read, in as few round trips as it takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final

from contracts.vocabulary import AcademicYear, ActivityId, academic_year_of
from services.pupils.model.activity import Activity, Known
from services.pupils.model.pupil import Pupil, Pupils
from services.pupils.model.restriction import Use, refuse_use
from services.pupils.model.sheets import PupilRef, Sheet, SheetId
from services.pupils.store import ACTIVITIES, EMPLOYERS, PUPILS, ROLL_INDEX, YEAR_GROUPS
from services.pupils.store.activity_documents import (
    read_activity,
)
from services.pupils.store.documents import (
    read_enrolled,
    read_pupil,
    read_sheet,
)
from services.pupils.store.roll_index import ROLL_INDEX_ID, find_in_roll_index
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase
from services.runtime.uow import UnitOfWork

# Looking up so many keys costs the embedded store as much as handing over the index of a school of 1,000
# pupils (2 ms); the time for more grows with the square of their number (`roll_index.py`).
MOST_KEYS_LOOKED_UP: Final = 16

# 150 activities: 46 ms at once, 28 ms so many at a time.
IDS_AT_ONCE: Final = 32

# Activities that one unit's posts are compared with: three times what a busy school records in a year. The
# list of possible duplicates looks at all.
MOST_LOOKED_THROUGH: Final = 1_000

# As many as a bulk can have. In a year of 300 activities 25 days take 5 ms, the whole year 30 ms; the time
# for more days grows with the square of their number.
MOST_DAYS_ASKED_FOR: Final = 50

FACTS: Final = (
    "reference",
    "activity_type",
    "title",
    "held_on",
    "mode",
    "hours",
    "employer_id",
    "provider_type",
    "tests_met",
    "in_school_day",
    "match_id",
)
"""What `read_facts` needs of an activity's document."""

Database = UnitOfWork | SchoolDatabase


async def find_pupils(database: Database, refs: Collection[str], digests: Collection[str]) -> Pupils:
    """Find the pupils of these ids and of these digests of UPNs, present or former.

    A few are looked up, more are found in the roll index, and so is a UPN that nobody has at present.
    """
    if not refs and not digests:
        return Pupils(())
    if len(refs) + len(digests) <= MOST_KEYS_LOOKED_UP:
        found = await _look_up(database, refs, digests)
        if found.by_digest.keys() >= set(digests):
            return found
    index = await database.collection(ROLL_INDEX).get(ROLL_INDEX_ID)
    return Pupils(() if index is None else find_in_roll_index(index, refs, digests))


async def _look_up(database: Database, refs: Collection[str], digests: Collection[str]) -> Pupils:
    either = [
        {field: {"$in": sorted(keys)}} for field, keys in (("_id", refs), ("upn_digest", digests)) if keys
    ]
    where = either[0] if len(either) == 1 else {"$or": either}
    fields = ["upn_digest", "former_digests", "years"]
    found = await database.collection(PUPILS).find(where, fields=fields)
    return Pupils(map(read_enrolled, found))


async def all_pupils(database: Database) -> dict[str, Pupil]:
    """Read every pupil of the school, those of earlier years too, by the digest of the present UPN."""
    found = map(read_pupil, await database.collection(PUPILS).find({}))
    return {pupil.upn_digest: pupil for pupil in found}


async def the_pupil(database: Database, ref: str, use: Use) -> Pupil:
    """Read one pupil, saying what for; raises NotFoundError if the school has none of this id.

    Every route about one pupil comes through here, so none can forget that a record may be restricted: raises
    ForbiddenError or ConflictError if it is not for this use (`model/restriction.py`).
    """
    document = await database.collection(PUPILS).get(ref)
    if document is None:
        raise NotFoundError("There is no such pupil at this school.")
    pupil = read_pupil(document)
    refuse_use(pupil.restriction, pupil.pseudonymised_on, use)
    return pupil


async def find_named(database: Database, refs: Collection[str]) -> dict[str, Pupil]:
    """Read these pupils with their names, by id."""
    if len(refs) > MOST_KEYS_LOOKED_UP:
        return {pupil.ref: pupil for pupil in (await all_pupils(database)).values() if pupil.ref in refs}
    found = await database.collection(PUPILS).find({"_id": {"$in": sorted(refs)}}) if refs else []
    return {document["_id"]: read_pupil(document) for document in found}


async def find_sheets(
    database: Database,
    identities: Collection[SheetId],
    tutor_groups: Collection[tuple[AcademicYear, str]] = (),
) -> list[Sheet]:
    """Read sheets by id, and those on which a tutor group is."""
    either: list[Document] = []
    if identities:
        either.append({"_id": {"$in": sorted(identities)}})
    for year in sorted({year for year, _ in tutor_groups}):
        names = sorted(name for its_year, name in tutor_groups if its_year == year)
        either.append({"academic_year": year, "tutor_groups": {"$in": names}})
    if not either:
        return []
    found = await database.collection(YEAR_GROUPS).find(either[0] if len(either) == 1 else {"$or": either})
    return [read_sheet(document) for document in found]


async def sheets_of_years(database: Database, years: Collection[AcademicYear]) -> list[Sheet]:
    """Read every sheet of these academic years."""
    found = await database.collection(YEAR_GROUPS).find({"academic_year": {"$in": sorted(years)}})
    return [read_sheet(document) for document in found]


async def all_sheets(database: Database) -> list[Sheet]:
    """Read every sheet of every academic year."""
    return [read_sheet(document) for document in await database.collection(YEAR_GROUPS).find({})]


async def years_with_roll(database: Database) -> set[AcademicYear]:
    """Name the academic years that a roll has been imported for."""
    found = await database.collection(YEAR_GROUPS).find({}, fields=["academic_year"])
    return {AcademicYear(document["academic_year"]) for document in found}


async def find_known(database: Database, identities: Collection[ActivityId]) -> dict[ActivityId, Known]:
    """Read what is needed to recognise repeated posts of these activities."""
    found = await _by_id(database, identities, ("version", "status", "fingerprints", "merged_into"))
    return {
        document["_id"]: Known(
            document["_id"],
            document["version"],
            document["status"],
            tuple(document["fingerprints"]),
            document.get("merged_into"),
        )
        for document in found
    }


async def find_activities(
    database: Database, identities: Collection[ActivityId]
) -> dict[ActivityId, Activity]:
    """Read whole activities."""
    return {document["_id"]: read_activity(document) for document in await _by_id(database, identities)}


async def activities_of_days(database: Database, days: Collection[dt.date]) -> list[Document]:
    """Read what the activities of these days say, without who was there; of many days, of their whole years.

    Nothing else is asked of the store: it uses an index only for conditions that are all in it.
    """
    years = sorted({academic_year_of(day) for day in days})
    where: Document = {"academic_year": years[0] if len(years) == 1 else {"$in": years}}
    if len(days) <= MOST_DAYS_ASKED_FOR:
        where["held_on"] = {"$in": sorted(day.isoformat() for day in days)}
    newest_first = [("held_on", -1), ("_id", 1)]
    return await database.collection(ACTIVITIES).find(
        where, sort=newest_first, limit=MOST_LOOKED_THROUGH, fields=("status", *FACTS)
    )


async def _by_id(
    database: Database, identities: Collection[ActivityId], fields: Sequence[str] = ()
) -> list[Document]:
    """Read activities by their ids, some at a time: the embedded store's time grows with the square."""
    ids = sorted(identities)
    found: list[Document] = []
    for start in range(0, len(ids), IDS_AT_ONCE):
        where = {"_id": {"$in": ids[start : start + IDS_AT_ONCE]}}
        found += await database.collection(ACTIVITIES).find(where, fields=fields)
    return found


async def known_employers(directory: ServiceDatabase, identities: Collection[str]) -> set[str]:
    """Tell which of these employers the directory has listed."""
    if not identities:
        return set()
    found = await directory.collection(EMPLOYERS).find({"_id": {"$in": sorted(identities)}}, fields=["_id"])
    return {document["_id"] for document in found}


async def activities_concerning(
    database: Database, collection: str, pupil: PupilRef, years: Collection[AcademicYear]
) -> list[Document]:
    """Read the activities, or earlier versions of some, of these years that a pupil was concerned in."""
    found: list[Document] = []
    for year in years:
        documents = await database.collection(collection).find({"academic_year": year})
        # A pupil's id is 16 random digits: whoever's id is among the bytes was concerned.
        found += [document for document in documents if pupil.encode() in document["attendance"]]
    return found
