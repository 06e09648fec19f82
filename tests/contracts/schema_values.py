"""Random values that a JSON Schema allows, for properties over everything that a payload may be.

Knows the keywords that our payloads use and refuses any other, so that nothing is silently left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from contracts.evolution import LOWER_BOUNDS, UPPER_BOUNDS, Schema, inlined
from contracts.vocabulary import ACADEMIC_YEAR_PATTERN

# Larger counts than any Hub has, and still exact in every JSON reader.
LARGEST: Final = 2**53
LONGEST_LIST: Final = 4
KNOWN: Final = {
    *LOWER_BOUNDS,
    *UPPER_BOUNDS,
    *("additionalProperties", "anyOf", "default", "enum", "format", "items", "pattern"),
    *("properties", "propertyNames", "required", "type"),
}
# What the pattern allows and the model does not: a year that is not followed by its successor.
ACADEMIC_YEARS: Final = st.integers(0, 99).map(lambda year: f"20{year:02d}/{(year + 1) % 100:02d}")


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Draw values of a schema; raises NotImplementedError for a keyword, KeyError for a type unknown here."""
    return _values(inlined(schema))


def _values(schema: Schema) -> st.SearchStrategy[Any]:
    if unknown := schema.keys() - KNOWN:
        raise NotImplementedError(f"teach tests/contracts/schema_values.py {sorted(unknown)}")
    if "anyOf" in schema:
        return st.one_of([_values(choice) for choice in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _BY_TYPE[schema["type"]](schema)


def _objects(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        return st.dictionaries(_values(schema["propertyNames"]), _values(schema["additionalProperties"]))
    fields = {name: _values(part) for name, part in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema.get("required", ())}
    return st.fixed_dictionaries(required, optional=fields)


def _arrays(schema: Schema) -> st.SearchStrategy[list[Any]]:
    shortest = schema.get("minItems", 0)
    longest = schema.get("maxItems", shortest + LONGEST_LIST)
    return st.lists(_values(schema["items"]), min_size=shortest, max_size=longest)


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum", -LARGEST), schema.get("maximum", LARGEST))


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if schema.get("pattern") == ACADEMIC_YEAR_PATTERN:
        return ACADEMIC_YEARS
    if "pattern" in schema:
        return st.from_regex(str(schema["pattern"]), fullmatch=True)
    # Lone surrogates cannot travel as UTF-8.
    letters = st.characters(exclude_categories=["Cs"])
    return st.text(letters, min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))


_BY_TYPE: Final[dict[str, Callable[[Schema], st.SearchStrategy[Any]]]] = {
    "array": _arrays,
    "boolean": lambda _: st.booleans(),
    "integer": _integers,
    "null": lambda _: st.none(),
    "object": _objects,
    "string": _strings,
}
