"""Who may import what: the import-linter contracts of pyproject.toml, and the rules that they cannot express.

Every rule is tried twice: on our sources, which must keep it, and on a planted breach, which it must catch.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.source_tree import (
    PACKAGES,
    PROJECT,
    SourceModule,
    called_name,
    imports_of,
    is_below,
    our_modules,
)

Rule = Callable[[SourceModule], Iterator[str]]

SERVICES: Final = ("audit", "employers", "pupils", "reporting")
# The whole tree with its external packages takes a second or two to read on a slow machine.
LINT_TIMEOUT_S: Final = 120

_ALL_SHARED: Final = ("contracts", "services.runtime", "services.web", "services.areas", "services.national")
# What of ours each package may import besides itself. The command line and the embedded Hub may import all.
OURS_ALLOWED: Final = {
    "contracts": (),
    "services.runtime": ("contracts",),
    "services.areas": ("contracts", "services.runtime"),
    "services.national": ("contracts",),
    # A client of the public API: what it brings passes the same checks as a file.
    "services.connectors": ("contracts",),
    "services.web": ("contracts", "services.runtime"),
    **{f"services.{service}": _ALL_SHARED for service in SERVICES},
}
DRIVER: Final = {"bson", "gridfs", "motor", "pymongo"}
KAFKA: Final = {"aiokafka", "faststream"}
KAFKA_ROOMS: Final = re.compile(r"services\.runtime(\..+)?|services\.[a-z_]+\.stream(\..+)?")
# Matching and advising are models that have a room of their own, for their size.
MODELS: Final = re.compile(
    r"services\.(?:[a-z_]+\.(?:[a-z_]+\.)?model|employers\.(?:advising|matching))(\..+)?"
)
ENGINE: Final = "services.employers.matching"
SOLVER: Final = "services.employers.matching.flow"
# Of the standard library, what reads a clock, draws lots or leaves the process.
IMPURE: Final = {
    *("asyncio", "concurrent", "multiprocessing", "signal", "subprocess", "threading"),
    *("http", "socket", "ssl", "urllib"),
    *("io", "logging", "os", "pathlib", "shutil", "sqlite3", "tempfile"),
    *("random", "secrets", "time"),
}
IMPURE_CALLS: Final = {"input", "now", "open", "print", "today", "utcnow", "uuid1", "uuid4", "uuid6", "uuid7"}


def ours_by_allowance(module: SourceModule) -> Iterator[str]:
    """Each package imports of ours only what the table names: contracts nothing, the runtime no service."""
    home = next((package for package in OURS_ALLOWED if is_below(module.name, package)), None)
    if home is None:
        return
    for imported in imports_of(module):
        allowed = (home, *OURS_ALLOWED[home])
        if imported.top in PACKAGES and not any(imported.is_below(package) for package in allowed):
            yield f"{module.path}:{imported.line} imports {imported.names[1]}"


def contracts_with_pydantic_alone(module: SourceModule) -> Iterator[str]:
    """Contracts import, of third parties, pydantic and nothing else."""
    if not is_below(module.name, "contracts"):
        return
    for imported in imports_of(module):
        if imported.top not in sys.stdlib_module_names and imported.top not in {"contracts", "pydantic"}:
            yield f"{module.path}:{imported.line} imports {imported.top}"


def models_without_surroundings(module: SourceModule) -> Iterator[str]:
    """A model gets time, ids and data as arguments: no clock, random or file, no third party but pydantic."""
    if not MODELS.fullmatch(module.name):
        return
    arrays = {"numpy", "ortools"} if is_below(module.name, ENGINE) else set[str]()
    known = (sys.stdlib_module_names | {"contracts", "services", "pydantic"} | arrays) - IMPURE
    for imported in imports_of(module):
        if imported.top not in known:
            yield f"{module.path}:{imported.line} imports {imported.top}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and called_name(node.func) in IMPURE_CALLS:
            yield f"{module.path}:{node.lineno} calls {called_name(node.func)}"


def driver_in_one_seam(module: SourceModule) -> Iterator[str]:
    """The MongoDB driver is imported in services/runtime/mongo/ alone."""
    if is_below(module.name, "services.runtime.mongo"):
        return
    for imported in imports_of(module):
        if imported.top in DRIVER:
            yield f"{module.path}:{imported.line} imports {imported.top}"


def kafka_in_its_rooms(module: SourceModule) -> Iterator[str]:
    """The Kafka clients are imported in the runtime and in stream.py of a service only."""
    if KAFKA_ROOMS.fullmatch(module.name):
        return
    for imported in imports_of(module):
        if imported.top in KAFKA:
            yield f"{module.path}:{imported.line} imports {imported.top}"


def embedded_parts_out_of_process(module: SourceModule) -> Iterator[str]:
    """SecantusDB is GPL-2.0-only: it is started as a program and never imported."""
    for imported in imports_of(module):
        if imported.top == "secantus":
            yield f"{module.path}:{imported.line} imports {imported.top}"


def solver_in_one_module(module: SourceModule) -> Iterator[str]:
    """OR-Tools is imported in one module, highspy nowhere: the two crash in one process (or-tools #5246)."""
    for imported in imports_of(module):
        if imported.top == "highspy" or (imported.top == "ortools" and module.name != SOLVER):
            yield f"{module.path}:{imported.line} imports {imported.top}"


RULES: Final[tuple[Rule, ...]] = (
    ours_by_allowance,
    contracts_with_pydantic_alone,
    models_without_surroundings,
    driver_in_one_seam,
    kafka_in_its_rooms,
    embedded_parts_out_of_process,
    solver_in_one_module,
)

BREACHES: Final[tuple[tuple[Rule, str, str], ...]] = (
    (ours_by_allowance, "contracts/pupils.py", "from services.runtime import settings"),
    (ours_by_allowance, "services/runtime/relay.py", "def late():\n    import services.pupils.model"),
    (ours_by_allowance, "services/pupils/stream.py", "from services.audit.model import Evaluation"),
    (ours_by_allowance, "services/pupils/stream.py", "from services import audit"),
    (ours_by_allowance, "services/pupils/stream.py", "from ..employers import model"),
    (ours_by_allowance, "services/pupils/__init__.py", "from ..employers import model"),
    (ours_by_allowance, "services/connectors/wonde/students.py", "from services.pupils.model import groups"),
    (ours_by_allowance, "services/connectors/wonde/pages.py", "from services.runtime.errors import HubError"),
    (ours_by_allowance, "services/web/layout.py", "import_module('services.reporting.views')"),
    (contracts_with_pydantic_alone, "contracts/envelope.py", "import orjson"),
    (contracts_with_pydantic_alone, "contracts/envelope.py", "from faststream.kafka import KafkaBroker"),
    (models_without_surroundings, "services/pupils/model.py", "import time"),
    (models_without_surroundings, "services/pupils/model.py", "import httpx"),
    (
        models_without_surroundings,
        "services/pupils/model.py",
        "from datetime import datetime\ndatetime.now()",
    ),
    (models_without_surroundings, "services/pupils/model/activities.py", "from random import choice"),
    (models_without_surroundings, "services/audit/model.py", "import uuid\nuuid.uuid4()"),
    (models_without_surroundings, "services/audit/model.py", "open('bank.json')"),
    (models_without_surroundings, "services/employers/advising/rounds.py", "import random"),
    (driver_in_one_seam, "services/pupils/store.py", "from pymongo import UpdateOne"),
    (driver_in_one_seam, "services/pupils/store.py", "import bson.json_util"),
    (driver_in_one_seam, "services/runtime/tenancy.py", "from motor import motor_asyncio"),
    (driver_in_one_seam, "services/local.py", "import importlib\nimportlib.import_module('gridfs')"),
    (kafka_in_its_rooms, "services/pupils/api.py", "from faststream.kafka import KafkaBroker"),
    (kafka_in_its_rooms, "services/local.py", "import aiokafka"),
    (kafka_in_its_rooms, "services/pupils/streaming.py", "import aiokafka"),
    (models_without_surroundings, "services/pupils/model.py", "import numpy"),
    (models_without_surroundings, "services/employers/matching/plan.py", "import multiprocessing"),
    (solver_in_one_module, "services/employers/api.py", "from ortools.graph.python import min_cost_flow"),
    (solver_in_one_module, "services/employers/matching/flow.py", "import highspy"),
    (embedded_parts_out_of_process, "services/local.py", "from secantus.server import SecantusDBServer"),
)

INNOCENTS: Final = (
    ("services/runtime/mongo/store.py", "from motor.motor_asyncio import AsyncIOMotorClient\nimport bson"),
    ("services/pupils/stream.py", "from faststream.kafka import KafkaBroker\nfrom . import model"),
    ("services/pupils/model.py", "from datetime import datetime\nfrom contracts.vocabulary import Urn"),
    ("services/pupils/store.py", "from services.runtime.mongo import Collection"),
    ("services/local.py", "from services.pupils import service\nfrom services.audit import service as audit"),
    ("services/connectors/wonde/pages.py", "import httpx\nfrom contracts.vocabulary import Urn"),
    ("contracts/pupils.py", "from pydantic import BaseModel\nfrom . import vocabulary"),
)

# One line that breaks a contract of import-linter, and the contract's name.
LINT_BREACHES: Final = (
    ("contracts/planted.py", "import services.runtime", "Contracts import nothing of ours"),
    ("services/pupils/planted.py", "import services.employers", "Services never import each other"),
    ("services/runtime/planted.py", "import services.reporting", "The runtime never imports a service"),
    (
        "services/connectors/planted.py",
        "import services.pupils.model.groups",
        "Connectors know the public API alone, no service",
    ),
    (
        "services/pupils/model.py",
        "import services.runtime.mongo",
        "Models import no I/O, also through others",
    ),
)


@pytest.fixture
def copied_sources(tmp_path: Path) -> Path:
    """Our packages with the project's own import-linter configuration, free to be spoiled."""
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=_all_but_python)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def _all_but_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not Path(folder, name).is_dir()}


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the packages below a root, in a process of its own: it imports what it finds."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=LINT_TIMEOUT_S,
        check=False,
    )


