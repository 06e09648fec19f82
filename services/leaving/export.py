"""Everything about a school as one zip that needs no program of ours to be read.

Read in one snapshot (`backup/making.py`), so that the parts fit together. UPNs are opened: the school has
them anyway, and without the Hub's secret nobody could. What a digest was made of cannot be had back, so ids
that are digests mean nothing outside; they still tell which record is about which.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from contracts.vocabulary import Urn
from services.backup.making import NOT_SAVED, PAGE, Progress, databases_of, snapshot
from services.pupils.store import ACTIVITIES, PUPILS
from services.pupils.store.activity_documents import (
    read_activity,
)
from services.pupils.store.documents import (
    read_pupil,
)
from services.runtime.context import ServiceContext
from services.runtime.csv_export import Cell, write_table
from services.runtime.errors import InvalidError
from services.runtime.mongo import Document

MANIFEST: Final = "manifest.json"
_OWNER_ONLY: Final = 0o600
ROLL_COLUMNS: Final = (
    *("academic_year", "year_group", "upn", "surname", "forename", "tutor_group", "left_on", "pupil"),
)
ACTIVITY_COLUMNS: Final = (
    *("academic_year", "held_on", "title", "activity_type", "mode", "hours", "employer_id", "reference"),
    *("status", "encounters", "activity_id"),
)
READ_ME: Final = """What is in this archive

roll.csv         every pupil of every academic year: a row a pupil and year
activities.csv   every activity, with how many encounters it was
records/         everything that is kept, by service and kind: a line of JSON each
manifest.json    each file with its number of records and its SHA-256

A pupil is named by the same id (`pupil`, or `_id` in records/pupils/pupils.jsonl) everywhere.
Keep this archive as you keep your pupils' records: it has their names and what was said with them.
"""


@dataclass(slots=True)
class _Parts:
    """The files written so far, for the manifest."""

    archive: zipfile.ZipFile
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, content: bytes, records: int) -> None:
        """Write one file."""
        self.archive.writestr(name, content)
        self.files[name] = {"records": records, "sha256": hashlib.sha256(content).hexdigest()}


async def export_school(context: ServiceContext, urn: Urn, path: Path, progress: Progress) -> dict[str, Any]:
    """Write a school's archive, read it back, and return its manifest.

    Raises FileExistsError, and NotFoundError for a school of which nothing is stored.
    """
    with _writing(path) as archive:
        parts = _Parts(archive)
        parts.add("README.txt", READ_ME.encode(), 0)
        databases = await databases_of(context, urn)
        async with snapshot(context) as session:
            for database in databases:
                service = database.parts.partition("_")[0]
                for name in sorted(set(await database.collection_names()) - NOT_SAVED):
                    found: list[Document] = []
                    async for page in database.collection(name, session).pages(PAGE):
                        found += page
                    _add_kind(context, urn, parts, (service, name, found))
                progress(f"{service}: written")
        manifest = {
            "format": "careers-hub-school-1",
            "hub": context.hub,
            "school": urn,
            "made_at": context.clock().isoformat(),
            "files": parts.files,
        }
        archive.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    check_export(path)
    return manifest


def check_export(path: Path) -> dict[str, Any]:
    """Read an archive back and compare it with its manifest; raises InvalidError if they differ."""
    with zipfile.ZipFile(path) as archive:
        manifest: dict[str, Any] = orjson.loads(archive.read(MANIFEST))
        found = {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}
    said = {name: file["sha256"] for name, file in manifest["files"].items()}
    if said != {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}:
        message = f"{path} is damaged: its files are not those of its manifest."
        raise InvalidError(message)
    return manifest


def _add_kind(
    context: ServiceContext, urn: Urn, parts: _Parts, kind: tuple[str, str, list[Document]]
) -> None:
    service, name, found = kind
    is_pupils = (service, name) == ("pupils", PUPILS)
    lines = [_line(_opened(context, urn, document) if is_pupils else document) for document in found]
    parts.add(f"records/{service}/{name}.jsonl", b"".join(lines), len(lines))
    if is_pupils:
        rows = list(_roll_rows(context, urn, found))
        parts.add("roll.csv", write_table(ROLL_COLUMNS, rows), len(rows))
    elif (service, name) == ("pupils", ACTIVITIES):
        parts.add("activities.csv", write_table(ACTIVITY_COLUMNS, _activity_rows(found)), len(found))


def _opened(context: ServiceContext, urn: Urn, document: Document) -> Document:
    plain = {name: value for name, value in document.items() if name != "upn_sealed"}
    return {**plain, "upn": context.sealer.unseal(urn, document["upn_sealed"])}


def _line(document: Document) -> bytes:
    return orjson.dumps(_plain(document), option=orjson.OPT_APPEND_NEWLINE)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    """Turn a stored value into JSON: moments as text, attendance (JSON in bytes) as what it is."""
    match value:
        case dict():
            return {str(name): _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case dt.datetime():
            return value.isoformat()
        case bytes():
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError:
                return base64.b64encode(value).decode()
        case _:
            return value


def _roll_rows(context: ServiceContext, urn: Urn, found: Iterable[Document]) -> Iterator[tuple[Cell, ...]]:
    for pupil in map(read_pupil, found):
        upn = context.sealer.unseal(urn, pupil.upn_sealed)
        for year, place in sorted(pupil.years.items()):
            left_on = None if place.left_on is None else place.left_on.isoformat()
            names = (pupil.surname, pupil.forename)
            yield (year, place.year_group, upn, *names, place.tutor_group, left_on, pupil.ref)


def _activity_rows(found: Iterable[Document]) -> Iterator[tuple[Cell, ...]]:
    for activity in map(read_activity, found):
        facts = activity.facts
        encounters = sum(one.attended for one in activity.figures.year_groups)
        yield (
            *(activity.academic_year, facts.held_on.isoformat(), facts.title, facts.activity_type),
            *(facts.mode, facts.hours, facts.employer_id, facts.reference),
            *(activity.status, encounters, activity.id),
        )


@contextmanager
def _writing(path: Path) -> Iterator[zipfile.ZipFile]:
    """Write a zip beside its place, for its owner alone, and put it there when it is whole."""
    if path.exists():
        raise FileExistsError(path)
    unfinished = path.with_name(f"{path.name}.unfinished")
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
