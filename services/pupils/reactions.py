"""What `pupils` does because another service told something.

It keeps the ids of the Hub's employers: an activity that names an employer whom the directory does not have
is refused, so a slip of the keyboard cannot become an employer of its own. Their names, as they were listed
last, are for the pages on which people choose one; schools' names are kept by `services/web/schools.py`.

It keeps the schools' confirmed and completed matches, so that an activity can name the one that it comes of.
"""

from __future__ import annotations

from contracts.employers import EmployerListed, MatchChanged
from services.pupils.store import EMPLOYERS
from services.pupils.store.matches import forget_match, keep_match
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork


async def on_employer_listed(unit: UnitOfWork, listed: EmployerListed) -> None:
    """Know an employer from now on, under the name and as part of the one that the last listing says."""
    document = {"_id": listed.employer_id, "name": listed.name, "merged_into": listed.merged_into}
    await unit.collection(EMPLOYERS).write(Replace({"_id": listed.employer_id}, document, upsert=True))


async def on_match_changed(unit: UnitOfWork, told: MatchChanged) -> None:
    """Know a match from its confirmation until it is cancelled; before that there is nothing to record."""
    if told.state in {"confirmed", "completed"}:
        await keep_match(unit, told)
    elif told.state == "cancelled":
        await forget_match(unit, told.match_id)
