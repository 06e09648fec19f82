"""Who reaches whom: the model of network policies, and the Hub's table of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.network import Network, Place, network_of, selects
from deploy.reachability import sources_of, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "reachability.md"
HERE = {"kubernetes.io/metadata.name": "here"}
SERVER = Place("server", "here", {"app": "server"}, HERE, (80,))
CLIENT = Place("client", "here", {"app": "client"}, HERE)
FOREIGN = Place("foreign", "there", {"app": "client"}, {"kubernetes.io/metadata.name": "there"})
OUTSIDE = Place("outside", "", address="203.0.113.7", ports=(443,))
TO_SERVER = {"matchLabels": {"app": "server"}}


def policy(namespace: str = "here", **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - a policy's spec
    return {"kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": namespace}, "spec": spec}


def among(*policies: dict[str, Any]) -> Network:
    return Network((SERVER, CLIENT, FOREIGN, OUTSIDE), policies)


def ingress(*rules: dict[str, Any], selector: Any = TO_SERVER) -> dict[str, Any]:  # noqa: ANN401 - a selector
    return policy(podSelector=selector, policyTypes=["Ingress"], ingress=list(rules))


def test_without_a_policy_everybody_reaches_everybody() -> None:
    assert among().allows(FOREIGN, SERVER, 80)
    assert among().allows(CLIENT, OUTSIDE, 443)


def test_a_policy_that_opens_nothing_closes_what_it_selects_and_nothing_else() -> None:
    closed = among(policy(podSelector={}, policyTypes=["Ingress"]))
    assert not closed.allows(CLIENT, SERVER, 80)
    assert closed.allows(CLIENT, OUTSIDE, 443)
    assert among(policy("there", podSelector={}, policyTypes=["Ingress"])).allows(CLIENT, SERVER, 80)


def test_pods_are_of_the_policys_own_namespace_unless_it_names_another() -> None:
    own = {"from": [{"podSelector": {"matchLabels": {"app": "client"}}}]}
    other = {
        "from": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "there"}},
                "podSelector": {"matchLabels": {"app": "client"}},
            }
        ]
    }
    assert among(ingress(own)).allows(CLIENT, SERVER, 80)
    assert not among(ingress(own)).allows(FOREIGN, SERVER, 80)
    assert among(ingress(other)).allows(FOREIGN, SERVER, 80)
    assert not among(ingress(other)).allows(CLIENT, SERVER, 80)


def test_policies_add_up_and_both_ends_must_agree() -> None:
    opened = among(policy(podSelector={}, policyTypes=["Ingress", "Egress"]), ingress({}))
    assert opened.allows(FOREIGN, SERVER, 80)
    assert not opened.allows(CLIENT, SERVER, 80), "its own egress is closed"


@pytest.mark.parametrize(
    ("ports", "lets"),
    [
        ([{"port": 80}], True),
        ([{"port": 81}], False),
        ([{"port": 79, "endPort": 90}], True),
        ([{"protocol": "UDP", "port": 80}], False),
        ([{}], True),
    ],
)
def test_a_rule_opens_its_ports_alone(ports: list[dict[str, Any]], *, lets: bool) -> None:
    assert among(ingress({"ports": ports})).allows(CLIENT, SERVER, 80) is lets


def test_an_address_is_let_through_by_its_block_and_not_by_labels() -> None:
    def to(block: dict[str, Any]) -> Network:
        return among(policy(podSelector={}, policyTypes=["Egress"], egress=[{"to": [block]}]))

    assert to({"ipBlock": {"cidr": "0.0.0.0/0"}}).allows(CLIENT, OUTSIDE, 443)
    left_out = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["203.0.113.0/24"]}}
    assert not to(left_out).allows(CLIENT, OUTSIDE, 443)
    assert not to({"namespaceSelector": {}}).allows(CLIENT, OUTSIDE, 443)
    assert not to({"ipBlock": {"cidr": "0.0.0.0/0"}}).allows(CLIENT, SERVER, 80)


@pytest.mark.parametrize(
    ("operator", "chosen"), [("In", True), ("NotIn", False), ("Exists", True), ("DoesNotExist", False)]
)
def test_selectors_select_as_kubernetes_does(operator: str, *, chosen: bool) -> None:
    expression: dict[str, Any] = {"key": "app", "operator": operator, "values": ["server"]}
    assert selects({"matchExpressions": [expression]}, {"app": "server"}) is chosen
    assert selects({}, {})


def test_what_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="operator"):
        selects({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}, {})
    with pytest.raises(ValueError, match="give its number"):
        among(ingress({"ports": [{"port": "http"}]})).allows(CLIENT, SERVER, 80)


def test_nobody_but_the_ingress_reaches_an_api_and_nobody_reaches_a_worker(network: Network) -> None:
    found = sources_of(network)
    for service in ("pupils", "audit", "employers", "reporting"):
        assert found[f"{service}-api:8000"] == ["ingress controller"]
        assert found[f"{service}-worker:8000"] == []
    assert found["hub-api:8000"] == ["ingress controller"]


def test_pupils_pods_reach_what_they_need_and_nothing_else(network: Network) -> None:
    reached = {
        pod: {at for at, sources in sources_of(network).items() if pod in sources}
        for pod in ("pupils-api", "pupils-worker")
    }
    assert reached == {
        "pupils-api": {"name server:53", "MongoDB:27017", "collector:4318", "a public address:443"},
        "pupils-worker": {"name server:53", "MongoDB:27017", "collector:4318", "Kafka:9093"},
    }


def test_no_api_reaches_kafka_and_nobody_of_the_hub_reaches_another_hub_or_the_clouds_metadata(
    network: Network,
) -> None:
    found = sources_of(network)
    assert not [name for name in found["Kafka:9093"] if name.endswith("-api")]
    for closed in ("another Hub's pupils-api:8000", "a stranger's pod:8000", "a cloud's metadata:80"):
        assert found[closed] == []


def test_the_page_has_the_table_as_it_is(network: Network) -> None:
    assert table(network) in PAGE.read_text(encoding="utf-8"), "put `python -m deploy.reachability` there"


def test_a_policy_that_lets_a_neighbour_in_is_seen(production: tuple[dict[str, Any], ...]) -> None:
    hole = policy(
        "careers-hub-dorset",
        podSelector={"matchLabels": {"app.kubernetes.io/component": "pupils"}},
        policyTypes=["Ingress"],
        ingress=[{"from": [{"namespaceSelector": {}}]}],
    )
    neighbour = Place("neighbour", "elsewhere")
    with_hole = network_of([*production, hole], [neighbour])
    assert "neighbour" in [source.name for source, to, _ in with_hole.reachable() if to.name == "pupils-api"]
