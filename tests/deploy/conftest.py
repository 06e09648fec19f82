"""Rendered manifests, where something that renders is on the machine; skipped, and said so, where not."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from deploy.network import Network, network_of
from deploy.reachability import AROUND
from deploy.rendering import NoRendererError, render

Manifest = dict[str, Any]


@cache
def rendered(folder: str) -> tuple[Manifest, ...]:
    """Render a folder once a session."""
    try:
        return tuple(render(folder))
    except NoRendererError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def production() -> tuple[Manifest, ...]:
    return rendered("overlays/prod")


@pytest.fixture
def network(production: tuple[Manifest, ...]) -> Network:
    return network_of(production, AROUND)
