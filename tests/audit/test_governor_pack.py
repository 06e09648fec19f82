"""The governor pack as a page and as a PDF: what both say, and that a score is never a share of schools."""

from __future__ import annotations

import asyncio
import io
import re
from html.parser import HTMLParser
from typing import Any, Final

import httpx
import pytest
from pypdf import PdfReader

from contracts.vocabulary import BENCHMARKS
from services.audit.governors import governor_prompts
from services.audit.model.paper import Bar, BarChart, Link, Paper, Section, Table, Text
from services.audit.pages import chart
from services.audit.pages.html import page_of, security_headers, stylesheet
from services.audit.pages.pdf import pdf_of
from tests.audit.conftest import OTHER_URN, School
from tests.audit.evaluations import benchmarks, body
from tests.audit.test_statutory import CANARY, CHECKLIST, PARTICULARS, PUBLISHED

PAGE: Final = "/governor-pack.html"
FILE: Final = "/governor-pack.pdf"
NASTY: Final = '<img src="file:///etc/passwd"/><script>alert(1)</script> & "quoted"'


class Reader(HTMLParser):
    """Reads a page as somebody without its looks does: texts, elements with their attributes, tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._caption = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "caption":
            self._caption = ""
        if tag == "tr":
            self.tables[self._caption].append([])
        if tag in {"td", "th"}:
            self.tables[self._caption][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.reverse()
        self._open.remove(tag)
        self._open.reverse()

    def handle_data(self, data: str) -> None:
        if "style" in self._open or not data.strip():
            return
        self.texts.append(data)
        if "caption" in self._open:
            self._caption = data
            self.tables[data] = []
        elif self._open[-1:] != ["tr"] and {"td", "th"} & set(self._open):
            self.tables[self._caption][-1][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a kind."""
        return [attributes for found, attributes in self.elements if found == tag]


async def page(school: School) -> Reader:
    """Read the page, which must be there."""
    answer = await school.send("GET", PAGE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Reader(answer.text)


async def pdf(school: School) -> PdfReader:
    """Read the PDF, which must be there."""
    answer = await school.send("GET", FILE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.content))


def words_of(file: PdfReader) -> str:
    """Read a PDF's words in their order, without line ends."""
    return " ".join(" ".join(found.extract_text() for found in file.pages).split())


async def evaluate(
    school: School, day: str, *, framework: str = "gatsby-2025", **changes: tuple[int, int]
) -> None:
    """Complete an evaluation, which must go in."""
    sent = body(day, framework=framework, benchmarks=benchmarks(**changes))
    answer = await school.send("POST", "/evaluations", json=sent)
    assert answer.status_code == 201, answer.text


async def state_duties(school: School, **changes: Any) -> None:  # noqa: ANN401 - fields of a body
    """State the particulars and one duty."""
    await school.put(f"{CHECKLIST}/particulars", PARTICULARS | changes)
    await school.put(f"{CHECKLIST}/items/st.3", PUBLISHED)


async def test_a_school_that_has_recorded_nothing_gets_a_pack_that_says_so(school: School) -> None:
    shown = await page(school)

    assert "No evaluation has been completed yet." in shown.texts
    assert ["Careers Leader", "not stated"] in shown.tables["Who leads, and by when"]
    assert shown.named("svg") == []
    assert "No evaluation has been completed yet." in words_of(await pdf(school))


async def test_the_latest_evaluation_stands_beside_the_one_before_with_its_change(school: School) -> None:
    await evaluate(school, "2025-12-05", gb1=(10, 17), gb4=(16, 16))
    await evaluate(school, "2026-03-12", gb7=(0, 0))

    rows = (await page(school)).tables["The school's own scores"]

    assert rows[0] == [
        "Benchmark", "Score on 12 March 2026", "Achieved", "Score on 5 December 2025",
        "Change in points of per cent",
    ]  # fmt: skip
    assert rows[1] == ["1. A stable careers programme", "76%", "No", "58%", "+18"]
    assert rows[2][1:] == ["100%", "Yes", "100%", "no change"]
    assert rows[4][1:] == ["87%", "No", "100%", "−13, no longer achieved"]
    assert rows[7][1:] == ["does not apply", "does not apply", "83%", "does not apply"]


async def test_a_correction_of_the_same_day_is_not_an_evaluation_before(school: School) -> None:
    await evaluate(school, "2026-03-12", gb1=(10, 17))
    await evaluate(school, "2026-03-12")

    shown = await page(school)

    assert "There is no earlier evaluation to compare with." in shown.texts
    assert shown.tables["The school's own scores"][1] == ["1. A stable careers programme", "76%", "No"]


