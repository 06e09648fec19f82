"""No event holds personal data; and the test that says so finds every kind of breach that is planted."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import pytest
from pydantic import ConfigDict, Field, computed_field

from contracts.catalogue import EVENTS
from contracts.vocabulary import CountField, DataClass, DateField, Payload, UrnField
from tests.contracts.personal_data import leaves, personal_words, problems, reachable

MODELS: Final = [event.model for event in EVENTS]
Code = Annotated[str, Field(pattern=r"^[a-z]{2}[0-9]{2}$"), DataClass.TECHNICAL]


class Sound(Payload):
    """Nothing wrong here."""

    urn: UrnField
    reached: dict[Annotated[Literal["gb5"], DataClass.INSTITUTIONAL], CountField]
    before: UrnField | None = None


class Personal(Payload):
    """Holds a field that is classed as personal."""

    urn: Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$"), DataClass.PERSONAL]


class Unclassed(Payload):
    """Holds a field without a class."""

    reached: int


class UnclassedKey(Payload):
    """Holds a dictionary whose keys have no class."""

    reached: dict[Literal["gb5"], CountField]


class TwiceClassed(Payload):
    """Holds a field with two classes."""

    reached: Annotated[CountField, DataClass.TECHNICAL]


class FreeText(Payload):
    """Holds a text without a pattern."""

    label: Annotated[str, Field(max_length=20), DataClass.INSTITUTIONAL]


class AlmostFreeText(Payload):
    """Holds a text with a pattern that means nothing."""

    label: Annotated[str, Field(pattern=r"^[\w .,@]+$"), DataClass.INSTITUTIONAL]


class LooseText(Payload):
    """Holds a text whose pattern is not tied to its ends."""

    label: Annotated[str, Field(pattern=r"[a-z]+"), DataClass.INSTITUTIONAL]


class SchoolName(Payload):
    """Holds a name, and is not one of the types that may."""

    name: Annotated[str, Field(max_length=200), DataClass.INSTITUTIONAL]


class Named(Payload):
    """Holds a pupil's number."""

    upn: Code


class Aliased(Payload):
    """Holds a pupil's number under another name."""

    code: Code = Field(serialization_alias="pupilUpn")


class Dated(Payload):
    """Holds a date of birth."""

    date_of_birth: DateField


class Anything(Payload):
    """Holds whatever one likes."""

    facts: Annotated[dict[Code, Any], DataClass.TECHNICAL]


class Open(Payload):
    """Passes on fields that it does not know."""

    model_config = ConfigDict(extra="allow")

    urn: UrnField


class Computing(Payload):
    """Sends what it computes."""

    urn: UrnField

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def initials(self) -> str:
        return "JB"


class Deep(Payload):
    """Holds a breach in a part of a part."""

    parts: tuple[dict[Code, Personal] | None, ...]


PLANTED: Final = (
    (Personal, "Personal.urn is personal data"),
    (Unclassed, "Unclassed.reached has 0 data classes"),
    (UnclassedKey, "UnclassedKey.reached has 0 data classes"),
    (TwiceClassed, "TwiceClassed.reached has 2 data classes"),
    (FreeText, "FreeText.label is free text"),
    (AlmostFreeText, "AlmostFreeText.label is free text"),
    (LooseText, "LooseText.label is free text"),
    (SchoolName, "SchoolName.name is free text"),
    (Named, "Named.upn is named after something personal: upn"),
    (Aliased, "Aliased.pupilUpn is named after something personal: pupil, upn"),
    (Dated, "Dated.date_of_birth is named after something personal: birth"),
    (Anything, "Anything.facts can hold anything"),
    (Open, "Open does not drop the fields that it does not know"),
    (Computing, "Computing computes fields"),
    (Deep, "Personal.urn is personal data"),
)


def test_no_event_holds_personal_data() -> None:
    assert problems(MODELS) == []


def test_every_part_of_every_event_is_looked_at() -> None:
    models = reachable(MODELS)
    seen = {str(leaf) for model in models for leaf in leaves(model)}

    assert set(MODELS) < set(models)
    assert {"YearGroupFigures.credits", "BenchmarkScore.score_percent", "LedgerPosition.applied"} <= seen


@pytest.mark.parametrize(("model", "problem"), PLANTED, ids=lambda part: getattr(part, "__name__", ""))
def test_a_planted_breach_is_found(model: type[Payload], problem: str) -> None:
    found = problems([model])

    assert len([line for line in found if line.startswith(problem)]) == 1, found


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert problems([Sound]) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "upn",
            "pupil_ref",
            "forename",
            "surname",
            "first_name",
            "full_name",
            "dob",
            "date_of_birth",
            "gender",
        ),
        *("email", "email_address", "phone", "mobile_number", "home_address", "postcode", "parent_contact"),
        *(
            "note",
            "notes",
            "comment",
            "comments",
            "free_text",
            "reason",
            "pupils",
            "studentName",
            "aspirations",
        ),
    ],
)
def test_a_personal_name_of_a_field_is_refused(name: str) -> None:
    assert personal_words(name)


@pytest.mark.parametrize(
    "name", ["urn", "lowest_year", "encounters", "score_percent", "reference_year", "page"]
)
def test_an_institutional_name_of_a_field_is_let_through(name: str) -> None:
    assert not personal_words(name)
