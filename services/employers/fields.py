"""The kinds of fields that employers' bodies are made of. Unknown fields are refused."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.vocabulary import EMPLOYER_ID_PATTERN, EmployerId
from services.runtime.bodies import printable

PREFIX: Final = "/employers/v1"
SERVICE_NAME: Final = "employers"
LONGEST_NAME: Final = 200
"""Characters; also the longest in a told name (`contracts/employers.py`)."""
# Domain §8.6: the practical pattern, and the one postcode that does not fit it.
_POSTCODE: Final = re.compile(r"^(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})$")
# Companies House: eight digits, or two letters of a register or nation with six; some societies end with R.
_COMPANY_NUMBER: Final = re.compile(r"^([0-9]{8}|[A-Z]{2}[0-9]{5}[0-9R])$")
_DIGITS_OF_A_COMPANY_NUMBER: Final = 8


class Body(BaseModel):
    """What callers send."""

    model_config = ConfigDict(extra="forbid")


def plain_postcode(text: str) -> str | None:
    """Write a postcode as it is written, `BH15 1AA`; None for what is none."""
    found = _POSTCODE.match(text.upper())
    return None if found is None else f"{found.group(1)} {found.group(2)}"


def plain_company_number(text: str) -> str | None:
    """Write a company number with the zeros that a spreadsheet drops; None for what is none."""
    number = text.upper()
    if number.isascii() and number.isdecimal():
        number = number.zfill(_DIGITS_OF_A_COMPANY_NUMBER)
    return number if _COMPANY_NUMBER.match(number) else None


def _checked_postcode(value: str) -> str:
    postcode = plain_postcode(value)
    if postcode is None:
        raise PydanticCustomError("postcode", "is not a postcode; write it like BH15 1AA")
    return postcode


def _checked_company_number(value: str) -> str:
    number = plain_company_number(value)
    if number is None:
        raise PydanticCustomError("company_number", "is not a company number; write it like 00653859")
    return number


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME),
    AfterValidator(printable),
]
Postcode = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=10), AfterValidator(_checked_postcode)
]
CompanyNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=10), AfterValidator(_checked_company_number)
]
EmployerInPath = Annotated[EmployerId, Path(pattern=EMPLOYER_ID_PATTERN)]
Seen = Annotated[int, Field(strict=True, ge=0)]
"""How many changes the caller has seen, so that nobody's are overwritten unread."""
