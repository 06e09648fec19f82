"""Files of employers, over the real store through the route."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.areas import load_area
from services.employers.imports import reading
from services.employers.terms import import_terms
from services.runtime.context import ServiceContext
from tests.conftest import TokenFor
from tests.employers.listings import employer_entry, list_employers

IMPORT = "/employers/v1/import"
EMPLOYERS = "/employers/v1/employers"
GPG_COLUMNS = (
    *("EmployerName", "EmployerId", "Address", "PostCode", "CompanyNumber", "SicCodes"),
    *("DiffMeanHourlyPercent", "ResponsiblePerson", "EmployerSize", "CurrentName"),
    *("SubmittedAfterTheDeadline", "DueDate", "DateSubmitted"),
)

ContextFor = Callable[[str], ServiceContext]
Json = dict[str, Any]


def gpg_row(**changes: str) -> dict[str, str]:
    return dict.fromkeys(GPG_COLUMNS, "") | {
        "EmployerName": "AFC BOURNEMOUTH LIMITED",
        "EmployerId": "961",
        "Address": "Vitality Stadium,\r\nKings Park,\r\nBournemouth",
        "PostCode": "BH7 7AF",
        "CompanyNumber": "06632170",
        "SicCodes": "93120,\r\n93110",
        "ResponsiblePerson": "Zadie Quill (Director)",
        "EmployerSize": "500 to 999",
        "CurrentName": "AFC BOURNEMOUTH LIMITED",
        **changes,
    }


def gpg_file(*rows: dict[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, GPG_COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def put(client: httpx.AsyncClient, content: str | bytes, **query: Any) -> Json:  # noqa: ANN401 - httpx's parameters
    answer = await client.put(IMPORT, content=content, params=query)
    assert answer.status_code == 200, answer.text
    receipt: Json = answer.json()
    return receipt


async def refused(client: httpx.AsyncClient, content: str | bytes, **query: Any) -> Json:  # noqa: ANN401
    answer = await client.put(IMPORT, content=content, params=query)
    assert answer.status_code == 422, answer.text
    assert (await client.get(EMPLOYERS)).json()["employers"] == []
    problem: Json = answer.json()
    return problem


async def ledger_rows(context_for: ContextFor) -> int:
    return len(await context_for("employers").ledger.read("directory", 0, 10_000))


OWN = (
    "name,town,postcode,size_band,sic_codes,latitude,longitude\n"
    "Chesil Foods,Weymouth,DT4 8AA,small,10710,50.61,-2.45\n"
    "Jo's Joinery,Swanage,,sole trader,43320,,\n"
)


async def test_a_hubs_own_file_goes_in_with_ids_made_of_name_and_place(client: httpx.AsyncClient) -> None:
    receipt = await put(client, OWN)

    assert receipt["employers"] == {"listed": 2, "changed": 0, "unchanged": 0}
    found = (await client.get(EMPLOYERS)).json()["employers"]
    assert [(one["name"], one["sic_section"], one["size_band"], one["latitude"]) for one in found] == [
        ("Chesil Foods", "C", "small", 50.61),
        ("Jo's Joinery", "F", "sole_trader", None),
    ]
    assert all(one["employer_id"].startswith("own-") for one in found)


@pytest.mark.parametrize("form", ["own", "gender_pay_gap"])
async def test_the_same_file_again_changes_and_tells_nothing(
    client: httpx.AsyncClient, context_for: ContextFor, form: str
) -> None:
    content = OWN.encode() if form == "own" else gpg_file(gpg_row(), gpg_row(EmployerId="5"))
    first = await put(client, content, format=form)
    told = await ledger_rows(context_for)

    again = await put(client, content, format=form)

    assert first["employers"]["listed"] == 2
    assert again["employers"] == {"listed": 0, "changed": 0, "unchanged": 2}
    assert again["details_changed"] == 0
    assert await ledger_rows(context_for) == told


async def test_a_preview_says_what_the_import_then_does_and_writes_nothing(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    preview = await put(client, OWN + "??,Poole,,,,,\n", preview="true")
    assert (await client.get(EMPLOYERS)).json()["employers"] == []
    assert await ledger_rows(context_for) == 0

    done = await put(client, OWN + "??,Poole,,,,,\n")

    assert preview == done | {"preview": True}
    assert done["rejected"] == 1


async def test_the_gender_pay_gap_services_file_is_read_as_it_is_published(
    client: httpx.AsyncClient,
) -> None:
    receipt = await put(client, gpg_file(gpg_row()), format="gender_pay_gap")

    assert receipt["employers"]["listed"] == 1
    shown = (await client.get(f"{EMPLOYERS}/gpg-961")).json()
    assert (shown["name"], shown["sic_section"], shown["size_band"]) == (
        "AFC BOURNEMOUTH LIMITED",
        "R",
        "large",
    )
    details = (await client.get(f"{EMPLOYERS}/gpg-961/details")).json()
    assert (details["company_number"], details["postcode"]) == ("06632170", "BH7 7AF")


async def test_the_person_whom_the_services_file_names_is_neither_kept_nor_shown(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    receipt = await put(client, gpg_file(gpg_row()), format="gender_pay_gap")

    assert "Quill" not in str(receipt)
    database = context_for("employers").database()
    for collection in ("employers", "employer_details"):
        assert "Quill" not in str(await database.collection(collection).find({}))


async def test_a_register_without_towns_and_positions_takes_none_away(client: httpx.AsyncClient) -> None:
    await list_employers(client, employer_entry("gpg-961", "AFC BOURNEMOUTH LIMITED", sic_section="R"))

    receipt = await put(client, gpg_file(gpg_row(EmployerSize="Not Provided")), format="gender_pay_gap")

    assert receipt["employers"] == {"listed": 0, "changed": 0, "unchanged": 1}
    shown = (await client.get(f"{EMPLOYERS}/gpg-961")).json()
    assert (shown["town"], shown["latitude"], shown["size_band"]) == ("Poole", 50.72, "large")


async def test_the_mark_of_a_public_body_is_no_industry(client: httpx.AsyncClient) -> None:
    rows = (gpg_row(SicCodes="1,\r\n84110"), gpg_row(EmployerId="2", EmployerName="B", SicCodes="1"))

    await put(client, gpg_file(*rows), format="gender_pay_gap")

    sections = [(await client.get(f"{EMPLOYERS}/gpg-{one}")).json()["sic_section"] for one in (961, 2)]
    assert sections == ["O", None]


async def test_what_nobody_can_mend_in_the_services_file_is_left_out_and_listed(
    client: httpx.AsyncClient,
) -> None:
    rows = (gpg_row(PostCode="unknown", CompanyNumber="n/a"), gpg_row(EmployerId="x"))

    receipt = await put(client, gpg_file(*rows), format="gender_pay_gap")

    assert receipt["employers"]["listed"] == 1
    left_out = [(one["row"], one["column"]) for one in receipt["left_out"]["problems"]]
    assert left_out == [(2, "PostCode"), (2, "CompanyNumber")]
    assert [(one["row"], one["column"]) for one in receipt["problems"]] == [(3, "EmployerId")]


def test_every_size_and_section_of_the_shipped_register_is_known() -> None:
    terms = import_terms()
    for area in ("dorset", "west-yorkshire"):
        for employer in load_area(area).employers:
            sections = [terms.section_of(code) for code in employer.sic_codes]
            assert next(filter(None, sections), None) == employer.sic_section, employer.employer_id
    assert set(terms.gender_pay_gap.sizes.values()) == {"large", "unknown"}


@pytest.mark.parametrize(
    ("code", "section"),
    [
        ("01110", "A"),
        ("1110", "A"),
        ("93120", "R"),
        ("99000", "U"),
        ("1", None),
        ("04100", None),
        ("99999", None),
        ("A", None),
    ],
)
def test_a_sic_code_has_the_section_of_its_division(code: str, section: str | None) -> None:
    assert import_terms().section_of(code) == section


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("??,Poole,,,,,", "name"),
        ("Boats,Poole,POOLE,,,,", "postcode"),
        ("Boats,Poole,,huge,,,", "size_band"),
        ("Boats,Poole,,,9,,", "sic_codes"),
        ("Boats,Poole,,,,50.7,", "latitude"),
        ("Boats,Poole,,,,50.7,east", "longitude"),
        ("Boats,Poole,,,,95,1", "latitude"),
        ("Boats,Poole,,,,nan,1", "latitude"),
        ("Boats,Poole,,,,50.2,-1.0", "latitude"),
        ("Boats,Poole,,,,-1.98,50.72", "latitude"),
        (f"{'x' * 201},Poole,,,,,", "name"),
    ],
)
async def test_a_row_that_cannot_be_used_is_listed_and_the_others_go_in(
    client: httpx.AsyncClient, row: str, column: str
) -> None:
    receipt = await put(client, f"{OWN}{row}\n")

    assert receipt["employers"]["listed"] == 2
    assert [(one["row"], one["column"]) for one in receipt["problems"]] == [(4, column)]


async def test_an_employer_that_a_file_has_twice_goes_in_once(client: httpx.AsyncClient) -> None:
    receipt = await put(client, OWN + "CHESIL FOODS LTD,Weymouth,DT4 8AA,small,10710,,\n")

    assert receipt["employers"]["listed"] == 2
    assert receipt["problems"] == [{"where": "row 4", "reason": "is the same employer as row 2", "row": 4}]


async def test_a_file_with_headers_of_its_own_is_read_by_what_its_sender_says(
    client: httpx.AsyncClient,
) -> None:
    content = "Firm;Place;Remarks\nChesil Foods;Weymouth;nice\n"

    receipt = await put(client, content, column=["Firm:name", "Place:town"])

    assert receipt["employers"]["listed"] == 1
    assert receipt["ignored_columns"] == ["Remarks"]
    assert (await client.get(EMPLOYERS)).json()["employers"][0]["town"] == "Weymouth"


@pytest.mark.parametrize(
    "columns", [["Firm"], ["Firm:firm"], [":name"], ["Firm:name", "Name:name"], [f"{'x' * 61}:name"]]
)
async def test_a_mapping_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, columns: list[str]
) -> None:
    problem = await refused(client, OWN, column=columns)
    assert problem["problems"][0]["where"].startswith("query.column.")


async def test_a_file_without_a_usable_row_changes_nothing(client: httpx.AsyncClient) -> None:
    problem = await refused(client, "name\n??\n")
    assert problem["problems"][0]["where"] == "row 2, column name"


async def test_a_file_with_other_columns_is_refused_with_those_that_are_missing(
    client: httpx.AsyncClient,
) -> None:
    problem = await refused(client, OWN, format="gender_pay_gap")
    assert "column reported_name is missing" in [one["reason"] for one in problem["problems"]]


async def test_a_quotation_mark_that_is_never_closed_is_refused(client: httpx.AsyncClient) -> None:
    content = gpg_file(gpg_row()).decode().replace('93110"', "93110")
    assert "quotation mark" in (await refused(client, content, format="gender_pay_gap"))["detail"]


async def test_a_file_with_more_rows_than_a_register_has_is_refused(client: httpx.AsyncClient) -> None:
    rows = "".join(f"Firm {number}\n" for number in range(reading.MOST_ROWS + 1))

    answer = await client.put(IMPORT, content="name\n" + rows)

    assert answer.status_code == 413


async def test_an_import_names_what_may_be_there_already(client: httpx.AsyncClient) -> None:
    await list_employers(client, employer_entry("gpg-7", "Chesil Foods Limited", town="Weymouth"))

    receipt = await put(client, OWN, preview="true")

    assert receipt["possible_duplicates"]["found"] == 1
    [pair] = receipt["possible_duplicates"]["duplicates"]
    assert (pair["employers"][0], pair["reasons"]) == ("gpg-7", ["same_name", "same_town"])


async def test_who_may_not_change_the_directory_may_not_import(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    headers = {"Authorization": f"Bearer {await token('t', 'teacher', '136500')}"}
    assert (await client.put(IMPORT, content=OWN, headers=headers)).status_code == 403
