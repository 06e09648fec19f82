"""Apache Kafka's jars: fetched once by Maven, held to their digests, and kept in a cache outside the tree.

The cache's folder is complete or not there: jars are copied beside it, checked, and the folder renamed. One
process fetches and the others wait for it. Later runs need neither Maven nor a network.

`python -m tests.kafka.jars` fetches what `pom.xml` names now and writes the digests anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "CAREERS_HUB_TEST_CACHE"
POM: Final = Path(__file__).with_name("pom.xml")
DIGESTS: Final = Path(__file__).with_name("jars.sha256")
# Kafka's server asks for Java 17 since 4.0.
OLDEST_JAVA: Final = 17
JAVA_TIMEOUT_S: Final = 20.0
# 43 MB, and Maven's own plugins with an empty repository; a line that takes longer is as good as none.
FETCH_TIMEOUT_S: Final = 300.0
_POLL_S: Final = 0.1


class KafkaMissingError(Exception):
    """The real broker cannot be had on this machine; the message says why."""


def version() -> str:
    """Read which Kafka is pinned."""
    found = re.search(r"<kafka\.version>([0-9.]+)</kafka\.version>", POM.read_text(encoding="utf-8"))
    assert found is not None, f"{POM} names no kafka.version"
    return found[1]


def cache_folder() -> Path:
    """Name the folder that fetched programs are kept in: CAREERS_HUB_TEST_CACHE, or the user's own cache."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "careers-hub-tests"


def kafka_jars() -> Path:
    """Find the folder of the jars, and fetch them if nobody has; raises KafkaMissingError."""
    _require_java()
    place = cache_folder() / f"kafka-{version()}-{hashlib.sha256(DIGESTS.read_bytes()).hexdigest()[:12]}"
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(place.with_suffix(".lock")):
            if not place.is_dir():
                _install(place)
    except OSError as error:
        raise KafkaMissingError(f"the cache {place.parent} cannot be used: {error.strerror}") from error
    return place


def _require_java() -> None:
    """Raise KafkaMissingError if there is no Java, or one that is too old for Kafka."""
    java = shutil.which("java")
    if java is None:
        raise KafkaMissingError(f"there is no java on the PATH; Kafka needs Java {OLDEST_JAVA}")
    told = _run([java, "-version"], JAVA_TIMEOUT_S)
    found = re.search(r'version "(\d+)', told.stderr)
    if told.returncode or found is None:
        raise KafkaMissingError(f"java does not say which it is: {_last_line(told.stderr)}")
    if int(found[1]) < OLDEST_JAVA:
        raise KafkaMissingError(f"java is Java {found[1]}; Kafka needs Java {OLDEST_JAVA}")


def _install(place: Path) -> None:
    """Fetch the jars, check them, and only then give their folder its name."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f"{place.name}.") as unfinished:
        jars = Path(unfinished) / "jars"
        _fetch(jars)
        _check(_digests_of(jars), DIGESTS.read_text(encoding="ascii"))
        jars.rename(place)


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaMissingError(
            f"Apache Kafka {version()} is not in {cache_folder()} and there is no mvn to fetch it"
        )
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    options = ["--batch-mode", "--quiet", "--strict-checksums", "-Dstyle.color=never"]
    done = _run([maven, *options, "--file", str(POM), *goal], FETCH_TIMEOUT_S)
    if done.returncode:
        told = next((line for line in done.stdout.splitlines() if "ERROR" in line), _last_line(done.stderr))
        raise KafkaMissingError(f"mvn could not fetch Apache Kafka {version()}: {told.strip()}")


def _digests_of(folder: Path) -> str:
    """List what is in a folder, as `sha256sum` would."""
    files = sorted(folder.iterdir())
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def _check(found: str, pinned: str) -> None:
    """Refuse jars that are others than the pinned ones; that is no reason to skip a test."""
    different = sorted({line.split()[1] for line in {*found.splitlines()} ^ {*pinned.splitlines()}})
    if different:
        message = f"these jars are not the ones that {DIGESTS.name} names: {', '.join(different)}"
        raise RuntimeError(message)


def _run(command: list[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise KafkaMissingError(f"{Path(command[0]).name} took longer than {timeout_s:.0f} s") from error
    except OSError as error:
        raise KafkaMissingError(f"{command[0]} cannot be run: {error.strerror}") from error


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Be the only process that fetches; raises KafkaMissingError if another takes too long over it."""
    deadline = time.monotonic() + 2 * FETCH_TIMEOUT_S
    with lock.open("w") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise KafkaMissingError(f"another process has held {lock} for too long") from None
                time.sleep(_POLL_S)
            else:
                break
        yield


def write_digests() -> None:
    """Fetch what `pom.xml` names and write down what came."""
    with tempfile.TemporaryDirectory() as folder:
        jars = Path(folder) / "jars"
        _fetch(jars)
        DIGESTS.write_text(_digests_of(jars), encoding="ascii")


if __name__ == "__main__":
    try:
        write_digests()
    except KafkaMissingError as missing:
        sys.exit(str(missing))