def test_our_packages_keep_every_contract_of_import_linter() -> None:
    outcome = lint_imports(PROJECT)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert outcome.stdout.count("KEPT") == len(LINT_BREACHES), outcome.stdout


@pytest.mark.parametrize(("path", "line", "contract"), LINT_BREACHES, ids=lambda value: str(value)[:40])
def test_import_linter_catches_a_planted_breach(
    copied_sources: Path, path: str, line: str, contract: str
) -> None:
    spoiled = copied_sources / path
    source = spoiled.read_text(encoding="utf-8") if spoiled.exists() else ""
    spoiled.write_text(f"{source}\n{line}\n", encoding="utf-8")

    outcome = lint_imports(copied_sources)

    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert re.search(rf"{re.escape(contract)}\s+BROKEN", outcome.stdout), outcome.stdout


def test_the_rules_look_at_every_file_of_ours() -> None:
    seen = {module.name for module in our_modules()}

    assert {"contracts.catalogue", "services.runtime.mongo"} <= seen
    assert {f"services.{service}.service" for service in SERVICES} <= seen


def test_every_folder_of_ours_is_a_package_that_import_linter_can_see() -> None:
    folders = {path.parent for package in PACKAGES for path in (PROJECT / package).rglob("*.py")}

    assert not [str(folder) for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_our_sources_keep_the_rule(rule: Rule) -> None:
    breaches = [breach for module in our_modules() for breach in rule(module)]

    assert not breaches, f"{rule.__doc__}\n" + "\n".join(breaches)


@pytest.mark.parametrize(("rule", "path", "source"), BREACHES)
def test_the_rule_catches_a_planted_breach(rule: Rule, path: str, source: str) -> None:
    assert list(rule(SourceModule.parsed(path, source))), f"not caught: {rule.__doc__}"


@pytest.mark.parametrize(("path", "source"), INNOCENTS)
def test_the_rules_let_rightful_imports_pass(path: str, source: str) -> None:
    module = SourceModule.parsed(path, source)

    assert not [breach for rule in RULES for breach in rule(module)]
