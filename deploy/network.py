"""Who reaches whom: a small model of Kubernetes' network policies, over rendered manifests.

A connection is allowed if the source's egress allows it and the destination's ingress does; a pod that no
policy selects for a direction is open in that direction (networking.k8s.io/v1). Peers are selected by labels
of pods and namespaces, or by address. What is around the Hub (ingress controller, database, broker, anybody
else) is given as pods of other namespaces without policies of their own, so that only the Hub's count.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Manifest = Mapping[str, Any]

NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
_TEMPLATES: Final = {"Deployment": 1, "Job": 1, "CronJob": 2}


@dataclass(frozen=True, slots=True)
class Place:
    """A pod, or an address outside the cluster; `ports` are those on which it listens."""

    name: str
    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """The places and the policies, by namespace."""

    places: tuple[Place, ...]
    policies: tuple[Manifest, ...]

    def allows(self, source: Place, destination: Place, port: int) -> bool:
        """Whether a TCP connection from one to the other is let through at both ends."""
        return self._lets("Egress", source, destination, port) and self._lets(
            "Ingress", destination, source, port
        )

    def reachable(self) -> Iterator[tuple[Place, Place, int]]:
        """Yield every connection that is allowed to a port that somebody listens on."""
        for destination in self.places:
            for port in destination.ports:
                for source in self.places:
                    if source != destination and self.allows(source, destination, port):
                        yield source, destination, port

    def _lets(self, direction: str, own: Place, other: Place, port: int) -> bool:
        selecting = [
            policy["spec"]
            for policy in self.policies
            if own.address is None
            and policy["metadata"]["namespace"] == own.namespace
            and direction in policy["spec"]["policyTypes"]
            and selects(policy["spec"]["podSelector"], own.labels)
        ]
        if not selecting:
            return True
        side, peers = ("from", "ingress") if direction == "Ingress" else ("to", "egress")
        return any(
            _opens(rule, side, own.namespace, other, port)
            for spec in selecting
            for rule in spec.get(peers, ())
        )


def network_of(manifests: Iterable[Manifest], around: Iterable[Place]) -> Network:
    """Read the pods and policies of rendered manifests, with what is around them."""
    all_of_them = list(manifests)
    namespaces = {
        one["metadata"]["name"]: {
            NAMESPACE_NAME: one["metadata"]["name"],
            **one["metadata"].get("labels", {}),
        }
        for one in all_of_them
        if one["kind"] == "Namespace"
    }
    pods = tuple(
        _pod(one, namespaces.get(one["metadata"]["namespace"], {}))
        for one in all_of_them
        if one["kind"] in _TEMPLATES
    )
    policies = tuple(one for one in all_of_them if one["kind"] == "NetworkPolicy")
    return Network((*pods, *around), policies)


def selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects these labels; an empty one selects everything."""
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        _meets(expression, labels) for expression in selector.get("matchExpressions", ())
    )


def _meets(expression: Manifest, labels: Mapping[str, str]) -> bool:
    value, operator = labels.get(expression["key"]), expression["operator"]
    match operator:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    message = f"a selector has the operator {operator}, which there is not"
    raise ValueError(message)


def _opens(rule: Manifest, side: str, namespace: str, other: Place, port: int) -> bool:
    if "ports" in rule and not any(_is_port(named, port) for named in rule["ports"]):
        return False
    return side not in rule or any(_is_peer(peer, namespace, other) for peer in rule[side])


def _is_port(named: Manifest, port: int) -> bool:
    if named.get("protocol", "TCP") != "TCP":
        return False
    first = named.get("port")
    if isinstance(first, str):
        message = f"the policy names the port '{first}'; give its number"
        raise ValueError(message)  # noqa: TRY004 - the manifest is wrong, not the call
    return first is None or first <= port <= named.get("endPort", first)


def _is_peer(peer: Manifest, namespace: str, other: Place) -> bool:
    if "ipBlock" in peer:
        return other.address is not None and _is_inside(peer["ipBlock"], other.address)
    if other.address is not None:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], other.namespace_labels):
            return False
    elif other.namespace != namespace:
        return False
    return selects(peer.get("podSelector", {}), other.labels)


def _is_inside(block: Manifest, address: str) -> bool:
    place = ipaddress.ip_address(address)
    return place in ipaddress.ip_network(block["cidr"]) and not any(
        place in ipaddress.ip_network(left_out) for left_out in block.get("except", ())
    )


def _pod(workload: Manifest, namespace_labels: Mapping[str, str]) -> Place:
    template: Any = workload["spec"]
    for _ in range(_TEMPLATES[workload["kind"]] - 1):
        template = template["jobTemplate"]["spec"]
    template = template["template"]
    ports = tuple(
        port["containerPort"]
        for container in template["spec"]["containers"]
        for port in container.get("ports", ())
    )
    namespace = workload["metadata"]["namespace"]
    labels = template["metadata"].get("labels", {})
    return Place(workload["metadata"]["name"], namespace, labels, namespace_labels, ports)
