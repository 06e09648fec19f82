"""The rules of `contracts/evolution.py`: each on a planted change, with a message that shows the harm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from contracts.evolution import Hurts, advice, breaches, schema_of
from contracts.vocabulary import Payload

Fields = dict[str, Any]
GONE: Final = object()

Percent = Annotated[int, Field(ge=0, le=100)]


class Cell(Payload):
    """A part of the planted payload."""

    reached: Percent


class CellWithMore(Cell):
    """The part with a field that may be absent."""

    offered: int = 0


class CellThatNeedsMore(Cell):
    """The part with a field that must be there."""

    offered: int


class StrictCell(BaseModel):
    """The part as a reader would see it that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")

    reached: Percent


PUBLISHED: Final[Fields] = {
    "urn": (Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$")], ...),
    "name": (Annotated[str, Field(min_length=1, max_length=200)], ...),
    "reached": (Percent, ...),
    "setting": (Literal["school", "college"], ...),
    "band": (Literal["small", "large"] | None, None),
    "shared": (bool, True),
    "cells": (tuple[Cell, ...], ...),
    "credits": (dict[Literal["gb5", "gb7"], int], ...),
    "score": (int | None, ...),
    "town": (str, ...),
}
MESSAGE: Final = {
    "urn": "136850",
    "name": "Poole Grammar School",
    "reached": 50,
    "setting": "school",
    "band": "small",
    "shared": True,
    "cells": [{"reached": 1}],
    "credits": {"gb5": 3},
    "score": None,
    "town": "Poole",
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A change of some fields, where and whom it hurts, and how a message differs that shows it."""

    name: str
    where: str
    hurts: Hurts
    change: Fields
    shown_by: Fields = field(default_factory=dict)


def must(kind: object) -> tuple[object, object]:
    """Declare a required field."""
    return (kind, ...)


def text(**constraints: Any) -> object:  # noqa: ANN401 - pydantic's own
    """Declare a constrained text."""
    return Annotated[str, Field(**constraints)]


def whole(lowest: int | None, highest: int | None) -> object:
    """Declare a number with bounds."""
    return Annotated[int, Field(ge=lowest, le=highest)]


NEW, OLD, BOTH, MEANING = Hurts.NEW_READER, Hurts.OLD_READER, Hurts.BOTH, Hurts.MEANING
NUMBER: Final = Annotated[float, Field(ge=0, le=100)]
LATER: Final = {"reached": 1, "later": 2}
BREAKING: Final = (
    Planted("a required field is removed", "urn", OLD, {"urn": GONE}, {"urn": GONE}),
    Planted("an optional field is removed", "band", MEANING, {"band": GONE}),
    Planted("a required field is added", "offered", NEW, {"offered": must(int)}),
    Planted("an optional field becomes required", "shared", NEW, {"shared": must(bool)}, {"shared": GONE}),
    Planted(
        "a required field becomes optional", "reached", OLD, {"reached": (Percent, 0)}, {"reached": GONE}
    ),
    Planted("a default changes", "shared", MEANING, {"shared": (bool, False)}, {"shared": GONE}),
    Planted("a type changes", "reached", BOTH, {"reached": must(bool)}),
    Planted("a whole number becomes any", "reached", OLD, {"reached": must(NUMBER)}, {"reached": 0.5}),
    Planted("a pattern changes", "urn", BOTH, {"urn": must(text(pattern=r"^2[0-9]{5}$"))}),
    Planted("a pattern goes", "urn", OLD, {"urn": must(str)}, {"urn": "Poole"}),
    Planted("a pattern comes", "town", NEW, {"town": must(text(pattern=r"^[a-z]+$"))}),
    Planted("a minimum rises", "reached", NEW, {"reached": must(whole(60, 100))}),
    Planted("a minimum falls", "reached", OLD, {"reached": must(whole(-1, 100))}, {"reached": -1}),
    Planted("a maximum falls", "reached", NEW, {"reached": must(whole(0, 49))}),
    Planted("a maximum rises", "reached", OLD, {"reached": must(whole(0, 101))}, {"reached": 101}),
    Planted("a maximum goes", "reached", OLD, {"reached": must(whole(0, None))}, {"reached": 101}),
    Planted("a text gets shorter", "name", NEW, {"name": must(text(min_length=1, max_length=9))}),
    Planted("a value leaves the list", "setting", NEW, {"setting": must(Literal["college"])}),
    Planted(
        "a value joins the list",
        "setting",
        OLD,
        {"setting": must(Literal["school", "college", "special"])},
        {"setting": "special"},
    ),
    Planted("a list of values goes", "setting", OLD, {"setting": must(str)}, {"setting": "special"}),
    Planted("a list of values comes", "town", NEW, {"town": must(Literal["Weymouth"])}),
    Planted("null is allowed", "reached", OLD, {"reached": must(Percent | None)}, {"reached": None}),
    Planted("null is refused", "score", NEW, {"score": must(int)}),
    Planted("a choice narrows", "band", NEW, {"band": (Literal["large"] | None, None)}),
    Planted("a part needs more", "cells[].offered", NEW, {"cells": must(tuple[CellThatNeedsMore, ...])}),
    Planted("a part is strict", "cells[]", NEW, {"cells": must(tuple[StrictCell, ...])}, {"cells": [LATER]}),
    Planted(
        "a list gets a shortest length",
        "cells",
        NEW,
        {"cells": must(Annotated[tuple[Cell, ...], Field(min_length=2)])},
    ),
    Planted("a key goes", "credits{name}", NEW, {"credits": must(dict[Literal["gb7"], int])}),
    Planted(
        "a key's values narrow",
        "credits{}",
        NEW,
        {"credits": must(dict[Literal["gb5", "gb7"], whole(9, None)])},  # type: ignore[misc]  # built at run time
    ),
)
HARMLESS: Final[dict[str, Fields]] = {
    "nothing": {},
    "an optional field is added": {"offered": (int, 0)},
    "an optional part is added": {"more": (tuple[Cell, ...], ())},
    "a part gets an optional field": {"cells": must(tuple[CellWithMore, ...])},
    "a description is added": {
        "reached": must(Annotated[int, Field(ge=0, le=100, description="How many of a hundred.")])
    },
}


def payload(change: Fields) -> type[Payload]:
    """Build the published model with some fields changed."""
    fields = {name: kept for name, kept in (PUBLISHED | change).items() if kept is not GONE}
    model: type[Payload] = create_model("Planted", __base__=Payload, **fields)
    return model


def message(difference: Fields) -> Fields:
    """Write the example message with some fields changed."""
    return {name: kept for name, kept in (MESSAGE | difference).items() if kept is not GONE}


def is_read(model: type[Payload], value: Fields) -> bool:
    """Whether a reader of this model takes a message."""
    try:
        model.model_validate(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("planted", BREAKING, ids=lambda planted: planted.name)
def test_a_breaking_change_is_found_where_it_is(planted: Planted) -> None:
    found = breaches(schema_of(payload({})), schema_of(payload(planted.change)))

    assert {(breach.where, breach.hurts) for breach in found} == {(planted.where, planted.hurts)}


@pytest.mark.parametrize("planted", BREAKING, ids=lambda planted: planted.name)
def test_a_breaking_change_does_the_harm_that_it_is_said_to_do(planted: Planted) -> None:
    before, after = payload({}), payload(planted.change)
    shown_by = message(planted.shown_by)
    taken_before = Draft202012Validator(schema_of(before)).is_valid(shown_by)
    taken_after = is_read(after, shown_by)

    match planted.hurts:
        case Hurts.NEW_READER:
            assert (taken_before, taken_after) == (True, False)
        case Hurts.OLD_READER:
            assert (taken_before, taken_after) == (False, True)
        case Hurts.BOTH:
            assert taken_before != taken_after
        case Hurts.MEANING:
            assert (taken_before, taken_after) == (True, True)
            read_before, read_after = before.model_validate(shown_by), after.model_validate(shown_by)
            assert read_before.model_dump() != read_after.model_dump()


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_change_is_let_through(change: Fields) -> None:
    before, after = payload({}), payload(change)

    assert breaches(schema_of(before), schema_of(after)) == []
    assert is_read(after, MESSAGE)
    written = after.model_validate(MESSAGE).model_dump(mode="json")
    Draft202012Validator(schema_of(before)).validate(written)


def test_the_order_of_fields_and_of_listed_values_does_not_matter() -> None:
    turned = dict(reversed((PUBLISHED | {"setting": (Literal["college", "school"], ...)}).items()))
    model: type[Payload] = create_model("Planted", __base__=Payload, **turned)

    assert breaches(schema_of(payload({})), schema_of(model)) == []


def test_a_schema_within_itself_is_refused() -> None:
    endless = {"$ref": "#/$defs/A", "$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}}}}

    with pytest.raises(ValueError, match="contains itself"):
        breaches(endless, endless)


def test_the_advice_names_the_field_and_the_way_out() -> None:
    found = breaches(schema_of(payload({})), schema_of(payload({"urn": GONE})))

    said = advice("pupils.roll.changed.v1", found)

    assert "pupils.roll.changed.v1" in said
    assert "urn is gone" in said
    assert "add a new version and an upcaster" in said
