"""How a school's needs lie in its database, with their versions."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from services.employers.model.need import Wanted
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

NEEDS: Final = Kind("needs", TypeAdapter(Wanted))
NEED_INDEXES: Final = {**NEEDS.indexes}


async def open_needs(database: Database) -> list[Kept[Wanted]]:
    """Read a school's needs that are not withdrawn, in order of their ids."""
    return await find_all(database, NEEDS, {"content.state": "open"})
