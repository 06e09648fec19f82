"""Signing in on the embedded Hub: a list of its people, behind a code that only the folder's owner knows.

The code is in a file beside the built-in issuer's private key. Whoever can read that key can sign any token
anyway, so the code gives nothing away; without it, other users of the same machine get nowhere.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.errors import InvalidError
from services.runtime.issuer import issue_token
from services.runtime.memberships import Memberships
from services.runtime.permissions import Role
from services.web.forms import read_form
from services.web.schools import all_names
from services.web.visit import ROLES

CODE_FILE: Final = "sign-in-code"
_CODE_BYTES: Final = 16
_ROLE_ORDER: Final = {role: place for place, role in enumerate(ROLES)}
MOST_SHOWN: Final = 500
"""A list longer than that is no list to choose from; a Hub of 40 schools has some 200 people."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom somebody signs in as, and where they go then."""

    subject: str
    to: str


def ensure_code(keys: Path) -> str:
    """Return the folder's code, made at first."""
    path = keys / CODE_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        code = secrets.token_urlsafe(_CODE_BYTES)
        file.write(code)
    return code


def knows(keys: Path, code: str) -> bool:
    """Whether somebody has the folder's code."""
    return bool(code) and hmac.compare_digest(code.encode(), ensure_code(keys).encode())


async def everybody(context: ServiceContext) -> list[dict[str, Any]]:
    """List the Hub's people with what they are and where, the Hub's own first."""
    memberships = Memberships(context.tenancy, context.clock)
    now = context.clock()
    current = [m for m in await memberships.all() if m.is_current(now)]
    names = await all_names(context)
    people: dict[tuple[Urn | None, str], list[Role]] = {}
    for membership in current:
        people.setdefault((membership.urn, membership.subject), []).append(membership.role)
    listed = [
        {
            "subject": subject,
            "roles": ", ".join(ROLES[role] for role in sorted(roles, key=_ROLE_ORDER.__getitem__)),
            "place": "" if urn is None else names.get(urn, f"School {urn}"),
        }
        for (urn, subject), roles in people.items()
    ]
    return sorted(listed, key=lambda one: (one["place"], one["roles"], one["subject"]))[:MOST_SHOWN]


async def chosen(context: ServiceContext, body: bytes) -> Chosen:
    """Read the form; raises InvalidError if it names nobody of this Hub."""
    form = read_form(body)
    subject = form.text("subject")
    if not await Memberships(context.tenancy, context.clock).of(subject):
        raise InvalidError("Nobody of this name is in the Hub now. Load the page again, and choose.")
    return Chosen(subject, form.text("to"))


def token_for(context: ServiceContext, keys: Path, subject: str) -> str:
    """Sign a token as the built-in issuer does."""
    settings = context.settings
    return issue_token(
        keys, issuer=settings.issuer, audience=settings.audience, subject=subject, now=context.clock()
    )
