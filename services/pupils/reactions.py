"""What `pupils` does because another service told something.

It keeps the ids of the Hub's employers: an activity that names an employer whom the directory does not have
is refused, so a slip of the keyboard cannot become an employer of its own. Their names, as they were listed
last, are for the pages on which people choose one; schools' names are kept by `services/web/schools.py`.
"""

from __future__ import annotations

from contracts.employers import EmployerListed
from services.pupils.store import EMPLOYERS
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork


async def on_employer_listed(unit: UnitOfWork, listed: EmployerListed) -> None:
    """Know an employer from now on, under the name and as part of the one that the last listing says."""
    document = {"_id": listed.employer_id, "name": listed.name, "merged_into": listed.merged_into}
    await unit.collection(EMPLOYERS).write(Replace({"_id": listed.employer_id}, document, upsert=True))
