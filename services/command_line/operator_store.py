"""The store of a Hub for an operator's command, also of an embedded Hub that does not run.

A cluster's is the one that the environment names. An embedded Hub that runs lends its own. For one that does
not, the store alone is started from its folder, which is locked meanwhile: nobody else can be writing there.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.command_line.connection import operator_context
from services.command_line.output import CommandError
from services.local import (
    EmbeddedHub,
    EmbeddedHubError,
    HubLayout,
    HubOptions,
    default_data_folder,
    environment,
    read_running,
)
from services.runtime.context import ServiceContext
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings, load_settings


@dataclass(frozen=True, slots=True)
class OperatorStore:
    """A Hub's store, opened; `alone` if no other process can be using it."""

    context: ServiceContext
    alone: bool


@asynccontextmanager
async def operator_store(
    data: Path | None, *, progress: Callable[[str], None], alone_for: str | None = None
) -> AsyncIterator[OperatorStore]:
    """Open a Hub's store; with `alone_for`, an embedded one for this Hub alone, in a new folder too.

    Raises EmbeddedHubError for a Hub that runs and should not, and CommandError for a folder without a Hub.
    """
    if data is None and f"{ENVIRONMENT_PREFIX}MONGODB_URL" in os.environ:
        async with operator_context(load_settings(), "pupils") as context:
            yield OperatorStore(context, alone=False)
        return
    folder = data or default_data_folder()
    running = read_running(folder)
    if running is not None and alone_for is None:
        async with operator_context(_settings(running.environment), "pupils") as context:
            yield OperatorStore(context, alone=False)
        return
    layout = HubLayout(folder)
    if alone_for is None and not layout.record.exists():
        message = f"there is no Hub in {folder}"
        raise CommandError(message, "Name its folder with --data or CAREERS_HUB_DATA.")
    if not layout.secret.exists():
        raise EmbeddedHubError(
            f"the Hub's secret is not in {layout.secret}, and nothing can be opened without it",
            "Put the Hub's keys folder there first, from where you keep its copy.",
        )
    hub = EmbeddedHub(HubOptions(folder, alone_for, children=frozenset(("store",))), progress)
    async with hub:
        settings = _settings(environment(hub.layout, hub.hub_id, hub.ports))
        async with operator_context(settings, "pupils") as context:
            yield OperatorStore(context, alone=True)


def _settings(values: Mapping[str, str]) -> Settings:
    named = {name.removeprefix(ENVIRONMENT_PREFIX).lower(): value for name, value in values.items()}
    return Settings.model_validate({k: v for k, v in named.items() if k in Settings.model_fields})
