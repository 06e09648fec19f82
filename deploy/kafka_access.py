"""Strimzi's topics and users of one Hub, from the cards in `contracts/topics.py`.

A user a service. Its ACLs follow the cards: only a topic's owner may write it, only its readers may read
it; everybody's control topic is both for every worker. Every worker may describe every topic, because at its
start it looks whether one is missing (`services/runtime/broker.py`); nobody may create, alter or delete one.
Groups belong to a service by the beginning of their name.
"""

from __future__ import annotations

from typing import Any, Final

from contracts.topics import ALL_TOPICS, CONTROL, LEDGER_TOPICS, TopicCard

Manifest = dict[str, Any]

CLUSTER: Final = "kafka"
REPLICATION: Final = 3
TOPICS_JOB: Final = "topics"
_API: Final = "kafka.strimzi.io/v1"


def services() -> tuple[str, ...]:
    """Name every service that writes or reads a ledger's topic."""
    named = {name for card in LEDGER_TOPICS for name in (card.owner, *card.readers)}
    return tuple(sorted(named))


def operations(service: str, card: TopicCard) -> tuple[str, ...]:
    """Name what a service may do with a topic."""
    if card == CONTROL:
        return ("Describe", "Read", "Write")
    if service == card.owner:
        return ("Describe", "Write")
    return ("Describe", "Read") if service in card.readers else ("Describe",)


def kafka_topics(hub: str, prefix: str) -> list[Manifest]:
    """Declare a Hub's topics as `serve topics` would make them."""
    return [
        {
            "apiVersion": _API,
            "kind": "KafkaTopic",
            "metadata": {"name": f"{prefix}{card.name}", "labels": _labels(hub)},
            "spec": {
                "partitions": card.partitions,
                "replicas": REPLICATION,
                "config": {"min.insync.replicas": REPLICATION - 1, "retention.ms": card.retention_ms},
            },
        }
        for card in ALL_TOPICS
    ]


def kafka_users(hub: str, prefix: str) -> list[Manifest]:
    """Declare a user for each service, and one for the Job that waits for the topics."""
    acls = {
        service: [
            *(_rule("topic", f"{prefix}{card.name}", operations(service, card)) for card in ALL_TOPICS),
            _rule("group", f"{hub}.{service}.", ("Read",), pattern="prefix"),
        ]
        for service in services()
    }
    acls[TOPICS_JOB] = [_rule("topic", f"{prefix}{card.name}", ("Describe",)) for card in ALL_TOPICS]
    return [
        {
            "apiVersion": _API,
            "kind": "KafkaUser",
            "metadata": {"name": f"{hub}-{user}", "labels": _labels(hub)},
            "spec": {
                "authentication": {"type": "tls"},
                "authorization": {"type": "simple", "acls": rules},
            },
        }
        for user, rules in acls.items()
    ]


def _rule(kind: str, name: str, allowed: tuple[str, ...], *, pattern: str = "literal") -> Manifest:
    return {
        "resource": {"type": kind, "name": name, "patternType": pattern},
        "operations": list(allowed),
        # From wherever: the certificate says who it is, the network policies from where.
        "host": "*",
    }


def _labels(hub: str) -> dict[str, str]:
    return {"strimzi.io/cluster": CLUSTER, "careers-hub/hub": hub}
