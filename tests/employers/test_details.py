"""What is known of an employer beyond its entry, over the real store through the routes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.employers.details.api import DetailsBody, SafeguardingBody
from services.employers.terms import employer_standards
from services.runtime.context import ServiceContext
from tests.conftest import TokenFor
from tests.employers.listings import employer_entry, list_employers

DETAILS = "/employers/v1/employers/gpg-1/details"
Json = dict[str, Any]


def details(**changes: object) -> Json:
    return {
        "version": 0,
        "company_number": "653859",
        "postcode": "bh151aa",
        "sites": [
            {
                "name": "Quay",
                "town": "Poole",
                "postcode": "BH15 1HJ",
                "latitude": 50.712,
                "longitude": -1.988,
            },
            {"name": "Yard", "town": "Weymouth"},
        ],
        "is_cornerstone": True,
        "standards": {"assessed_on": "2026-05-01", "scores": {"es.1.1": 49, "es.1.2": 50, "es.2.1": 90}},
        "safeguarding": {
            "dbs_status": "not_needed",
            "supervision": "always",
            "frequency": "occasional",
            "insurance_until": "2027-03-31",
            "risk_assessment_date": "2026-02-01",
        },
        **changes,
    }


async def headers(token: TokenFor, role: str, urn: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {await token(role, role, urn)}"}


def problems(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [problem["where"] for problem in answer.json()["problems"]]


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0, "Aspiring"),
        (49, "Aspiring"),
        (50, "Achieving"),
        (89, "Achieving"),
        (90, "Exceeding"),
        (100, "Exceeding"),
    ],
)
def test_a_score_lies_in_the_band_that_the_standards_give_it(score: int, band: str) -> None:
    assert employer_standards().band_of(score) == band


@given(st.integers(min_value=-200, max_value=300))
def test_every_score_from_0_to_100_has_one_band_and_no_other_number_has(score: int) -> None:
    terms = employer_standards()
    bands = [band.name for band in terms.bands if band.lowest <= score <= band.highest]
    if 0 <= score <= 100:
        assert bands == [terms.band_of(score)]
    else:
        with pytest.raises(ValueError, match="0 to 100"):
            terms.band_of(score)


def test_there_are_nine_standards_in_three_pillars() -> None:
    assert [len(pillar.standards) for pillar in employer_standards().pillars] == [3, 3, 3]


async def test_details_are_kept_and_shown_with_the_bands_of_the_scores(
    client: httpx.AsyncClient,
) -> None:
    await list_employers(client, employer_entry("gpg-1"))

    put = await client.put(DETAILS, json=details())
    shown = (await client.get(DETAILS)).json()

    assert put.status_code == 200, put.text
    assert put.json() | {"vetting": "listed"} == shown
    assert (shown["version"], shown["company_number"], shown["postcode"]) == (1, "00653859", "BH15 1AA")
    assert [site["name"] for site in shown["sites"]] == ["Quay", "Yard"]
    assert (shown["sites"][0]["latitude"], shown["sites"][1]["latitude"]) == (50.712, None)
    assert shown["changed"]["by"] == "admin"
    first, second, third = shown["standards"]["pillars"]
    assert [(one["score"], one["band"]) for one in first["standards"]] == [
        (49, "Aspiring"),
        (50, "Achieving"),
        (None, None),
    ]
    assert second["standards"][0]["band"] == "Exceeding"
    assert {one["band"] for one in third["standards"]} == {None}


async def test_the_same_details_again_change_nothing_and_others_need_the_version_seen(
    client: httpx.AsyncClient,
) -> None:
    await list_employers(client, employer_entry("gpg-1"))
    await client.put(DETAILS, json=details())

    again = await client.put(DETAILS, json=details())
    stale = await client.put(DETAILS, json=details(is_cornerstone=False))
    seen = await client.put(DETAILS, json=details(is_cornerstone=False, version=1))

    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert stale.status_code == 409
    assert (seen.status_code, seen.json()["version"], seen.json()["is_cornerstone"]) == (200, 2, False)


async def test_schools_see_sites_and_bands_but_neither_scores_nor_safeguarding(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"))
    await client.put(DETAILS, json=details())

    shown = (await client.get(DETAILS, headers=await headers(token, "teacher", "136500"))).json()

    assert set(shown) == {"employer_id", "is_cornerstone", "sites", "standards", "vetting"}
    assert shown["standards"]["pillars"][0]["standards"][0]["band"] == "Aspiring"
    assert "score" not in shown["standards"]["pillars"][0]["standards"][0]


async def test_a_sole_traders_sites_are_shown_to_the_hubs_team_alone(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    await list_employers(client, employer_entry("gpg-1", size_band="sole_trader"))
    await client.put(DETAILS, json=details())

    teacher = await client.get(DETAILS, headers=await headers(token, "teacher", "136500"))
    lead = await client.get(DETAILS, headers=await headers(token, "hub_lead"))

    assert teacher.json()["sites"] == []
    assert len(lead.json()["sites"]) == 2


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"company_number": "12"}, None),
        ({"company_number": "AB"}, "body.company_number"),
        ({"postcode": "POOLE"}, "body.postcode"),
        ({"sites": [{"name": "Quay", "latitude": 50.7}]}, "body.sites.0"),
        ({"sites": [{"name": "Quay", "latitude": 91, "longitude": 0}]}, "body.sites.0.latitude"),
        (
            {"sites": [{"name": "Quay"}, {"name": "Buoy", "latitude": 50.2, "longitude": -1.0}]},
            "sites[1].position",
        ),
        ({"sites": [{"name": "Quay"}, {"name": "QUAY"}]}, "sites[1].name"),
        ({"standards": {"assessed_on": "2026-05-01", "scores": {"es.1.1": 101}}}, None),
        ({"standards": {"assessed_on": "2026-05-01", "scores": {"es.9.1": 50}}}, "standards.scores"),
        (
            {"standards": {"assessed_on": "2026-06-16", "scores": {"es.1.1": 50}}},
            "standards.assessed_on",
        ),
        ({"safeguarding": {"risk_assessment_date": "2026-06-16"}}, "safeguarding.risk_assessment_date"),
        ({"safeguarding": {"certificate_number": "001234567890"}}, None),
        ({"certificate": "a scan"}, "body.certificate"),
        ({"version": -1}, "body.version"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_the_place_and_nothing_is_kept(
    client: httpx.AsyncClient, changes: Json, where: str | None
) -> None:
    await list_employers(client, employer_entry("gpg-1"))

    answer = await client.put(DETAILS, json=details(**changes))

    if changes == {"company_number": "12"}:
        assert answer.json()["company_number"] == "00000012", "a spreadsheet drops zeros"
        return
    found = problems(answer)
    assert where is None or found == [where]
    assert (await client.get(DETAILS)).json()["version"] == 0


@pytest.mark.parametrize(
    ("supervision", "frequency", "status"),
    [
        ("always", "weekly_or_more", 422),
        ("never", "occasional", 422),
        ("never", "four_days_in_thirty", 200),
        ("at_times", "overnight", 200),
        ("unknown", "unknown", 200),
    ],
)
async def test_a_barred_list_check_is_refused_where_there_is_no_regulated_activity(
    client: httpx.AsyncClient, supervision: str, frequency: str, status: int
) -> None:
    await list_employers(client, employer_entry("gpg-1"))
    facts = {
        "dbs_status": "enhanced_with_barred_list",
        "supervision": supervision,
        "frequency": frequency,
    }

    answer = await client.put(DETAILS, json=details(safeguarding=facts))

    assert answer.status_code == status
    if status == 422:
        assert problems(answer) == ["safeguarding.dbs_status"]


def test_no_field_can_hold_a_certificate() -> None:
    names = {*DetailsBody.model_fields, *SafeguardingBody.model_fields}
    assert not [name for name in names if re.search("certificate|document|file|scan|note|text", name)]


async def test_details_of_an_employer_that_is_not_listed_are_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get(DETAILS)).status_code == 404
    assert (await client.put(DETAILS, json=details())).status_code == 404


async def test_details_are_told_to_nobody(
    client: httpx.AsyncClient, context_for: Callable[[str], ServiceContext]
) -> None:
    await list_employers(client, employer_entry("gpg-1"))
    await client.put(DETAILS, json=details())

    rows = await context_for("employers").ledger.read("directory", 0, 100)
    heads = await context_for("employers").ledger.heads()

    assert [head.key for head in heads] == ["directory"]
    assert not [row for row in rows if "Quay" in row.event.value or "00653859" in row.event.value]
