"""An employer as it comes in itself: by an account or by a link, with the same routes behind both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tests.employers.hub import Hub, Json, offer

Way = Literal["account", "link"]


def own_offer(**changes: object) -> Json:
    """An offer as an employer tells it: without whose it is, and without safeguarding."""
    told = offer("gpg-1", **changes)
    return {name: value for name, value in told.items() if name not in {"employer_id", "safeguarding_until"}}


@dataclass(slots=True)
class Insider:
    """Somebody who acts for an employer."""

    hub: Hub
    base: str
    headers: dict[str, str]
    actor: str

    async def ask(self, method: str, path: str, body: Json | None = None, **headers: str) -> Any:  # noqa: ANN401 - httpx.Response, whose JSON is anything
        """Ask below the employer's own."""
        return await self.hub.client.request(
            method, f"{self.base}{path}", json=body, headers={**self.headers, **headers}
        )

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json) -> Json:
        """Do something that must work."""
        answer = await self.ask("POST", path, body)
        assert answer.status_code in {200, 201}, answer.text
        done: Json = answer.json()
        return done


async def account_of(hub: Hub, employer_id: str, subject: str | None = None) -> Insider:
    """Bind an account to an employer."""
    subject = subject or f"anna-of-{employer_id}"
    bound = await hub.ask("ec", "PUT", f"/employers/{employer_id}/accounts", {"subject": subject})
    assert bound.status_code == 200, bound.text
    bearer = await hub.token(subject, "employer")
    return Insider(hub, f"/employers/v1/own/{employer_id}", {"Authorization": f"Bearer {bearer}"}, subject)


async def link_to(hub: Hub, employer_id: str) -> Insider:
    """Make a link to an employer's own."""
    made = await hub.post(f"/employers/{employer_id}/links", {})
    # The client of the tests has the administrator's token in every request.
    return Insider(
        hub, made["path"], {"Authorization": ""}, f"link of employer {employer_id}: {made['link_id']}"
    )


async def comes_in(hub: Hub, way: Way, employer_id: str = "gpg-1") -> Insider:
    """Let somebody in to an employer."""
    return await (account_of if way == "account" else link_to)(hub, employer_id)
