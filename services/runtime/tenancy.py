"""Whose database is it? Every access to stored data goes through one of the three handles made here.

A school's data of one service lives in a database of its own (`<hub>_<service>_<urn>`), so it can be
exported, erased or handed back as one thing, and a forgotten filter cannot leak another school's row.
What a service keeps for the whole Hub (ledger, projections, directory) is in `<hub>_<service>`; who may do
what, and which URN follows which (`successions.py`), is in `<hub>_hub`. A database is named by the school's
first URN, for good.

Invariant: `Store.collection` is called here and nowhere else; a test walks the syntax trees for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import URN_PATTERN, Urn
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Collection, Session, Store

NO_SUCH_SCHOOL: Final = "There is no such school here, or you are not a member of it."
_URN: Final = re.compile(URN_PATTERN)
_SERVICE_AND_URN: Final = 2


@dataclass(frozen=True, slots=True)
class _Database:
    store: Store
    name: str

    def collection(self, name: str, session: Session | None = None) -> Collection:
        """Name one of this database's collections."""
        return self.store.collection(self.name, name, session)

    async def collection_names(self) -> list[str]:
        """List the collections that there are."""
        return await self.store.collection_names(self.name)

    async def drop(self) -> None:
        """Delete the database with all that it holds: for a restore, and for a school that has left."""
        await self.store.drop_database(self.name)

    @property
    def parts(self) -> str:
        """Name it without the Hub: `pupils`, `pupils_136500` or `hub`."""
        return self.name.partition("_")[2]


@dataclass(frozen=True, slots=True)
class SchoolDatabase(_Database):
    """What one service holds of one school."""

    urn: Urn


@dataclass(frozen=True, slots=True)
class ServiceDatabase(_Database):
    """What one service holds for the whole Hub: no pupil in it."""


@dataclass(frozen=True, slots=True)
class HubDatabase(_Database):
    """Memberships and successions: read by every service, written by the Hub's administrators."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """Makes the handles of one Hub."""

    store: Store
    hub: str

    def school(self, service: str, urn: str) -> SchoolDatabase:
        """Name a school's database; raises NotFoundError for what is no URN."""
        if not _URN.fullmatch(urn):
            raise NotFoundError(NO_SUCH_SCHOOL)
        return SchoolDatabase(self.store, f"{self.hub}_{service}_{urn}", Urn(urn))

    def service(self, service: str) -> ServiceDatabase:
        """Name a service's own database."""
        return ServiceDatabase(self.store, f"{self.hub}_{service}")

    def memberships(self) -> HubDatabase:
        """Name the database of memberships and successions."""
        return HubDatabase(self.store, f"{self.hub}_hub")

    async def schools_of(self, service: str) -> list[SchoolDatabase]:
        """List the schools that a service holds something of, for operators' checks."""
        prefix = f"{self.hub}_{service}_"
        urns = sorted(
            name.removeprefix(prefix) for name in await self.store.database_names() if name.startswith(prefix)
        )
        return [self.school(service, urn) for urn in urns if _URN.fullmatch(urn)]

    async def everywhere(self, urn: str) -> list[SchoolDatabase]:
        """List what every service holds of one school, or has prepared for it."""
        return [self.school(*parts) for parts in await self._names_apart() if parts[1:] == [urn]]

    async def everything(self) -> list[SchoolDatabase | ServiceDatabase]:
        """List every database of the Hub, the memberships' too."""
        apart = [parts for parts in await self._names_apart() if len(parts) <= _SERVICE_AND_URN]
        return [
            self.school(*parts) if len(parts) == _SERVICE_AND_URN else self.service(*parts)
            for parts in sorted(apart)
        ]

    def named(self, parts: str) -> SchoolDatabase | ServiceDatabase:
        """Make the handle of a database from its name without the Hub (`parts`)."""
        service, _, urn = parts.partition("_")
        return self.school(service, urn) if urn else self.service(service)

    async def services(self) -> list[ServiceDatabase]:
        """List the services' own databases, and the memberships' with them."""
        return [self.service(*parts) for parts in await self._names_apart() if not parts[1:]]

    async def _names_apart(self) -> list[list[str]]:
        """Read the names of the Hub's databases without its id; no id or service has an underscore."""
        names = [name.split("_") for name in await self.store.database_names()]
        return [parts for hub, *parts in names if hub == self.hub and parts]
