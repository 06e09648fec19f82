"""Which header names which column: the school's word, its name, what systems export; and the preview."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import services.pupils.rules
from services.pupils.api.cells import ROLL_SHAPE
from services.pupils.model.groups import COLUMNS as GROUP_COLUMNS
from services.pupils.model.roll_columns import RollColumns, plain, use_headers
from services.pupils.rules import roll_columns
from tests.conftest import TokenFor
from tests.pupils.conftest import ROLL_HEADER, School, pupil_row, roll_csv
from tests.pupils.values import upn

RULE_FILE: Final = json.loads(
    (Path(services.pupils.rules.__file__).parent / "roll-columns.json").read_text(encoding="utf-8")
)
COUNTS: Final = ("rows", "new", "changed", "moved", "unchanged", "left", "missing_kept")


def uses(headers: list[str], own: dict[str, str] | None = None) -> list[tuple[str | None, str]]:
    found = use_headers(headers, ROLL_SHAPE.columns, own or {}, roll_columns())
    assert [use.header for use in found] == headers
    return [(use.column, use.why) for use in found]


async def preview(school: School, content: str, **query: str) -> dict[str, Any]:
    answer = await school.send(
        "POST",
        "/roll/preview",
        content=content,
        params={"academic_year": "2025/26"} | query,
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def put_mapping(school: School, columns: object) -> Any:  # noqa: ANN401 - an answer
    return await school.send("PUT", "/roll/mapping", json={"columns": columns})


def test_the_rule_file_has_every_column_and_is_loaded_once() -> None:
    assert set(roll_columns().columns) == set(ROLL_SHAPE.columns)
    assert roll_columns() is roll_columns()


def test_a_rule_file_with_one_header_for_two_columns_is_refused() -> None:
    damaged = copy.deepcopy(RULE_FILE)
    damaged["columns"]["fsm"].append({"name": "SEN-Status", "systems": ["SIMS"], "confidence": "L"})

    with pytest.raises(ValidationError, match="names both"):
        RollColumns.model_validate(damaged)


def test_the_schools_word_goes_before_the_name_and_the_name_before_what_is_recognised() -> None:
    assert uses(["Reg Group", "Tutor Group", "Form"]) == [
        (None, "ignored"),
        ("tutor_group", "name"),
        (None, "ignored"),
    ]
    assert uses(["Reg Group", "tutor_group", "Haus"], {"haus": "tutor_group"}) == [
        (None, "ignored"),
        (None, "ignored"),
        ("tutor_group", "own"),
    ]
    assert uses(["REG. GROUP", "Shoe size", ""]) == [
        ("tutor_group", "recognised"),
        (None, "ignored"),
        (None, "ignored"),
    ]


def test_of_several_known_headers_the_one_listed_first_is_used() -> None:
    assert uses(["Legal Surname", "Preferred Surname"]) == [(None, "ignored"), ("surname", "recognised")]


@given(st.data())
def test_however_a_known_header_is_written_it_names_its_column(data: st.DataObject) -> None:
    known = [(header["name"], column) for column, kept in RULE_FILE["columns"].items() for header in kept]
    known += [(column, column) for column in ROLL_SHAPE.columns]
    name, column = data.draw(st.sampled_from(known))
    written = "".join(
        data.draw(st.sampled_from([character.upper(), character.lower()]))
        + data.draw(st.sampled_from(["", ".", "-"]))
        for character in name
    ).replace(" ", data.draw(st.sampled_from([" ", "_", ""])))

    ((found, why),) = uses([written])

    assert found == column
    assert why in {"name", "recognised"}


@given(
    st.lists(
        st.sampled_from([*ROLL_SHAPE.columns, "Reg Group", "SEN Status", "Form", "Notes", "Haus"]),
        unique=True,
    ),
    st.dictionaries(st.sampled_from(["Haus", "Notes", "Form", "upn"]), st.sampled_from(ROLL_SHAPE.columns)),
)
def test_no_column_is_named_twice_and_the_schools_word_is_always_kept(
    headers: list[str], own: dict[str, str]
) -> None:
    own = {header: column for column, header in {column: header for header, column in own.items()}.items()}

    found = uses(headers, own)

    named = [column for column, _ in found if column is not None]
    assert len(named) == len(set(named))
    for header, (column, why) in zip(headers, found, strict=True):
        assert (why == "own") is (header in own)
        assert header not in own or column == own[header]
        assert (column is None) is (why == "ignored")


async def test_an_export_with_known_headers_goes_in_as_it_is(empty_school: School) -> None:
    content = roll_csv([1, 2]).replace(
        ROLL_HEADER, "Unique Pupil Number,Last Name,First Name,NC Year,Reg Group"
    )

    receipt = (await empty_school.put_roll(content)).json()

    assert (receipt["new"], receipt["ignored_columns"]) == (2, [])
    assert (await empty_school.get("/roll?academic_year=2025/26"))["year_groups"][0]["tutor_groups"] == [
        "10A",
        "10B",
    ]


async def test_a_schools_own_headers_are_kept_and_used(empty_school: School) -> None:
    own = {"Haus": "tutor_group", "Nr. $1": "upn"}
    content = roll_csv([1]).replace(ROLL_HEADER, "Nr. $1,surname,forename,year_group,HAUS")
    assert (await empty_school.put_roll(content)).status_code == 422

    changed = await put_mapping(empty_school, own)
    again = await put_mapping(empty_school, own)

    assert (changed.json(), again.json()["outcome"]) == ({"outcome": "changed", "columns": own}, "unchanged")
    kept = await empty_school.get("/roll/mapping")
    assert kept["columns"] == own
    assert kept["possible"] == list(ROLL_SHAPE.columns)
    assert kept["required"] == ["upn", "surname", "forename", "year_group"]
    assert (await empty_school.put_roll(content)).json()["new"] == 1
    assert ("leader", "roll.mapping_changed", "roll/mapping") in await empty_school.accesses()
    assert (await put_mapping(empty_school, {})).json() == {"outcome": "changed", "columns": {}}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"Reg": "tutor_group", "Form": "tutor_group"}, "maps two headers to one column"),
        ({"Reg": "tutor_group", "re-g": "surname"}, "has a header twice"),
        ({"Reg": "religion"}, "header 1 is mapped to none of: upn"),
        ({"upn": "upn", "Reg": 7}, "header 2 is mapped to none of: upn"),
        ({"--": "upn"}, "header 1 must have letters or digits"),
        ({"x" * 61: "upn"}, "at most 60 characters"),
        ({"a\tb": "upn"}, "header 1 must have letters or digits"),
        (["upn"], "valid dictionary"),
    ],
)
async def test_a_mapping_that_makes_no_sense_is_refused(
    empty_school: School, columns: object, reason: str
) -> None:
    answer = await put_mapping(empty_school, columns)

    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert reason in problem["reason"]
    assert (await empty_school.get("/roll/mapping"))["columns"] == {}


async def test_a_header_for_a_column_outside_the_scopes_is_refused_and_its_cells_are_not_read(
    empty_school: School,
) -> None:
    content = f"{ROLL_HEADER},SEN Status,Pflegekind\n{pupil_row(1)},nonsense,yes\n"
    await put_mapping(empty_school, {"Pflegekind": "in_care"})

    seen = await preview(empty_school, content)
    receipt = (await empty_school.put_roll(content)).json()

    assert seen["headers"][-2:] == [
        {"header": "SEN Status", "column": "sen_provision", "why": "refused"},
        {"header": "Pflegekind", "column": "in_care", "why": "refused"},
    ]
    assert seen["refused_columns"] == receipt["refused_columns"] == ["sen_provision", "in_care"]
    assert "nonsense" not in json.dumps(seen)
    assert receipt["new"] == 1
    log = [(action, resource) for _, action, resource in await empty_school.accesses()]
    assert ("roll.column_refused", "roll/2025/26/in_care") in log


async def test_two_headers_written_the_same_are_refused(empty_school: School) -> None:
    answer = await empty_school.put_roll(f"{ROLL_HEADER},Reg-Group,Tutor Group\n{pupil_row(1)},x,y\n")

    assert answer.status_code == 422
    assert "column tutor_group is there 2 times (fields 5, 7)" in answer.text


async def test_a_preview_shows_what_each_header_is_and_the_first_rows(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json={"columns": ["fsm6"]})
    header = "UPN,Last Name,forename,year_group,Haus,Shoe size,FSM Ever 6,Former UPN"
    rows = [f"{upn(n)},Surname{n},Jo,10,10A,44,yes,{upn(50 + n)};{upn(60 + n)}" for n in range(1, 8)]
    await put_mapping(empty_school, {"haus": "tutor_group"})

    seen = await preview(empty_school, "\n".join([header, *rows]))

    assert [(use["header"], use["column"], use["why"]) for use in seen["headers"]] == [
        ("UPN", "upn", "name"),
        ("Last Name", "surname", "recognised"),
        ("forename", "forename", "name"),
        ("year_group", "year_group", "name"),
        ("Haus", "tutor_group", "own"),
        ("Shoe size", None, "ignored"),
        ("FSM Ever 6", "fsm6", "recognised"),
        ("Former UPN", "former_upn", "name"),
    ]
    assert seen["unused_headers"] == ["Shoe size"]
    assert (seen["importable"], seen["missing_columns"], len(seen["sample"])) == (True, [], 5)
    assert seen["sample"][0] == {
        "row": 2,
        "upn": upn(1)[-4:],
        "surname": "Surname1",
        "forename": "Jo",
        "year_group": "10",
        "tutor_group": "10A",
        "former_upn": f"{upn(51)[-4:]};{upn(61)[-4:]}",
        "fsm6": "yes",
    }
    assert upn(1) not in json.dumps(seen)


async def test_a_preview_names_the_missing_columns_and_the_headers_that_could_be_meant(
    empty_school: School,
) -> None:
    seen = await preview(empty_school, "upn;Rufname;Familienname;year_group\nx;y;z;10\n")

    assert seen == {
        "outcome": "preview",
        "academic_year": "2025/26",
        "headers": [
            {"header": "upn", "column": "upn", "why": "name"},
            {"header": "Rufname", "column": None, "why": "ignored"},
            {"header": "Familienname", "column": None, "why": "ignored"},
            {"header": "year_group", "column": "year_group", "why": "name"},
        ],
        "missing_columns": ["surname", "forename"],
        "unused_headers": ["Rufname", "Familienname"],
        "importable": False,
    }


async def test_a_preview_changes_nothing_and_is_in_the_access_log(school: School) -> None:
    names = ("pupils", "year_groups", "roll_index", "scopes", "roll_mapping", "answers")
    before = [await school.documents(name) for name in names]

    seen = await preview(school, roll_csv([1, 2, 103]).replace("Surname2,", "Newname,"))

    assert {name: seen[name] for name in COUNTS if seen[name]} == {
        "rows": 3,
        "new": 1,
        "changed": 1,
        "unchanged": 1,
        "left": 6,
    }
    assert [await school.documents(name) for name in names] == before
    assert len(await school.told()) == 1
    assert (await school.accesses())[-1] == ("leader", "roll.previewed", "roll/2025/26")


async def test_a_preview_asks_for_the_confirmation_instead_of_refusing(empty_school: School) -> None:
    await empty_school.put_roll(roll_csv(range(1, 25)))

    many, few = [await preview(empty_school, roll_csv(range(1, last))) for last in (5, 24)]

    assert (many["needs_confirm_leavers"], many["left"]) == (True, 20)
    assert (few["needs_confirm_leavers"], few["left"]) == (False, 1)


async def test_a_preview_shows_some_of_the_rejected_rows_and_counts_all(empty_school: School) -> None:
    rows = [f"{upn(n)},,Jo,10,10A" for n in range(1, 121)]

    seen = await preview(empty_school, "\n".join([ROLL_HEADER, *rows]))

    assert (len(seen["rejected"]), seen["rejected_total"], seen["importable"]) == (100, 120, False)
    assert seen["rejected"][0] == {
        "where": "row 2, column surname",
        "reason": "is empty",
        "row": 2,
        "column": "surname",
    }


async def test_json_is_previewed_too(empty_school: School) -> None:
    pupil = {"upn": upn(1), "surname": "Bell", "forename": "Jo", "year_group": 10, "fsm": True}
    answer = await empty_school.send(
        "POST",
        "/roll/preview?academic_year=2025/26",
        json={"pupils": [pupil, pupil | {"upn": upn(2), "religion": "?"}]},
    )

    seen = answer.json()
    assert [(use["column"], use["why"]) for use in seen["headers"]][-2:] == [
        ("fsm", "refused"),
        (None, "ignored"),
    ]
    assert (seen["new"], seen["rejected_total"], seen["format"]) == (1, 1, "json")
    assert seen["sample"][0]["upn"] == upn(1)[-4:]


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"", b"upn,surname,upn,forename,year_group\n"])
async def test_what_is_no_table_is_refused_by_the_preview_as_by_the_import(
    empty_school: School, content: bytes
) -> None:
    request = {
        "content": content,
        "params": {"academic_year": "2025/26"},
        "headers": {"Content-Type": "text/csv"},
    }

    seen = await empty_school.send("POST", "/roll/preview", **request)
    sent = await empty_school.send("PUT", "/roll", **request)

    assert (seen.status_code, seen.json()["detail"]) == (422, sent.json()["detail"])


async def test_a_preview_says_what_the_import_then_reports(empty_school: School) -> None:
    """Rolls of all kinds of rows, one after the other: the same counts, refusals and figures."""
    dice = random.Random(2026)
    choices = (
        ("10,10A", "10,10B", "11,11A", "14,", "x,"),
        ("", "", "2026-02-01", "2027-01-01", "soon"),
        ("", "", "S", "?"),
        ("", "", upn(20), upn(21), "A1"),
    )
    imported = 0
    for _ in range(25):
        serials = dice.sample(range(1, 10), dice.randint(0, 9))
        rows = [
            f"{upn(serial)},Surname{serial},Jo,{','.join(dice.choice(cells) for cells in choices)}"
            for serial in serials
        ]
        content = "\n".join([f"{ROLL_HEADER},leaving_date,enrolment_status,former_upn", *rows])

        seen = await preview(empty_school, content)
        answer = await empty_school.put_roll(content)

        assert seen["importable"] is (answer.status_code == 200)
        if seen["importable"]:
            imported += 1
            receipt = answer.json()
            del receipt["outcome"]
            assert {name: seen[name] for name in receipt} == receipt
        else:
            assert seen["rejected"] == answer.json().get("problems", [])
    assert 15 <= imported < 25


async def test_a_teacher_cannot_preview_or_map(school: School, token: TokenFor) -> None:
    school.client.headers["Authorization"] = f"Bearer {await token('teacher', 'teacher', school.urn)}"

    assert (await put_mapping(school, {})).status_code == 403
    answer = await school.send("POST", "/roll/preview?academic_year=2025/26", content=roll_csv([1]))
    assert answer.status_code == 403


def test_headers_are_compared_by_letters_and_digits() -> None:
    assert plain(" Reg. Group (2025) ") == "reggroup2025"
    assert set(GROUP_COLUMNS) <= set(ROLL_SHAPE.columns)
