"""The command that writes generated files: adds what is new, and refuses to rewrite what is published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.contracts.published import PUBLISHED, Published, as_text
from tests.contracts.regenerate import regenerate

EMPLOYER: Final = "employers.employer.listed.v1"
ROLL: Final = "pupils.roll.changed.v1"


@pytest.fixture
def copy(tmp_path: Path) -> Published:
    """The published files, brought up to date, to be spoiled and written to."""
    for folder in (PUBLISHED.schemas, PUBLISHED.examples, PUBLISHED.asyncapi.parent):
        shutil.copytree(folder, tmp_path / folder.name)
    published = Published(tmp_path)
    # Whether the committed files are current is for other tests to say.
    regenerate(published)
    return published


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file."""
    tree = json.loads(path.read_text(encoding="utf-8"))
    change(tree)
    path.write_text(as_text(tree), encoding="utf-8")


def contents(published: Published) -> dict[Path, bytes]:
    """Read every file."""
    return {path: path.read_bytes() for path in published.folder.rglob("*") if path.is_file()}


def test_nothing_is_written_when_everything_is_up_to_date(copy: Published) -> None:
    outcome = regenerate(copy)

    assert (outcome.written, outcome.refused) == ([], [])


def test_a_new_type_is_published_with_its_digests(copy: Published) -> None:
    original = contents(copy)
    copy.schema_path(ROLL).unlink()
    copy.asyncapi.unlink()
    lines = copy.digest_list.read_text(encoding="utf-8").splitlines(keepends=True)
    copy.digest_list.write_text("".join(line for line in lines if ROLL not in line), encoding="utf-8")

    outcome = regenerate(copy)

    assert set(outcome.written) == {copy.schema_path(ROLL), copy.digest_list, copy.asyncapi}
    assert contents(copy) == original


def test_a_further_optional_field_is_published(copy: Published) -> None:
    original = contents(copy)
    rewrite(copy.schema_path(EMPLOYER), lambda schema: schema["properties"].pop("sic_section"))

    outcome = regenerate(copy)

    assert outcome.written == [copy.schema_path(EMPLOYER)]
    assert contents(copy) == original


def test_a_breaking_change_is_refused_and_nothing_is_written(copy: Published) -> None:
    rewrite(copy.schema_path(EMPLOYER), lambda schema: schema["properties"].update(town={"type": "string"}))
    rewrite(copy.schema_path(ROLL), lambda schema: schema.update(description="Older words."))
    spoiled = contents(copy)

    outcome = regenerate(copy)

    [reason] = outcome.refused
    assert f"{EMPLOYER} is published" in reason
    assert "town is gone" in reason
    assert "add a new version and an upcaster" in reason
    assert contents(copy) == spoiled


def test_an_edited_golden_message_is_refused(copy: Published) -> None:
    path = next(copy.examples.glob(f"{ROLL}/*.json"))
    rewrite(path, lambda message: message["value"].update(urn="136206"))

    [reason] = regenerate(copy).refused

    assert f"{ROLL}/{path.name} was edited" in reason


def test_a_published_type_that_the_catalogue_has_lost_is_refused(copy: Published) -> None:
    shutil.copy(copy.schema_path(ROLL), copy.schema_path("pupils.roll.deleted.v1"))

    [reason] = regenerate(copy).refused

    assert "pupils.roll.deleted.v1 is published and not in contracts/catalogue.py" in reason
