"""A survey as the holder of a link answers it: by a form on a page, or by JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.audit.model.question_set import LONGEST_FREE_TEXT
from services.audit.pages.survey import MOST_BYTES, refusal
from services.audit.pages.survey_form import MOST_FIELDS
from services.audit.surveys import question_sets
from services.runtime.errors import HubError, TooManyRequestsError, UnavailableError
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from services.web.forms import FORM
from tests.audit.schools import URN, Hub, School, school_at
from tests.audit.surveys import ANSWERS, MARCH, links, planned
from tests.runtime.test_telemetry import spans as spans  # noqa: PLC0414 - a fixture, used by its name
from tests.web.unstyled import unstyled as unstyled  # noqa: PLC0414 - a fixture, used by its name

TYPED: Final = {name: str(answer) for name, answer in ANSWERS.items()}
CANARY: Final = "Zebedee Quill"


class Form(HTMLParser):
    """Reads a page: its fields with what is chosen or typed, its elements, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.typed: dict[str, str] = {}
        self.text = ""
        self._in: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag == "input" and "checked" in found:
            self.typed[str(found["name"])] = str(found["value"])
        self._in = str(found["name"]) if tag == "textarea" else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._in = None

    def handle_data(self, data: str) -> None:
        if self._in is not None and data.strip():
            self.typed[self._in] = data.removeprefix("\n")
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a kind."""
        return [found for name, found in self.elements if name == tag]


@pytest.fixture
async def school(settings: Settings, store: Store, keys: Path) -> AsyncIterator[School]:
    """The school in March, while the survey is open."""
    async with school_at(Hub(settings, store, keys), MARCH) as school:
        yield school


@pytest.fixture
async def secret(school: School) -> str:
    """A link to a survey of pupils."""
    return (await links(school, await planned(school), 1))[0]


def path_of(secret: str) -> str:
    return f"/audit/links/{URN}/{secret}"


async def show(school: School, secret: str) -> httpx.Response:
    return await school.client.get(path_of(secret), headers={"Authorization": ""})


async def fill(
    school: School, secret: str, fields: Mapping[str, str] | list[tuple[str, str]]
) -> httpx.Response:
    """Send the form as a browser does."""
    headers = {"Content-Type": FORM, "Authorization": ""}
    return await school.client.post(path_of(secret), content=urlencode(fields), headers=headers)


async def stored(school: School) -> list[Any]:
    return [document["answers"] for document in await school.documents("survey_answers")]


async def test_the_form_asks_every_question_and_says_who_reads_it_and_until_when(
    school: School, secret: str
) -> None:
    answer = await show(school, secret)
    form = Form(answer.text)

    assert answer.status_code == 200
    asked = question_sets()["pupils"]
    fields = {str(found["name"]) for tag in ("input", "textarea") for found in form.named(tag)}
    assert fields == {question.id for question in asked.questions}
    assert all(question.text in form.text for question in asked.questions)
    for said in (
        "until the end of 31 March 2026",
        "read the results",
        "no name on it",
        "fewer than 10 answers",
    ):
        assert said in form.text
    assert form.typed == {}


async def test_the_form_can_be_used_without_a_mouse_a_script_or_its_looks(
    school: School, secret: str
) -> None:
    answer = await show(school, secret)
    form = Form(answer.text)

    assert len(form.named("fieldset")) == len(form.named("legend"))
    labels = [found.get("for") for found in form.named("label")]
    assert {found["id"] for found in form.named("textarea")} <= set(labels)
    ids = [found["id"] for _, found in form.elements if "id" in found]
    assert len(ids) == len(set(ids))
    described = [
        str(found["aria-describedby"]).split() for _, found in form.elements if "aria-describedby" in found
    ]
    assert {name for names in described for name in names} <= set(ids)
    assert form.named("script") == []
    assert not any(
        "style" in found or any(name.startswith("on") for name in found) for _, found in form.elements
    )
    assert all(found["maxlength"] == str(LONGEST_FREE_TEXT) for found in form.named("textarea"))
    assert form.named("form") == [{"method": "post", "autocomplete": "off"}]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert len(form.named("link")) == 3, "two styles and the icon"
    for file in form.named("link"):
        assert (await school.client.get(str(file["href"]))).status_code == 200


async def test_what_is_sent_is_stored_as_numbers_options_and_text_and_thanked_for(
    school: School, secret: str
) -> None:
    answer = await fill(school, secret, TYPED | {"like_me": "", "more_of": "More visits\r\nand talks "})

    assert answer.status_code == 200
    assert "Thank you" in answer.text
    assert await stored(school) == [ANSWERS | {"more_of": "More visits\nand talks"}]


async def test_the_path_that_a_school_hands_out_opens_the_survey(school: School) -> None:
    survey = await planned(school)
    made = await school.told("POST", f"/surveys/{survey}/links", {"version": 1, "links": 2})

    shown = [await school.client.get(path, headers={"Authorization": ""}) for path in made["paths"]]

    assert made["paths"] == [path_of(secret) for secret in made["secrets"]]
    assert [answer.status_code for answer in shown] == [200, 200]


async def test_looking_uses_nothing_up_and_answering_leaves_no_trace_of_whom(
    school: School, secret: str
) -> None:
    log = await school.accesses()
    for _ in range(2):
        assert (await show(school, secret)).status_code == 200
    await fill(school, secret, TYPED)

    assert await school.accesses() == log
    [link] = await school.documents("survey_links")
    assert link == {"_id": link["_id"], "survey": link["survey"], "batch": 1, "used": True}


async def test_sent_twice_it_is_stored_once_and_the_second_time_says_so(school: School, secret: str) -> None:
    first, second = [await fill(school, secret, TYPED) for _ in range(2)]

    assert (first.status_code, second.status_code) == (200, 404)
    assert "they have been stored" in second.text
    assert second.text == (await show(school, "A" * 43)).text == (await show(school, secret)).text
    assert len(await stored(school)) == 1


async def test_of_many_who_send_one_link_at_once_one_is_stored(school: School, secret: str) -> None:
    answers = await asyncio.gather(*(fill(school, secret, TYPED) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]
    assert len(await stored(school)) == 1


async def test_many_who_answer_at_once_are_all_stored(school: School) -> None:
    secrets = await links(school, await planned(school), 20)

    answers = await asyncio.gather(*(fill(school, secret, TYPED) for secret in secrets))

    assert {answer.status_code for answer in answers} == {200}
    assert await stored(school) == [ANSWERS] * 20


@pytest.mark.parametrize(
    ("changes", "said", "kept"),
    [
        ({"know_routes": "9"}, "Your answer is not a whole number from 1 to 5.", {}),
        ({"know_routes": "four"}, "Your answer is not a whole number from 1 to 5.", {}),
        ({"know_routes": "٤"}, "Your answer is not a whole number from 1 to 5.", {}),
        ({"adviser": "maybe"}, "Your answer is not one of", {"know_routes": "4"}),
        ({"more_of": "x" * 501}, "has more than 500 characters", {"more_of": "x" * 501}),
        ({"more_of": "\x00"}, "contains a control or invisible character", {"know_routes": "4"}),
        ({CANARY: "yes"}, "that this survey does not ask", {"know_routes": "4", "adviser": "yes"}),
    ],
)
async def test_what_is_wrong_stands_beside_the_form_and_the_answers_are_kept(
    school: School, secret: str, changes: dict[str, str], said: str, kept: dict[str, str]
) -> None:
    answer = await fill(school, secret, TYPED | changes)
    form = Form(answer.text)

    assert answer.status_code == 422
    assert said in form.text
    assert CANARY not in answer.text
    expected = {name: text for name, text in TYPED.items() if name not in changes} | kept
    assert {name: form.typed.get(name) for name in expected} == expected
    assert await stored(school) == []
    targets = {str(found["href"])[1:] for found in form.named("a") if str(found["href"]).startswith("#")}
    assert targets <= {found["id"] for _, found in form.elements if "id" in found}
    assert (await fill(school, secret, TYPED)).status_code == 200, "the link is still there"


async def test_each_mistake_on_top_is_the_one_beside_its_field_and_leads_there(
    school: School, secret: str
) -> None:
    answer = await fill(school, secret, TYPED | {"know_routes": "9", "more_of": "x" * 501})
    form = Form(answer.text)

    assert "<title>Error: " in answer.text
    leads = [str(found["href"])[1:] for found in form.named("a") if found.get("class") != "govuk-skip-link"]
    assert leads == ["know_routes", "more_of"]
    fields = {str(found.get("id")): found for tag in ("input", "textarea") for found in form.named(tag)}
    assert [fields[name]["name"] for name in leads] == leads
    for name, said in (("know_routes", "is not a whole number"), ("more_of", "has more than 500 characters")):
        assert form.text.count(said) == 2, name
        assert answer.text.count(f'id="{name}-error"') == 1
    (legend,) = [found for found in form.named("fieldset") if "know_routes-error" in str(found)]
    assert legend["aria-describedby"] == "know_routes-error"
    assert fields["more_of"]["aria-describedby"] == "more_of-hint more_of-error"


async def test_the_pages_of_a_survey_name_nobody_and_lead_nowhere(school: School, secret: str) -> None:
    pages = [
        (await school.client.get(path_of(secret))).text,
        (await fill(school, secret, {})).text,
        (await fill(school, secret, TYPED)).text,
        (await show(school, secret)).text,
    ]
    for page in pages:
        assert "Signed in as" not in page
        assert "<script" not in page
        assert "<nav" not in page
        assert all(str(found["href"]).startswith("#") for found in Form(page).named("a"))


@pytest.mark.usefixtures("unstyled")
async def test_without_the_style_a_survey_is_answered_in_plain_html(school: School, secret: str) -> None:
    form = Form((await show(school, secret)).text)
    wrong = await fill(school, secret, {})
    done = await fill(school, secret, TYPED)

    assert {question.id for question in question_sets()["pupils"].questions} <= {
        str(found["name"]) for tag in ("input", "textarea") for found in form.named(tag)
    }
    assert "You have not answered anything yet." in wrong.text
    assert (done.status_code, await stored(school)) == (200, [ANSWERS])
    assert "Thank you" in done.text
    assert len(form.named("link")) == 2, "our own style and the icon, and nothing that is not there"


async def test_a_form_without_any_answer_is_asked_for_one(school: School, secret: str) -> None:
    empty = await fill(school, secret, {"know_routes": "", "more_of": "  \r\n "})

    assert empty.status_code == 422
    assert "You have not answered anything yet." in empty.text
    assert await stored(school) == []


async def test_a_question_that_is_answered_twice_is_told_of(school: School, secret: str) -> None:
    answer = await fill(school, secret, [("know_routes", "4"), ("know_routes", "5")])

    assert answer.status_code == 422
    assert "This was answered twice." in answer.text


async def test_what_somebody_typed_is_text_on_the_page(school: School, secret: str) -> None:
    nasty = "</textarea><script>alert(1)</script>"
    answer = await fill(school, secret, {"know_routes": "9", "more_of": nasty})

    form = Form(answer.text)
    assert form.named("script") == []
    assert form.typed["more_of"] == nasty


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        (FORM, b"more_of=" + b"x" * MOST_BYTES, 413),
        (FORM, "&".join(f"q{n}=1" for n in range(MOST_FIELDS + 1)).encode(), 422),
        (FORM, b"more_of=%ff", 422),
        (FORM, b"more_of=\xc3\xa9", 422),
        ("multipart/form-data; boundary=x", b"--x--", 422),
        ("", b"know_routes=4", 422),
    ],
)
async def test_what_no_form_of_ours_sends_is_refused_and_the_link_stays(
    school: School, secret: str, kind: str, content: bytes, status: int
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await school.client.post(path_of(secret), content=content, headers=headers)

    assert answer.status_code == status
    assert "Your link still works." in answer.text
    assert (await fill(school, secret, TYPED)).status_code == 200


@pytest.mark.parametrize(
    ("error", "wait"), [(TooManyRequestsError(2.1), "3"), (UnavailableError("Away.", retry_after_s=2), "2")]
)
def test_whoever_has_to_wait_is_told_so_and_for_how_long(error: HubError, wait: str) -> None:
    answer = refusal(error)

    assert (answer.status_code, answer.headers["retry-after"]) == (error.status, wait)
    assert "Please wait a moment" in bytes(answer.body).decode()


async def test_a_form_as_large_as_its_questions_allow_goes_in(school: School, secret: str) -> None:
    texts = {
        q.id: "\U0001f98a" * LONGEST_FREE_TEXT
        for q in question_sets()["pupils"].questions
        if q.kind == "text"
    }

    assert (await fill(school, secret, TYPED | texts)).status_code == 200


async def test_a_tool_answers_by_json(school: School, secret: str) -> None:
    answer = await school.client.post(path_of(secret), json={"answers": ANSWERS})
    again = await school.client.post(path_of(secret), json={"answers": ANSWERS})

    assert (answer.status_code, answer.json()) == (200, {"outcome": "answered"})
    assert await stored(school) == [ANSWERS]
    assert again.status_code == 404
    assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"answers": {"know_routes": 9}}, "answers.know_routes"),
        ({"answers": {"know_routes": True}}, "body"),
        ({"answers": {"know_routes": 4.0}}, "body"),
        ({"answers": {CANARY: 4}}, "answers"),
        ({"answers": {}}, "answers"),
        ({"answers": {CANARY: {}}}, "body"),
        ({"answers": {f"q{n}": 1 for n in range(101)}}, "body"),
        ({"name": CANARY}, "body"),
        ([], "body"),
    ],
)
async def test_a_tool_is_told_where_its_answers_are_wrong(
    school: School, secret: str, body: object, where: str
) -> None:
    answer = await school.client.post(path_of(secret), json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {problem["where"] for problem in answer.json()["problems"]} == {where}
    assert CANARY not in answer.text
    assert await stored(school) == []


async def test_neither_secret_nor_answers_are_in_logs_traces_or_refusals(
    school: School, secret: str, spans: InMemorySpanExporter, capfd: pytest.CaptureFixture[str]
) -> None:
    said = [
        (await fill(school, secret, TYPED | {"adviser": CANARY})).text.replace("Error: ", ""),
        (await school.client.post(path_of(secret), json={"answers": {"know_routes": CANARY}})).text,
        (await fill(school, secret, TYPED | {"more_of": CANARY})).text,
        (await show(school, secret)).text,
    ]
    captured = capfd.readouterr()
    said += [captured.out, captured.err]
    said += [json.dumps([s.name, dict(s.attributes or {})]) for s in spans.get_finished_spans()]

    assert "POST /audit/links/{urn}/{secret}" in "\n".join(said)
    assert secret not in "\n".join(said)
    assert CANARY not in "\n".join(said)
