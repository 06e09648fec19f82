"""The routes of contacts. What a caller sent is never repeated in an error: it is somebody's address."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Response, status
from pydantic import StringConstraints

from services.employers.contacts.commands import keep_contact, read_contacts, remove_contact
from services.employers.contacts.store import Contact, ContactId, KeptContact, accesses_to
from services.employers.fields import PREFIX, SERVICE_NAME, Body, EmployerInPath, Line
from services.employers.listed import require_listed
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

ACCESSES_SHOWN: Final = 100
"""The latest; all of them stay in the store."""

router = SecuredRouter(SERVICE_NAME, PREFIX)

# RFC 5321 allows 254 characters; what stands before and after the @ is for the mail server to judge.
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}$"),
]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=30, pattern=r"^\+?[0-9][0-9 ()-]{5,}$")
]
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class ContactBody(Body):
    """Somebody at an employer."""

    name: Line
    role: Line | None = None
    email: Email
    phone: Phone | None = None


@router.get("/employers/{employer_id}/contacts", Permission.READ_CONTACTS)
async def get_contacts(caller: AdmittedToHub, employer_id: EmployerInPath) -> dict[str, Any]:
    """Show an employer's contacts; that they were read is noted first."""
    sealer = caller.context.sealer

    async def work(unit: UnitOfWork) -> tuple[KeptContact, ...]:
        return await read_contacts(unit, sealer, employer_id)

    found = await caller.context.in_hub(caller.actor, f"contacts/{employer_id}", work)
    return {"contacts": [_shown(kept) for kept in found]}


@router.post(
    "/employers/{employer_id}/contacts", Permission.MANAGE_CONTACTS, status_code=status.HTTP_201_CREATED
)
async def post_contact(
    response: Response, caller: AdmittedToHub, employer_id: EmployerInPath, body: ContactBody
) -> dict[str, Any]:
    """Keep a contact: 201, or 200 if the address was known; then name, role and telephone are put right."""
    contact = Contact(body.name, body.role, body.email, body.phone)
    sealer = caller.context.sealer

    async def work(unit: UnitOfWork) -> tuple[KeptContact, bool]:
        return await keep_contact(unit, sealer, employer_id, contact)

    kept, is_new = await caller.context.in_hub(caller.actor, f"contacts/{employer_id}", work)
    if not is_new:
        response.status_code = status.HTTP_200_OK
    return _shown(kept)


@router.post("/employers/{employer_id}/contacts/{contact_id}/removal", Permission.MANAGE_CONTACTS)
async def post_removal(caller: AdmittedToHub, employer_id: EmployerInPath, contact_id: Id) -> dict[str, Any]:
    """Remove a contact for good, as anybody may ask who is one."""

    async def work(unit: UnitOfWork) -> None:
        await remove_contact(unit, employer_id, ContactId(contact_id))

    await caller.context.in_hub(caller.actor, f"contacts/{employer_id}", work)
    return {"contact_id": contact_id, "outcome": "removed"}


@router.get("/employers/{employer_id}/contacts/accesses", Permission.MANAGE_CONTACTS)
async def get_accesses(caller: AdmittedToHub, employer_id: EmployerInPath) -> dict[str, Any]:
    """Show who read, kept or removed an employer's contacts, the latest first."""
    database = caller.context.database()
    await require_listed(database, employer_id)
    found = await accesses_to(database, employer_id, ACCESSES_SHOWN)
    return {
        "accesses": [
            {"by": one["by"], "action": one["action"], "contact_id": one["contact"], "at": one["at"]}
            for one in found
        ]
    }


def _shown(kept: KeptContact) -> dict[str, Any]:
    contact = kept.contact
    return {
        "contact_id": kept.id,
        "employer_id": kept.employer,
        "name": contact.name,
        "role": contact.role,
        "email": contact.email,
        "phone": contact.phone,
    }
