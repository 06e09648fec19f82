"""A pupil's own record as a page: everything in plain words, and a way in by a link."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final, get_args

import httpx
import pytest

from services.pupils.model.destination import Sustained
from services.pupils.model.groups import GROUPS_OF
from services.pupils.model.interest import KINDS as INTEREST_KINDS
from services.pupils.model.invitation import RESPONSES
from services.pupils.model.plan import PlanStatus
from services.pupils.model.rectification import KINDS as RECTIFICATION_KINDS
from services.pupils.rules import question_sets
from services.pupils.views import record_words
from services.pupils.views.record_page import day, who
from services.runtime.permissions import Role
from services.web.pages import HEADERS, static_files
from tests.architecture.source_tree import called_name, our_modules
from tests.conftest import TokenFor
from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.test_conversations_api import TALK, as_somebody, record
from tests.pupils.test_plans_api import by_name, make
from tests.pupils.test_rectifications import ask
from tests.pupils.values import URN, upn
from tests.web.unstyled import unstyled as unstyled  # noqa: PLC0414 - a fixture, used by its name

NOT_ABOUT_ONE_PUPIL: Final = re.compile(
    r"^(roll|activity|activities|evaluation|retention|erasure)\."
    r"|^(pupils\.listed|destinations\.exported|pupil\.erased)$"
)
# Put together from what became of a plan.
NAMED_BY_OUTCOME: Final = {"plan.changed", "plan.cancelled"}


class Outline(HTMLParser):
    """What a page is made of, for whoever does not see it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]

    @property
    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.tags if re.fullmatch(r"h[1-6]", tag)]


@pytest.fixture
async def school(full_school: School) -> School:
    return full_school


async def link_to(school: School, ref: str, days: int = 7) -> dict[str, Any]:
    answer = await school.send("POST", f"/pupils/{ref}/record/links", json={"days": days})
    assert answer.status_code == 201, answer.text
    link: dict[str, Any] = answer.json()
    return link


async def page_of(school: School, ref: str) -> str:
    answer = await school.send("GET", f"/pupils/{ref}/record.html")
    assert answer.status_code == 200, answer.text
    return answer.text


