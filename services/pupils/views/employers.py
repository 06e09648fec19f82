"""The employers that an activity can name, as the Hub's directory has listed them."""

from __future__ import annotations

from collections.abc import Collection

from services.pupils.store import EMPLOYERS
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext


async def employers_by_name(context: ServiceContext) -> list[View]:
    """List the employers to choose from, by name; those that were merged into another are left out."""
    found = await context.database().collection(EMPLOYERS).find({}, fields=["name", "merged_into"])
    named = [
        {"employer_id": one["_id"], "name": one["name"]}
        for one in found
        if one.get("name") and one.get("merged_into") is None
    ]
    return sorted(named, key=lambda one: (one["name"].casefold(), one["employer_id"]))


async def names_of_employers(context: ServiceContext, identities: Collection[str | None]) -> dict[str, str]:
    """Name these employers; one whose name is not known goes by its id."""
    ids = sorted({identity for identity in identities if identity is not None})
    if not ids:
        return {}
    where = {"_id": {"$in": ids}}
    found = await context.database().collection(EMPLOYERS).find(where, fields=["name"])
    names = {one["_id"]: one.get("name") for one in found}
    return {identity: names.get(identity) or identity for identity in ids}
