"""The licence gate: under what everything is that a service runs with. `python -m deploy.licences` prints it.

What a service runs with is the closure of pyproject.toml's dependencies, without extras and tools, as it is
installed here. A package says its licence as an SPDX expression or, if it is older, by classifiers; each of
them must be in `ALLOWED`. One that says nothing that can be read is settled by hand in `SETTLED`, with where
that was seen. The extra `embedded` is under the GPL and no part of any image: docs/decisions/0001.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT: Final = Path(__file__).resolve().parents[1] / "pyproject.toml"
ALLOWED: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU"),
        # By file: what we would change of theirs, we would publish. We change nothing.
        "MPL-2.0",
        *("PSF-2.0", "Zlib"),
    }
)
CLASSIFIERS: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
SETTLED: Final = {
    "protobuf": "BSD-3-Clause",  # its LICENSE file
}
_CLASSIFIER: Final = "License :: OSI Approved :: "


class UnknownLicenceError(ValueError):
    """What a package says about its licence cannot be read; settle it in `SETTLED`."""


def runtime_closure(pyproject: Path = PYPROJECT) -> dict[str, Distribution]:
    """Find every installed package that a service needs; raises PackageNotFoundError if one is missing."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    waiting = [(Requirement(line), "") for line in project["dependencies"]]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement, asked_extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": asked_extra}):
            continue
        name = canonicalize_name(requirement.name)
        found[name] = distribution(name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += [(Requirement(line), extra) for line in found[name].requires or ()]
    return dict(sorted(found.items()))


def licence_of(package: Distribution) -> str:
    """Tell a package's licence as an SPDX expression; raises UnknownLicenceError."""
    told = package.metadata
    name = canonicalize_name(told["Name"])
    if name in SETTLED:
        return SETTLED[name]
    if told["License-Expression"]:
        return str(told["License-Expression"])
    classifiers = [
        line.removeprefix(_CLASSIFIER)
        for line in told.get_all("Classifier") or ()
        if line.startswith(_CLASSIFIER)
    ]
    if classifiers and all(one in CLASSIFIERS for one in classifiers):
        return " OR ".join(sorted({CLASSIFIERS[one] for one in classifiers}))
    if (told["License"] or "") in ALLOWED:
        return str(told["License"])
    message = f"{name} says nothing about its licence that can be read: {classifiers or told['License']}"
    raise UnknownLicenceError(message)


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met with allowed licences alone; every AND, one of each OR."""
    if " OR " in expression and " AND " in expression and "(" not in expression:
        message = f"'{expression}' mixes AND and OR without brackets; settle it by hand"
        raise UnknownLicenceError(message)
    return all(
        any(choice.strip("() ") in ALLOWED for choice in part.split(" OR "))
        for part in expression.split(" AND ")
    )


def main() -> None:
    """Print every package with its licence; end with 1 if one is not allowed."""
    try:
        licences = {name: licence_of(package) for name, package in runtime_closure().items()}
    except PackageNotFoundError as missing:
        sys.exit(f"not installed: {missing}; run `make .venv/.ready` first")
    for name, licence in licences.items():
        sys.stdout.write(f"{name}: {licence}{'' if is_allowed(licence) else '  NOT ALLOWED'}\n")
    sys.exit(0 if all(map(is_allowed, licences.values())) else 1)


if __name__ == "__main__":
    main()
