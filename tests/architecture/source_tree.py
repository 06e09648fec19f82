"""Our sources as syntax trees, and what each of them imports, for the rules of this folder.

Every form of import counts: at the top, inside a function, for type checking only, relative, and by
`importlib.import_module` or `__import__` with a literal name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("contracts", "services")


@dataclass(frozen=True, slots=True)
class SourceModule:
    """One file of ours, parsed."""

    name: str
    path: str
    is_package: bool
    tree: ast.Module

    @classmethod
    def parsed(cls, path: str, source: str) -> SourceModule:
        """Parse a file's text; `path` counts from the project's root."""
        parts = list(Path(path).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        return cls(name, path, is_package, ast.parse(source, path))


@dataclass(frozen=True, slots=True)
class ImportedName:
    """A dotted name that a module imports: for `from a import b` both `a` and `a.b` may be the module."""

    module: str
    member: str
    line: int

    @property
    def names(self) -> tuple[str, str]:
        """Give both readings of the import."""
        return (self.module, f"{self.module}.{self.member}" if self.member else self.module)

    @property
    def top(self) -> str:
        """Name the distribution's import package."""
        return self.module.partition(".")[0]

    def is_below(self, package: str) -> bool:
        """Tell whether either reading is the package or inside it."""
        return any(is_below(name, package) for name in self.names)


def is_below(name: str, package: str) -> bool:
    """Tell whether a dotted name is the package or inside it."""
    return name == package or name.startswith(f"{package}.")


@cache
def our_modules(root: Path = PROJECT) -> tuple[SourceModule, ...]:
    """Parse every Python file of our packages below a root."""
    return tuple(
        SourceModule.parsed(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
    )


def imports_of(module: SourceModule) -> Iterator[ImportedName]:
    """Yield everything that a module imports."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield ImportedName(alias.name, "", node.lineno)
            case ast.ImportFrom(names=aliases):
                origin = _origin(module, node)
                for alias in aliases:
                    yield ImportedName(origin, alias.name, node.lineno)
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                if called_name(function) in {"import_module", "__import__"}:
                    yield ImportedName(name, "", node.lineno)


def called_name(function: ast.expr) -> str:
    """Give the last word of what is called: `f` of `f()`, `a.f()` and `a().f()`; empty for anything else."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _origin(module: SourceModule, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parents = module.name.split(".")
    climbed = node.level - 1 if module.is_package else node.level
    base = parents[: len(parents) - climbed]
    return ".".join([*base, node.module] if node.module else base)
