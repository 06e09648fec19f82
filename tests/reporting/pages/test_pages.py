"""The pages of reporting through HTTP: who sees which, what they show, and what they refuse."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Callable
from html import unescape
from pathlib import Path
from typing import Final

import httpx
import pytest
from pypdf import PdfReader

import services.audit.frameworks as framework_files
from contracts.vocabulary import BENCHMARKS
from services.recount.compare import recount, store_recount
from services.reporting.attainment.freezing import freeze_due
from services.reporting.pages.table_pdf import MOST_ROWS
from services.reporting.pages.wording import BENCHMARK_NAMES, SECTORS
from services.reporting.reach.model.engagement import SECTIONS
from services.reporting.reach.model.tables import TABLES
from services.reporting.service import SERVICE
from services.runtime.context import ServiceContext
from tests.conftest import ClientFor, TokenFor
from tests.reporting.attainment.hub import Hub, completed, scores, unshared, urn_of
from tests.reporting.reach.histories import URNS
from tests.reporting.reach.test_api import a_year, keep

YEAR: Final = "2025/26"
A, B, C, D = (urn_of(number) for number in range(4))
SCHOOLS: Final = (A, B, C, D)
HUB_PAGES: Final = (
    *("/reporting/hub", "/reporting/tables", "/reporting/tables/coverage", "/reporting/snapshots"),
    *("/reporting/recount", "/reporting/tables/coverage.csv", "/reporting/tables/coverage.xlsx"),
    "/reporting/tables/coverage.pdf",
)
OWN_PAGES: Final = (
    *("", "/tables", "/tables/coverage", "/tables/coverage.csv", "/tables/coverage.xlsx"),
    *("/tables/coverage.pdf", "/snapshots", "/recount"),
)


async def page(hub: Hub, path: str, role: str = "hub_lead", at: str | None = None) -> httpx.Response:
    """Open one of reporting's pages as somebody of a role."""
    bearer = await hub.token(f"a {role} of {at}", role, at)
    return await hub.client.get(f"/reporting{path}", headers={"Authorization": f"Bearer {bearer}"})


async def text(hub: Hub, path: str, role: str = "hub_lead", at: str | None = None) -> str:
    """Read what a page says, without its marks."""
    answer = await page(hub, path, role, at)
    assert answer.status_code == 200, answer.text
    return words(answer.text)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def four_schools(hub: Hub) -> None:
    """Four schools that share; B stands in another district, and reported last year as well."""
    await hub.list_schools(A, C, D)
    await hub.list_schools(B, district="Poole", setting="special")
    await hub.tell(completed(B, "2025-05-01", scores([1])))
    for urn in SCHOOLS:
        await hub.tell(completed(urn, "2025-11-03", scores([1, 2])))
    while await freeze_due(hub.reporting):
        pass
    await hub.tell(completed(A, "2026-05-04", scores([1, 2, 3])))


async def test_an_empty_hub_says_what_to_do_first(hub: Hub) -> None:
    assert "The Hub lists no school yet. Begin in this order" in await text(hub, "/hub")


async def test_the_hub_shows_scores_what_moved_and_what_to_do(hub: Hub) -> None:
    await four_schools(hub)

    shown = await text(hub, "/hub")

    assert "Gatsby 2025: 2.25 of 8 achieved on average, by 4 schools" in shown
    assert "GB3 Addressing the needs of each young person 1 4 25.0%" in shown
    assert "3 of 8 + GB3 Shared with you, 4 May 2026" in shown
    assert "1 school reported under another framework then" in shown
    assert "England's figures are of Gatsby 2018" in shown
    assert "4 schools without a roll this year" in shown
    assert "There is no recount of this year yet" in shown
    assert len((await page(hub, "/hub")).content) < 200_000