def text_of(page: str) -> str:
    """What is read of a page, its cells one after the other."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


async def open_link(school: School, link: dict[str, Any]) -> httpx.Response:
    return await school.client.get(link["path"], headers={"Authorization": ""})


async def test_the_page_tells_everything_in_words_and_days_as_people_write_them(school: School) -> None:
    ref = await school.ref(1)
    receipt = await ask(school, ref, text="My surname has an e.")
    path = f"/rectifications/{receipt['rectification_id']}/answer"
    await school.send("POST", path, json={"outcome": "refused", "text": "Your certificate has none."})

    page = await page_of(school, ref)

    for words in (
        "Forename1 Surname1",
        "Year 10, form 10A",
        "Meet more engineers",
        "Employer&#39;s talk or assembly, in person. You were there.",
        "It counts as meeting employers.",
        "10 February 2026, with your Careers Leader",
        "Wants to sail.",
        "It was changed later. Before, it said:",
        "Wants to work with boats; has not thought about maths.",
        "Visit the boatyard&#39;s open day",
        "for you to do by 1 March 2026. Not done yet.",
        "Boat builder",
        "Boat and ship builders and repairers",
        "Other training",
        "you said so on 3 February 2026",
        "Weymouth College",
        "We know this from the place itself.",
        "Strongly agree",
        "I can write an application and speak in an interview.",
        "We keep 1 earlier set of them too",
        "My surname has an e.",
        "Not changed, said on 15 June 2026: Your certificate has none.",
        "opened your whole record",
        "Ask your Careers Leader.",
        "within one month",
        "31 August 2029",
        "Information Commissioner",
    ):
        assert words in page, words
    assert "Your Careers Leader wrote down how you rated yourself, 2 times" in text_of(page)


async def test_the_page_has_no_ids_codes_or_secrets_of_others(school: School) -> None:
    ref = await school.ref(1)
    await school.put_roll(roll_csv([1, 2, 3]).replace(",10A", ",10A"))
    page = await page_of(school, ref)
    text = re.sub(r"<[^>]*>", " ", page)
    assert not re.findall(r"\b[0-9a-f]{16,}\b", text)
    for code in (upn(1), "gb5", "employer_talk", "careers_leader", "further_education", "CPOMS", "leader<"):
        assert code not in text, code
    assert not re.search(r"\d{4}-\d{2}-\d{2}|None|\bnull\b|\{\{", text)
    assert "Surname2" not in page


async def test_a_pupil_of_whom_little_is_known_is_told_so_everywhere(school: School) -> None:
    page = await page_of(school, await school.ref(101))
    for words in (
        "Nothing has been written down here yet.",
        "No conversation has been written down yet.",
        "You have not been asked yet.",
        "Nobody has asked for anything to be put right.",
    ):
        assert words in page
    assert page.count("Nothing has been written down here yet.") == 4


async def test_a_conversation_of_which_an_action_was_done_is_not_called_changed(school: School) -> None:
    action = {"text": "Visit the dock", "due_on": "2026-03-01"}
    talk = await record(school, serial=2, said="Likes ships.", actions=[action])
    path = f"/conversations/{talk['conversation_id']}/actions/1/done"
    assert (await school.send("POST", path, json={"outcome": "Went"})).status_code == 200
    page = await page_of(school, await school.ref(2))
    assert "Done on" in page
    assert page.count("Likes ships.") == 1
    assert "It was changed later" not in page


async def test_what_is_written_is_shown_as_text_and_never_as_markup(school: School) -> None:
    said = '<script>alert(1)</script> & "quoted"\nsecond line'
    await record(school, serial=2, said=said, interests=["<b>boats</b>"])
    page = await page_of(school, await school.ref(2))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;quoted&#34;\nsecond line" in page
    assert "&lt;b&gt;boats&lt;/b&gt;" in page
    assert "<script" not in page


async def test_groups_support_and_a_day_of_leaving_are_told(school: School) -> None:
    await school.send("PUT", "/roll/scopes", json={"columns": ["sen_provision", "fsm6"]})
    header, first, *rest = roll_csv([1, 2, 3, 4, 5, 6, 101, 102]).splitlines()
    rows = [f"{header},sen_provision,fsm6", f"{first},K,yes", *(f"{row},N,no" for row in rest)]
    assert (await school.put_roll("\n".join(rows))).status_code == 200
    ref = await school.ref(1)
    await school.put_roll("\n".join([rows[0], *rows[2:]]))
    page = await page_of(school, ref)
    assert "You get SEN support." in page
    assert "You have had free school meals in the last six years." in page
    assert "You left before 15 June 2026." in page


async def test_a_conversation_for_few_is_on_the_page_and_a_safeguarding_pointer_is_not(
    school: School,
) -> None:
    await record(school, serial=2, visibility="careers_leader", safeguarding_referral="CPOMS/99")
    page = await page_of(school, await school.ref(2))
    assert TALK["said"] in page
    assert "only your Careers Leader and whoever had this conversation can read it" in page
    assert "CPOMS" not in page
    assert "safeguarding lead" in page


async def test_the_page_fetches_nothing_from_elsewhere_and_runs_nothing(school: School) -> None:
    answer = await open_link(school, await link_to(school, await school.ref(1)))
    outline = Outline(answer.text)

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert HEADERS["Content-Security-Policy"].startswith("default-src 'self'; ")
    assert not {"script", "style", "img", "iframe", "form", "object"} & {tag for tag, _ in outline.tags}
    assert not [
        name for _, attrs in outline.tags for name in attrs if name == "style" or name.startswith("on")
    ]
    ours = {file.path("pupils"): file for file in static_files() if file.media_type != "text/javascript"}
    assert {link for link in outline.values("href") if not link.startswith("#")} == ours.keys()
    assert outline.values("src") == []
    for path, file in ours.items():
        found = await school.client.get(path, headers={"Authorization": ""})
        assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, file.media_type)
        assert not re.search(r"url\(|@import", found.text)


async def test_the_page_names_nobody_and_leads_nowhere_even_for_who_is_signed_in(
    school: School, token: TokenFor
) -> None:
    """Whoever looks over a pupil's shoulder sees what the pupil sees."""
    ref = await school.ref(1)
    path = f"/pupils/schools/{URN}/data-protection/pupils/{ref}/record"
    bearer = {"Authorization": f"Bearer {await token('leader', 'careers_leader', URN)}"}

    answer = await school.client.get(path, headers=bearer)

    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "Signed in as" not in answer.text
    assert "Sign out" not in answer.text
    links = [href for href in Outline(answer.text).values("href") if not href.startswith("#")]
    assert all(href.startswith("/pupils/static/") for href in links), links


