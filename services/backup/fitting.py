"""Whether a backup may be brought back here: nothing stored is in its way, and no promise would be broken."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.vocabulary import Urn
from services.backup.archive import Archive
from services.backup.making import NOT_SAVED, heads_of
from services.backup.manifest import Manifest
from services.pupils.store.erasures import ERASURES, ErasureJournal
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase
from services.runtime.timeline import WHOLE


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted beyond the usual."""

    replace: bool = False
    """Whether what is stored now may be thrown away."""
    journal_is_lost: bool = False
    """Whether the erasure journal is lost, and what the backup has of it must do."""
    settle_s: float = 0.0
    """How long to wait for processes that have not heard of the restore; 0 where none can be running."""


async def require_fitting(context: ServiceContext, archive: Archive, manifest: Manifest, wish: Wish) -> None:
    """Raise ConflictError for another Hub's backup, and for one that something is in the way of."""
    header = archive.header
    if header.hub != context.hub:
        message = f"The backup is of the Hub '{header.hub}', and this is '{context.hub}'."
        raise ConflictError(message)
    await require_same_heads(context, header.urn, manifest)
    unfinished = (await context.timeline.read()).restoring
    if unfinished and header.urn is not None and unfinished != header.urn:
        message = (
            f"A restore of {'the whole Hub' if unfinished == WHOLE else unfinished} was broken off; finish "
            "that one first, by the same command."
        )
        raise ConflictError(message)
    if unfinished or wish.replace:
        return
    for database in await there(context, header.urn):
        for name in set(await database.collection_names()) - NOT_SAVED:
            if await database.collection(name).find({}, limit=1, fields=["_id"]):
                whose = "the Hub" if header.urn is None else f"the school {header.urn}"
                message = (
                    f"Something of {whose} is stored already (in {database.parts}). Restore into an empty "
                    "Hub, or save it first and add --replace, which throws it away."
                )
                raise ConflictError(message)


async def require_same_heads(context: ServiceContext, urn: Urn | str | None, manifest: Manifest) -> None:
    """Raise ConflictError if a school has told something since: what it told cannot be taken back."""
    if urn is None:
        return
    now = await heads_of(context, Urn(urn))
    if now == manifest.heads:
        return
    events = sum(keys.get(urn, 0) for keys in now.values())
    were = sum(keys.get(urn, 0) for keys in manifest.heads.values())
    message = (
        f"The school's ledgers hold {events} events, and held {were} when the backup was made. Others have "
        "counted what was told in between, so the school alone cannot go back behind it. Restore a backup of "
        "the whole Hub into a folder of its own, and post from there what is missing."
    )
    raise ConflictError(message)


async def complete_journal(
    context: ServiceContext, archive: Archive, manifest: Manifest, wish: Wish
) -> set[str]:
    """Require a journal that knows every erasure that is known; raises ConflictError for an older one."""
    if context.settings.erasure_journal is None:
        message = (
            "There is no erasure journal, so pupils who were erased would come back. Name its folder in "
            "CAREERS_HUB_ERASURE_JOURNAL."
        )
        raise ConflictError(message)
    journal = ErasureJournal(context.settings.erasure_journal)
    known: set[str] = {erasure.id for erasure in await journal.read()}
    carried_out = {
        found["_id"]
        for database in await there(context, archive.header.urn)
        if isinstance(database, SchoolDatabase) and database.parts.startswith("pupils_")
        for found in await database.collection(ERASURES).find({}, fields=["_id"])
    }
    missing = (set(manifest.erasures) | carried_out) - known
    if not missing:
        return known
    in_backup = missing <= set(manifest.erasures) and archive.header.urn is None
    if not (wish.journal_is_lost and in_backup):
        message = (
            f"The erasure journal lacks {len(missing)} erasures that were known when the backup was made, or "
            "that were carried out here. It is an older copy, or another Hub's: put the latest one back."
        )
        if in_backup:
            message += (
                " If it is lost, --journal-is-lost takes what the backup has of it; who was erased later "
                "must be erased anew."
            )
        raise ConflictError(message)
    await journal.take_in(manifest.journal)
    return known | missing


async def there(context: ServiceContext, urn: str | None) -> list[SchoolDatabase | ServiceDatabase]:
    """List the databases that there are, of the Hub or of a school; none is no error."""
    if urn is None:
        return await context.tenancy.everything()
    return [*await context.tenancy.everywhere(urn)]
