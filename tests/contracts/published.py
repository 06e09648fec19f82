"""What has been published, as it stands in `contracts/`: schemas, golden messages, digests, AsyncAPI."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.envelope import Headers
from contracts.evolution import Schema
from services.asyncapi import PublishedType, document

Json = dict[str, Any]

PROJECT: Final = Path(__file__).resolve().parents[2]
REGENERATE: Final = "make contracts   (or: python -m tests.contracts.regenerate)"
ASYNCAPI: Final = "careers-hub.json"


@dataclass(frozen=True, slots=True)
class GoldenMessage:
    """One message of a release as it travelled; `place` is `<type>/<release>-<name>.json`."""

    place: str
    topic: str
    key: str
    headers: Headers
    value: Json

    @property
    def type(self) -> str:
        return self.place.partition("/")[0]

    @property
    def name(self) -> str:
        return self.place.partition("/")[2].removesuffix(".json")

    def value_bytes(self, **more: Any) -> bytes:  # noqa: ANN401 - any JSON
        """The record's value, with further fields if a test adds some."""
        return as_bytes({**self.value, **more})


@dataclass(frozen=True, slots=True)
class Published:
    """The committed files below a folder; a test may give a copy."""

    folder: Path

    @property
    def schemas(self) -> Path:
        return self.folder / "schemas"

    @property
    def examples(self) -> Path:
        return self.folder / "examples"

    @property
    def digest_list(self) -> Path:
        return self.examples / "DIGESTS"

    @property
    def asyncapi(self) -> Path:
        return self.folder / "asyncapi" / ASYNCAPI

    def types(self) -> set[str]:
        """Name the types that have a schema."""
        return {path.name.removesuffix(".json") for path in self.schemas.glob("*.json")}

    def schema(self, event_type: str) -> Schema | None:
        """Read a type's schema; None if it has not been published."""
        path = self.schema_path(event_type)
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def schema_path(self, event_type: str) -> Path:
        """Say where a type's schema is, or would be."""
        return self.schemas / f"{event_type}.json"

    def messages(self) -> tuple[GoldenMessage, ...]:
        """Read every golden message, in order of type, release and name."""
        return tuple(self._message(path) for path in sorted(self.examples.glob("*/*.json")))

    def digests(self) -> dict[str, str]:
        """Digest every golden message as it is now, by place."""
        return {
            path.relative_to(self.examples).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.examples.glob("*/*.json"))
        }

    def listed_digests(self) -> dict[str, str]:
        """Read the committed list; it has the form that `sha256sum --check` reads."""
        if not self.digest_list.exists():
            return {}
        lines = self.digest_list.read_text(encoding="utf-8").splitlines()
        return {place: digest for digest, _, place in (line.partition("  ") for line in lines)}

    def _message(self, path: Path) -> GoldenMessage:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return GoldenMessage(
            place=path.relative_to(self.examples).as_posix(),
            topic=stored["topic"],
            key=stored["key"],
            headers=[(name, text.encode()) for name, text in stored["headers"].items()],
            value=stored["value"],
        )


PUBLISHED: Final = Published(PROJECT / "contracts")


def asyncapi_of(published: Published) -> Json:
    """Generate the AsyncAPI document from cards, catalogue, schemas and golden messages."""
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    examples: dict[str, list[Json]] = {}
    for message in published.messages():
        headers = {name: text.decode() for name, text in message.headers}
        example = {"name": message.name, "headers": headers, "payload": message.value}
        examples.setdefault(message.type, []).append(example)
    types = {
        event_type: PublishedType(published.schema(event_type) or {}, examples.get(event_type, []))
        for event_type in published.types()
    }
    return document(version, types)


def as_text(tree: Json) -> str:
    """Write a committed JSON file's text."""
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def as_bytes(tree: Json) -> bytes:
    """Write JSON as our services do: no spaces, UTF-8."""
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False).encode()
