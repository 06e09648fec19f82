"""A Hub whose operator never installed the pages' style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.web import assets, pages


@pytest.fixture
def unstyled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Take the design system's files away, as if they had not been there when the process started."""
    for module in (assets, pages):
        monkeypatch.setattr(module, "default_folder", lambda *_: tmp_path / "nowhere")
    for found in (pages._files, pages.static_files):
        found.cache_clear()
    yield
    for found in (pages._files, pages.static_files):
        found.cache_clear()
