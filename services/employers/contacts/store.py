"""Where contacts are kept, sealed, and who has looked at them.

A contact's id is a keyed digest of employer and e-mail address: the same address twice is one contact, and
nobody with the database alone can tell whose it is.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection as Names
from dataclasses import dataclass
from typing import Final, Literal, NewType

from contracts.vocabulary import EmployerId
from services.employers.details.store import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.sealing import Sealer
from services.runtime.uow import UnitOfWork

EMPLOYER_CONTACTS: Final = "employer_contacts"
CONTACT_ACCESSES: Final = "contact_accesses"
CONTACT_INDEXES: Final = {
    EMPLOYER_CONTACTS: (Index((("employer", 1),)),),
    CONTACT_ACCESSES: (Index((("employer", 1), ("at", -1))),),
}
_KEY: Final = "hub"
"""Contacts are the Hub's, no school's: the sealer's keys are named for whose text it is."""
_ID_DIGITS: Final = 32
"""Hex digits kept of the keyed digest: 128 bits."""

ContactId = NewType("ContactId", str)
Action = Literal["read", "kept", "removed"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody at an employer whom a coordinator may write to."""

    name: str
    role: str | None
    email: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class KeptContact:
    """A contact with its id and the employer that it was told of."""

    id: ContactId
    employer: EmployerId
    contact: Contact


def contact_id(sealer: Sealer, employer: EmployerId, contact: Contact) -> ContactId:
    """Name a contact by employer and e-mail address, in whatever case it is written."""
    text = f"{employer}\0{contact.email.casefold()}"
    return ContactId(sealer.mac(_KEY, "contact", text.encode())[:_ID_DIGITS])


async def contacts_of(
    database: Database, sealer: Sealer, employers: Names[EmployerId]
) -> tuple[KeptContact, ...]:
    """Read and open the contacts told of some employers, in order of name."""
    found = await database.collection(EMPLOYER_CONTACTS).find({"employer": {"$in": sorted(employers)}})
    opened = [_open(document, sealer) for document in found]
    return tuple(sorted(opened, key=lambda kept: (kept.contact.name.casefold(), kept.id)))


async def find_contact(database: Database, sealer: Sealer, identity: ContactId) -> KeptContact | None:
    """Read and open one contact."""
    document = await database.collection(EMPLOYER_CONTACTS).get(identity)
    return None if document is None else _open(document, sealer)


def keeping_contact(sealer: Sealer, kept: KeptContact) -> Replace:
    """Write a contact, sealed."""
    contact = kept.contact
    text = json.dumps(
        {"name": contact.name, "role": contact.role, "email": contact.email, "phone": contact.phone}
    )
    document = {"_id": kept.id, "employer": kept.employer, "sealed": sealer.seal(_KEY, text)}
    return Replace({"_id": kept.id}, document, upsert=True)


async def note_access(
    unit: UnitOfWork, employer: EmployerId, action: Action, contact: ContactId | None = None
) -> None:
    """Note who does what with an employer's contacts: one of them, or all."""
    await unit.collection(CONTACT_ACCESSES).insert(
        {
            "_id": uuid.uuid4().hex,
            "employer": employer,
            "contact": contact,
            "action": action,
            "by": unit.actor.subject,
            "at": unit.now.isoformat(),
        }
    )


async def accesses_to(database: Database, employer: EmployerId, limit: int) -> list[Document]:
    """Read who did what with an employer's contacts, the latest first."""
    return await database.collection(CONTACT_ACCESSES).find(
        {"employer": employer}, sort=[("at", -1), ("_id", 1)], limit=limit
    )


def _open(document: Document, sealer: Sealer) -> KeptContact:
    parts = json.loads(sealer.unseal(_KEY, document["sealed"]))
    return KeptContact(document["_id"], document["employer"], Contact(**parts))