@pytest.mark.usefixtures("unstyled")
async def test_without_the_style_the_page_is_whole_and_in_plain_html(school: School) -> None:
    """A right of access does not wait for an operator's missing file."""
    answer = await open_link(school, await link_to(school, await school.ref(1)))
    outline = Outline(answer.text)

    assert answer.status_code == 200
    assert "Wants to sail." in answer.text
    assert "Information Commissioner" in answer.text
    assert outline.headings.count(1) == 1
    files = [href for href in outline.values("href") if not href.startswith("#")]
    assert len(files) == 2, "our own style and the icon, and nothing that is not there"
    for path in files:
        assert (await school.client.get(path, headers={"Authorization": ""})).status_code == 200


async def test_the_page_can_be_walked_through_without_being_seen(school: School) -> None:
    for serial in (1, 101):
        outline = Outline(await page_of(school, await school.ref(serial)))
        names = outline.values("id")
        assert outline.tags[0][0] == "html"
        assert outline.values("lang") == ["en-GB"]
        assert outline.headings.count(1) == 1
        assert outline.headings[0] == 1
        deeper = zip(outline.headings, outline.headings[1:], strict=False)
        assert all(after - before <= 1 for before, after in deeper)
        assert len(set(names)) == len(names)
        inside = [link.removeprefix("#") for link in outline.values("href") if link.startswith("#")]
        assert inside[0] == "main-content", "the skip link comes first"
        assert set(inside) | set(outline.values("aria-labelledby")) <= set(names)
        tags = [tag for tag, _ in outline.tags]
        assert tags.count("dt") == tags.count("dd") > 0
        assert "table" not in tags, "which a phone is too narrow for"
        assert "details" not in tags, "or it would be folded up on paper"


async def test_a_link_opens_the_page_that_staff_see_and_says_who_opened_it(school: School) -> None:
    ref = await school.ref(1)
    link = await link_to(school, ref)
    assert re.fullmatch(rf"/pupils/links/{URN}/[A-Za-z0-9_-]{{43}}", link["path"])
    assert link["ends_at"] == "2026-06-22T10:00:00+00:00"

    first = await open_link(school, link)
    second = await open_link(school, link)

    assert first.status_code == second.status_code == 200
    whoever = "Somebody with a link to this page, which may be you opened this page"
    assert whoever in text_of(first.text)
    assert f"{whoever}, 2 times" in text_of(second.text)
    assert (
        "Made by your Careers Leader on 15 June 2026. It works until 22 June 2026. Used 2 times."
        in second.text
    )
    used = (f"link:{link['link_id']}", "link.opened", f"pupils/{ref}/record")
    assert (await school.accesses()).count(used) == 2
    seen_by_staff = await page_of(school, ref)
    assert "Wants to sail." in first.text
    assert "Wants to sail." in seen_by_staff


async def test_links_are_listed_and_revoked_by_those_who_may_export(school: School, token: TokenFor) -> None:
    ref = await school.ref(1)
    link = await link_to(school, ref)
    await open_link(school, link)
    (listed,) = (await school.get(f"/pupils/{ref}/record/links"))["links"]
    assert (listed["made_by"], listed["uses"], listed["open"]) == ("leader", 1, True)
    assert link["path"].rpartition("/")[2] not in str(listed)
    teacher = await as_somebody(school, token, "teacher", "teacher")
    for method, path in (
        ("POST", "record/links"),
        ("GET", "record/links"),
        ("POST", f"record/links/{link['link_id']}/revocation"),
        ("GET", "record.html"),
    ):
        assert (await teacher.send(method, f"/pupils/{ref}/{path}", json={})).status_code == 403, path

    other = f"/pupils/{await school.ref(2)}/record/links/{link['link_id']}/revocation"
    assert (await school.send("POST", other)).status_code == 404
    revocation = f"/pupils/{ref}/record/links/{link['link_id']}/revocation"
    answers = [(await school.send("POST", revocation)).json() for _ in range(2)]

    assert answers[0] == answers[1]
    refused = await open_link(school, link)
    assert refused.status_code == 404
    assert "This link does not work" in refused.text
    assert refused.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "leader" not in refused.text.replace("Careers Leader", "")


async def test_a_link_ends_on_its_day(school: School) -> None:
    link = await link_to(school, await school.ref(1), days=1)
    now = dt.datetime(2026, 6, 16, 10, tzinfo=dt.UTC)
    school.context.clock = lambda: now
    assert (await open_link(school, link)).status_code == 404


@pytest.mark.parametrize("days", [0, 31, -1, 7.5, "7", None])
async def test_a_link_lasts_1_to_30_days(school: School, days: object) -> None:
    answer = await school.send("POST", f"/pupils/{await school.ref(1)}/record/links", json={"days": days})
    assert answer.status_code == 422
    assert await school.documents("links") == []


