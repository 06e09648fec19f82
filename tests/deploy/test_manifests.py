"""The manifests as Kubernetes gets them: valid by its schemas, confined, and whole. Applied: nowhere yet."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml
from pydantic import SecretStr
from referencing import Registry, Resource

from contracts.topics import LEDGER_TOPICS
from deploy.rendering import K8S, render
from services.registry import SERVICES
from services.runtime.api import create_api
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings
from tests.deploy.conftest import Manifest, rendered

OVERLAYS: Final = ("overlays/dev", "overlays/prod")
KUBERNETES: Final = "1.34.0"
# Of operators; Kubernetes' own schemas do not know them, so they are looked at below.
OPERATORS: Final = {"ExternalSecret", "ScaledObject"}
PINNED: Final = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+[a-z0-9.-]*")


@cache
def schemas() -> Path:
    """Find Kubernetes' strict schemas in their package."""
    found = find_spec("kubernetes_validate")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "kubernetes-json-schema" / f"v{KUBERNETES}-local-strict"


@cache
def definitions() -> Registry[Any]:
    text = (schemas() / "_definitions.json").read_text(encoding="utf-8")
    return Resource.from_contents(json.loads(text)) @ Registry()


def schema_problems(manifest: Manifest) -> Iterator[str]:
    """Yield what Kubernetes' schema for a kind says against a manifest; unknown fields too."""
    version = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", manifest["apiVersion"])
    schema = json.loads((schemas() / f"{manifest['kind'].lower()}-{version}.json").read_text("utf-8"))
    registry = Resource.from_contents(schema) @ definitions()
    for problem in jsonschema.Draft202012Validator(schema, registry=registry).iter_errors(manifest):
        yield f"{manifest['kind']}/{manifest['metadata']['name']} {list(problem.path)}: {problem.message}"


def pods(manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    """Give every workload's pod template by the workload's name."""
    found: dict[str, Manifest] = {}
    for manifest in manifests:
        if manifest["kind"] in {"Deployment", "Job"}:
            found[manifest["metadata"]["name"]] = manifest["spec"]["template"]
        elif manifest["kind"] == "CronJob":
            found[manifest["metadata"]["name"]] = manifest["spec"]["jobTemplate"]["spec"]["template"]
    return found


def of_kind(manifests: tuple[Manifest, ...], kind: str) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] == kind}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_is_valid_by_kubernetes_strict_schemas(overlay: str) -> None:
    checked = [manifest for manifest in rendered(overlay) if manifest["kind"] not in OPERATORS]
    problems = [problem for manifest in checked for problem in schema_problems(manifest)]
    assert len(checked) > 30
    assert not problems


