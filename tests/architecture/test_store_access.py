"""Stored data is reached through the scoped handles of services/runtime/tenancy.py and in no other way.

The driver's objects stay inside `runtime/mongo/` by construction: nobody else may import the driver, and
the handles have no subscript. What is left to forbid is read from the syntax trees with the annotations that
strict typing demands: whatever is annotated or built as a `Store`, under any name, may be handed on, opened
and closed, but asked for a collection or a database only in tenancy.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pytest

from tests.architecture.source_tree import SourceModule, called_name, is_below, our_modules

TENANCY: Final = "services.runtime.tenancy"
SEAM: Final = "services.runtime.mongo"

STORE: Final = "Store"
# Nothing that has one of these types is a mapping; to subscript it would be to pick a database or collection.
UNSUBSCRIPTABLE: Final = {STORE, "Collection", "HubDatabase", "SchoolDatabase", "ServiceDatabase", "Tenancy"}
# What a Store gives that is not scoped to a tenant.
UNSCOPED: Final = {"collection", "database_names", "drop_database"}
# What only a driver's client or database has.
DRIVER_GETTERS: Final = {"get_collection", "get_database", "get_default_database", "list_database_names"}
# The driver's objects inside the seam's own.
SEALED: Final = {"_client", "_driver_collection", "driver_session"}
# Annotations that wrap a type without making another of it.
TRANSPARENT: Final = {"Annotated", "ClassVar", "Final", "Optional"}


@dataclass(frozen=True, slots=True)
class Known:
    """What annotations say across all sources: the type behind an attribute, and a function's result."""

    attributes: dict[str, str]
    results: dict[str, str]


def known_types(modules: Sequence[SourceModule]) -> Known:
    """Collect the attributes and functions of ours that hold or give one of the guarded types."""
    known = Known({}, {})
    for node in (node for module in modules for node in ast.walk(module.tree)):
        match node:
            case ast.ClassDef(body=body):
                fields = [part for part in body if isinstance(part, ast.AnnAssign)]
                for field in fields:
                    _remember(known.attributes, field.target, field.annotation)
            case ast.AnnAssign(target=ast.Attribute() as target, annotation=annotation):
                _remember(known.attributes, target, annotation)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if node.returns is not None and (found := guarded_type(node.returns)):
                    known.results[node.name] = found
    for module in modules:
        _attributes_given_in_init(module, known)
    return known


def _remember(table: dict[str, str], target: ast.expr, annotation: ast.expr) -> None:
    if found := guarded_type(annotation):
        table[called_name(target)] = found


def _attributes_given_in_init(module: SourceModule, known: Known) -> None:
    """Follow `self._store = store`, where the parameter carries the annotation."""
    for function in functions_of(module.tree):
        local = local_types(function, known)
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Attribute(attr=attribute)], value=value):
                    if found := type_of(value, local, known):
                        known.attributes[attribute] = found


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def guarded_type(annotation: ast.expr) -> str:
    """Name the guarded type that an annotation stands for, itself or or-None; a container of them is none."""
    match annotation:
        case ast.Constant(value=str(text)):
            return guarded_type(ast.parse(text, mode="eval").body)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name if name in UNSUBSCRIPTABLE else ""
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return guarded_type(left) or guarded_type(right)
        case ast.Subscript(value=wrapper, slice=inner) if called_name(wrapper) in TRANSPARENT:
            return guarded_type(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        case _:
            return ""


def local_types(scope: ast.AST, known: Known) -> dict[str, str]:
    """Map the names of a scope to the guarded type that they hold: parameters, annotations, assignments."""
    local: dict[str, str] = {}
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = scope.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument.annotation is not None and (found := guarded_type(argument.annotation)):
                local[argument.arg] = found
    for node in ast.walk(scope):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if guarded_type(annotation):
                local[name] = guarded_type(annotation)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ) if found := type_of(value, local, known):
                local[name] = found
    return local


def type_of(value: ast.expr, local: dict[str, str], known: Known) -> str:
    """Name the guarded type of an expression, as far as annotations tell; empty if it is none."""
    match value:
        case ast.Name(id=name):
            return local.get(name, STORE if name == "store" else "")
        case ast.Attribute(attr=name):
            return known.attributes.get(name, STORE if name.removeprefix("_") == "store" else "")
        case ast.Await(value=inner):
            return type_of(inner, local, known)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=maker), attr="connect")) if maker == STORE:
            return STORE
        case ast.Call(func=function):
            name = called_name(function)
            return name if name in UNSUBSCRIPTABLE else known.results.get(name, "")
        case _:
            return ""


def breaches_of(module: SourceModule, known: Known) -> Iterator[str]:
    """Yield every way round the scoped handles in a module."""
    if is_below(module.name, SEAM):
        return
    for scope in (module.tree, *functions_of(module.tree)):
        local = local_types(scope, known)
        for node in ast.walk(scope):
            if (what := _breach(node, local, known)) and not (
                module.name == TENANCY and what.startswith("asks a Store")
            ):
                yield f"{module.path}:{getattr(node, 'lineno', 0)} {what}"