async def test_nothing_is_subtracted_across_a_change_of_framework(school: School) -> None:
    await evaluate(school, "2025-07-10", framework="gatsby-2018")
    await evaluate(school, "2026-03-12")

    shown = await page(school)

    rows = shown.tables["The school's own scores"][1:]
    assert {row[4] for row in rows} == {"break in series"}
    assert any(text.strip().startswith("Break in the series") for text in shown.texts)
    assert "Break in the series" in words_of(await pdf(school))


async def test_a_national_figure_is_called_a_share_of_schools_and_stands_in_no_table_with_a_score(
    school: School,
) -> None:
    await evaluate(school, "2026-03-12")
    tables = (await page(school)).tables

    with_scores = [name for name, rows in tables.items() if any("Score" in cell for cell in rows[0])]
    national = tables["Share of schools that achieve each benchmark, England, 2022/23"]

    assert with_scores == ["The school's own scores"]
    assert national[0] == ["Benchmark", "Share of schools that achieve this benchmark"]
    assert national[1][1] == "66.2% of schools"
    assert all(row[1].endswith("% of schools") for row in national[1:])
    assert "of schools" not in str(tables["The school's own scores"])
    words = words_of(await pdf(school))
    assert "66.2% of schools" in words
    assert "it must not be compared with a score" in words


async def test_an_achieved_bar_is_told_by_a_shape_and_a_word_not_by_its_colour_alone(school: School) -> None:
    await evaluate(school, "2026-03-12", gb7=(0, 0))
    shown = await page(school)

    assert len(shown.named("polygon")) == 3
    assert len(shown.named("rect")) == 7, "what does not apply has no bar"
    assert sum(text == "100%, achieved" for text in shown.texts) == 3
    (svg,) = shown.named("svg")
    assert svg["role"] == "img"
    labels = str(svg["aria-labelledby"]).split()
    assert labels == [found["id"] for found in (*shown.named("title")[1:], *shown.named("desc"))]
    assert len(shown.tables["The school's own scores"]) == 1 + len(BENCHMARKS), "the figures behind it"


async def test_duties_people_and_what_is_missing_are_in_the_pack(school: School) -> None:
    await state_duties(school)
    shown = await page(school)

    people = dict(shown.tables["Who leads, and by when"])
    assert people["Careers Leader"] == f"{CANARY}, careers@school.example, 01202 123456"
    assert people["Next review of that statement"] == "1 December 2026"
    duties = shown.tables["Statutory and publishing checklist"]
    assert ["A summary of the careers programme on the website", "Duty", "Met", "20 May 2026"] in [
        row[:4] for row in duties
    ]
    assert "1 of 11 duties that apply are met (9%, rounded down), in 2025/26." in shown.texts
    assert "https://www.school.example/careers" in [link.get("href") for link in shown.named("a")]


async def test_questions_of_benchmarks_that_are_not_achieved_come_first(school: School) -> None:
    await evaluate(school, "2026-03-12", gb8=(0, 0))
    texts = (await page(school)).texts

    asked = {name: texts.index(questions[0]) for name, questions in governor_prompts().benchmarks.items()}

    order = sorted(asked, key=lambda name: asked[name])
    assert order == ["gb1", "gb3", "gb4", "gb7", "gb2", "gb5", "gb6", "gb8"]


async def test_the_pdf_says_everything_that_the_page_says(school: School) -> None:
    await state_duties(school)
    await evaluate(school, "2025-12-05", gb1=(10, 17))
    await evaluate(school, "2026-03-12")

    words = words_of(await pdf(school)).replace(" ", "")
    shown = await page(school)

    menu = {
        "Skip to the content",
        "One bar for each benchmark, from 0 to 100%. The table below has the same figures.",
    }
    said = [text.replace("−", "-") for text in shown.texts if text not in menu]
    assert [text for text in said if "".join(text.split()) not in words] == []
    assert len(said) > 100


async def test_the_pdf_has_a_title_a_language_an_outline_and_page_numbers(school: School) -> None:
    await evaluate(school, "2026-03-12")
    file = await pdf(school)

    assert file.metadata is not None
    assert file.metadata.title == "Careers programme: pack for governors"
    assert str(file.root_object["/Lang"]) == "en-GB"
    assert file.viewer_preferences is not None
    assert str(file.viewer_preferences.display_doctitle) == "True"
    assert [entry.title for entry in file.outline if not isinstance(entry, list)] == [
        "People and dates",
        "Where the programme stands",
        "National reference: how many schools achieve each benchmark",
        "The action plan",
        "Who was heard",
        "Statutory duties",
        "Questions to ask",
    ]
    for number, found in enumerate(file.pages, start=1):
        assert f"Page {number}" in found.extract_text()


