"""The tables through their routes: pages, filters, files, and who sees what."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from services.reporting.reach.model.tables import TABLES
from services.reporting.reach.projections import PARTNERS, SCHOOL_REACH
from services.reporting.service import SERVICE
from services.reporting.store import SCHOOLS
from services.runtime.arrivals import Arrival, Job
from services.runtime.context import ServiceContext
from services.runtime.mongo import Insert
from services.runtime.projection import ProjectionApplier
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import ClientFor, TokenFor
from tests.reporting.reach.histories import URNS, YEAR, History

HUB = "/reporting/v1/tables"
OWN = f"/reporting/v1/schools/{URNS[0]}/tables"
ATTRIBUTION = "Open Government Licence"
ContextFor = Callable[[str], ServiceContext]


def a_year() -> History:
    """Four schools: 3 of 6 pupils with SEN in Year 10 reached at the first, 30 of 40 at the others."""
    history = History()
    for urn in URNS:
        sen, reached = (6, 3) if urn == URNS[0] else (40, 30)
        groups = [
            {"year_group": 10, "on_roll": 180, "by_group": {"sen": sen}, "subsidiary": 2},
            {"year_group": 11, "on_roll": 170, "by_group": {"sen": 0}},
        ]
        cell = {"year_group": 10, "benchmark": "gb5", "reached": 112, "by_group": {"sen": reached}}
        activity = {
            "activity_type": "workplace_visit", "held_on": "2026-01-15", "employer_id": "gpg-1",
            "year_groups": [{
                "year_group": 10, "attended": 4, "absent": 0, "excused": 0, "encounters": 4,
                "work_minutes": 1_440, "provider_access": {"phase": 2, "counted": 4},
            }],
        }  # fmt: skip
        told = {"urn": urn, "academic_year": YEAR}
        history.tell("pupils", urn, "pupils.roll.changed.v1", **told, year_groups=groups)
        history.tell(
            "pupils", urn, "pupils.activity.recorded.v1", **told,
            activity_id="activity-001", coverage=[cell], activity=activity,
        )  # fmt: skip
    history.tell(
        "employers", "directory", "employers.employer.listed.v1",
        employer_id="gpg-1", name="A firm", size_band="sole_trader", sic_section="F",
    )  # fmt: skip
    return history


async def keep(context: ServiceContext, history: History) -> None:
    """Have the read models apply a history, and the directory list its schools."""
    for projection, service in ((SCHOOL_REACH, "pupils"), (PARTNERS, "employers")):
        applier = ProjectionApplier(projection, await context.projection(projection))
        for stream, rows in history.rows.items():
            if stream.service == service:
                arrivals = [
                    Arrival(stream, place, row["type"], row["value"].encode(), None, None)
                    for place, row in enumerate(rows, start=1)
                ]
                cursor = (await applier.cursors([stream]))[stream]
                [outcome] = await applier.apply([Job(stream, cursor, arrivals)])
                assert outcome.error is None

    async def work(unit: UnitOfWork) -> None:
        for urn in URNS:
            listed = {"name": f"=School {urn}", "setting": "school", "has_post16": False}
            await unit.collection(SCHOOLS).write(Insert({"_id": urn, "urn": urn, **listed}))

    await context.in_hub(Actor("test"), "test", work)


@pytest.fixture
async def client(
    client_for: ClientFor, token: TokenFor, context_for: ContextFor
) -> AsyncIterator[httpx.AsyncClient]:
    """The Hub Lead's client."""
    await keep(context_for("reporting"), a_year())
    async with client_for([SERVICE]) as client:
        client.headers["Authorization"] = f"Bearer {await token('lead', 'hub_lead')}"
        yield client


async def rows_of(client: httpx.AsyncClient, path: str, **wanted: str) -> list[dict[str, Any]]:
    answer = await client.get(path, params={"academic_year": YEAR, "limit": 1_000, **wanted})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


