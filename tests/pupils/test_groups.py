"""What else a school tells of its pupils: within its scopes and nothing more; criteria for each group."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pupils.model.groups import (
    COLUMNS,
    GROUPS,
    GROUPS_OF,
    NEED_CODES,
    belongs,
    needs_of,
    read_cell,
    told,
    within,
)
from tests.pupils.conftest import School, listing, talk
from tests.pupils.values import upn

HEADER: Final = "upn,surname,forename,year_group,tutor_group"
EVERYTHING: Final = {"columns": list(COLUMNS)}


def roll(columns: str, *rows: str) -> str:
    """A roll of Year 10 with further columns."""
    lines = [
        f"{upn(serial)},Surname{serial},Forename{serial},10,10A,{cells}"
        for serial, cells in enumerate(rows, start=1)
    ]
    return "\n".join([f"{HEADER},{columns}", *lines])


async def groups_of(school: School, serial: int) -> list[str]:
    """Read what is held of a pupil in 2025/26."""
    (year,) = (await school.get(f"/pupils/{await school.ref(serial)}"))["years"]
    groups: list[str] = year["groups"]
    return groups


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("sen_provision", "K", ("sen_k",)),
        ("sen_provision", "SEN Support", ("sen_k",)),
        ("sen_provision", "EHCP", ("sen_e",)),
        ("sen_provision", "N", ()),
        ("sen_provision", "", ()),
        ("fsm6", "Yes", ("fsm6",)),
        ("fsm6", "0", ()),
        ("eal", "TRUE", ("eal",)),
        ("young_carer", "P", ("young_carer",)),
        ("young_carer", "N", ()),
        ("disability", "y", ("disability",)),
        ("neurodiversity", "no", ()),
        ("sen_needs", " slcn ; ASD;", ("need_slcn", "need_asd")),
        ("sen_needs", "", ()),
    ],
)
def test_cells_are_read_as_systems_write_them(column: str, text: str, expected: tuple[str, ...]) -> None:
    assert read_cell(column, text) == expected


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("sen_provision", "yes"),
        ("fsm", "P"),
        ("eal", "Polish"),
        ("neurodiversity", "dyslexic"),
        ("sen_needs", "dyslexic"),
        ("sen_needs", "Deaf;HI"),
        ("sen_needs", "HI;VI;HI"),
        ("sen_needs", "HI;VI;PD;MSI;OTH"),
    ],
)
def test_a_cell_that_says_something_else_is_refused_without_being_repeated(column: str, text: str) -> None:
    reason = read_cell(column, text)
    assert isinstance(reason, str)
    assert text not in reason


@given(
    st.sets(st.sampled_from([group for groups in GROUPS_OF.values() for group in groups])),
    st.dictionaries(st.sampled_from(COLUMNS), st.booleans()),
    st.sets(st.sampled_from(COLUMNS)),
)
def test_a_column_says_all_of_its_groups_and_nothing_of_others(
    before: set[str], yes: dict[str, bool], scopes: set[str]
) -> None:
    said = {column: GROUPS_OF[column][:1] if is_so else () for column, is_so in yes.items()}
    after = told(before, said)
    for column, groups in GROUPS_OF.items():
        expected = set(said[column]) if column in said else before & set(groups)
        assert set(after) & set(groups) == expected
        assert set(within(after, scopes)) & set(groups) == (expected if column in scopes else set())


@given(
    first=st.lists(st.sampled_from(NEED_CODES), unique=True, max_size=4),
    second=st.lists(st.sampled_from(NEED_CODES), unique=True, max_size=4),
    speaks_of_needs=st.booleans(),
)
def test_needs_keep_their_rank_whatever_else_is_told(
    first: list[str], second: list[str], *, speaks_of_needs: bool
) -> None:
    def said(codes: list[str]) -> tuple[str, ...]:
        read = read_cell("sen_needs", ";".join(codes))
        assert isinstance(read, tuple)
        return read

    before = told((), {"sen_needs": said(first), "eal": ("eal",)})
    after = told(before, {"fsm": ("fsm",)} | ({"sen_needs": said(second)} if speaks_of_needs else {}))

    assert needs_of(before) == tuple(first)
    assert needs_of(after) == tuple(second if speaks_of_needs else first)
    assert after[:2] == ("eal", "fsm")
    assert needs_of(within(after, ["sen_needs"])) == needs_of(after)
    assert needs_of(within(after, ["eal"])) == ()


def test_combined_groups_are_those_who_are_in_one_of_their_parts() -> None:
    assert belongs(("sen_e",), "sen")
    assert belongs(("in_care",), "disadvantaged")
    assert not belongs(("fsm", "eal"), "disadvantaged")
    assert {"sen", "disadvantaged", "sen_k", "fsm6"} <= set(GROUPS)


async def test_nothing_is_held_until_the_school_says_so_and_the_refusal_is_logged(
    empty_school: School,
) -> None:
    receipt = (await empty_school.put_roll(roll("sen_provision,fsm6,eye_colour", "K,yes,blue"))).json()

    assert receipt["new"] == 1
    assert receipt["refused_columns"] == ["sen_provision", "fsm6"]
    assert receipt["ignored_columns"] == ["eye_colour"]
    assert await groups_of(empty_school, 1) == []
    assert "sen_k" not in json.dumps(await empty_school.documents("pupils"), default=str)
    log = [(action, resource) for _, action, resource in await empty_school.accesses()]
    assert ("roll.column_refused", "roll/2025/26/fsm6") in log


async def test_what_is_in_scope_is_held_and_a_column_that_is_not_sent_changes_nothing(
    empty_school: School,
) -> None:
    chosen = await empty_school.send("PUT", "/roll/scopes", json={"columns": ["sen_provision", "eal"]})
    assert (chosen.json()["outcome"], chosen.json()["columns"]) == ("changed", ["sen_provision", "eal"])

    first = (await empty_school.put_roll(roll("sen_provision,eal,fsm", "K,yes,yes", "E,no,no", ",,"))).json()
    assert (first["new"], first["refused_columns"]) == (3, ["fsm"])
    assert [await groups_of(empty_school, serial) for serial in (1, 2, 3)] == [
        ["eal", "sen_k"],
        ["sen_e"],
        [],
    ]

    second = (await empty_school.put_roll(roll("eal", "no", "yes", ""))).json()
    assert (second["changed"], second["unchanged"]) == (2, 1)
    assert [await groups_of(empty_school, serial) for serial in (1, 2, 3)] == [
        ["sen_k"],
        ["eal", "sen_e"],
        [],
    ]
    again = (await empty_school.put_roll(roll("eal", "no", "yes", ""))).json()
    assert (again["outcome"], again["unchanged"]) == ("unchanged", 3)


async def test_what_a_school_no_longer_wants_held_goes_at_once(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json=EVERYTHING)
    await empty_school.put_roll(roll("sen_provision,in_care", "K,yes", "N,no"))

    narrowed = await empty_school.send("PUT", "/roll/scopes", json={"columns": ["sen_provision"]})
    again = await empty_school.send("PUT", "/roll/scopes", json={"columns": ["sen_provision"]})

    assert (narrowed.json()["pupils_cleared"], again.json()["outcome"]) == (1, "unchanged")
    assert await groups_of(empty_school, 1) == ["sen_k"]
    assert "in_care" not in json.dumps(await empty_school.documents("pupils"), default=str)
    assert (await empty_school.get("/roll/scopes"))["columns"] == ["sen_provision"]


async def test_a_wrong_cell_costs_its_row_and_json_says_yes_and_no_as_such(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json=EVERYTHING)
    receipt = (await empty_school.put_roll(roll("fsm6,eal", "yes,Polish", "yes,no"))).json()
    assert [(row["row"], row["column"]) for row in receipt["rejected"]] == [(2, "eal")]

    pupil = {"surname": "Surname1", "forename": "Ada", "year_group": 10, "tutor_group": "10A"}
    items = [pupil | {"upn": upn(1), "fsm6": True, "sen_provision": "E"}, pupil | {"upn": upn(2), "eal": 1.5}]
    answer = await empty_school.send(
        "PUT", "/roll?academic_year=2025/26&confirm_leavers=true", json={"pupils": items}
    )
    assert [(row["row"], row["column"]) for row in answer.json()["rejected"]] == [(2, "eal")]
    assert await groups_of(empty_school, 1) == ["fsm6", "sen_e"]


async def test_needs_are_held_by_rank_and_are_groups_to_ask_for(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json=EVERYTHING)
    content = roll("sen_needs,disability", "SLCN;ASD,yes", "ASD,no", ",")
    await empty_school.put_roll(content)
    swapped = (await empty_school.put_roll(content.replace("SLCN;ASD", "ASD;SLCN"))).json()

    assert (swapped["changed"], swapped["unchanged"]) == (1, 2)
    (year,) = (await empty_school.get(f"/pupils/{await empty_school.ref(1)}"))["years"]
    assert year["sen_needs"] == ["ASD", "SLCN"]
    assert year["groups"] == ["disability", "need_asd", "need_slcn"]
    table = await empty_school.get("/criteria?academic_year=2025/26&group=need_asd")
    assert table["year_groups"][0]["criteria"]["gb5.1"]["applies_to"] == 2


@pytest.mark.parametrize("columns", [["religion"], ["fsm"] * (len(COLUMNS) + 1), "fsm"])
async def test_scopes_that_there_are_not_are_refused(empty_school: School, columns: Any) -> None:  # noqa: ANN401 - anything
    answer = await empty_school.send("PUT", "/roll/scopes", json={"columns": columns})
    assert answer.status_code == 422


async def test_criteria_are_counted_for_a_group(empty_school: School) -> None:
    await empty_school.send("PUT", "/roll/scopes", json=EVERYTHING)
    await empty_school.put_roll(roll("sen_provision,fsm6", "K,no", "E,yes", "N,yes", "N,no"))
    await empty_school.post(talk(attendance=listing([2, 4])))

    async def met(group: str) -> tuple[int, int]:
        table = await empty_school.get(f"/criteria?academic_year=2025/26&group={group}")
        figures = table["year_groups"][0]["criteria"]["gb5.1"]
        return figures["met"], figures["applies_to"]

    assert [await met(group) for group in ("sen", "sen_k", "disadvantaged", "eal")] == [
        (1, 2),
        (0, 1),
        (1, 2),
        (0, 0),
    ]
    missing = await empty_school.get("/missing/gb5.1?year_group=10&academic_year=2025/26&group=disadvantaged")
    assert [pupil["surname"] for pupil in missing["pupils"]] == ["Surname3"]
    for path in ("/criteria?group=clever", "/missing/gb5.1?year_group=10&group=clever"):
        assert (await empty_school.send("GET", path)).status_code == 422
