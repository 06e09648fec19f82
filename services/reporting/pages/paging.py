"""Links to the parts of a long table before and after the one that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


def page_links(address: str, given: Mapping[str, str], part: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the links out as the design system's pagination takes them; `part` has offset, limit and total."""
    limit, offset, total = part["limit"], part["offset"], part["total"]
    place, pages_there = offset // limit + 1, -(-total // limit)

    def href(start: int) -> str:
        return f"{address}?{urlencode({**given, 'limit': limit, 'offset': start})}"

    links: dict[str, Any] = {"landmarkLabel": "Parts of the table"}
    if offset:
        links["previous"] = {
            "href": href(max(0, offset - limit)),
            "labelText": f"Part {place - 1} of {pages_there}",
        }
    if offset + limit < total:
        links["next"] = {"href": href(offset + limit), "labelText": f"Part {place + 1} of {pages_there}"}
    return links