async def test_a_role_that_a_school_does_not_share_with_sees_no_score(hub: Hub) -> None:
    await hub.list_schools(A)
    await hub.tell(completed(A, "2026-05-04", scores([1, 2, 3]), readers=("hub_lead",)))

    line = f"Schools without scores here: 1 School {A} : not shared with you, 4 May 2026"
    found = await text(hub, "/hub", "enterprise_coordinator")
    assert line in found
    assert "No school shows you an evaluation of 2025/26 yet. Where schools stood in 2024/25" in found
    assert line not in await text(hub, "/hub")


async def test_schools_without_a_roll_are_named_and_the_year_before_is_offered(hub: Hub) -> None:
    await hub.list_schools(A, B)

    found = await text(hub, "/hub")

    assert "No school has imported a roll of 2025/26 yet, so there is nobody to count." in found
    assert "Pupils reached in 2024/25" in found
    assert f"Schools without a roll this year: 2 School {A}, School {B}" in found


async def test_filters_choose_schools_and_an_unknown_one_is_refused_with_a_reason(hub: Hub) -> None:
    await four_schools(hub)

    poole = await text(hub, "/hub?district=Poole&setting=&academic_year=")
    unknown = await page(hub, "/hub?district=Atlantis")

    assert f"School {B}" in poole
    assert f"School {A}" not in poole
    assert "by 1 schools" in poole
    assert "GB1 A stable careers programme c c c" in poole
    assert unknown.status_code == 422
    assert "there are: Dorset, Poole" in words(unknown.text)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/hub?academic_year=1925/26", "academic_year"),
        ("/hub?academic_year=2025/27", "write it like 2025/26"),
        ("/hub?academic_year=2031/32", "has not begun"),
        ("/hub?colour=red", "has a name that means nothing here"),
        ("/hub?district=Dorset&district=Poole", "is there more than once"),
        ("/tables/coverage?group=everyone", "is none of"),
        ("/tables/advisers?sector=F", "cannot be filtered by this"),
        ("/tables/coverage?offset=-1", "offset"),
        ("/snapshots?academic_year=2003/04", "is before the benchmarks"),
        ("/recount?school=123456", "is not a school that the Hub's directory lists"),
        ("/snapshots/proof", "term"),
    ],
)
async def test_what_cannot_be_asked_is_a_page_that_says_why(hub: Hub, path: str, says: str) -> None:
    await hub.list_schools(A, district="Dorset")

    answer = await page(hub, path)

    assert answer.status_code == 422
    assert says in words(answer.text)


async def test_a_table_that_is_not_there_is_not_found(hub: Hub) -> None:
    answer = await page(hub, "/tables/pupils")

    assert answer.status_code == 404
    assert "There is no such table. There are: coverage" in words(answer.text)


async def test_pages_of_the_hub_are_for_the_hub_and_a_schools_for_its_own(hub: Hub) -> None:
    await hub.list_schools(*SCHOOLS)
    leader = {"Authorization": f"Bearer {await hub.token('leader', 'careers_leader', A)}"}
    lead = {"Authorization": f"Bearer {await hub.token('lead', 'hub_lead')}"}

    for path in HUB_PAGES:
        assert (await hub.client.get(path, headers=leader)).status_code == 403, path
        assert (await hub.client.get(path, headers=lead)).status_code == 200, path
    for path in OWN_PAGES:
        of = [
            await hub.client.get(f"/reporting/schools/{urn}{path}", headers=leader)
            for urn in (A, B, "999999")
        ]
        assert [answer.status_code for answer in of] == [200, 404, 404], path
        assert of[1].content == of[2].content


