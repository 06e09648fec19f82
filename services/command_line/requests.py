"""What the commands of schools and the Hub ask of the public API (`work.py` declares them)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.command_line.connection import answer_of, api_client
from services.runtime.permissions import Role


async def report(data: Path | None, year: str) -> dict[str, Any]:
    """Fetch the Hub's report; raises CommandError if the Hub refuses or is away."""
    async with api_client(data, Role.HUB_LEAD, None) as client:
        answer = await answer_of(client, "GET", "/reporting/v1/hub-report", params={"academic_year": year})
        figures: dict[str, Any] = answer.json()
        return figures


async def send_as(
    data: Path | None, role: Role, method: str, path: str, request: dict[str, Any]
) -> dict[str, Any]:
    """Send something as somebody of the Hub and return the receipt; raises CommandError as above."""
    async with api_client(data, role, None) as client:
        receipt: dict[str, Any] = (await answer_of(client, method, path, **request)).json()
        return receipt


async def send(
    data: Path | None, school: str, method: str, path: str, request: dict[str, Any]
) -> dict[str, Any]:
    """Send something as a school's careers leader and return the receipt; raises CommandError as above."""
    async with api_client(data, Role.CAREERS_LEADER, school) as client:
        receipt: dict[str, Any] = (await answer_of(client, method, path, **request)).json()
        return receipt
