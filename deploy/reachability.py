"""Print who reaches whom: `python -m deploy.reachability [OVERLAY]`; docs/operations/ keeps it."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import Final

from deploy.network import NAMESPACE_NAME, Network, Place, network_of
from deploy.rendering import NoRendererError, render

_PRODUCTION: Final = "overlays/prod"


def _elsewhere(name: str, namespace: str, *ports: int, **labels: str) -> Place:
    named = {key.replace("_", "-"): value for key, value in labels.items()}
    return Place(name, namespace, named, {NAMESPACE_NAME: namespace}, ports)


AROUND: Final = (
    _elsewhere("ingress controller", "ingress-nginx"),
    _elsewhere("name server", "kube-system", 53, k8s_app="kube-dns"),
    _elsewhere("MongoDB", "mongodb", 27017),
    _elsewhere("Kafka", "kafka", 9093),
    _elsewhere("collector", "observability", 4318),
    _elsewhere("Prometheus", "observability", 9090),
    # Somebody else's pod, and a pod of another Hub.
    _elsewhere("a stranger's pod", "default", 8000),
    Place(
        "another Hub's pupils-api",
        "careers-hub-elsewhere",
        {"app.kubernetes.io/component": "pupils", "careers-hub/role": "api"},
        {NAMESPACE_NAME: "careers-hub-elsewhere", "app.kubernetes.io/part-of": "careers-hub"},
        (8000,),
    ),
    Place("a public address", "", address="203.0.113.7", ports=(443, 80)),
    Place("a cloud's metadata", "", address="169.254.169.254", ports=(80, 443)),
)


def hub_network(overlay: str = _PRODUCTION) -> Network:
    """Read an overlay's network, with what is around a Hub."""
    return network_of(render(overlay), AROUND)


def sources_of(network: Network) -> dict[str, list[str]]:
    """Name, for each port that somebody listens on, who reaches it."""
    found: dict[str, list[str]] = {
        f"{place.name}:{port}": [] for place in network.places for port in place.ports
    }
    ours = {place.name for place in network.places} - {place.name for place in AROUND}
    for source, destination, port in network.reachable():
        # What is none of ours at both ends is none of our business.
        if source.name in ours or destination.name in ours:
            found[f"{destination.name}:{port}"].append(source.name)
    return found


def table(network: Network) -> str:
    """Render who reaches whom as a Markdown table."""
    rows: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for destination, sources in sources_of(network).items():
        rows[tuple(sorted(sources))].append(destination)
    lines = ["| who listens | who reaches it |", "|---|---|"]
    lines += [
        f"| {', '.join(destinations)} | {', '.join(sources) or 'nobody'} |"
        for sources, destinations in rows.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table of the overlay that is named, or of production's."""
    overlay = sys.argv[1] if len(sys.argv) > 1 else _PRODUCTION
    try:
        sys.stdout.write(table(hub_network(overlay)))
    except NoRendererError as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