async def as_(client: httpx.AsyncClient, token: TokenFor, role: str) -> None:
    client.headers["Authorization"] = f"Bearer {await token(role, role, URNS[0])}"


@pytest.mark.parametrize("table", TABLES)
async def test_every_table_has_its_columns_in_every_format(client: httpx.AsyncClient, table: str) -> None:
    params = {"academic_year": YEAR}
    page = (await client.get(f"{HUB}/{table}", params=params)).json()
    as_csv = await client.get(f"{HUB}/{table}.csv", params=params)
    as_xlsx = await client.get(f"{HUB}/{table}.xlsx", params=params)

    columns = list(TABLES[table].columns)
    assert list(page["columns"]) == columns
    assert all(list(row) == columns for row in page["rows"])
    assert next(csv.reader(io.StringIO(as_csv.text.lstrip("\ufeff")))) == columns
    assert f'filename="{table}-2025-26.xlsx"' in as_xlsx.headers["Content-Disposition"]
    assert zipfile.ZipFile(io.BytesIO(as_xlsx.content)).testzip() is None


async def test_a_list_says_which_tables_and_filters_there_are(client: httpx.AsyncClient) -> None:
    listed = (await client.get(HUB)).json()

    assert [one["table"] for one in listed["tables"]] == list(TABLES)
    assert listed["tables"][0]["filters"] == ["academic_year", "school", "year_group", "group", "benchmark"]
    assert set(listed["legend"]) == {"c", "z", "x"}


async def test_pages_put_together_are_the_table(client: httpx.AsyncClient) -> None:
    path, params = f"{HUB}/coverage", {"academic_year": YEAR, "limit": "7"}
    found: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = (await client.get(path, params=params | {"offset": str(offset)})).json()
        found += page["rows"]
        offset = page["next_offset"]

    assert found == await rows_of(client, path)
    assert len(found) == page["total"]


async def test_a_filter_shows_the_same_cells_as_the_whole_table(client: httpx.AsyncClient) -> None:
    wanted = {"school": URNS[1], "benchmark": "gb5", "group": "sen"}
    [row] = await rows_of(client, f"{HUB}/coverage", **wanted)
    everything = await rows_of(client, f"{HUB}/coverage")

    assert row in everything
    assert (row["on_roll"], row["reached"], row["coverage_percent"]) == ("c", "c", "c")
    [lead] = [
        r
        for r in await rows_of(client, f"{HUB}/coverage", school="hub", benchmark="gb5")
        if r["group"] == "all"
    ]
    assert (lead["on_roll"], lead["reached"], lead["coverage_percent"]) == (1_400, 440, 31)


