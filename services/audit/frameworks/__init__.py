"""The frameworks that schools evaluate against, as data: one JSON file each, with source and confidence.

A file says which framework it is, the days on which it was or is in use, for which settings, and its
benchmarks (domain §1). To add one, add a file; what is wrong with a file is said with its name and place.
Files are read and checked once a process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pydantic import ValidationError

from services.audit.model.framework import GatsbyFramework


class FrameworkFileError(ValueError):
    """A framework's file cannot be used; the message names the file, the place in it, and why."""


@cache
def frameworks() -> Mapping[str, GatsbyFramework]:
    """Load every framework that ships, by its name; raises FrameworkFileError."""
    found = sorted(
        (file for file in files(__package__).iterdir() if file.name.endswith(".json")), key=lambda f: f.name
    )
    return MappingProxyType(
        {
            file.name.removesuffix(".json"): read_framework(file.name, file.read_text("utf-8"))
            for file in found
        }
    )


def read_framework(file_name: str, text: str) -> GatsbyFramework:
    """Read one framework from its file's text; raises FrameworkFileError that says what is wrong where."""
    try:
        framework = GatsbyFramework.model_validate_json(text)
    except ValidationError as invalid:
        problems = "; ".join(
            f"{'.'.join(map(str, error['loc'])) or 'the file'}: {_plain(error['msg'])}"
            for error in invalid.errors(include_url=False, include_context=False, include_input=False)
        )
        raise FrameworkFileError(f"{file_name}: {problems}") from None
    if file_name != f"{framework.framework}.json":
        raise FrameworkFileError(
            f"{file_name}: framework: is '{framework.framework}', and a file has its framework's name"
        )
    return framework


def _plain(message: str) -> str:
    return re.sub(r"^(Value|Assertion) error, ", "", message)
