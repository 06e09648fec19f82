"""Reads a versioned data file and says what is wrong with it, by its name and the place in it."""

from __future__ import annotations

import re
from typing import TypeVar

from pydantic import ValidationError

from services.audit.model.warrant import DataFile

F = TypeVar("F", bound=DataFile)


class DataFileError(ValueError):
    """A data file cannot be used; the message names the file, the place in it, and why."""


def read_data_file(kind: type[F], file_name: str, text: str) -> F:
    """Read one file of a kind from its text; raises DataFileError that lists what is wrong where."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as invalid:
        problems = "; ".join(
            f"{'.'.join(map(str, error['loc'])) or 'the file'}: {_plain(error['msg'])}"
            for error in invalid.errors(include_url=False, include_context=False, include_input=False)
        )
        raise DataFileError(f"{file_name}: {problems}") from None


def _plain(message: str) -> str:
    return re.sub(r"^(Value|Assertion) error, ", "", message)