@pytest.mark.parametrize(
    ("path", "params", "where", "reason"),
    [
        ("coverage", {"colour": "blue"}, "colour", "extra"),
        ("employer-reach", {"benchmark": "gb5"}, "benchmark", "cannot be filtered by this; it can by school"),
        ("coverage", {"school": "999999"}, "school", "no school of this Hub"),
        ("coverage", {"benchmark": "gb9"}, "benchmark", "is none of gb2"),
        ("coverage", {"year_group": "6"}, "year_group", "is none of all, 7"),
        ("sectors", {"sector": "Z"}, "sector", "is none of A"),
        ("coverage", {"academic_year": "1925/26"}, "academic_year", "pattern"),
        ("coverage", {"academic_year": "2025/27"}, "academic_year", "is followed by 26"),
        ("coverage", {"academic_year": "2031/32"}, "academic_year", "has not begun"),
        ("coverage", {"limit": "0"}, "limit", "greater than or equal to 1"),
        ("coverage", {"limit": "1001"}, "limit", "less than or equal to 1000"),
        ("coverage", {"offset": "-1"}, "offset", "greater than or equal to 0"),
        ("coverage.csv", {"limit": "5"}, "limit", "extra"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason(
    client: httpx.AsyncClient, path: str, params: dict[str, str], where: str, reason: str
) -> None:
    answer = await client.get(f"{HUB}/{path}", params=params)

    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["where"].endswith(where)
    assert reason in problem["reason"].casefold() or reason in problem["reason"]


async def test_a_table_that_is_not_there_names_those_that_are(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{HUB}/pupils")

    assert answer.status_code == 404
    assert "coverage, employer-reach" in answer.json()["detail"]


async def test_files_carry_attribution_date_filters_and_legend(client: httpx.AsyncClient) -> None:
    params = {"academic_year": YEAR, "school": URNS[0]}
    text = (await client.get(f"{HUB}/coverage.csv", params=params)).text
    book = zipfile.ZipFile(io.BytesIO((await client.get(f"{HUB}/coverage.xlsx", params=params)).content))
    strings = book.read("xl/sharedStrings.xml").decode()

    for said in (ATTRIBUTION, "2026-06-15T10:00:00+00:00", f"school: {URNS[0]}", "withheld: a small number"):
        assert said in text
        assert said in strings


async def test_a_name_that_begins_like_a_formula_is_text_in_every_file(client: httpx.AsyncClient) -> None:
    params = {"academic_year": YEAR}
    text = (await client.get(f"{HUB}/matches.csv", params=params)).text
    book = zipfile.ZipFile(io.BytesIO((await client.get(f"{HUB}/matches.xlsx", params=params)).content))

    assert f"'=School {URNS[0]}" in text
    assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    assert f"=School {URNS[0]}" in book.read("xl/sharedStrings.xml").decode()


async def test_a_school_sees_its_own_small_numbers_and_its_governor_does_not(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    wanted = {"benchmark": "gb5", "group": "sen", "year_group": "10"}
    await as_(client, token, "careers_leader")
    [row] = await rows_of(client, f"{OWN}/coverage", **wanted)
    [visits] = await rows_of(client, f"{OWN}/work-experience", year_group="10")
    assert (row["on_roll"], row["reached"], row["coverage_percent"]) == (6, 3, 50)
    assert (visits["participations"], visits["pupil_hours"]) == (4, 24)

    await as_(client, token, "link_governor")
    assert await rows_of(client, f"{OWN}/coverage", **wanted) == []
    [row] = await rows_of(client, f"{OWN}/coverage", benchmark="gb5", group="sen")
    [visits] = await rows_of(client, f"{OWN}/work-experience", year_group="10")
    assert (row["school"], row["on_roll"], row["reached"]) == (URNS[0], "c", "c")
    assert (visits["participations"], visits["pupil_hours"]) == ("c", "c")


async def test_a_school_cannot_ask_for_another_by_a_filter(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    for role in ("careers_leader", "link_governor"):
        await as_(client, token, role)
        answer = await client.get(f"{OWN}/coverage", params={"school": URNS[1]})

        assert answer.status_code == 422
        assert URNS[1] not in answer.text


async def test_institutions_figures_are_shown_as_they_are(client: httpx.AsyncClient) -> None:
    [met] = await rows_of(client, f"{HUB}/employer-reach", school="hub") and [
        row
        for row in await rows_of(client, f"{HUB}/employer-reach", school="hub")
        if row["size_band"] == "sole_trader"
    ]
    phases = await rows_of(client, f"{HUB}/provider-access", school=URNS[0])

    assert (met["employers"], met["activities"], met["sectors"]) == (1, 4, 1)
    assert [(row["encounters"], row["required"], row["required_met"]) for row in phases] == [
        (0, 2, "no"),
        (1, 2, "no"),
        (0, "z", "z"),
    ]
    assert phases[1]["participations"] == "c"


async def test_what_is_not_counted_yet_is_said(client: httpx.AsyncClient) -> None:
    [row] = await rows_of(client, f"{HUB}/data-quality", school=URNS[0])

    assert (row["last_activity_on"], row["with_employer_percent"], row["on_roll"]) == ("2026-01-15", 100, 350)
    assert (row["roll_changed_on"], row["registered_elsewhere"]) == ("x", "c")
    assert (row["waiting"], row["parked"], row["held"]) == (0, 0, "no")
