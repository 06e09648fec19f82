"""Every cell of a table beside its recount, through the real ledgers, read models, routes and pages."""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections.abc import AsyncIterator
from html import unescape
from typing import Any, Final

import httpx
import pytest

from services.reporting.proof.layouts import OF_HUB, OF_SCHOOL
from services.reporting.proof.store import CELLS, KEPT
from services.reporting.reach.model import engagement
from services.reporting.reach.projections import SCHOOL_REACH
from services.reporting.recounts import RECOUNTED, kept_recounts
from services.reporting.service import SERVICE
from services.runtime.arrivals import Stream
from services.runtime.departures import Departure, note_departure
from tests.conftest import NOW, ClientFor, TokenFor
from tests.reporting.proof.told import ContextFor, count_again, list_schools, tell
from tests.reporting.reach.histories import URNS, YEAR, History
from tests.reporting.reach.test_api import a_year

A, B = URNS[:2]
TABLES: Final = "/reporting/v1/recount/tables"
OWN: Final = f"/reporting/v1/schools/{A}/recount/tables"
HIDDEN: Final = 4_719
"""A count that is withheld beside a small one, and that nothing else comes near."""


def a_told_year() -> History:
    """The year of the tables' tests; at the first school gb8 reaches 3 of Year 10 and 4,719 of Year 11."""
    history = a_year()
    rolls = [{"year_group": 10, "on_roll": 180}, {"year_group": 11, "on_roll": 6_000}]
    cells = [
        {"year_group": 10, "benchmark": "gb8", "reached": 3},
        {"year_group": 11, "benchmark": "gb8", "reached": HIDDEN},
        {"year_group": 10, "benchmark": "gb5", "reached": 112, "by_group": {"sen": 3}},
    ]
    rolls[0] |= {"by_group": {"sen": 6}, "subsidiary": 2}  # type: ignore[dict-item]
    history.tell(
        "pupils", A, "pupils.roll.changed.v1", urn=A, academic_year=YEAR,
        year_groups=rolls, coverage=cells, changed_on="2026-01-07",
    )  # fmt: skip
    history.tell(
        "pupils", A, "pupils.sectors.wanted.v1", urn=A, academic_year=YEAR,
        sectors=[{"sic_section": "J", "at_least": 10}],
    )  # fmt: skip
    return history


@pytest.fixture
async def client(
    client_for: ClientFor, token: TokenFor, context_for: ContextFor
) -> AsyncIterator[httpx.AsyncClient]:
    """The Hub Lead's client, over four schools that were told on the ledgers."""
    await list_schools(context_for)
    await tell(context_for, a_told_year())
    async with client_for([SERVICE]) as client:
        client.headers["Authorization"] = f"Bearer {await token('lead', 'hub_lead')}"
        yield client


async def become(client: httpx.AsyncClient, token: TokenFor, role: str, urn: str | None = None) -> None:
    client.headers["Authorization"] = f"Bearer {await token(f'{role} {urn}', role, urn)}"


