"""Keycloak's server: fetched once by Maven, held to its digest, built for compose's options, and kept.

The cache's folder is complete or not there, as with Kafka's jars. After a change of the version in
docker-compose.yml, `python -m tests.deploy.keycloak.archive` fetches it and writes the digest anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tests.architecture.source_tree import PROJECT
from tests.kafka.jars import cache_folder

COMPOSE: Final = PROJECT / "docker-compose.yml"
DIGEST: Final = Path(__file__).with_name("keycloak.sha256")
PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
OLDEST_JAVA: Final = 17
JAVA_TIMEOUT_S: Final = 20.0
# 176 MB; a line that takes longer is as good as none.
FETCH_TIMEOUT_S: Final = 240.0
# Some 50 s of two cores; several times that where others work on them.
BUILD_TIMEOUT_S: Final = 300.0
# What a build settles; everything else is said at the start.
BUILD_OPTIONS: Final = ("KC_DB", "KC_CACHE", "KC_HEALTH_ENABLED", "KC_HTTP_RELATIVE_PATH")


class KeycloakMissingError(Exception):
    """Keycloak cannot be had on this machine; the message says why."""


def service() -> dict[str, Any]:
    """Read compose's Keycloak."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["keycloak"]
    return found


def version() -> str:
    """Read which Keycloak compose pins."""
    return str(service()["image"]).rpartition(":")[2]


def environment() -> dict[str, str]:
    """Read the variables that compose gives it, passwords left out: those come from files."""
    return {name: str(value) for name, value in service()["environment"].items()}


def keycloak_home() -> Path:
    """Find the folder of a Keycloak that is built, and fetch and build it if nobody has.

    Raises KeycloakMissingError.
    """
    _require_java()
    options = {name: environment()[name] for name in BUILD_OPTIONS}
    mark = hashlib.sha256(f"{DIGEST.read_text('ascii')}{sorted(options.items())}".encode()).hexdigest()
    place = cache_folder() / f"keycloak-{version()}-{mark[:12]}"
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        # Whoever comes second waits here for as long as the first one's own limits let it.
        with place.with_suffix(".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not place.is_dir():
                _install(place, options)
    except OSError as error:
        raise KeycloakMissingError(f"the cache {place.parent} cannot be used: {error.strerror}") from error
    return place


def _require_java() -> None:
    java = shutil.which("java")
    if java is None:
        raise KeycloakMissingError(f"there is no java on the PATH; Keycloak needs Java {OLDEST_JAVA}")
    told = _run([java, "-version"], JAVA_TIMEOUT_S).stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < OLDEST_JAVA:
        raise KeycloakMissingError(f"Keycloak needs Java {OLDEST_JAVA}, and java says: {told.strip()[:100]}")


def _install(place: Path, options: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f"{place.name}.") as unfinished:
        archive = _fetch(Path(unfinished))
        if _digest(archive) != DIGEST.read_text(encoding="ascii").split()[0]:
            message = f"{archive.name} is not the one that {DIGEST.name} names"
            raise RuntimeError(message)
        with tarfile.open(archive) as packed:
            packed.extractall(unfinished, filter="data")
        home = Path(unfinished) / f"keycloak-{version()}"
        done = _run([str(home / "bin" / "kc.sh"), "build"], BUILD_TIMEOUT_S, options)
        if done.returncode:
            message = f"Keycloak cannot be built: {done.stdout[-1000:]}{done.stderr[-1000:]}"
            raise RuntimeError(message)
        home.rename(place)


def _fetch(folder: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise KeycloakMissingError(
            f"Keycloak {version()} is not in {cache_folder()} and there is no mvn to fetch it"
        )
    artifact = f"org.keycloak:keycloak-quarkus-dist:{version()}:tar.gz"
    options = ["--batch-mode", "--quiet", "--strict-checksums", "-Dstyle.color=never"]
    goal = [f"{PLUGIN}:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
    done = _run([maven, *options, *goal], FETCH_TIMEOUT_S)
    if done.returncode:
        told = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stderr[-200:])
        raise KeycloakMissingError(f"mvn could not fetch Keycloak {version()}: {told.strip()}")
    return next(folder.glob("*.tar.gz"))


def _digest(archive: Path) -> str:
    with archive.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _run(
    command: list[str], timeout_s: float, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
            env=os.environ | dict(more or {}),
        )
    except subprocess.TimeoutExpired as error:
        raise KeycloakMissingError(f"{Path(command[0]).name} took longer than {timeout_s:.0f} s") from error
    except OSError as error:
        raise KeycloakMissingError(f"{command[0]} cannot be run: {error.strerror}") from error


def write_digest() -> None:
    """Fetch the version that compose pins and write down what came."""
    with tempfile.TemporaryDirectory() as folder:
        archive = _fetch(Path(folder))
        DIGEST.write_text(f"{_digest(archive)}  {archive.name}\n", encoding="ascii")


if __name__ == "__main__":
    try:
        write_digest()
    except KeycloakMissingError as missing:
        sys.exit(str(missing))
