"""Which accounts act for somebody, as a coordinator sees them."""

from __future__ import annotations

from typing import Any

from services.employers.accounts.store import AccountBook, accounts_of
from services.runtime.context import ServiceContext


async def accounts(context: ServiceContext, book: AccountBook, owner: str) -> dict[str, Any]:
    """List the accounts that act for an owner or did, with who bound or ended them."""
    now = context.clock()
    return {
        "accounts": [
            {
                "subject": kept.content.subject,
                "since": kept.content.since.isoformat(),
                "until": None if kept.content.until is None else kept.content.until.isoformat(),
                "current": kept.content.is_current(now),
                "by": (kept.changed or kept.recorded).by,
                "at": (kept.changed or kept.recorded).at.isoformat(),
            }
            for kept in await accounts_of(context.database(), book, owner)
        ]
    }
