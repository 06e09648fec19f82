"""Keeps, shows and removes contacts; each is noted in the transaction that does it."""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import EmployerId
from services.employers.contacts.store import (
    EMPLOYER_CONTACTS,
    Contact,
    ContactId,
    KeptContact,
    contact_id,
    contacts_of,
    find_contact,
    keeping_contact,
    note_access,
)
from services.employers.listed import require_listed
from services.employers.merging.store import read_merges
from services.employers.model.merging import ids_of
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.sealing import Sealer
from services.runtime.uow import UnitOfWork

MOST_CONTACTS: Final = 50
"""Of one employer; who has more has a list of staff, which is not ours to keep."""
NO_SUCH_CONTACT: Final = "This employer has no such contact."


async def read_contacts(unit: UnitOfWork, sealer: Sealer, employer: EmployerId) -> tuple[KeptContact, ...]:
    """Read an employer's contacts, with those told of employers that were merged into it."""
    await require_listed(unit, employer)
    identities = ids_of(await read_merges(unit), employer)
    found = await contacts_of(unit, sealer, identities)
    await note_access(unit, employer, "read")
    return found


async def keep_contact(
    unit: UnitOfWork, sealer: Sealer, employer: EmployerId, contact: Contact
) -> tuple[KeptContact, bool]:
    """Keep a contact and say whether it is new; the same address again is put right, or unchanged.

    Raises NotFoundError for no employer of ours and ConflictError if the employer has as many as may be.
    """
    await require_listed(unit, employer)
    kept = KeptContact(contact_id(sealer, employer, contact), employer, contact)
    before = await find_contact(unit, sealer, kept.id)
    if before == kept:
        return kept, False
    if before is None and await _count(unit, employer) >= MOST_CONTACTS:
        raise ConflictError(f"An employer has at most {MOST_CONTACTS} contacts. Remove one first.")
    await unit.collection(EMPLOYER_CONTACTS).write(keeping_contact(sealer, kept))
    await note_access(unit, employer, "kept", kept.id)
    return kept, before is None


async def remove_contact(unit: UnitOfWork, employer: EmployerId, identity: ContactId) -> None:
    """Remove a contact for good; raises NotFoundError if there is none."""
    removed = await unit.collection(EMPLOYER_CONTACTS).delete({"_id": identity, "employer": employer})
    if not removed:
        raise NotFoundError(NO_SUCH_CONTACT)
    await note_access(unit, employer, "removed", identity)


async def _count(unit: UnitOfWork, employer: EmployerId) -> int:
    return await unit.collection(EMPLOYER_CONTACTS).count({"employer": employer})
