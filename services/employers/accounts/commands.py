"""Binds accounts and ends them, each in one unit of work; whether the owner is there is for the caller."""

from __future__ import annotations

from services.employers.accounts.store import AccountBook, accounts_of
from services.employers.commands.changes import receipt, refuse, store_change
from services.employers.model.account import Account, Binding, account_id, account_problems
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import NOT_YET, Kept, Telling


async def bind(unit: UnitOfWork, book: AccountBook, owner: str, asked: Binding) -> Document:
    """Bind an account, or renew it; the same again changes nothing.

    Raises InvalidError for days that cannot be, ConflictError if the owner has as many as it may.
    """
    bound = await accounts_of(unit, book, owner)
    before = next((kept for kept in bound if kept.content.subject == asked.subject), None)
    account = asked.account(owner, None if before is None else before.content, unit.now)
    refuse("The account cannot be bound so.", account_problems(account, unit.now))
    others = sum(not kept.content.is_over(unit.now) for kept in bound if kept is not before)
    if others >= book.most:
        raise ConflictError(
            f"Of the accounts that act for an {book.noun}, {book.most} can be current. End one of them first."
        )
    return await _keep(unit, book, before, account)


async def end(unit: UnitOfWork, book: AccountBook, owner: str, subject: str) -> Document:
    """End an account's standing at once; a second time changes nothing."""
    before = await find_kept(unit, book.kind, account_id(owner, subject))
    if before is None:
        raise NotFoundError(f"This account was never bound to the {book.noun}.")
    return await _keep(unit, book, before, before.content.ended(unit.now))


async def _keep(
    unit: UnitOfWork, book: AccountBook, before: Kept[Account] | None, account: Account
) -> Document:
    seen = NOT_YET if before is None else before.version
    identity = account_id(account.owner, account.subject)
    after = await store_change(unit, book.kind, before, Telling(identity, seen, account))
    fields = book.kind.fields(account)
    return {**receipt(before, after), f"{book.noun}_id": fields.pop("owner"), **fields}
