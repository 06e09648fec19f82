"""An overlay as Kubernetes gets it: rendered by `kustomize`, or by `kubectl`, which has it built in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import yaml

K8S: Final = Path(__file__).resolve().parent / "k8s"
# A render reads some forty small files.
_TIMEOUT_S: Final = 60


class NoRendererError(RuntimeError):
    """Neither kustomize nor kubectl is on the PATH."""


def renderer() -> list[str]:
    """Name the command that renders a folder; raises NoRendererError if there is none."""
    if kustomize := shutil.which("kustomize"):
        return [kustomize, "build"]
    if kubectl := shutil.which("kubectl"):
        return [kubectl, "kustomize"]
    message = "rendering needs kustomize or kubectl on the PATH"
    raise NoRendererError(message)


def render(folder: str) -> list[dict[str, Any]]:
    """Render a folder below deploy/k8s; raises CalledProcessError with kustomize's own words."""
    done = subprocess.run(
        [*renderer(), str(K8S / folder)], capture_output=True, text=True, check=True, timeout=_TIMEOUT_S
    )
    return [tree for tree in yaml.safe_load_all(done.stdout) if tree]
