"""Whether an employer is in the directory."""

from __future__ import annotations

from contracts.vocabulary import EmployerId
from services.employers.details.store import Database
from services.employers.model.directory import Employer
from services.employers.store import EMPLOYER_SHELF
from services.runtime.errors import NotFoundError


async def require_listed(database: Database, employer: EmployerId) -> Employer:
    """Read an employer's entry; raises NotFoundError if it is not in the directory."""
    document = await database.collection(EMPLOYER_SHELF.collection).get(employer)
    if document is None:
        raise NotFoundError("There is no such employer in the directory.")
    return EMPLOYER_SHELF.read(document)
