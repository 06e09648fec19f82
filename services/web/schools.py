"""What a service knows of the Hub's schools for its pages: their names, as the directory lists them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from contracts.employers import SchoolListed
from services.runtime.context import ServiceContext
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork

SCHOOLS: Final = "schools"
"""In each service's own database; `_id` is the URN, `name` the school's."""
NAMES_GOOD_S: Final = 300.0
"""A school changes its name once in years; a page may show the old one for five minutes."""


async def on_school_listed(unit: UnitOfWork, listed: SchoolListed) -> None:
    """Keep a school's name as it was listed last."""
    document = {"_id": listed.urn, "name": listed.name}
    await unit.collection(SCHOOLS).write(Replace({"_id": listed.urn}, document, upsert=True))


@dataclass(slots=True)
class SchoolNames:
    """The names of the Hub's schools as one service knows them, read again now and then."""

    _read_s: float = -NAMES_GOOD_S
    _names: dict[str, str] = field(default_factory=dict)

    async def of(self, context: ServiceContext, urn: str) -> str:
        """Name a school; one that the directory has not listed yet goes by its URN."""
        now_s = time.monotonic()
        if now_s - self._read_s >= NAMES_GOOD_S or urn not in self._names:
            self._names = await all_names(context)
            self._read_s = now_s
        return self._names.get(urn, f"School {urn}")


async def all_names(context: ServiceContext) -> dict[str, str]:
    """Read the names of all schools, by URN."""
    found = await context.database().collection(SCHOOLS).find({}, fields=["name"])
    return {school["_id"]: school["name"] for school in found if "name" in school}