def test_a_manifest_with_a_misspelt_field_is_caught(production: tuple[Manifest, ...]) -> None:
    broken = json.loads(json.dumps(of_kind(production, "Deployment")["pupils-api"]))
    broken["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    assert "readynessProbe" in "".join(schema_problems(broken))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_confined(overlay: str) -> None:
    """As the namespace's `restricted` level asks, and a read-only root and bounded resources beside."""
    for name, pod in pods(rendered(overlay)).items():
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name
        assert pod["spec"]["securityContext"]["runAsUser"] == 10001, name
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert set(container["resources"]) == {"requests", "limits"}, name
            assert PINNED.fullmatch(container["image"]), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_variable_of_ours_is_a_setting(overlay: str) -> None:
    known = {ENVIRONMENT_PREFIX + field.upper() for field in Settings.model_fields}
    manifests = rendered(overlay)
    maps = of_kind(manifests, "ConfigMap")
    for name, pod in pods(manifests).items():
        for container in pod["spec"]["containers"]:
            given = {variable["name"] for variable in container.get("env", ())}
            for source in container.get("envFrom", ()):
                given |= set(maps[source["configMapRef"]["name"]]["data"])
            if container["name"] == "careers-hub":
                ours = {variable for variable in given if variable.startswith(ENVIRONMENT_PREFIX)}
                assert ours <= known, name
                assert {f"{ENVIRONMENT_PREFIX}MONGODB_URL", f"{ENVIRONMENT_PREFIX}HUB_ID"} <= ours, name


def test_each_service_has_its_own_user_of_the_database(production: tuple[Manifest, ...]) -> None:
    keys = {
        name: variable["valueFrom"]["secretKeyRef"]["key"]
        for name, pod in pods(production).items()
        for container in pod["spec"]["containers"]
        for variable in container.get("env", ())
        if variable["name"] in {"CAREERS_HUB_MONGODB_URL", "MONGODB_URL"} and "valueFrom" in variable
    }
    own = {
        f"{service}-{role}": f"mongodb-url-{service}" for service in SERVICES for role in ("api", "worker")
    }
    administration = dict.fromkeys(("hub-api", "recount"), "mongodb-url-hub")
    operators = {"database-backup": "mongodb-url-backup", "restore": "admin-url"}
    assert keys == own | administration | operators


def test_each_worker_shows_kafka_its_own_certificate(production: tuple[Manifest, ...]) -> None:
    shown = {
        name: volume["secret"]["secretName"]
        for name, pod in pods(production).items()
        for volume in pod["spec"]["volumes"]
        if volume["name"] == "kafka"
    }
    assert shown == {f"{service}-worker": f"kafka-{service}" for service in SERVICES} | {
        "topics": "kafka-topics"
    }
    secrets = of_kind(production, "ExternalSecret")
    assert set(shown.values()) <= set(secrets)
    for name in shown.values():
        keys = [one["remoteRef"]["key"] for one in secrets[name]["spec"]["data"]]
        user = f"dorset-{name.removeprefix('kafka-')}"
        assert keys == [user, user, "kafka-cluster-ca-cert"]


def test_every_secret_and_map_that_a_pod_names_is_there(production: tuple[Manifest, ...]) -> None:
    there = set(of_kind(production, "ConfigMap")) | set(of_kind(production, "ExternalSecret"))
    claims = set(of_kind(production, "PersistentVolumeClaim"))
    for pod in pods(production).values():
        for volume in pod["spec"]["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["secretName"] in there
            if "configMap" in volume:
                assert volume["configMap"]["name"] in there
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims


def test_the_ingress_leads_every_route_to_the_service_that_has_it(
    production: tuple[Manifest, ...], settings: Settings
) -> None:
    [ingress] = of_kind(production, "Ingress").values()
    [rule] = ingress["spec"]["rules"]
    paths = {one["path"]: one["backend"]["service"] for one in rule["http"]["paths"]}
    behind = of_kind(production, "Service")
    app = create_api(
        list(SERVICES.values()), settings.model_copy(update={"mongodb_url": SecretStr("mongodb://x/")})
    )
    first = {f"/{path.split('/')[1]}" for path in (getattr(r, "path", "") for r in app.routes)} - {"/health"}

    front = {"/", "/sign-in", "/sign-out"}
    assert set(paths) == first == {f"/{name}" for name in (*SERVICES, "hub")} | front
    for path, service in paths.items():
        assert service["name"] == ("reporting-api" if path in front else f"{path[1:]}-api")
        assert service["port"]["name"] in [port["name"] for port in behind[service["name"]]["spec"]["ports"]]
    assert rule["host"] in ingress["spec"]["tls"][0]["hosts"]


def test_whoever_scales_a_deployment_is_the_only_one_who_says_how_many(
    production: tuple[Manifest, ...],
) -> None:
    deployments = of_kind(production, "Deployment")
    scaled = {
        manifest["spec"]["scaleTargetRef"]["name"]: manifest
        for manifest in production
        if manifest["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}
    }
    assert set(scaled) == {f"{service}-{role}" for service in SERVICES for role in ("api", "worker")}
    assert {name for name, one in deployments.items() if "replicas" not in one["spec"]} == set(scaled)
    partitions = min(card.partitions for card in LEDGER_TOPICS)
    for service in SERVICES:
        # More members of a group than partitions would have nothing to read.
        assert scaled[f"{service}-worker"]["spec"]["maxReplicaCount"] <= partitions
        assert scaled[f"{service}-worker"]["spec"]["minReplicaCount"] == 2


def test_workers_scale_by_the_lag_of_their_own_hub(production: tuple[Manifest, ...]) -> None:
    [maps] = [
        m["data"]
        for m in production
        if m["kind"] == "ConfigMap"
        and m["metadata"]["name"].startswith("hub-")
        and "CAREERS_HUB_HUB_ID" in m["data"]
    ]
    for name, scaled in of_kind(production, "ScaledObject").items():
        [trigger] = scaled["spec"]["triggers"]
        query = trigger["metadata"]["query"]
        assert f'job="careers-hub/{maps["CAREERS_HUB_HUB_ID"]}/careers-hub-worker"' in query
        assert f'reader=~"{name.removesuffix("-worker")}[.].*"' in query


def test_pods_are_spread_over_zones_and_nodes_and_taken_one_at_a_time(
    production: tuple[Manifest, ...],
) -> None:
    deployments = of_kind(production, "Deployment")
    budgets = of_kind(production, "PodDisruptionBudget")
    for name in deployments:
        spread = deployments[name]["spec"]["template"]["spec"]["topologySpreadConstraints"]
        labels = deployments[name]["spec"]["template"]["metadata"]["labels"]
        assert [one["topologyKey"] for one in spread] == [
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        ]
        for selector in (*(one["labelSelector"] for one in spread), budgets[name]["spec"]["selector"]):
            assert selector["matchLabels"].items() <= labels.items()
            # Of this service alone: another's pods would be counted with its own.
            assert "app.kubernetes.io/component" in selector["matchLabels"]


def test_the_journal_is_backed_up_apart_from_the_database(production: tuple[Manifest, ...]) -> None:
    def claims(name: str) -> set[str]:
        volumes = pods(production)[name]["spec"]["volumes"]
        return {v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v}

    assert claims("database-backup") == {"database-backups"}
    assert claims("journal-backup") == {"pupils-erasures", "journal-backups"}
    script = pods(production)["journal-backup"]["spec"]["containers"][0]["args"][0]
    assert "delete" not in script
    dump = pods(production)["database-backup"]["spec"]["containers"][0]["args"][0]
    assert "--oplog" in dump
    assert "$MONGODB_URL" not in dump.partition("> /tmp/mongodump.yaml")[2], "not on a command line"


def test_the_shared_kafka_lets_in_by_certificate_alone_and_makes_no_topics() -> None:
    trees = list(rendered("kafka"))
    [kafka] = [tree for tree in trees if tree["kind"] == "Kafka"]
    [listener] = kafka["spec"]["kafka"]["listeners"]
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "tls"}
    assert kafka["spec"]["kafka"]["authorization"] == {"type": "simple"}
    assert kafka["spec"]["kafka"]["config"]["auto.create.topics.enable"] == "false"
    assert {tree["spec"]["replicas"] for tree in trees if tree["kind"] == "KafkaNodePool"} == {3}


def test_what_selects_another_namespaces_pods_selects_pods_that_there_are(
    production: tuple[Manifest, ...],
) -> None:
    """Kafka lets our workers in by the labels that our manifests carry."""
    [kafka] = [tree for tree in rendered("kafka") if tree["kind"] == "Kafka"]
    [peer] = kafka["spec"]["kafka"]["listeners"][0]["networkPolicyPeers"]
    [namespace] = of_kind(production, "Namespace").values()
    assert peer["namespaceSelector"]["matchLabels"].items() <= namespace["metadata"]["labels"].items()
    [expression] = peer["podSelector"]["matchExpressions"]
    roles = {pod["metadata"]["labels"]["careers-hub/role"] for pod in pods(production).values()}
    assert set(expression["values"]) <= roles


def test_a_copy_for_another_hub_names_that_hub_everywhere(tmp_path: Path) -> None:
    """What docs/operations/many-hubs.md tells: the id in the settings reaches every manifest."""
    rendered("overlays/prod")
    shutil.copytree(K8S, tmp_path / "k8s")
    overlay = tmp_path / "k8s" / "overlays" / "prod"
    for path in (overlay / "kustomization.yaml", overlay / "settings" / "kustomization.yaml"):
        path.write_text(path.read_text("utf-8").replace("dorset", "west-yorkshire"), encoding="utf-8")
    (overlay / "access.json").write_text("{}", encoding="utf-8")
    assert "dorset" not in yaml.safe_dump_all(render(str(overlay)))