async def get(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, Any]:
    answer = await client.get(path, params={"academic_year": YEAR, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def figure(client: httpx.AsyncClient, column: str, path: str, **query: str) -> dict[str, Any]:
    """Read one figure of one row."""
    [row] = (await get(client, path, **query))["rows"]
    [found] = [one for one in row["figures"] if one["figure"] == column]
    assert isinstance(found, dict)
    return found


async def words(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


async def plant(context_for: ContextFor, reached: int) -> None:
    """Have the fold believe something else of the second school's Year 10."""
    documents = await context_for("reporting").projection(SCHOOL_REACH)
    [document] = await documents.find({"key": B})
    document["state"]["years"][YEAR]["reached"]["gb5"]["10"]["all"] = reached
    await documents.update({"_id": document["_id"]}, {"$set": {"state": document["state"]}})


async def test_every_figure_of_every_table_agrees_with_its_recount(
    client: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    result = await count_again(context_for)

    assert result.agrees, result.to_json()
    compared = 0
    for layout in OF_HUB:
        found = await get(client, f"{TABLES}/{layout.name}", limit="1000")
        assert (found["differing"], found["moved"], found["without_row"]) == (0, 0, 0), layout.name
        assert all(one["agrees"] for row in found["rows"] for one in row["figures"])
        compared += found["figures"]
    await become(client, token, "careers_leader", A)
    for layout in OF_SCHOOL:
        found = await get(client, f"{OWN}/{layout.name}", limit="1000")
        assert (found["differing"], found["moved"]) == (0, 0), layout.name
        assert found["figures"] > 0 or layout.name == "destinations"
    assert compared > 500


async def test_a_figure_says_what_was_published_what_was_counted_when_and_by_what(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await count_again(context_for)
    row = {"school": B, "year_group": "10", "group": "all", "benchmark": "gb5"}

    whole = await get(client, f"{TABLES}/coverage", **row)
    reached = await figure(client, "reached", f"{TABLES}/coverage", **row)

    assert (reached["published"], reached["recounted"], reached["agrees"]) == (110, 110, True)
    assert whole["counted_at"] == "2026-06-15T10:00:00+00:00"
    assert whole["events"] == {"pupils": 10, "audit": 0, "employers": 5}
    assert whole["code"].startswith("careers-hub ")
    assert "services/recount/reach.py" in whole["how"]
    assert f"careers-hub recount --year {YEAR}" in whole["do_it_yourself"]


async def test_a_withheld_figure_is_compared_by_its_symbol_and_its_number_is_kept_nowhere_for_the_hub(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await count_again(context_for)

    small = await figure(
        client, "reached", f"{TABLES}/coverage", school=A, year_group="10", group="all", benchmark="gb8"
    )
    beside = await figure(client, "gb8_reached", f"{TABLES}/hub-report", school=A, year_group="11")

    for found in (small, beside):
        assert (found["published"], found["recounted"], found["agrees"]) == ("c", "c", True)
        assert found["message"] == "Withheld, and the recount withholds it too"
    kept = await context_for("reporting").database().collection(CELLS).find({})
    texts = {
        document["_id"].split(" ")[1]: b"".join(zlib.decompress(t) for t in document["tables"].values())
        for document in kept
    }
    assert set(texts) == {"hub", *URNS}
    assert str(HIDDEN).encode() in texts[A]
    assert str(HIDDEN).encode() not in texts["hub"]
    figures = await context_for("reporting").database().collection(RECOUNTED).find({})
    for_hub = [document for document in figures if " hub" in document["_id"]]
    assert for_hub
    assert str(HIDDEN) not in repr(for_hub)


async def test_a_planted_wrong_figure_differs_in_its_table_and_turns_the_badge(
    client: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    await plant(context_for, 117)

    result = await count_again(context_for)

    names = {(found.school, found.figure) for found in result.mismatches}
    assert (B, "coverage/10/all/gb5/reached") in names
    assert ("hub", f"coverage/{B}/10/all/gb5/reached") in names
    badge = await get(client, "/reporting/v1/recount")
    assert (badge["agrees"], badge["differing"]) == (False, len(names))
    row = {"school": B, "year_group": "10", "group": "all", "benchmark": "gb5"}
    wrong = await figure(client, "reached", f"{TABLES}/coverage", **row)
    assert (wrong["published"], wrong["recounted"], wrong["agrees"]) == (115, 110, False)
    only = await get(client, f"{TABLES}/coverage", only="differing")
    assert {found["school"] for found in only["rows"]} == {B, "hub"}
    page = await words(client, f"/reporting/recount/tables/coverage?academic_year={YEAR}&only=differing")
    assert "Reached 115 110 Differs" in page
    assert "of these figures differ. Tell the Hub's operator" in page
    assert "Differs Recounted on" in await words(client, f"/reporting/hub?academic_year={YEAR}")
    await become(client, token, "careers_leader", B)
    own = f"/reporting/v1/schools/{B}/recount/tables/coverage"
    exact = await figure(client, "reached", own, year_group="10", group="all", benchmark="gb5")
    assert (exact["published"], exact["recounted"], exact["agrees"]) == (117, 112, False)


async def test_a_number_that_should_be_withheld_is_said_and_not_kept(
    client: httpx.AsyncClient, context_for: ContextFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engagement, "shown", lambda number, **_: number)
    result = await count_again(context_for)
    path = f"{TABLES}/provider-access"

    [row] = [r for r in (await get(client, path, school=A))["rows"] if r["phase"] == 2]
    [leaked] = [one for one in row["figures"] if one["figure"] == "participations"]

    assert (leaked["published"], leaked["recounted"], leaked["agrees"]) == (4, "c", False)
    assert leaked["message"] == "Differs: a number is published that the recount withholds"
    assert result.cells["hub"]["provider-access", A, "2", "participations"] == ("#", "c")
    monkeypatch.undo()
    [row] = [r for r in (await get(client, path, school=A))["rows"] if r["phase"] == 2]
    [mended] = [one for one in row["figures"] if one["figure"] == "participations"]
    assert (mended["published"], mended["recounted"], mended["now"], mended["agrees"]) == (
        None,
        None,
        "c",
        None,
    )


async def test_a_number_withheld_without_reason_is_said_and_not_kept(
    client: httpx.AsyncClient, context_for: ContextFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engagement, "is_small", lambda _: True)
    await count_again(context_for)

    rows = (await get(client, f"{TABLES}/provider-access", school=A))["rows"]

    [none] = [one for one in rows[0]["figures"] if one["figure"] == "participations"]
    assert (none["published"], none["recounted"], none["agrees"]) == ("c", "#", False)
    assert "withheld, and the recount finds no small number to hide" in none["message"]


async def test_what_moved_since_hides_the_old_numbers_from_the_hub_and_shows_the_school_both(
    client: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    await count_again(context_for)
    await plant(context_for, 141)
    row = {"year_group": "10", "group": "all", "benchmark": "gb5"}

    moved = await figure(client, "reached", f"{TABLES}/coverage", school=B, **row)
    answer = await get(client, f"{TABLES}/coverage", school=B, **row)
    page = await words(client, f"/reporting/recount/tables/coverage?academic_year={YEAR}&only=moved")
    await become(client, token, "careers_leader", B)
    own = await figure(client, "reached", f"/reporting/v1/schools/{B}/recount/tables/coverage", **row)

    assert (moved["published"], moved["recounted"], moved["now"], moved["agrees"]) == (None, None, 140, None)
    assert answer["moved"] == 2
    assert (
        "Reached – – Moved since this recount; the next one will count it as it is now. It is 140 now" in page
    )
    assert (own["published"], own["recounted"], own["now"], own["agrees"]) == (112, 112, 141, True)


async def test_the_last_recounts_are_kept_and_can_be_looked_at(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    reporting = context_for("reporting")
    for night in range(KEPT + 2):
        if night == KEPT:
            await plant(context_for, 117)
        await count_again(context_for, NOW + dt.timedelta(days=night))

    kept = await kept_recounts(reporting.database(), YEAR)

    assert len(kept) == KEPT
    assert kept[0] == "2026-06-23T10:00:00+00:00"
    documents = await reporting.database().collection(CELLS).find({}, fields=["counted_at"])
    assert len(documents) == KEPT * (len(URNS) + 1)
    row = {"school": "hub", "year_group": "all", "group": "all", "benchmark": "gb5"}
    before = await get(client, f"{TABLES}/coverage", counted_at=kept[2], **row)
    since = await get(client, f"{TABLES}/coverage", counted_at=kept[1], **row)
    assert (before["differing"], before["moved"]) == (0, 1)
    assert since["differing"] == 1
    gone = await client.get(
        f"{TABLES}/coverage", params={"academic_year": YEAR, "counted_at": NOW.isoformat(timespec="seconds")}
    )
    assert gone.status_code == 422
    assert kept[-1] in gone.text


async def test_before_the_first_recount_and_for_what_came_after_it_a_message_says_so(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    early = await get(client, f"{TABLES}/coverage")
    page = await words(client, "/reporting/recount/tables/coverage")

    assert (early["counted_at"], early["rows"]) == (None, [])
    assert "There is no recount of this year yet" in early["message"]
    assert "There is no recount of this year yet" in page
    await count_again(context_for)
    later = History()
    later.tell(
        "pupils", B, "pupils.destinations.counted.v1", urn=B, academic_year=YEAR, year_group=11,
        on_roll=170, intended={"education": 160, "neet": 10},
    )  # fmt: skip
    await tell(context_for, later)
    fresh = await get(client, f"{TABLES}/destinations", school=B)
    assert "The recount has nothing of these figures" in fresh["message"]
    assert (await count_again(context_for)).agrees
    counted = await get(client, f"{TABLES}/destinations", school=B)
    assert (counted["message"], counted["differing"], counted["moved"]) == (None, 0, 0)
    assert counted["figures"] == 3 * counted["total"] == 21


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nonsense", 404, "There is no such table. There are: hub-report, coverage, "),
        ("/coverage?school=999999", 422, "is no school of this Hub now"),
        ("/advisers?sector=F", 422, "cannot be filtered by this"),
        ("/coverage?limit=1001", 422, "limit"),
        ("/coverage?only=wrong", 422, "only"),
        ("/coverage?counted_at=yesterday", 422, "no recount of then is kept"),
        ("/coverage?academic_year=2031/32", 422, "has not begun"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_a_reason(
    client: httpx.AsyncClient, path: str, status: int, says: str
) -> None:
    for base in (TABLES, "/reporting/recount/tables"):
        answer = await client.get(base + path)
        assert answer.status_code == status, answer.text
        assert says in unescape(answer.text)


async def test_a_school_that_has_left_keeps_its_proof_and_is_said_to_have_left(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await count_again(context_for)
    await note_departure(context_for("reporting").tenancy, Departure(B, NOW))  # type: ignore[arg-type]

    found = await get(client, f"{TABLES}/hub-report", school=B)

    assert "left the Hub on 2026-06-15" in found["message"]
    assert found["differing"] == 0


async def test_who_does_not_see_a_schools_numbers_whole_is_shown_the_hubs_proof_of_it(
    client: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    await count_again(context_for)
    row = {"year_group": "10", "group": "all", "benchmark": "gb8"}
    await become(client, token, "enterprise_adviser", A)
    as_adviser = await figure(client, "reached", f"{OWN}/coverage", **row)
    await become(client, token, "careers_leader", A)
    as_leader = await figure(client, "reached", f"{OWN}/coverage", **row)
    of_hub = await client.get(f"{TABLES}/coverage")

    assert (as_adviser["published"], as_adviser["recounted"]) == ("c", "c")
    assert (as_leader["published"], as_leader["recounted"]) == (3, 3)
    assert of_hub.status_code == 403
    assert (await client.get(f"{OWN}/hub-report")).status_code == 404


async def test_pages_put_together_are_the_table_and_each_row_of_a_table_leads_to_its_own(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await count_again(context_for)
    found: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        part = await get(client, f"{TABLES}/coverage", limit="7", offset=str(offset))
        found += part["rows"]
        offset = part["next_offset"]
    assert found == (await get(client, f"{TABLES}/coverage", limit="1000"))["rows"]

    table = await client.get("/reporting/tables/employer-reach", params={"academic_year": YEAR, "school": A})
    links = re.findall(r'href="([^"]*/recount/tables/[^"]*)"', unescape(table.text))

    assert len(links) == 1 + 7
    for link in links[1:]:
        address, _, anchor = link.partition("#")
        shown = await client.get(address)
        assert f'id="{anchor}"' in shown.text
    assert f"school={A}" in links[0]


async def test_every_figure_of_the_hubs_page_leads_to_its_recount(
    client: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await count_again(context_for)
    shown = unescape((await client.get("/reporting/hub", params={"academic_year": YEAR})).text)

    links = re.findall(r'href="(/reporting/recount[^"]*)"', shown)

    assert len([link for link in links if "hub-report" in link]) == 4 + len(URNS) + 1
    for link in dict.fromkeys(links):
        answer = await client.get(link)
        assert answer.status_code == 200, link
        assert "There is no such figure here" not in answer.text, link
    of_school = await words(client, f"/reporting/recount/tables/hub-report?academic_year={YEAR}&school={B}")
    assert "On roll 350 350 Same" in of_school
    assert "GB5 reached 110 110 Same" in of_school


def test_streams_are_told_once() -> None:
    """The history is what the tests above count events of."""
    assert {stream: len(rows) for stream, rows in a_told_year().rows.items()} == {
        **{Stream("pupils", urn): 2 for urn in URNS[1:]},
        Stream("pupils", A): 4,
        Stream("employers", "directory"): 1,
    }