def _breach(node: ast.AST, local: dict[str, str], known: Known) -> str:
    match node:
        case ast.Attribute(value=value, attr=name):
            own = name == "_client" and isinstance(value, ast.Name) and value.id in {"self", "cls"}
            return "" if own else _asked(name, type_of(value, local, known))
        case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(name)), *_]):
            return _asked(name, type_of(value, local, known))
        case ast.Subscript(value=ast.Attribute(attr="_client" | "client")):
            return "subscripts a client"
        case ast.Subscript(value=value) if found := type_of(value, local, known):
            return f"subscripts a {found}"
        case _:
            return ""


def _asked(name: str, owner: str) -> str:
    """Say what is wrong with asking this type for a member of this name; empty if nothing is."""
    if name in UNSCOPED and owner == STORE:
        return f"asks a Store for {name}"
    if name in DRIVER_GETTERS:
        return f"uses the driver's {name}"
    return f"reaches inside the seam for {name}" if name in SEALED else ""


BREACHES: Final = (
    "def read(store: Store):\n    return store.collection('dorset_pupils_136500', 'pupils')",
    "def read(keeper: 'Store | None'):\n    return keeper.collection('dorset_pupils_136500', 'pupils')",
    "class Reader:\n    keeper: Store\n    def read(self):\n        return self.keeper.collection('a', 'b')",
    """class Reader:
        def __init__(self, given: Store):
            self._kept = given

        def read(self):
            return self._kept.collection('a', 'b')
    """,
    "def read(school: SchoolDatabase):\n    return school.store.collection('dorset_pupils_999999', 'pupils')",
    "def read():\n    opened = Store.connect('mongodb://x')\n    return opened.collection('a', 'b')",
    "def opened() -> Store: ...\ndef read():\n    return opened().collection('a', 'b')",
    "def read(store: Store):\n    name_it = store.collection\n    return name_it('a', 'b')",
    "async def read(one: Store):\n    other = one\n    return await other.database_names()",
    "async def erase(store: Store):\n    await store.drop_database('dorset_pupils_136500')",
    "def read(store: Store):\n    return store['dorset_pupils_136500']['pupils']",
    "def read(school: SchoolDatabase):\n    return school['pupils']",
    "def read(tenancy: Tenancy):\n    return tenancy.school('a', '1').collection('a')._driver_collection",
    "def read(store: Store):\n    return store._client.admin",
    "def read(mongo):\n    return mongo.client['dorset_pupils_136500']",
    "def read(anything):\n    return anything.get_database('dorset_pupils_136500')",
    "def read(store: Store):\n    return getattr(store, 'collection')('a', 'b')",
    "def read(store: Store):\n    return getattr(store, '_client')",
)

INNOCENTS: Final = (
    "def read(school: SchoolDatabase, session: Session):\n    return school.collection('pupils', session)",
    "def read(tenancy: Tenancy, urn: str):\n    return tenancy.school('pupils', urn).collection('pupils')",
    "def read(schools: dict[str, SchoolDatabase], urn: str):\n    return schools[urn].collection('pupils')",
    """async def run(settings):
        store = Store.connect(settings.mongodb_url)
        await store.verify()
        await store.transact(work)
        await store.close()
    """,
    "class Client:\n    def __init__(self, client):\n        self._client = client",
    "def caller(request):\n    return request.client.host",
    "def count(rows: dict[str, int]):\n    return rows['database'] + rows['collection']",
    "async def stocked() -> list[Store]: ...\nasync def first():\n    return (await stocked())[0]",
)


def test_our_sources_reach_data_through_the_handles_alone() -> None:
    modules = our_modules()
    known = known_types(modules)

    breaches = sorted({breach for module in modules for breach in breaches_of(module, known)})

    assert not breaches, "\n".join(breaches)


def test_tenancy_is_where_a_collection_is_named() -> None:
    modules = our_modules()
    known = known_types(modules)
    tenancy = next(module for module in modules if module.name == TENANCY)
    elsewhere = replace(tenancy, name="services.runtime.elsewhere")

    assert not list(breaches_of(tenancy, known))
    assert list(breaches_of(elsewhere, known))


@pytest.mark.parametrize("source", BREACHES)
def test_a_planted_way_round_the_handles_is_caught(source: str) -> None:
    planted = SourceModule.parsed("services/pupils/store.py", source)

    assert list(breaches_of(planted, known_types([*our_modules(), planted])))


@pytest.mark.parametrize("source", INNOCENTS)
def test_rightful_access_passes(source: str) -> None:
    planted = SourceModule.parsed("services/pupils/store.py", source)

    assert not list(breaches_of(planted, known_types([*our_modules(), planted])))
