"""What may change in a published type, and what may not.

`breaches` compares the JSON Schema that was published with today's. Two readers must go on as before: the one
of today, which meets old events in the ledgers for ever, and one that was deployed earlier, which meets what
is written today. One change is safe for both: another field that may be absent. Every other change of a field
hurts one of them or the meaning, and needs a new version of the type with an upcaster from the old one.

Pure: schemas come as dictionaries. Titles, descriptions and the order of things are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel

Schema = dict[str, Any]

ANNOTATIONS: Final = {"$comment", "$defs", "deprecated", "description", "examples", "title"}
LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
PARTS: Final = {"items": "[]", "additionalProperties": "{}", "propertyNames": "{name}"}
"""Where an array's items, a dictionary's values and its keys are described; and how paths show them."""
_COMPARED_APART: Final = {
    *LOWER_BOUNDS,
    *UPPER_BOUNDS,
    *("anyOf", "default", "enum", "properties", "required", "type"),
}


class Hurts(StrEnum):
    """Whom a change breaks."""

    NEW_READER = "today's reader would refuse events that are in the ledgers"
    OLD_READER = "readers deployed earlier would refuse what is written today"
    BOTH = "neither reader could rely on the other's messages"
    MEANING = "the same message would be read differently"


_WIDER: Final = {("integer", "number"): Hurts.OLD_READER, ("number", "integer"): Hurts.NEW_READER}


@dataclass(frozen=True, slots=True)
class Breach:
    """One change that a published type does not bear."""

    where: str
    what: str
    hurts: Hurts

    def __str__(self) -> str:
        return f"{self.where or 'the payload'} {self.what}: {self.hurts}"


def schema_of(model: type[BaseModel]) -> Schema:
    """Give the schema that is published for a model: what its reader demands of a value."""
    return model.model_json_schema(mode="validation")


def breaches(published: Schema, today: Schema) -> list[Breach]:
    """List what has changed beyond further optional fields; raises ValueError for a schema within itself."""
    return list(_compared("", inlined(published), inlined(today)))


def advice(event_type: str, found: list[Breach]) -> str:
    """Say what is wrong with a change, and what to do instead."""
    lines = "\n".join(f"  - {breach}" for breach in found)
    return (
        f"{event_type} is published and may not change like this:\n{lines}\n"
        "Leave its model as it was; add a new version and an upcaster (contracts/catalogue.py)."
    )


def inlined(schema: Schema) -> Schema:
    """Put every definition in its place, leave annotations out, and write a constant as a list of one.

    Raises ValueError for a schema within itself.
    """
    return _inlined(schema, schema, ())


def _inlined(node: Schema, root: Schema, within: tuple[str, ...]) -> Schema:
    reference = node.get("$ref")
    if reference is not None:
        if reference in within:
            message = f"{reference} contains itself; a payload's schema must end somewhere"
            raise ValueError(message)
        target = root["$defs"][reference.rpartition("/")[2]]
        beside = {keyword: value for keyword, value in node.items() if keyword != "$ref"}
        return _inlined({**target, **beside}, root, (*within, reference))
    plain: Schema = {}
    for keyword, value in node.items():
        if keyword == "const":
            plain["enum"] = [value]
        elif keyword == "properties":
            plain[keyword] = {name: _inlined(part, root, within) for name, part in value.items()}
        elif keyword in {"anyOf", "oneOf"}:
            plain["anyOf"] = [_inlined(part, root, within) for part in value]
        elif keyword in PARTS and isinstance(value, dict):
            plain[keyword] = _inlined(value, root, within)
        elif keyword not in ANNOTATIONS:
            plain[keyword] = value
    return plain


def _compared(where: str, old: Schema, new: Schema) -> Iterator[Breach]:
    if "anyOf" in old or "anyOf" in new:
        yield from _compared_choices(where, old, new)
        return
    if _kind(old) != _kind(new):
        hurts = _WIDER.get((_kind(old), _kind(new)), Hurts.BOTH)
        yield Breach(where, f"was {_kind(old)} and is {_kind(new)}", hurts)
        return
    yield from _compared_bounds(where, old, new)
    yield from _compared_values(where, old, new)
    yield from _compared_fields(where, old, new)
    for keyword in sorted((old.keys() | new.keys()) - _COMPARED_APART):
        before, after = old.get(keyword), new.get(keyword)
        if keyword in PARTS and isinstance(before, dict) and isinstance(after, dict):
            yield from _compared(where + PARTS[keyword], before, after)
        elif before != after:
            yield _changed_constraint(where, keyword, before, after)


def _compared_choices(where: str, old: Schema, new: Schema) -> Iterator[Breach]:
    """Compare what a field may be, kind by kind: `X | None` is a choice of two."""
    before, after = _choices(old), _choices(new)
    for kind in sorted(before.keys() - after.keys()):
        yield Breach(where, f"may no longer be {kind}", Hurts.NEW_READER)
    for kind in sorted(after.keys() - before.keys()):
        yield Breach(where, f"may now be {kind}", Hurts.OLD_READER)
    for kind in sorted(before.keys() & after.keys()):
        if len(before[kind]) == len(after[kind]) == 1:
            yield from _compared(where, before[kind][0], after[kind][0])
        elif before[kind] != after[kind]:
            yield Breach(where, f"is another choice among {kind}s", Hurts.BOTH)


def _choices(node: Schema) -> dict[str, list[Schema]]:
    choices: dict[str, list[Schema]] = {}
    for part in node.get("anyOf", [node]):
        choices.setdefault(_kind(part), []).append(part)
    return choices


def _kind(node: Schema) -> str:
    return str(node.get("type", "anything"))


def _compared_bounds(where: str, old: Schema, new: Schema) -> Iterator[Breach]:
    for keywords, absent in ((LOWER_BOUNDS, float("-inf")), (UPPER_BOUNDS, float("inf"))):
        for keyword in keywords:
            before, after = old.get(keyword, absent), new.get(keyword, absent)
            if before != after:
                narrower = (after > before) == (keywords is LOWER_BOUNDS)
                hurts = Hurts.NEW_READER if narrower else Hurts.OLD_READER
                yield Breach(where, f"has {keyword} {_said(before)} and gets {_said(after)}", hurts)


def _said(bound: float) -> str:
    return "none" if bound in {float("-inf"), float("inf")} else str(bound)


def _compared_values(where: str, old: Schema, new: Schema) -> Iterator[Breach]:
    before, after = old.get("enum"), new.get("enum")
    if before is None and after is not None:
        yield Breach(where, f"may only be one of {after}", Hurts.NEW_READER)
    elif before is not None and after is None:
        yield Breach(where, "may be more than its list of values", Hurts.OLD_READER)
    elif before is not None and after is not None:
        if lost := [value for value in before if value not in after]:
            yield Breach(where, f"may no longer be {lost}", Hurts.NEW_READER)
        if gained := [value for value in after if value not in before]:
            yield Breach(where, f"may now be {gained}", Hurts.OLD_READER)


def _compared_fields(where: str, old: Schema, new: Schema) -> Iterator[Breach]:
    """Compare an object's fields; one that is new and may be absent is the change that is allowed."""
    before, after = old.get("properties", {}), new.get("properties", {})
    was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
    prefix = f"{where}." if where else ""
    for name in sorted(before.keys() - after.keys()):
        hurts = Hurts.OLD_READER if name in was_required else Hurts.MEANING
        yield Breach(prefix + name, "is gone", hurts)
    for name in sorted(is_required - was_required):
        what = "was optional and is required" if name in before else "is new and required"
        yield Breach(prefix + name, what, Hurts.NEW_READER)
    for name, part in before.items():
        if name not in after:
            continue
        if name in was_required - is_required:
            yield Breach(prefix + name, "was required and is optional", Hurts.OLD_READER)
        elif name not in is_required and _default(part) != _default(after[name]):
            what = f"was {_default(part)} when absent and is {_default(after[name])}"
            yield Breach(prefix + name, what, Hurts.MEANING)
        yield from _compared(prefix + name, part, after[name])


def _default(part: Mapping[str, Any]) -> str:
    return repr(part["default"]) if "default" in part else "without a stated value"


def _changed_constraint(where: str, keyword: str, before: object, after: object) -> Breach:
    if after is False or before is None:
        return Breach(where, f"gets {keyword} {after}", Hurts.NEW_READER)
    if after is None:
        return Breach(where, f"loses {keyword} {before}", Hurts.OLD_READER)
    return Breach(where, f"has {keyword} {before} and gets {after}", Hurts.BOTH)
