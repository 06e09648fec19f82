"""Which access log `careers-hub verify-log --school` checks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.vocabulary import Urn
from services.command_line import operations
from services.command_line.output import CommandError
from services.runtime.context import ServiceContext
from services.runtime.settings import Settings
from services.runtime.successions import Succession
from tests.conftest import NOW
from tests.runtime.sample_service import ACTOR, URN, tell_rolls

NEW = Urn("147467")
ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
async def pupils(
    context_for: ContextFor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> ServiceContext:
    """A school with something stored, and an operator's commands that find it."""
    monkeypatch.setattr(operations, "operator_settings", lambda _data: settings)
    context = context_for("pupils")
    await tell_rolls(context, 1, 2)
    await context.read_logged(ACTOR, URN, "pupils.listed", "pupils")
    await context.successions.declare(Succession(NEW, URN, NOW, "admin"))
    return context


async def test_a_school_is_found_under_each_of_its_urns(pupils: ServiceContext) -> None:
    for urn in (URN, NEW):
        ((name, verdict),) = await operations.verify(None, urn, None)
        assert (name, verdict.broken_at) == (f"pupils/{URN}", None)
        assert verdict.head == (await pupils.access_log(URN).verify()).head
    with pytest.raises(CommandError, match="no access log"):
        await operations.verify(None, "999999", None)


async def test_a_replay_by_the_new_urn_is_of_the_schools_ledger(pupils: ServiceContext) -> None:
    (head,) = await pupils.ledger.heads()
    assert await pupils.ledger.mark_published(head, head.head, 1)

    answer = await operations.rewind(None, "pupils", NEW, 0)

    assert (answer["keys"], answer["events"]) == (1, 2)
