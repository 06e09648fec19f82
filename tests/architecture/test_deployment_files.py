"""Image, compose file and manifests agree with each other, with the settings and with the four services."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
import yaml

from services.runtime.settings import ENVIRONMENT_PREFIX, Settings
from tests.architecture.deployment_tree import (
    K8S,
    base,
    compose,
    config_maps,
    container_of,
    dockerfile,
    documents,
    environment_in_kubernetes,
    kustomization,
    paths_of,
    workloads,
)
from tests.architecture.source_tree import PROJECT

SERVICES: Final = ("audit", "employers", "pupils", "reporting")
ROLES: Final = ("api", "worker")
PORT: Final = "8000"
OVERLAYS: Final = ("dev", "prod")
OVERRIDING: Final = ("overlays/dev", "overlays/prod/settings", "kafka-tls")
TLS: Final = ("CA", "CERTIFICATE", "KEY")
PINNED: Final = re.compile(r".+:v?\d+\.\d+\.\d+[a-z0-9.-]*")
# Where the database's address comes from a Secret and not from a ConfigMap.
MONGODB_URL: Final = "CAREERS_HUB_MONGODB_URL"
JOURNAL: Final = "CAREERS_HUB_ERASURE_JOURNAL"
DISCOVERY: Final = "CAREERS_HUB_SIGN_IN_DISCOVERY_URL"
ERASING: Final = ["pupils-api", "pupils-worker"]
OWN_MANIFESTS: Final = {"pupils": ["erasures.yaml"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_reaches_every_manifest_and_names_none_that_is_missing(overlay: str) -> None:
    reached = set(paths_of(K8S / "overlays" / overlay))
    written = {
        path for folder in ("base", "pod", "service", "services") for path in (K8S / folder).rglob("*.yaml")
    }

    assert not {path for path in reached if not path.is_file()}
    assert written <= reached


def test_production_reaches_every_component() -> None:
    reached = set(paths_of(K8S / "overlays" / "prod"))
    shared = {"kafka", "observability", "overlays"}
    written = {path for path in K8S.rglob("*.yaml") if path.relative_to(K8S).parts[0] not in shared}

    assert written <= reached


def test_every_service_stands_in_kubernetes_under_its_own_prefix_and_label() -> None:
    folders = {Path(named).name for named in base()["resources"] if named.startswith("../services/")}

    assert folders == {*SERVICES, "hub"}
    for service in folders:
        tree = kustomization(K8S / "services" / service)
        [label] = tree["labels"]
        roles = ["../../service/api"] if service == "hub" else ["../../service/api", "../../service/worker"]
        assert tree["namePrefix"] == f"{service}-"
        assert tree["resources"] == [*roles, *OWN_MANIFESTS.get(service, ())]
        assert label == {"includeSelectors": True, "pairs": {"app.kubernetes.io/component": service}}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_runs_its_own_service_in_both_substrates(role: str) -> None:
    container = container_of(role)
    [name] = [variable for variable in container["env"] if variable["name"] == "SERVICE"]

    assert name["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['app.kubernetes.io/component']"
    for service in SERVICES:
        in_compose = compose()["services"][f"{service}-{role}"]["command"]
        assert in_compose == ["serve", role, "--service", service, "--host", "0.0.0.0", "--port", PORT]  # noqa: S104 - inside a container
        assert [word.replace("$(SERVICE)", service) for word in container["args"]] == in_compose


def test_topics_are_made_by_the_same_command_in_both_substrates() -> None:
    assert container_of("topics")["args"] == compose()["services"]["topics"]["command"] == ["serve", "topics"]


@pytest.mark.parametrize("role", [*ROLES, "topics"])
def test_a_role_is_given_the_same_settings_in_both_substrates(role: str) -> None:
    expected = environment_in_kubernetes(role)
    names = ["topics"] if role == "topics" else [f"{service}-{role}" for service in SERVICES]

    assert {MONGODB_URL, "CAREERS_HUB_HUB_ID", "CAREERS_HUB_SECRET_FILE"} <= expected
    for name in names:
        own = {JOURNAL} if name in ERASING else set()
        given = set(compose()["services"][name]["environment"])
        # In a cluster the provider's own address is known inside as well.
        assert given - {DISCOVERY} == expected | own


def test_the_erasure_journal_is_on_a_volume_of_its_own_in_both_substrates() -> None:
    """Restoring the database must not bring back who was erased."""
    [_, patch] = kustomization(K8S / "services" / "pupils")["patches"]
    pod = yaml.safe_load(patch["patch"])["spec"]["template"]["spec"]
    [container], [volume] = pod["containers"], pod["volumes"]
    [variable], [mount] = container["env"], container["volumeMounts"]
    [claim] = documents(K8S / "services" / "pupils" / "erasures.yaml")
    [in_compose] = compose()["services"]["pupils-api"]["volumes"]

    assert patch["target"] == {"kind": "Deployment"}, "the worker erases too"
    assert variable == {"name": JOURNAL, "value": f"{mount['mountPath']}/erasures"}
    for name in ERASING:
        assert compose()["services"][name]["environment"][JOURNAL] == variable["value"]
    assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    assert mount["name"] == volume["name"]
    assert in_compose == f"erasures:{mount['mountPath']}"
    assert "erasures" in compose()["volumes"]
    users = [
        name for name, service in compose()["services"].items() if in_compose in service.get("volumes", ())
    ]
    assert users == ERASING
    assert f"-o 10001 -g 10001 -m 0700 {mount['mountPath']}" in dockerfile()


def test_every_variable_that_is_set_is_a_setting() -> None:
    known = {ENVIRONMENT_PREFIX + field.upper() for field in Settings.model_fields}
    used = {name for role in workloads() for name in environment_in_kubernetes(role)}
    for folder in OVERRIDING:
        for literals in config_maps(K8S / folder).values():
            used |= set(literals)

    assert used
    assert used <= known


def test_an_overlay_overrides_only_what_the_base_sets() -> None:
    below = config_maps(K8S / "base")
    adding = {"CAREERS_HUB_TOPIC_PREFIX", *(f"CAREERS_HUB_KAFKA_{part}_FILE" for part in TLS)}
    for folder in OVERRIDING:
        for name, literals in config_maps(K8S / folder).items():
            assert set(literals) - adding <= set(below[name])


def test_the_api_is_kept_away_from_kafka() -> None:
    assert not [name for name in environment_in_kubernetes("api") if "KAFKA" in name]
    [policy] = [
        tree
        for tree in documents(K8S / "base" / "network-policies.yaml")
        if tree["spec"]["podSelector"].get("matchLabels") == {"careers-hub/role": "api"}
    ]
    ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert 9092 not in ports


@pytest.mark.parametrize("role", ROLES)
def test_selectors_match_the_labels_that_the_pods_carry(role: str) -> None:
    trees = documents(K8S / "service" / role / f"{role}.yaml")
    labels = workloads()[role]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        tree["spec"]["selector"].get("matchLabels", tree["spec"]["selector"])
        for tree in trees
        if tree["kind"] in {"Deployment", "PodDisruptionBudget", "Service"}
    ]

    assert {tree["kind"] for tree in trees} >= {"Deployment", "PodDisruptionBudget"}
    assert all(selector.items() <= labels.items() for selector in selectors)


def test_a_kubernetes_service_leads_to_the_port_that_the_api_listens_on() -> None:
    [service] = [
        tree for tree in documents(K8S / "service" / "api" / "api.yaml") if tree["kind"] == "Service"
    ]
    [port] = container_of("api")["ports"]

    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert str(port["containerPort"]) == PORT


def test_the_network_is_closed_unless_a_policy_opens_it() -> None:
    policies = {
        tree["metadata"]["name"]: tree["spec"] for tree in documents(K8S / "base" / "network-policies.yaml")
    }

    assert policies["deny-everything"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    opened = [
        source for spec in policies.values() for rule in spec.get("ingress", ()) for source in rule["from"]
    ]
    assert opened == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
    ]


@pytest.mark.parametrize("role", [*ROLES, "topics"])
def test_a_pod_has_few_rights_and_bounded_resources(role: str) -> None:
    pod = workloads()[role]["spec"]["template"]["spec"]
    container = container_of(role)

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (
        set(container["resources"]["limits"]) == set(container["resources"]["requests"]) == {"cpu", "memory"}
    )
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_long_running_pod_is_probed_where_it_listens(role: str) -> None:
    container = container_of(role)
    [port] = container["ports"]

    for probe, path in (("startup", "live"), ("liveness", "live"), ("readiness", "ready")):
        assert container[f"{probe}Probe"]["httpGet"] == {"path": f"/health/{path}", "port": port["name"]}


def test_every_service_in_compose_is_confined_and_waits_for_what_it_needs() -> None:
    for service in SERVICES:
        for role in ROLES:
            tree = compose()["services"][f"{service}-{role}"]
            assert tree["read_only"] is True
            assert tree["cap_drop"] == ["ALL"]
            assert tree["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
            assert "mongodb-init" in tree["depends_on"]
            assert ("topics" in tree["depends_on"]) == (role == "worker")


def test_compose_names_only_what_it_defines_and_publishes_only_on_loopback() -> None:
    for tree in compose()["services"].values():
        assert set(tree.get("depends_on", ())) <= set(compose()["services"])
        assert set(tree["networks"]) <= set(compose()["networks"])
        assert set(tree.get("secrets", ())) <= set(compose()["secrets"])
        mounts = {mount.split(":")[0] for mount in tree.get("volumes", ())}
        files = {mount for mount in mounts if mount.startswith("./")}
        assert mounts - files <= set(compose()["volumes"])
        assert not {file for file in files if not (PROJECT / file).is_file()}
        assert all(port.startswith("127.0.0.1:") for port in tree.get("ports", ()))


def test_database_and_broker_publish_no_port_and_sit_where_nothing_leads_out() -> None:
    assert compose()["networks"]["inside"] == {"internal": True}
    for name in ("mongodb", "kafka"):
        assert "ports" not in compose()["services"][name]
        assert compose()["services"][name]["networks"] == ["inside"]


def test_mongodb_soon_ends_the_transactions_of_a_process_that_was_killed() -> None:
    command = compose()["services"]["mongodb"]["command"]
    limit = command[command.index("--setParameter") + 1]

    assert limit == "transactionLifetimeLimitSeconds=10"
    # In Kubernetes MongoDB is the operator's, who is told the same.
    assert limit in (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8").split("## Kubernetes")[1]


def test_every_image_is_pinned() -> None:
    in_compose = [tree["image"] for tree in compose()["services"].values()]
    in_kubernetes = [f"{image['name']}:{image['newTag']}" for image in base()["images"]]
    in_dockerfile = re.findall(r"^ARG PYTHON_IMAGE=(\S+)", dockerfile(), re.MULTILINE)

    assert container_of("api")["image"] == base()["images"][0]["name"]
    assert in_dockerfile
    assert not [image for image in in_compose + in_kubernetes + in_dockerfile if not PINNED.fullmatch(image)]


def test_the_image_carries_the_projects_version() -> None:
    version = re.findall(
        r'^version = "(.+)"', (PROJECT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
    )[0]

    assert base()["images"][0]["newTag"] == version
    assert compose()["services"]["topics"]["image"] == f"careers-hub:{version}"


def test_the_image_holds_locked_runtime_packages_only_and_no_gpl_part() -> None:
    syncs = re.findall(r"^RUN uv sync (.*)$", dockerfile(), re.MULTILINE)

    assert syncs
    for options in syncs:
        assert {"--frozen", "--no-dev"} <= set(options.split())
        assert "extra" not in options
    # The tools that write the bill are no part of what runs.
    assert re.findall(r"^COPY --from=(\w+) (\S+)", dockerfile(), re.MULTILINE) == [
        ("build", "/opt/careers-hub"),
        # Style and script of the pages: the wheel with npm that fetched them stays behind.
        ("pages", "/opt/careers-hub/share/careers-hub"),
        ("bill", "/opt/sbom.cdx.json"),
    ]
    # A font of reportlab's that its pages never use.
    assert "rm /opt/careers-hub/lib/python*/site-packages/reportlab/fonts/DarkGarden*" in dockerfile()


def test_the_image_runs_as_a_numbered_user_who_is_the_one_in_kubernetes() -> None:
    [user] = re.findall(r"^USER (\d+):\d+$", dockerfile(), re.MULTILINE)

    assert int(user) == workloads()["api"]["spec"]["template"]["spec"]["securityContext"]["runAsUser"]


def test_the_image_checks_its_health_where_every_role_answers() -> None:
    assert "HEALTHCHECK" in dockerfile()
    assert f"http://127.0.0.1:{PORT}/health/live" in dockerfile()


def test_the_image_and_the_makefile_use_the_same_uv() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")

    assert re.findall(r"uv==(\S+)", dockerfile()) == re.findall(
        r"^UV_VERSION = (\S+)$", makefile, re.MULTILINE
    )


def test_the_build_context_is_what_the_image_copies_and_nothing_else() -> None:
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split()
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        word
        for words in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), re.MULTILINE)
        for word in words.split()
    }

    assert "*" in lines
    assert allowed == copied
