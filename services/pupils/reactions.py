"""What `pupils` does because another service told something.

It keeps the ids of the Hub's employers: an activity that names an employer whom the directory does not have
is refused, so a slip of the keyboard cannot become an employer of its own. Names are the directory's to keep.
"""

from __future__ import annotations

from contracts.employers import EmployerListed
from services.pupils.store import EMPLOYERS
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork


async def on_employer_listed(unit: UnitOfWork, listed: EmployerListed) -> None:
    """Know an employer from now on; a later listing of the same one changes nothing."""
    document = {"_id": listed.employer_id}
    await unit.collection(EMPLOYERS).write(Replace(document, document, upsert=True))