async def test_a_recount_stands_beside_each_figure_that_may_be_seen(hub: Hub) -> None:
    await four_schools(hub)
    assert "There is no recount of this year yet" in await text(hub, "/recount")
    await store_recount(hub.reporting, await recount(hub.reporting, YEAR))

    together = await text(hub, "/recount")
    of_school = await text(hub, f"/recount?school={A}")
    as_admin = await text(hub, f"/recount?school={A}", "hub_admin")
    own = await text(hub, f"/schools/{A}/recount", "careers_leader", A)

    mean = "Gatsby 2025: Benchmarks achieved on average (31 December 2025, evaluations of the term)"
    assert f"{mean} 2.0 2.0 Agrees" in together
    assert "Hash of the snapshot (frozen snapshot, autumn term 2025/26)" in together
    score = (
        "Score: GB3 Addressing the needs of each young person (15 June 2026, evaluations of the term) 100 100"
    )
    assert score in of_school
    assert score in own
    assert "Score: GB3" not in as_admin
    assert "every figure agrees" in await text(hub, "/hub")


async def test_a_figure_withdrawn_since_the_recount_is_gone_and_one_that_moved_is_marked(hub: Hub) -> None:
    await four_schools(hub)
    await store_recount(hub.reporting, await recount(hub.reporting, YEAR))
    await hub.tell(unshared(A, "2026-05-04"))

    of_school = await text(hub, f"/recount?school={A}")
    together = await text(hub, "/recount")

    assert "(15 June 2026" not in of_school
    mean = "Benchmarks achieved on average (15 June 2026, evaluations of the academic year) 2.0 – Moved since"
    assert mean in together


async def test_a_figure_that_differs_is_said_on_the_hubs_page(hub: Hub) -> None:
    await four_schools(hub)
    result = await recount(hub.reporting, YEAR)
    result.compared[A]["attainment.2026-06-15.term.scores.gb3"] = (100, 99)
    result.mismatches.append(object())  # type: ignore[arg-type]
    await store_recount(hub.reporting, result)

    assert "1 of these figures differ" in await text(hub, f"/recount?school={A}")
    assert re.search(r"Differs Recounted on .*: 1 of [\d,]+ figures differ", await text(hub, "/hub"))


async def test_a_snapshot_is_shown_with_its_hash_and_what_restates_it(hub: Hub) -> None:
    await four_schools(hub)
    before = await text(hub, "/snapshots")
    await hub.tell(completed(C, "2025-12-10", scores([1])))

    after = await text(hub, "/snapshots")
    own = await text(hub, f"/schools/{C}/snapshots", "careers_leader", C)
    proof = await page(hub, "/snapshots/proof?term=autumn&academic_year=2025/26")

    assert "Restated No: what is known now is the same" in before
    assert "Restated: 1 of 8 achieved, completed on 10 December 2025" in after
    assert (
        "The same as it is known now, 31 December 2025, Gatsby 2025: 4 schools, 1.75 of 8 achieved on average"
        in after
    )
    assert "The day of this snapshot is not over yet" in after
    assert "Restated: what is known now differs" in own
    digest = re.search(r"Hash ([0-9a-f]{64})", after)
    assert digest is not None
    assert json.loads(proof.content)["digest"] == digest[1]
    assert "attachment" in proof.headers["Content-Disposition"]


async def test_a_school_sees_where_it_stands_and_the_hub_beside_it(hub: Hub) -> None:
    await four_schools(hub)

    shown = await text(hub, f"/schools/{A}", "link_governor", A)

    assert "Evaluation completed on 4 May 2026, Gatsby 2025" in shown
    assert "Since the last term snapshot + GB3" in shown
    assert "Since a year ago –" in shown
    assert "Since a year ago Other framework" in await text(hub, f"/schools/{B}", "link_governor", B)
    assert "There is no roll of this year yet" in shown


@pytest.fixture
async def client(
    client_for: ClientFor, token: TokenFor, context_for: Callable[[str], ServiceContext]
) -> AsyncIterator[httpx.AsyncClient]:
    """The Hub lead's client, over the tables' four schools."""
    await keep(context_for("reporting"), a_year())
    async with client_for([SERVICE]) as client:
        client.headers["Authorization"] = f"Bearer {await token('lead', 'hub_lead')}"
        yield client


