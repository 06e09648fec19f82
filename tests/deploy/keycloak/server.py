"""Keycloak as compose starts it, on loopback: its variables, its realm file, its placeholders, its data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from services.local.child import GUARD
from services.local.ports import LOOPBACK
from tests.architecture.source_tree import PROJECT
from tests.deploy.keycloak.archive import environment, keycloak_home, service
from tests.substrate import free_port

REALM: Final = PROJECT / "deploy" / "compose" / "keycloak-realm.json"
IMPORT: Final = "data/import/careers-hub-realm.json"
PASSWORD: Final = "one password for all demo users"
# 15 s on two idle cores, with the import; others work on them too.
START_TIMEOUT_S: Final = 400.0
_POLL_S: Final = 0.3
_THREADS: Final = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
# As `bin/kc.sh` has it; started without that shell, which would outlive us and its server us both.
_JAVA: Final = (
    *("-Xms64m", "-Xmx448m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"),
    *("-Djava.net.preferIPv4Stack=true", "-Djava.util.logging.manager=org.jboss.logmanager.LogManager"),
    f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={_THREADS}",
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in ("java.util", "java.util.concurrent", "java.security", "java.lang")
    ),
)


@dataclass(frozen=True, slots=True)
class Keycloak:
    """A Keycloak that runs; `address` is where containers would reach it, `public` what browsers know."""

    address: str
    public: str

    @property
    def realm(self) -> str:
        """The realm's address as containers see it."""
        return f"{self.address}/realms/careers-hub"

    @property
    def issuer(self) -> str:
        """The `iss` claim."""
        return f"{self.public}/realms/careers-hub"

    def reached(self, url: str) -> str:
        """Where a browser's request arrives; the proxy passes it on as it is."""
        assert url.startswith(self.public), url
        return self.address + url.removeprefix(self.public)


@contextmanager
def running(folder: Path) -> Iterator[Keycloak]:
    """Run it in a folder; raises KeycloakMissingError, or RuntimeError with its last words."""
    home = folder / "keycloak"
    _copy(keycloak_home(), home)
    # Where compose mounts it.
    [mount] = [one for one in service()["volumes"] if one.startswith("./")]
    assert mount == f"./deploy/compose/{REALM.name}:/opt/keycloak/{IMPORT}:ro"
    (home / IMPORT).parent.mkdir(parents=True)
    shutil.copy(REALM, home / IMPORT)
    port, management = free_port(), free_port()
    given = environment()
    values = given | {
        "KC_HTTP_HOST": LOOPBACK,
        "KC_HTTP_PORT": str(port),
        "KC_HTTP_MANAGEMENT_PORT": str(management),
        "KC_BOOTSTRAP_ADMIN_PASSWORD": "administration",
        "DEMO_PASSWORD": PASSWORD,
    }
    server = ["-cp", str(home / "lib" / "quarkus-run.jar"), "io.quarkus.bootstrap.runner.QuarkusEntryPoint"]
    guard = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid())]
    command = [
        *guard,
        "java",
        *_JAVA,
        f"-Dkc.home.dir={home}",
        *server,
        "start",
        "--optimized",
        "--import-realm",
    ]
    log = folder / "keycloak.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | values, cwd=home)
        try:
            path = given["KC_HTTP_RELATIVE_PATH"]
            _wait(process, f"http://{LOOPBACK}:{management}{path}/health/ready", log)
            yield Keycloak(f"http://{LOOPBACK}:{port}{path}", given["KC_HOSTNAME"])
        finally:
            process.kill()
            process.wait()


def _copy(cached: Path, home: Path) -> None:
    """Share the program's files, which a server that is built does not write, and give it data of its own."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            # Another file system.
            shutil.copy2(source, target)

    shutil.copytree(cached, home, copy_function=link, ignore=shutil.ignore_patterns("data"))


def _wait(process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(ready, timeout=1.0).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(_POLL_S)
    message = f"Keycloak did not answer: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    raise RuntimeError(message)
