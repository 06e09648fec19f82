"""Dashboards and alerts ask for what the code really sends, by the names that Prometheus gives it."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.alerts import alert_groups
from services.runtime import telemetry
from tests.architecture.source_tree import PROJECT

FOLDER: Final = PROJECT / "deploy" / "observability"
TESTS: Final = FOLDER / "alerts.test.yaml"
DASHBOARD: Final[dict[str, Any]] = json.loads(
    (FOLDER / "grafana" / "careers-hub.json").read_text(encoding="utf-8")
)
PROMTOOL: Final = shutil.which("promtool")
UNITS: Final = {"s": "_seconds", None: ""}
NAME: Final = re.compile(r"\bcareers_hub_\w+")
# What a series has beside what the code sets: the Hub, from the resource; the bucket's bound.
ADDED_LABELS: Final = {"service_namespace", "job", "instance", "le"}


def instruments() -> Iterator[tuple[str, str, str, str | None]]:
    """Yield every instrument of telemetry.py: its variable, kind, name and unit."""
    tree = ast.parse(Path(telemetry.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
            made = ast.unparse(node.value.func)
            if made.startswith("meter.create_"):
                units = [ast.literal_eval(k.value) for k in node.value.keywords if k.arg == "unit"]
                name = str(ast.literal_eval(node.value.args[0]))
                kind = made.removeprefix("meter.create_")
                yield ast.unparse(node.target), kind, name, units[0] if units else None


def series() -> dict[str, set[str]]:
    """Name the series that Prometheus makes of each instrument, with the labels that the code gives them."""
    labels = labels_given()
    found: dict[str, set[str]] = {}
    for variable, kind, name, unit in instruments():
        stem = name.replace(".", "_") + UNITS[unit]
        suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}[kind]
        for suffix in suffixes:
            found[stem + suffix] = labels[variable]
    return found


@cache
def labels_given() -> dict[str, set[str]]:
    """Read, from every call that measures, which labels it gives."""
    found: dict[str, set[str]] = {}
    for path in sorted((PROJECT / "services").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "from services.runtime.telemetry import" not in text:
            continue
        for function in ast.walk(ast.parse(text)):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            dicts = {
                ast.unparse(node.targets[0]): node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
            }
            for call in ast.walk(function):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and len(call.args) == 2
                ):
                    variable, given = ast.unparse(call.func.value), call.args[1]
                    given = dicts.get(ast.unparse(given), given)
                    if call.func.attr in {"add", "set", "record"} and isinstance(given, ast.Dict):
                        keys = {ast.literal_eval(key) for key in given.keys if key is not None}
                        found.setdefault(variable, set()).update(keys)
    return found


def queries() -> Iterator[tuple[str, str]]:
    """Yield every query to Prometheus, with where it stands."""
    for group in alert_groups():
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            if target["datasource"]["type"] == "prometheus":
                yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        yield variable["name"], variable["query"]["query"]
    text = (PROJECT / "deploy" / "k8s" / "autoscaling" / "workers.yaml").read_text(encoding="utf-8")
    for scaled in yaml.safe_load_all(text):
        yield scaled["metadata"]["name"], scaled["spec"]["triggers"][0]["metadata"]["query"]


def test_every_instrument_is_measured_somewhere() -> None:
    assert {variable for variable, *_ in instruments()} == set(labels_given()) & {
        variable for variable, *_ in instruments()
    }


def test_queries_ask_for_series_that_there_are() -> None:
    known = series()
    asked = {(where, name) for where, query in queries() for name in NAME.findall(query)}
    assert len(asked) > 30
    assert not {(where, name) for where, name in asked if name not in known}
    assert all(NAME.search(query) for _, query in queries())


def test_queries_ask_for_labels_that_the_series_have() -> None:
    known = series()
    for where, query in queries():
        if query.startswith("label_values"):
            continue
        names = NAME.findall(query)
        allowed = ADDED_LABELS | set.union(*(known[name] for name in names))
        matched = set(re.findall(r"[{,]\s*(\w+)\s*(?:=~|!~|!=|=)", query))
        grouped = {
            label.strip() for labels in re.findall(r"\bby \(([^)]*)\)", query) for label in labels.split(",")
        }
        assert matched | grouped <= allowed, where


def test_labels_name_parts_of_us_and_never_a_school() -> None:
    given = set.union(*labels_given().values())
    assert given == {"academic_year", "method", "outcome", "reader", "route", "service", "status"}


@pytest.mark.parametrize(
    "watched",
    [
        "careers_hub_ledger_outbox_age_seconds",
        "careers_hub_reader_lag",
        "careers_hub_reader_lateness_seconds",
        "careers_hub_parking_waiting",
        "careers_hub_recount_mismatches",
        "careers_hub_http_requests_total",
    ],
)
def test_what_must_be_watched_has_a_panel_and_an_alert(watched: str) -> None:
    alerts = [rule["expr"] for group in alert_groups() for rule in group["rules"]]
    panels = [t["expr"] for panel in DASHBOARD["panels"] for t in panel["targets"]]
    assert [expression for expression in alerts if watched in expression]
    assert [expression for expression in panels if watched in expression]


def test_every_alert_says_what_it_is_and_what_to_do_and_is_tried() -> None:
    tried = {
        one["alertname"]
        for test in yaml.safe_load(TESTS.read_text(encoding="utf-8"))["tests"]
        for one in test["alert_rule_test"]
        if one["exp_alerts"]
    }
    rules = [rule for group in alert_groups() for rule in group["rules"]]
    assert {rule["alert"] for rule in rules} == tried
    for rule in rules:
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in {"warning", "critical"}


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool on this machine: alerts are not tried")
def test_alerts_fire_when_they_should() -> None:
    done = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(TESTS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_stand_beside_each_other_and_have_numbers_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_everything_is_sent_where_something_listens() -> None:
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    collector = yaml.safe_load((FOLDER / "collector.yaml").read_text(encoding="utf-8"))
    sources = yaml.safe_load((FOLDER / "grafana" / "datasources.yaml").read_text(encoding="utf-8"))
    hosts = {
        re.sub(r"^https?://", "", exporter["endpoint"]).partition(":")[0]
        for exporter in collector["exporters"].values()
    } | {source["url"].removeprefix("http://").partition(":")[0] for source in sources["datasources"]}
    assert hosts == {"prometheus", "loki", "tempo"} <= set(compose)
    pipelines = collector["service"]["pipelines"]
    assert set(pipelines) == {"metrics", "traces", "logs"}
    for part in ("receivers", "processors", "exporters"):
        used = {name for pipeline in pipelines.values() for name in pipeline[part]}
        assert used == set(collector[part])
    uids = {source["uid"] for source in sources["datasources"]}
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} <= uids
    prometheus = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))
    assert prometheus["otlp"]["promote_resource_attributes"] == ["service.namespace"]
    assert "--web.enable-otlp-receiver" in compose["prometheus"]["command"]