async def test_the_same_pack_is_the_same_file(school: School) -> None:
    await evaluate(school, "2026-03-12")

    first, second = await asyncio.gather(school.send("GET", FILE), school.send("GET", FILE))

    assert first.content == second.content
    assert first.headers["content-disposition"] == 'inline; filename="governor-pack-136500-2026-06-15.pdf"'


async def test_what_somebody_typed_is_text_in_both(school: School) -> None:
    await state_duties(school, careers_leader={"name": NASTY}, link_governor={"name": "Łukasz Ŵyn Ștefan 愛"})
    shown, file = await page(school), await pdf(school)

    assert shown.named("script") == []
    assert shown.named("img") == []
    people = dict(shown.tables["Who leads, and by when"])
    assert (people["Careers Leader"], people["Link governor"]) == (NASTY, "Łukasz Ŵyn Ștefan 愛")
    words = words_of(file)
    assert "<script>alert(1)</script>" in words
    assert "root:" not in words
    assert "Łukasz Wyn Stefan ?" in words


async def test_the_page_has_no_script_no_inline_style_and_asks_nobody_for_anything(school: School) -> None:
    await evaluate(school, "2026-03-12")
    answer = await school.send("GET", PAGE)
    shown = Reader(answer.text)

    assert shown.named("script") + shown.named("link") + shown.named("img") == []
    assert not any("style" in attributes for _, attributes in shown.elements)
    assert not any(name.startswith("on") for _, attributes in shown.elements for name in attributes)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert f"<style>{stylesheet()}</style>" in answer.text, "the very text that the digest is of"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_page_can_be_read_by_its_structure(school: School) -> None:
    await evaluate(school, "2026-03-12")
    shown = await page(school)

    assert shown.named("html") == [{"lang": "en-GB"}]
    assert shown.named("a")[0]["href"] == "#content"
    assert [attributes["id"] for attributes in shown.named("main")] == ["content"]
    assert len(shown.named("h1")) == 1
    assert len(shown.named("table")) == len(shown.named("caption"))
    assert {attributes["scope"] for attributes in shown.named("th")} == {"col", "row"}
    ids = [attributes["id"] for _, attributes in shown.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {str(a["href"])[1:] for a in shown.named("a") if str(a["href"]).startswith("#")}
    assert targets <= set(ids)


async def test_the_longest_that_can_be_stated_still_makes_a_pdf(school: School) -> None:
    address = "https://www.school.example/" + "x" * 1_970
    await school.put(f"{CHECKLIST}/particulars", PARTICULARS | {"link_governor": {"name": "W" * 300}})
    for number in range(1, 18):
        stated = {"version": 0, "state": "not_applicable", "reason": "M" * 300, "url": address}
        await school.put(f"{CHECKLIST}/items/st.{number}", stated)

    assert len((await pdf(school)).pages) > 3


@pytest.mark.parametrize("role", ["teacher", "school_leader", "link_governor", "enterprise_adviser"])
async def test_governors_and_leaders_read_it_and_each_reading_is_logged(school: School, role: str) -> None:
    reader = await school.as_somebody("reader", role)

    answers = [await reader.send("GET", PAGE), await reader.send("GET", FILE)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert await school.accesses() == [("reader", "governor_pack.read", "governor-pack")] * 2


async def test_another_school_and_the_hub_get_no_pack(school: School) -> None:
    stranger = await school.as_somebody("stranger", "link_governor", OTHER_URN)
    lead = await school.as_somebody("lead", "hub_lead", None)

    answers: list[httpx.Response] = [
        await somebody.send("GET", path) for somebody in (stranger, lead) for path in (PAGE, FILE)
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_bars_lie_on_their_scale() -> None:
    bars = [Bar("none", 0, marked=False), Bar("half", 50, marked=False), Bar("all", 100, marked=True)]

    placed = chart.laid_out(BarChart("t", "d", bars, "achieved"))

    assert [bar.length for bar in placed.bars] == [0, chart.BAR_FULL / 2, chart.BAR_FULL]
    assert [bool(bar.mark) for bar in placed.bars] == [False, False, True]
    assert placed.ticks[-1] == (chart.BAR_FULL, "100%")


def test_every_kind_of_block_is_in_the_page_and_in_the_pdf() -> None:
    table = Table("Caption here", ("First", "Second"), [("Row", Link("shown", "https://school.example/x"))])
    paper = Paper(
        "Title", "Subtitle", "Author", [Section("one", "Heading", [Text("Said", warning=True), table])]
    )

    shown, words = page_of(paper), words_of(PdfReader(io.BytesIO(pdf_of(paper))))

    for said in ("Title", "Subtitle", "Heading", "Note.", "Said", "Caption here", "First", "Row", "shown"):
        assert said in shown
        assert said in words
    assert re.search(r'href="https://school.example/x"', shown)
    assert "unsafe" not in security_headers()["Content-Security-Policy"]
