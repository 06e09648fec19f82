"""What is fetched is fetched once, checked, and complete; where it cannot be had, the reason is said."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.kafka import jars
from tests.kafka.jars import CACHE_VARIABLE, KafkaMissingError, kafka_jars, version

RUN_TIMEOUT_S = 120.0
JAVA = """#!/bin/sh
echo 'openjdk version "{version}" 2025-04-15' >&2
"""
# Puts one jar where Maven is told to, and counts how often it was asked to.
MAVEN = """#!/bin/sh
echo asked >> {asked}
for word in "$@"; do case "$word" in -DoutputDirectory=*) folder="${{word#-DoutputDirectory=}}";; esac; done
mkdir -p "$folder" && printf '{content}' > "$folder/kafka.jar"
"""
BROKEN_MAVEN = """#!/bin/sh
mkdir -p "${4#-DoutputDirectory=}"
echo '[ERROR] Could not transfer artifact: unknown host'
exit 1
"""


class Machine:
    """A machine with an empty cache and no programs but those that it is given."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.programs, self.cache, self.asked = folder / "bin", folder / "cache", folder / "asked"
        self.programs.mkdir()
        self.digests = folder / "jars.sha256"
        self.digests.write_text(f"{hashlib.sha256(b'true').hexdigest()}  kafka.jar\n", encoding="ascii")
        monkeypatch.setenv("PATH", f"{self.programs}:/usr/bin:/bin")
        monkeypatch.setenv(CACHE_VARIABLE, str(self.cache))
        monkeypatch.setattr(jars, "DIGESTS", self.digests)
        monkeypatch.setattr(shutil, "which", self.which)

    def which(self, name: str) -> str | None:
        program = self.programs / name
        return str(program) if program.exists() else None

    def has(self, name: str, script: str) -> None:
        program = self.programs / name
        program.write_text(script, encoding="ascii")
        program.chmod(0o755)

    def has_java(self, version: str = "17.0.15") -> None:
        self.has("java", JAVA.format(version=version))

    def has_maven(self, content: str = "true") -> None:
        self.has("mvn", MAVEN.format(asked=self.asked, content=content))

    @property
    def times_asked(self) -> int:
        return len(self.asked.read_text(encoding="ascii").split())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_jars_are_fetched_once_and_need_no_maven_afterwards(machine: Machine) -> None:
    machine.has_java()
    machine.has_maven()
    place = kafka_jars()
    (machine.programs / "mvn").unlink()
    assert kafka_jars() == place
    assert [file.name for file in place.iterdir()] == ["kafka.jar"]
    assert place.is_relative_to(machine.cache)
    assert machine.times_asked == 1


def test_many_who_want_them_at_once_fetch_them_once(machine: Machine) -> None:
    machine.has_java()
    machine.has_maven()
    found: list[Path] = []
    asking = [threading.Thread(target=lambda: found.append(kafka_jars())) for _ in range(4)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert machine.times_asked == 1


def test_jars_that_are_not_the_pinned_ones_fail_and_are_not_kept(machine: Machine) -> None:
    machine.has_java()
    machine.has_maven(content="false")
    with pytest.raises(RuntimeError, match=r"not the ones that jars\.sha256 names: kafka\.jar"):
        kafka_jars()
    assert [path.suffix for path in machine.cache.iterdir()] == [".lock"]


@pytest.mark.usefixtures("machine")
def test_a_machine_without_java_says_so() -> None:
    with pytest.raises(KafkaMissingError, match="no java on the PATH; Kafka needs Java 17"):
        kafka_jars()


@pytest.mark.parametrize("old", ["11.0.2", "1.8.0_392"])
def test_an_old_java_says_so(machine: Machine, old: str) -> None:
    machine.has_java(old)
    with pytest.raises(KafkaMissingError, match=r"java is Java \d+; Kafka needs Java 17"):
        kafka_jars()


def test_a_machine_without_maven_says_what_it_would_need_it_for(machine: Machine) -> None:
    machine.has_java()
    with pytest.raises(KafkaMissingError, match=re.escape(f"Apache Kafka {version()} is not in")):
        kafka_jars()


def test_a_fetch_that_fails_gives_mavens_reason_and_leaves_nothing_half_done(machine: Machine) -> None:
    machine.has_java()
    machine.has("mvn", BROKEN_MAVEN)
    with pytest.raises(KafkaMissingError, match="Could not transfer artifact: unknown host"):
        kafka_jars()
    machine.has_maven()
    assert kafka_jars().is_dir()


def test_a_cache_that_cannot_be_written_says_so(machine: Machine) -> None:
    machine.has_java()
    machine.cache.write_text("a file", encoding="ascii")
    with pytest.raises(KafkaMissingError, match="cannot be used"):
        kafka_jars()


def test_without_kafka_its_tests_are_skipped_with_the_reason_and_fail_where_it_was_insisted_on(
    tmp_path: Path,
) -> None:
    """On the suite itself, in a process that finds no Java and no container engine."""
    story = "tests/runtime/test_a_fact_travels.py::test_a_posted_fact_is_projected_once[kafka]"

    def run(**extra: str) -> str:
        environment = {
            k: v for k, v in os.environ.items() if k not in {"KAFKA_BOOTSTRAP", "CAREERS_HUB_TEST_SUBSTRATES"}
        }
        # Nothing but the interpreter's own folder: the store is found there, Java is not.
        environment |= {"PATH": str(tmp_path), **extra}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", story]
        done = subprocess.run(
            [*command, f"--basetemp={tmp_path / 'tests'}"],
            cwd=jars.POM.parents[2],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_TIMEOUT_S,
        )
        return done.stdout

    skipped = run()
    assert "no Apache Kafka here: there is no java on the PATH; Kafka needs Java 17" in skipped
    assert "1 skipped" in skipped
    assert "1 error" in run(CAREERS_HUB_TEST_SUBSTRATES="kafka")
