"""`careers-hub grant`: how a new Hub's first administrator gets in."""

from __future__ import annotations

import pytest

from services.command_line import operations
from services.command_line.output import CommandError
from services.runtime.context import utc_now
from services.runtime.memberships import Memberships
from services.runtime.mongo import Store
from services.runtime.permissions import Role
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy


@pytest.fixture(autouse=True)
def deployed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command find a Hub as in a cluster: by the environment."""
    monkeypatch.setattr(operations, "operator_settings", lambda _data: settings)


async def test_somebody_who_was_granted_a_role_has_it_at_once(settings: Settings, store: Store) -> None:
    await operations.grant(None, "3c5e7a1e-0000-4000-8000-000000000001", Role.HUB_ADMIN, None)
    await operations.grant(None, "leader", Role.CAREERS_LEADER, "136500")
    for urn in (None, "136500"):
        await operations.grant(None, "adviser", Role.ENTERPRISE_ADVISER, urn)

    memberships = Memberships(Tenancy(store, settings.hub_id), utc_now)
    assert [m.role for m in await memberships.of("3c5e7a1e-0000-4000-8000-000000000001")] == ["hub_admin"]
    assert [(m.role, m.urn) for m in await memberships.of("leader")] == [("careers_leader", "136500")]
    assert {m.urn for m in await memberships.of("adviser")} == {None, "136500"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("a/b", Role.HUB_ADMIN, None), "subject"),
        (("", Role.HUB_ADMIN, None), "subject"),
        (("leader", Role.CAREERS_LEADER, "1365"), "urn"),
        (("leader", Role.CAREERS_LEADER, None), "needs a school"),
        (("admin", Role.HUB_ADMIN, "136500"), "needs no school"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_is_stored(
    settings: Settings, store: Store, asked: tuple[str, Role, str | None], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        await operations.grant(None, *asked)
    assert await Memberships(Tenancy(store, settings.hub_id), utc_now).all() == []
