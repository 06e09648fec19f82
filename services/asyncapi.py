"""The AsyncAPI 3.0 document of everything that travels, assembled from the topic cards and the catalogue.

A channel is a topic, a message is an event type. FastStream's own generator writes a channel for every
publisher and leaves out headers, keys and retention, so the document is put together here (ADR 0006). It is
committed as `contracts/asyncapi/careers-hub.json`; `tests/contracts` compares the two.

Pure: the version, the published schemas and the golden messages come in as arguments. A payload is described
by its type's published schema, because that also tells of old versions, which ledgers go on sending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.catalogue import EVENTS, Event
from contracts.envelope import CONTENT_TYPE, SPEC_VERSION
from contracts.topics import ALL_TOPICS, CONTROL, DAY_MS, TopicCard

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedType:
    """A type's published schema, and examples of it: each with `name`, `headers` and `payload`."""

    schema: Json
    examples: Sequence[Json]


ASYNCAPI_VERSION: Final = "3.0.0"
KAFKA_BINDING_VERSION: Final = "0.5.0"
LEDGER_HEADERS: Final = "LedgerEventHeaders"
CONTROL_HEADERS: Final = "ControlMessageHeaders"

_ABOUT: Final = (
    "What the services of a Careers Hub tell each other. Messages are CloudEvents 1.0 in Kafka's binary "
    "content mode: the attributes are headers, the value is the payload as JSON. No message carries personal "
    "data. Readers pass over fields and event types that they do not know. Where several Hubs share a "
    "cluster, the deployment's prefix stands before every address."
)
_HEADER: Final[Mapping[str, tuple[str, str]]] = {
    "ce_id": (r".", "Names the event; the same in every delivery of it."),
    "ce_type": (r".", "The event type."),
    "ce_source": (r"^/hubs/[a-z][a-z0-9-]*/[a-z]+$", "Who tells: /hubs/<hub>/<service>."),
    "ce_subject": (r".", "Whose ledger it is about; equal to the record's key."),
    "ce_partitionkey": (r".", "Equal to the record's key (CloudEvents partitioning extension)."),
    "ce_time": (r".", "When it happened, with the offset from UTC."),
    "ce_hub": (r"^[a-z][a-z0-9-]*$", "The deployment; an event of another Hub is refused."),
    "ce_traceparent": (r".", "The trace of the request that it began with (W3C Trace Context)."),
    "ce_timeline": (
        r"^[0-9a-f]{32}$",
        "Which history of the Hub it is of, once the Hub was restored; another one's is passed over.",
    ),
    "ce_sequence": (r"^[1-9][0-9]*$", "The event's place in its key's ledger, from 1 without gaps."),
}
"""A pattern and a description for each header whose value is not fixed."""


def document(version: str, published: Mapping[str, PublishedType]) -> Json:
    """Describe every topic and every event type; `version` is the distribution's.

    Raises KeyError for a type of the catalogue that is not published.
    """
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Careers Hub",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "cluster": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The Hub's Kafka cluster: CAREERS_HUB_KAFKA_BOOTSTRAP.",
                "variables": {"bootstrap": {"default": "localhost:9092"}},
            }
        },
        "channels": {card.name: _channel(card) for card in ALL_TOPICS},
        "operations": dict(operation for card in ALL_TOPICS for operation in _operations(card)),
        "components": {
            "messages": {event.name: _message(event, published[event.name]) for event in EVENTS},
            "schemas": {
                LEDGER_HEADERS: _headers("An event of a ledger.", sequenced=True),
                CONTROL_HEADERS: _headers("A control message: in no ledger.", sequenced=False),
                **{event.name: _standing_at(event.name, published[event.name].schema) for event in EVENTS},
            },
        },
    }


def _channel(card: TopicCard) -> Json:
    days = card.retention_ms // DAY_MS
    readers = ", ".join(card.readers)
    return {
        "address": card.name,
        "title": card.name,
        "summary": card.about,
        "description": (
            f"Owner: {card.owner}. Readers: {readers}. Key: {card.key}. Partitions: {card.partitions}. "
            f"Retention: {days} day{'' if days == 1 else 's'}. Personal data: {card.personal_data}."
        ),
        "messages": {
            event.name: {"$ref": f"#/components/messages/{event.name}"} for event in _events_of(card)
        },
        "bindings": {
            "kafka": {
                "topic": card.name,
                "partitions": card.partitions,
                "topicConfiguration": {"retention.ms": card.retention_ms},
                "bindingVersion": KAFKA_BINDING_VERSION,
            }
        },
        "x-owner": card.owner,
        "x-readers": list(card.readers),
        "x-key": card.key,
        "x-personal-data": card.personal_data,
    }


def _operations(card: TopicCard) -> list[tuple[str, Json]]:
    """Say who sends to a topic and who receives from it, one operation each."""
    parties = [(card.owner, "send"), *((reader, "receive") for reader in card.readers)]
    return [
        (
            f"{party.replace(' ', '-')}-{action}-{card.name}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{card.name}"},
                "summary": f"{party} {action}s: {card.about}",
                "messages": [
                    {"$ref": f"#/channels/{card.name}/messages/{event.name}"} for event in _events_of(card)
                ],
            },
        )
        for party, action in parties
    ]


def _message(event: Event, published: PublishedType) -> Json:
    summary, _, rest = published.schema["description"].partition("\n")
    message: Json = {"name": event.name, "title": published.schema["title"], "summary": summary}
    if rest.strip():
        message["description"] = rest.strip()
    common = CONTROL_HEADERS if event.topic is CONTROL else LEDGER_HEADERS
    message |= {
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "allOf": [
                {"$ref": f"#/components/schemas/{common}"},
                {"properties": {"ce_type": {"const": event.name}}},
            ],
        },
        "payload": {"$ref": f"#/components/schemas/{event.name}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": event.topic.key},
                "bindingVersion": KAFKA_BINDING_VERSION,
            }
        },
    }
    if published.examples:
        message["examples"] = list(published.examples)
    return message


def _headers(about: str, *, sequenced: bool) -> Json:
    properties: Json = {
        "content-type": {"const": CONTENT_TYPE},
        "ce_specversion": {"const": SPEC_VERSION},
    }
    for name, (pattern, description) in _HEADER.items():
        if sequenced or name != "ce_sequence":
            properties[name] = {"type": "string", "pattern": pattern, "description": description}
    properties["ce_time"]["format"] = "date-time"
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": [name for name in properties if name not in {"ce_traceparent", "ce_timeline"}],
    }


def _standing_at(name: str, schema: Json) -> Json:
    """Make a schema's references count from the document's root; AsyncAPI says `definitions` for `$defs`."""
    inside = f"#/components/schemas/{name}/definitions/"

    def moved(node: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(node, list):
            return [moved(part) for part in node]
        if not isinstance(node, dict):
            return node
        return {
            "definitions" if key == "$defs" else key: (
                value.replace("#/$defs/", inside) if key == "$ref" else moved(value)
            )
            for key, value in node.items()
        }

    return dict(moved(schema))


def _events_of(card: TopicCard) -> list[Event]:
    return [event for event in EVENTS if event.topic is card]
