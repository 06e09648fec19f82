"""What no payload may hold: anything about a person, anything unclassed, any text that somebody could write.

`problems` walks the models that a set of models is made of, down to each plain value, and says what is wrong.
"""

from __future__ import annotations

import datetime as dt
import re
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.vocabulary import DataClass, Payload

CONTAINERS: Final = (dict, frozenset, list, set, tuple)
PLAIN: Final = (str, int, float, bool, dt.date, dt.datetime)
# The names of organisations, from open registers: the only texts that no pattern can hold.
ORGANISATION_NAMES: Final = {
    ("SchoolListed", "name"),
    ("SchoolListed", "district"),
    ("SchoolListed", "phase"),
    ("EmployerListed", "name"),
}
# What a pattern must not let through. A single word cannot be told from a code: that is what names are for.
WRITTEN_BY_PEOPLE: Final = ("Jo Bloggs", "jo.bloggs@example.org", "Was ill, see file.", "07700 900123")
# Words of a field's name that tell of a person, or of a text that somebody wrote.
PERSONAL_WORDS: Final = {
    *("carer", "child", "guardian", "learner", "parent", "person", "pupil", "student"),
    *("adviser", "leader", "staff", "teacher", "user", "contact", "subject"),
    *("family", "first", "last", "middle", "full", "initials", "nickname", "title", "signature"),
    *("upn", "uln", "ref", "nino", "passport", "dob", "age", "birth", "gender", "sex"),
    *("disability", "ethnicity", "fsm", "health", "lac", "language", "nationality", "religion", "send"),
    *("address", "email", "ip", "latitude", "longitude", "mobile", "phone", "photo", "postcode", "tel"),
    *("answer", "aspiration", "body", "comment", "description", "detail", "feedback", "free", "interest"),
    *("memo", "message", "note", "quote", "reason", "remark", "summary", "text"),
}
# Also inside a word, as in `pupilname`.
PERSONAL_PARTS: Final = ("birth", "comment", "email", "forename", "phone", "postcode", "pupil", "surname")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One plain value of a field, with every mark on the way to it."""

    model: str
    field: str
    kind: Any
    marks: tuple[object, ...]

    def __str__(self) -> str:
        return f"{self.model}.{self.field}"


def problems(models: Iterable[type[BaseModel]]) -> list[str]:
    """List what these models, and the parts that they are made of, must not hold."""
    found: list[str] = []
    for model in reachable(models):
        found += _problems_of_model(model)
        for leaf in leaves(model):
            found += [f"{leaf} {problem}" for problem in _problems_of_leaf(leaf)]
    return found


def reachable(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    """List the models and all their parts, each once."""
    waiting, met = list(models), dict[type[BaseModel], None]()
    while waiting:
        model = waiting.pop()
        if model not in met:
            met[model] = None
            kinds = (kind for info in model.model_fields.values() for kind, _ in _walk(info.annotation, ()))
            waiting += [kind for kind in kinds if _is_model(kind)]
    return list(met)


def leaves(model: type[BaseModel]) -> Iterator[Leaf]:
    """Yield the plain values of a model's own fields."""
    for name, info in model.model_fields.items():
        for kind, marks in _walk(info.annotation, tuple(info.metadata)):
            if not _is_model(kind):
                yield Leaf(model.__name__, name, kind, marks)


def _walk(annotation: Any, marks: tuple[object, ...]) -> Iterator[tuple[Any, tuple[object, ...]]]:  # noqa: ANN401
    """Yield what an annotation is made of in the end, each with the marks that surround it."""
    origin = get_origin(annotation)
    if isinstance(annotation, NewType):
        yield from _walk(annotation.__supertype__, marks)
    elif origin is Annotated:
        inside, *further = get_args(annotation)
        yield from _walk(inside, (*marks, *_flat(further)))
    elif origin in CONTAINERS or origin in {Union, types.UnionType}:
        for part in get_args(annotation):
            if part not in {type(None), Ellipsis}:
                yield from _walk(part, marks)
    else:
        yield annotation, marks


def _flat(marks: Iterable[object]) -> Iterator[object]:
    for mark in marks:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)


def _is_model(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _problems_of_model(model: type[BaseModel]) -> Iterator[str]:
    if not issubclass(model, Payload):
        yield f"{model.__name__} is not a Payload"
    if model.model_config.get("extra") != "ignore":
        yield f"{model.__name__} does not drop the fields that it does not know"
    if model.model_computed_fields:
        yield f"{model.__name__} computes fields, which have no class"
    for name, info in model.model_fields.items():
        for known_as in (name, info.alias, info.serialization_alias, info.validation_alias):
            if isinstance(known_as, str) and (words := personal_words(known_as)):
                yield f"{model.__name__}.{known_as} is named after something personal: {', '.join(words)}"


def personal_words(name: str) -> list[str]:
    """Find the words of a field's name that tell of a person, also in the plural."""
    words = re.findall(r"[A-Z]?[a-z0-9]+", name)
    whole = {form for word in words for form in (word.lower(), word.lower().removesuffix("s"))}
    return sorted(whole & PERSONAL_WORDS | {part for part in PERSONAL_PARTS if part in name.lower()})


def _problems_of_leaf(leaf: Leaf) -> Iterator[str]:
    classes = [mark for mark in leaf.marks if isinstance(mark, DataClass)]
    if len(classes) != 1:
        yield f"has {len(classes)} data classes and needs one"
    if DataClass.PERSONAL in classes:
        yield "is personal data"
    if get_origin(leaf.kind) is Literal:
        return
    if leaf.kind not in PLAIN:
        yield f"can hold anything ({leaf.kind})"
    if leaf.kind is str and (leaf.model, leaf.field) not in ORGANISATION_NAMES:
        patterns = [pattern for mark in leaf.marks if (pattern := getattr(mark, "pattern", None)) is not None]
        passing = [t for t in WRITTEN_BY_PEOPLE if all(re.search(pattern, t) for pattern in patterns)]
        if passing:
            yield f"is free text: it takes {passing[0]!r}"
