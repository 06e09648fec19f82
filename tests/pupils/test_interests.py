"""What pupils say of themselves, and the classifications to tag it with."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.pupils.model.classification import Classification, Entry
from services.pupils.rules import industries, occupations
from tests.conftest import TokenFor
from tests.pupils.conftest import School
from tests.pupils.test_conversations_api import as_somebody, record

BUILDER: Final[dict[str, Any]] = {
    "kind": "aspiration",
    "text": "Boat builder",
    "said_on": "2026-02-10",
    "soc": ["5235"],
    "sic": ["30110"],
}


def test_the_classifications_have_the_groups_that_they_should() -> None:
    """ONS: 9, 26 and 412 groups in SOC 2020 (without the minor ones), 21, 88 and 615 in SIC 2007."""
    assert _levels(occupations()) == {"major": 9, "sub-major": 26, "unit": 412}
    assert _levels(industries()) == {"section": 21, "division": 88, "class": 615}
    assert industries().top_of("30110").title == "Manufacturing"
    assert occupations().top_of("5235").code == "5"


def _levels(classification: Classification) -> dict[str, int]:
    levels = [entry.level for entry in classification.entries.values()]
    return {level: levels.count(level) for level in dict.fromkeys(levels)}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("boat builders", "5235"),
        ("BOAT", "5235"),
        ("midwife", "2231"),
        ("midwifery nurses", "2231"),
        ("2231", "2231"),
        ("civil engineer", "2121"),
        ("engineers", "2121"),
        ("?!", None),
        ("", None),
        ("boat astronaut", None),
    ],
)
def test_occupations_are_found_by_words_and_by_code(text: str, first: str | None) -> None:
    found = occupations().search(text, 3)
    assert (found[0].code if found else None) == first
    assert len(found) <= 3


def test_a_classification_that_contradicts_itself_is_refused() -> None:
    for entries in (
        [Entry("major", "1", None, "One"), Entry("major", "1", None, "One again")],
        [Entry("unit", "11", "1", "Part of nothing")],
    ):
        with pytest.raises(ValueError, match="1"):
            Classification(entries)


async def test_what_a_pupil_says_is_kept_dated_and_nothing_is_overwritten(school: School) -> None:
    ref = await school.ref(1)
    path = f"/pupils/{ref}/interests"
    first = await school.send("POST", path, json=BUILDER)
    later = BUILDER | {"text": "Marine biologist", "said_on": "2026-05-04", "soc": ["2112"], "sic": []}
    await school.send("POST", path, json=later)
    again = await school.send("POST", path, json=BUILDER | {"text": "boat BUILDER"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"outcome": "unchanged"}
    shown = (await school.get(path))["interests"]
    assert [(one["text"], one["said_on"]) for one in shown] == [
        ("Marine biologist", "2026-05-04"),
        ("Boat builder", "2026-02-10"),
    ]
    assert shown[1]["soc"][0]["code"] == "5235"
    assert shown[1]["sic"] == [{"code": "30110", "title": "Building of ships and floating structures"}]


async def test_interests_of_a_conversation_are_shown_to_those_who_may_read_it(
    school: School, token: TokenFor
) -> None:
    other = await as_somebody(school, token, "another teacher", "teacher")
    ref = await school.ref(1)
    await record(school, interests=["sailing"], visibility="careers_leader")

    assert [one["text"] for one in (await school.get(f"/pupils/{ref}/interests"))["interests"]] == ["sailing"]
    assert (await other.get(f"/pupils/{ref}/interests"))["interests"] == []


async def test_what_was_entered_by_mistake_is_retracted_once_and_can_be_said_later(school: School) -> None:
    ref = await school.ref(1)
    path = f"/pupils/{ref}/interests"
    identity = (await school.send("POST", path, json=BUILDER)).json()["interest_id"]
    other_tags = await school.send("POST", path, json=BUILDER | {"soc": []})
    outcomes = [
        (await school.send("POST", f"/interests/{identity}/retraction")).json()["outcome"] for _ in range(2)
    ]

    assert other_tags.status_code == 409
    assert outcomes == ["retracted", "unchanged"]
    assert (await school.get(path))["interests"] == []
    assert (await school.send("POST", path, json=BUILDER | {"soc": []})).status_code == 201
    assert (await school.send("POST", f"/interests/{'0' * 32}/retraction")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"said_on": "2026-06-16"}, "said_on"),
        ({"soc": ["9999"]}, "soc[0]"),
        ({"sic": ["30110", "00000"]}, "sic[0]"),
        ({"soc": ["boats"]}, "body.soc.0"),
        ({"soc": ["5235"] * 6}, "body.soc"),
        ({"kind": "dream"}, "body.kind"),
        ({"text": " "}, "body.text"),
        ({"name": "Alice"}, "body.name"),
    ],
)
async def test_what_cannot_be_is_refused(school: School, changes: dict[str, Any], where: str) -> None:
    answer = await school.send("POST", f"/pupils/{await school.ref(1)}/interests", json=BUILDER | changes)
    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert await school.documents("interests") == []


async def test_nobodys_interests_are_not_found(school: School) -> None:
    for method in ("GET", "POST"):
        answer = await school.send(method, "/pupils/0123456789abcdef/interests", json=BUILDER)
        assert answer.status_code == 404


async def test_occupations_and_industries_are_searched_by_words(school: School) -> None:
    found = (await school.get("/occupations?q=boat&limit=1"))["found"]
    assert [(one["code"], one["level"], one["part_of"]) for one in found] == [("5235", "unit", "52")]
    industry = (await school.get("/industries?q=ships%20floating"))["found"]
    assert industry[0]["code"] == "30110"
    assert (await school.send("GET", "/industries")).status_code == 422