@pytest.mark.parametrize("table", TABLES)
async def test_every_table_is_a_page_and_the_same_files_as_the_apis(
    client: httpx.AsyncClient, table: str
) -> None:
    shown = await client.get(f"/reporting/tables/{table}")
    assert shown.status_code == 200, shown.text
    assert TABLES[table].title in words(shown.text)
    for kind in ("csv", "xlsx"):
        of_page = await client.get(f"/reporting/tables/{table}.{kind}?academic_year={YEAR}&school=")
        of_api = await client.get(f"/reporting/v1/tables/{table}.{kind}?academic_year={YEAR}")
        assert of_page.content == of_api.content
        assert of_page.headers["content-disposition"] == of_api.headers["content-disposition"]
    paper = await client.get(f"/reporting/tables/{table}.pdf")
    read = PdfReader(io.BytesIO(paper.content))
    printed = " ".join(" ".join(found.extract_text() for found in read.pages).split())
    for said in (
        f"Page 1 {TABLES[table].title} {TABLES[table].about}",
        "Academic year 2025/26, as of 15 June 2026",
        "withheld: a small number",
        "Government Licence",
    ):
        assert said in printed
    assert paper.content == (await client.get(f"/reporting/tables/{table}.pdf")).content


async def test_a_table_is_filtered_and_paged_and_keeps_what_was_chosen(client: httpx.AsyncClient) -> None:
    chosen = f"?school={URNS[1]}&benchmark=gb5&group=sen&year_group=&sector="
    one = words((await client.get(f"/reporting/tables/coverage{chosen}")).text)
    first = await client.get("/reporting/tables/coverage?limit=7&group=all")
    [after] = re.findall(r'href="([^"]*offset=7[^"]*)"', unescape(first.text))
    second = await client.get(after)

    assert "Rows 1 to 1 of 1" in one
    assert "Special educational needs GB5 c c c" in one
    assert "Rows 1 to 7 of" in words(first.text)
    assert "Rows 8 to 14 of" in words(second.text)
    assert "group=all" in after
    assert 'value="all" selected' in second.text


async def test_a_table_that_is_too_long_for_paper_says_what_to_do(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.reporting.pages.table_pdf.MOST_ROWS", 3)

    answer = await client.get("/reporting/tables/coverage.pdf")

    assert MOST_ROWS > 3
    assert answer.status_code == 422
    assert "too long for paper. Choose a school or a year group, or take the CSV file" in words(answer.text)


async def test_a_name_that_is_markup_is_text_on_every_page(
    client: httpx.AsyncClient, context_for: Callable[[str], ServiceContext]
) -> None:
    schools = context_for("reporting").database().collection("schools")
    await schools.update({"_id": URNS[0]}, {"$set": {"name": "<b>Ünlü & Łódź</b>", "district": "<i>X"}})
    for urn in URNS[1:]:
        await schools.update({"_id": urn}, {"$set": {"district": "Dorset"}})

    for path in ("/hub", "/tables/advisers", "/recount"):
        shown = (await client.get(f"/reporting{path}")).text
        assert "&lt;b&gt;Ünlü &amp; Łódź&lt;/b&gt;" in shown, path
        assert "<b>" not in shown
        assert "<i>X" not in shown
    paper = await client.get("/reporting/tables/advisers.pdf")
    assert "<b>Ünlü & " in PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()


def test_benchmarks_are_named_as_in_the_framework_and_every_sector_has_a_name() -> None:
    folder = Path(framework_files.__file__).parent
    latest = json.loads((folder / "gatsby-2025.1.json").read_text("utf-8"))
    assert {name: found["name"] for name, found in latest["benchmarks"].items()} == BENCHMARK_NAMES
    assert tuple(BENCHMARK_NAMES) == BENCHMARKS
    assert set(SECTORS) == {*SECTIONS, "unknown"}
