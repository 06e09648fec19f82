"""The alerts of `observability/alerts.yaml` as the Prometheus operator takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

ALERTS: Final = Path(__file__).resolve().parent / "observability" / "alerts.yaml"


def alert_groups() -> list[dict[str, Any]]:
    """Read the groups of rules."""
    groups: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return groups


def prometheus_rule() -> dict[str, Any]:
    """Wrap the groups in the operator's resource."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "careers-hub", "labels": {"app.kubernetes.io/part-of": "careers-hub"}},
        "spec": {"groups": alert_groups()},
    }
