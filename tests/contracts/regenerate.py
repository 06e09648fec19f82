"""Writes what is generated in `contracts/`: `python -m tests.contracts.regenerate`, or `make contracts`.

Schemas of new types and of types that gained an optional field, digests of new golden messages, and the
AsyncAPI document. What has been published is never changed otherwise: for a breaking change, an edited golden
message or a type that is gone nothing is written at all, and the exit code is 1.

A type that no release has carried may start again: delete its schema, its golden messages and their lines in
DIGESTS, then run this.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from contracts.catalogue import BY_TYPE, EVENTS
from contracts.evolution import advice, breaches, schema_of
from tests.contracts.published import PUBLISHED, Published, as_text, asyncapi_of


@dataclass(slots=True)
class Outcome:
    """Which files were written, and what stood against writing."""

    written: list[Path] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def regenerate(published: Published) -> Outcome:
    """Bring the generated files up to date, all of them or none."""
    texts, refused = _schema_texts(published)
    refused += digest_problems(published)
    if refused:
        return Outcome(refused=refused)
    texts[published.digest_list] = "".join(
        f"{digest}  {place}\n" for place, digest in published.digests().items()
    )
    outcome = Outcome(written=_write(texts))
    # Last, because the document is made of the others.
    outcome.written += _write({published.asyncapi: as_text(asyncapi_of(published))})
    return outcome


def digest_problems(published: Published) -> list[str]:
    """Say which golden messages have been edited or removed."""
    now = published.digests()
    return [
        f"{place} was {'edited' if place in now else 'removed'}: golden messages stay as they are; "
        "put it back, and add another message beside it"
        for place, digest in published.listed_digests().items()
        if now.get(place) != digest
    ]


def lost_types(published: Published) -> list[str]:
    """Say which published types the catalogue no longer has."""
    return [
        f"{event_type} is published and not in contracts/catalogue.py: ledgers hold it for ever; "
        "keep its row, with an upcaster to the newest version"
        for event_type in sorted(published.types() - BY_TYPE.keys())
    ]


def _schema_texts(published: Published) -> tuple[dict[Path, str], list[str]]:
    texts: dict[Path, str] = {}
    refused = lost_types(published)
    for event in EVENTS:
        before = published.schema(event.name)
        if event.upcast is not None:
            # An old version: its model is gone, its schema stays as it was published.
            if before is None:
                refused.append(f"{event.name} has an upcaster and no published schema: put it back")
            continue
        today = schema_of(event.model)
        found = [] if before is None else breaches(before, today)
        if found:
            refused.append(advice(event.name, found))
        texts[published.schema_path(event.name)] = as_text(today)
    return texts, refused


def _write(texts: dict[Path, str]) -> list[Path]:
    written = []
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def main() -> int:
    """Regenerate the project's own files; 1 if something stands against it."""
    outcome = regenerate(PUBLISHED)
    for reason in outcome.refused:
        sys.stderr.write(f"{reason}\n")
    for path in outcome.written:
        sys.stdout.write(f"wrote {path.relative_to(PUBLISHED.folder.parent)}\n")
    if not outcome.refused and not outcome.written:
        sys.stdout.write("everything in contracts/ is up to date\n")
    return 1 if outcome.refused else 0


if __name__ == "__main__":
    sys.exit(main())
