"""Compose file, manifests and Dockerfile as trees, for the rules of this folder.

The manifests are read as kustomize would lay them together, as far as our own use of it goes: resources and
components by path, the pod patch over every workload, one prefix and one label a service. What kustomize
really makes of them is looked at in `tests/deploy`, where it is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from services.runtime.settings import ENVIRONMENT_PREFIX
from tests.architecture.source_tree import PROJECT

# What YAML gives is as loose as YAML.
Tree = dict[str, Any]

K8S: Final = PROJECT / "deploy" / "k8s"


def documents(path: Path) -> list[Tree]:
    """Read every YAML document of a file."""
    return [tree for tree in yaml.safe_load_all(path.read_text(encoding="utf-8")) if tree]


def kustomization(folder: Path) -> Tree:
    """Read a folder's kustomization."""
    return documents(folder / "kustomization.yaml")[0]


@cache
def compose() -> Tree:
    """Read the compose file."""
    return documents(PROJECT / "docker-compose.yml")[0]


@cache
def base() -> Tree:
    """Read the kustomization of a whole Hub."""
    return kustomization(K8S / "base")


def laid_over(below: Any, patch: Any) -> Any:  # noqa: ANN401 - any YAML value
    """Merge a patch over a tree as kustomize does: maps by key, lists of named things by name."""
    if isinstance(below, dict) and isinstance(patch, dict):
        merged = {key: laid_over(below[key], patch[key]) for key in below.keys() & patch.keys()}
        return {**below, **patch, **merged}
    if isinstance(below, list) and isinstance(patch, list) and all("name" in one for one in [*below, *patch]):
        by_name = {one["name"]: one for one in below}
        return list(laid_over(by_name, {one["name"]: one for one in patch}).values())
    return patch


@cache
def workloads() -> dict[str, Tree]:
    """Give each role's Deployment, and the Job that makes topics, with the common pod patch laid over it."""
    [patch] = documents(K8S / "pod" / "pod.yaml")
    paths = (
        K8S / "service" / "api" / "api.yaml",
        K8S / "service" / "worker" / "worker.yaml",
        K8S / "base" / "topics.yaml",
    )
    return {
        tree["metadata"]["name"]: {**tree, "spec": laid_over(tree["spec"], patch["spec"])}
        for path in paths
        for tree in documents(path)
        if tree["kind"] in {"Deployment", "Job"}
    }


def container_of(role: str) -> Tree:
    """Give the one container of a role's pods."""
    [container] = workloads()[role]["spec"]["template"]["spec"]["containers"]
    return dict(container)


def config_maps(folder: Path) -> dict[str, dict[str, str]]:
    """Read the variables that a folder's kustomization puts into each ConfigMap."""
    return {
        generated["name"]: dict(literal.split("=", 1) for literal in generated["literals"])
        for generated in kustomization(folder).get("configMapGenerator", ())
    }


def environment_in_kubernetes(role: str) -> set[str]:
    """Name the settings that a role's container is given."""
    container = container_of(role)
    maps = config_maps(K8S / "base")
    given = {name for source in container["envFrom"] for name in maps[source["configMapRef"]["name"]]}
    given |= {variable["name"] for variable in container["env"]}
    # From each service's own folder: its own user's address.
    given |= {f"{ENVIRONMENT_PREFIX}MONGODB_URL"}
    return {name for name in given if name.startswith(ENVIRONMENT_PREFIX)}


def paths_of(folder: Path) -> Iterator[Path]:
    """Yield every file that a kustomization names, itself included, through resources and components."""
    tree = kustomization(folder)
    yield folder / "kustomization.yaml"
    for named in (*tree.get("resources", ()), *tree.get("components", ())):
        path = (folder / named).resolve()
        yield from paths_of(path) if path.is_dir() else (path,)
    yield from ((folder / patch["path"]).resolve() for patch in tree.get("patches", ()) if "path" in patch)


def dockerfile() -> str:
    """Read the Dockerfile."""
    return (PROJECT / "Dockerfile").read_text(encoding="utf-8")
