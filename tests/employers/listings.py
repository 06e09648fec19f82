"""Directory entries for tests, as JSON and as the model has them."""

from __future__ import annotations

from typing import Any

import httpx

from contracts.vocabulary import EmployerId
from services.employers.model.directory import Employer, Position

DIRECTORY = "/employers/v1/directory"


def employer(identity: str = "gpg-1", name: str = "Wessex Boats Ltd", town: str | None = "Poole") -> Employer:
    return Employer(
        id=EmployerId(identity),
        name=name,
        sic_section="C",
        size_band="large",
        town=town,
        position=Position(50.72, -1.98),
    )


def school_entry(urn: str = "136500", name: str = "Harbour School", **changes: object) -> dict[str, Any]:
    return {
        "urn": urn,
        "name": name,
        "phase": "Secondary",
        "setting": "school",
        "lowest_year": 7,
        "highest_year": 13,
        "has_post16": True,
        "district": "Dorset",
        "latitude": 50.71,
        "longitude": -1.97,
        **changes,
    }


def employer_entry(
    identity: str = "gpg-1", name: str = "Wessex Boats Ltd", **changes: object
) -> dict[str, Any]:
    return {
        "employer_id": identity,
        "name": name,
        "sic_section": "C",
        "size_band": "large",
        "town": "Poole",
        "latitude": 50.72,
        "longitude": -1.98,
        **changes,
    }


async def list_employers(client: httpx.AsyncClient, *entries: dict[str, Any]) -> None:
    """Put employers into the directory over the API."""
    answer = await client.put(DIRECTORY, json={"employers": entries})
    assert answer.status_code == 200, answer.text
