"""A Hub with one school in it, as the people of a journey use it."""

from __future__ import annotations

from typing import Any

import httpx

from services.registry import SERVICES
from tests.conftest import eventually

ALL = tuple(SERVICES.values())
URN, NEIGHBOUR = "136500", "147467"
YEAR = "2025/26"
EMPLOYER = "gpg-961"
SCHOOLS = f"/pupils/v1/schools/{URN}"
ROLL = "upn,surname,forename,year_group,tutor_group\n" + "".join(
    f"{upn},Canary{place},Test,{year_group},{year_group}A\n"
    for place, (upn, year_group) in enumerate(
        [("B801200005001", 10), ("M20700001604A", 10), ("P207000016049", 11)]
    )
)


class Hub:
    """The Hub as its people use it."""

    def __init__(self, client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self.client = client
        self._tokens = tokens

    async def send(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request as somebody."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"} | options.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **options)

    async def ask(self, who: str, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401
        """Send a request as somebody, and return the body; anything but success fails the test."""
        answer = await self.send(who, method, path, **options)
        assert answer.is_success, answer.text
        return answer.json()

    async def own_report(self) -> dict[str, Any]:
        """The school's own report."""
        path = f"/reporting/v1/schools/{URN}/report"
        report: dict[str, Any] = await self.ask("leader", "GET", path, params={"academic_year": YEAR})
        return report

    async def settled(self) -> None:
        """Wait until reporting has applied all that pupils, audit and employers have told."""

        async def caught_up() -> bool:
            fresh = await self.ask("lead", "GET", "/reporting/v1/freshness")
            at = {owner: keys for model in fresh["positions"].values() for owner, keys in model.items()}
            for service in ("pupils", "audit", "employers"):
                heads = (await self.ask("lead", "GET", f"/{service}/v1/ledger"))["heads"]
                if any(at.get(service, {}).get(key, 0) < head for key, head in heads.items()):
                    return False
            return True

        await eventually(caught_up, 30)

    async def directory_known(self) -> None:
        """Wait until pupils knows the whole directory: schools are told first, employers last."""

        async def known() -> bool:
            head = (await self.ask("lead", "GET", "/employers/v1/ledger"))["heads"]["directory"]
            positions = (await self.ask("lead", "GET", "/pupils/v1/freshness"))["positions"]
            return any(at.get("employers", {}).get("directory", 0) >= head for at in positions.values())

        await eventually(known, 30)


async def open_school(hub: Hub) -> None:
    listed = {
        "schools": [
            {
                "urn": urn, "name": f"School {urn}", "setting": "school", "lowest_year": 7,
                "highest_year": 11, "has_post16": False, "district": "Dorset",
            }
            for urn in (URN, NEIGHBOUR)
        ],
        "employers": [
            {"employer_id": EMPLOYER, "name": "A football club", "sic_section": "R", "size_band": "large"}
        ],
    }  # fmt: skip
    await hub.ask("admin", "PUT", "/employers/v1/directory", json=listed)
    csv = {"content": ROLL, "headers": {"Content-Type": "text/csv"}, "params": {"academic_year": YEAR}}
    receipt = await hub.ask("leader", "PUT", f"{SCHOOLS}/roll", **csv)
    assert receipt["new"] == 3, receipt
    await hub.directory_known()