async def test_nobody_gets_a_link_or_a_page_who_is_not_there(school: School) -> None:
    missing = "/pupils/0123456789abcdef"
    assert (await school.send("POST", f"{missing}/record/links", json={})).status_code == 404
    assert (await school.send("GET", f"{missing}/record/links")).status_code == 404
    assert (await school.send("GET", f"{missing}/record.html")).status_code == 404


async def test_a_page_of_a_leaver_without_names_is_told_as_what_it_is(school: School) -> None:
    ref = await school.ref(1)
    await school.put_roll(roll_csv([2, 3, 4, 5, 6, 101, 102]))
    now = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
    school.context.clock = lambda: now
    assert (await school.send("POST", "/retention/pseudonymisations")).json()["pseudonymised"] == 1
    page = await page_of(school, ref)
    assert "Your name and your own words were taken out on 1 October 2026," in page
    assert "What was said has been taken out." in page
    assert "(your words were taken out)" in page
    assert "Weymouth College" in page
    assert "Surname1" not in page


async def test_opening_the_page_is_in_the_access_log(school: School) -> None:
    ref = await school.ref(1)
    await page_of(school, ref)
    assert ("leader", "pupil.exported", f"pupils/{ref}/record") in await school.accesses()


async def test_every_kind_of_activity_has_its_words(school: School) -> None:
    visit = {
        "activity_type": "university_visit",
        "title": "Bournemouth",
        "provider_type": "university",
        "hours": 2.5,
        "held_on": "2026-03-04",
        "attendance": {"pupils": [{"upn": upn(2), "status": "excused"}]},
    }
    await school.post(talk("visit", **visit))
    page = await page_of(school, await school.ref(2))
    assert "Visit to a university, in person, 2.5 hours, with: university or other higher education" in page
    assert "You were excused." in page


async def test_an_invitation_by_name_is_shown_with_what_was_answered(school: School) -> None:
    plan = await make(school, planned_on="2026-06-20", invited=by_name(2))
    ref = await school.ref(2)
    assert "You have not answered." in await page_of(school, ref)

    answers = [{"upn": upn(2), "response": "accepted"}]
    await school.send("PUT", f"/plans/{plan['plan_id']}/responses", json=answers)
    page = await page_of(school, ref)
    assert "20 June 2026" in page
    assert "You said yes." in page


def test_no_code_is_without_its_words() -> None:
    """A new code would be a hole in the page, or an error."""
    groups = {group for column in GROUPS_OF.values() for group in column}
    assert record_words.GROUPS.keys() == groups
    assert record_words.INVITED.keys() == set(RESPONSES)
    assert record_words.PLANNED.keys() == set(get_args(PlanStatus))
    assert record_words.KINDS.keys() == set(INTEREST_KINDS)
    assert record_words.ABOUT.keys() == set(RECTIFICATION_KINDS)
    assert record_words.SUSTAINED.keys() == set(Sustained.__args__)  # type: ignore[attr-defined]
    scale = question_sets()
    assert record_words.ANSWERS.keys() == set(range(scale.lowest, scale.highest + 1))


def test_every_action_of_the_access_log_about_one_pupil_has_its_words() -> None:
    written = {
        action
        for module in our_modules()
        if module.name.startswith(("services.pupils", "services.runtime"))
        for action in actions_in(module.tree)
    }
    about_one = {action for action in written if not NOT_ABOUT_ONE_PUPIL.match(action)}
    assert about_one | NAMED_BY_OUTCOME == record_words.ACTIONS.keys()


def actions_in(tree: ast.AST) -> Iterator[str]:
    """Find the actions that a module writes into the access log: the text that names one in the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node.func) in {"log_access", "read_logged"}:
            texts = (part.value for part in node.args if isinstance(part, ast.Constant))
            yield from (text for text in texts if isinstance(text, str) and "." in text)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("leader", "your Careers Leader"),
        ("t", "a teacher"),
        ("unknown", "a member of staff"),
        ("link:0a1b", "somebody with a link to this page, which may be you"),
        ("retention, daily", "the Careers Hub by itself"),
        ("erasure journal", "the Careers Hub by itself"),
    ],
)
def test_people_are_told_by_what_they_are_to_the_pupil(subject: str, words: str) -> None:
    assert who(subject, {"leader": Role.CAREERS_LEADER, "t": Role.TEACHER}) == words


def test_a_day_is_written_as_people_do() -> None:
    assert day(dt.date(2026, 3, 3)) == "3 March 2026"
