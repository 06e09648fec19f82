"""The pages of activities: three clicks, the form again with what is wrong, and the same form sent twice."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest

from tests.conftest import TokenFor
from tests.pupils.conftest import School, talk
from tests.pupils.test_plans_api import make
from tests.pupils.values import GB5_TESTS, URN

HERE: Final = f"/pupils/schools/{URN}"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


async def look(school: School, path: str = "", **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
    """Open a page of the school."""
    return await school.client.get(HERE + path, **options)


async def fill_in(
    school: School,
    path: str,
    fields: list[tuple[str, str]] | dict[str, str],
    **options: Any,  # noqa: ANN401
) -> httpx.Response:
    """Send a form of a page."""
    headers = FORM | options.pop("headers", {})
    return await school.client.post(HERE + path, content=urlencode(fields), headers=headers, **options)


def key_of(answer: httpx.Response) -> str:
    """Take the key out of the form that a page shows."""
    found = re.search(r'name="key" value="([0-9a-f]{32})"', answer.text)
    assert found is not None, answer.text
    return found.group(1)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(answer: httpx.Response) -> str:
    """Take the words of a page, with single spaces."""
    parser = _Text()
    parser.feed(answer.text)
    return " ".join(" ".join(parser.parts).split())


async def three_clicks(school: School, **changes: str) -> dict[str, str]:
    """Fill in the form as three clicks do."""
    answer = await look(school, "/activities/new")
    assert answer.status_code == 200, answer.text
    return {
        "key": key_of(answer),
        "activity_type": "employer_talk",
        "year_groups": "10",
        "held_on-day": "15",
        "held_on-month": "6",
        "held_on-year": "2026",
        "mode": "in_person",
        "tests": "usual",
        "in_school_day": "yes",
    } | changes


async def recorded(school: School, **changes: str) -> httpx.Response:
    """Record an activity, and return the page that one is sent to."""
    answer = await fill_in(school, "/activities/new", await three_clicks(school, **changes))
    assert answer.status_code == 303, text_of(answer)
    page = await school.client.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    return page


async def test_three_clicks_record_an_activity_for_the_whole_group_with_what_its_kind_needs(
    school: School,
) -> None:
    page = text_of(await recorded(school))
    assert "The activity is recorded" in page
    assert "6 pupils were there" in page
    assert "Encounters with employers and employees (benchmark 5): 6 pupils" in page
    assert await school.reached() == {"10 gb5": 6}
    (activity,) = (await school.get("/activities?academic_year=2025/26"))["activities"]
    assert (activity["title"], activity["held_on"]) == ("Employer's talk or assembly", "2026-06-15")


async def test_the_same_form_sent_twice_records_once(school: School) -> None:
    fields = await three_clicks(school)
    first = await fill_in(school, "/activities/new", fields)
    second = await fill_in(school, "/activities/new", fields)
    assert first.headers["location"] == second.headers["location"]
    assert len((await school.get("/activities?academic_year=2025/26"))["activities"]) == 1


async def test_what_was_undone_can_be_recorded_again(school: School) -> None:
    page = await recorded(school)
    identity = str(page.url).split("/")[-1].split("?")[0]
    undo = {"key": key_of(page), "reason": "entered_in_error"}
    answer = await fill_in(school, f"/activities/{identity}/undo", undo)
    assert answer.status_code == 303
    assert await school.reached() == {}
    assert "was taken out of every count" in text_of(await school.client.get(answer.headers["location"]))

    assert "The activity is recorded" in text_of(await recorded(school))
    assert await school.reached() == {"10 gb5": 6}


@pytest.mark.parametrize(
    ("changes", "message", "field"),
    [
        ({"activity_type": ""}, "What kind of activity is missing: choose one", "activity_type"),
        ({"activity_type": "tea"}, "What kind of activity is missing: choose one", "activity_type"),
        ({"year_groups": ""}, "Who it was for", "year_groups"),
        ({"year_groups": "9"}, "nobody of Year 9 is on the roll of 2025/26", "year_groups"),
        ({"held_on-day": "31", "held_on-month": "2"}, "The date is not a date", "held_on-day"),
        ({"held_on-day": "16"}, "The date is in the future", "held_on-day"),
        ({"held_on-year": "2021"}, "whose roll has not been imported; import it first", "held_on-day"),
        ({"hours": "many"}, "Hours is not a number", "hours"),
        ({"hours": "1001"}, "Hours is not a number", "hours"),
        ({"title": "x" * 201}, "Title has more than 200 characters", "title"),
        ({"employer_id": "gpg-1"}, "The employer is not in the Hub's directory", "employer_id"),
        ({"mode": "by post"}, "How it was held is none of", "mode"),
        ({"key": "x"}, "load the page again", ""),
    ],
)
async def test_what_cannot_be_is_asked_again_with_the_reason_and_what_was_typed(
    school: School, changes: dict[str, str], message: str, field: str
) -> None:
    fields = await three_clicks(school, **({"title": "A talk of ours"} | changes))
    answer = await fill_in(school, "/activities/new", fields)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert message in text_of(answer)
    assert not field or f'href="#{field}"' in answer.text
    assert fields["title"] in answer.text
    assert "PUT" not in text_of(answer)
    assert (await school.get("/activities?academic_year=2025/26"))["activities"] == []


async def test_one_that_looks_like_another_says_so_and_leads_to_both(school: School) -> None:
    await school.post(talk("told before", held_on="2026-06-15", title="Engineers", in_school_day=True))
    page = await recorded(school, title="Meet engineers")
    assert "looks like another that was recorded already" in text_of(page)
    assert "1 pair of 2025/26" in text_of(await look(school, "/activities/duplicates"))


async def test_the_same_encounter_told_before_is_joined_and_counts_once(school: School) -> None:
    before = await school.post(talk("told before", held_on="2026-06-15", in_school_day=True))
    page = await recorded(school, title="Meet the engineers")
    assert str(page.url).endswith(f"{before['activity_id']}?done=merged")
    assert await school.reached() == {"10 gb5": 6}


async def test_what_was_planned_for_today_is_recorded_with_one_click(school: School) -> None:
    plan = await make(school, planned_on="2026-06-15", title="Meet the builders", tests_met=list(GB5_TESTS))
    await make(school, reference="later", planned_on="2026-06-20", title="Meet the bakers")
    today = await look(school)
    assert "20 June 2026: Meet the bakers" in text_of(today)
    path = f"/plans/{plan['plan_id']}/took-place"
    assert path in today.text, text_of(today)
    for _ in range(2):
        answer = await fill_in(school, path, {"key": key_of(today)})
        assert answer.status_code == 303, text_of(answer)
    assert await school.reached() == {"10 gb5": 6}
    assert "Nothing that was planned waits" in text_of(await look(school))


async def test_only_what_is_ticked_counts_if_somebody_says_in_part(school: School) -> None:
    page = text_of(await recorded(school, tests="some", tests_met="clear_purpose"))
    assert "It counts for no benchmark." in page
    assert "nobody has said that it had" in page
    assert await school.reached() == {}


async def test_whoever_was_absent_is_marked_afterwards_and_back_again(school: School) -> None:
    identity = str((await recorded(school)).url).split("/")[-1].split("?")[0]
    path = f"/activities/{identity}/absences"
    page = await look(school, path)
    assert "Surname1, Forename1" in text_of(page)
    away = await school.ref(1)
    fields = {"key": key_of(page), "version": "1", "absent": away}
    assert (await fill_in(school, path, fields)).status_code == 303
    assert await school.reached() == {"10 gb5": 5}

    fields = {"key": key_of(await look(school, path)), "version": "2"}
    assert (await fill_in(school, path, fields)).status_code == 303
    assert await school.reached() == {"10 gb5": 6}
    shown = await school.get(f"/activities/{identity}")
    assert [one for one in shown["attendance"]["pupils"] if one["listed"]] == []


async def test_an_absence_from_a_version_that_is_not_the_last_is_refused(school: School) -> None:
    identity = str((await recorded(school)).url).split("/")[-1].split("?")[0]
    path = f"/activities/{identity}/absences"
    fields = {"key": key_of(await look(school, path)), "version": "7", "absent": await school.ref(1)}
    answer = await fill_in(school, path, fields)
    assert answer.status_code == 409
    assert "Somebody was quicker" in text_of(answer)


async def test_a_correction_keeps_who_was_there(school: School) -> None:
    await school.know_employer("gpg-961")
    identity = str((await recorded(school)).url).split("/")[-1].split("?")[0]
    path = f"/activities/{identity}/correct"
    fields = {
        "key": key_of(await look(school, path)), "version": "1", "title": "Meet the club", "mode": "virtual",
        "held_on-day": "2", "held_on-month": "3", "held_on-year": "2026", "employer_id": "gpg-961",
    }  # fmt: skip
    assert (await fill_in(school, path, fields | {"title": ""})).status_code == 422
    assert (await fill_in(school, path, fields)).status_code == 303
    shown = await school.get(f"/activities/{identity}")
    assert (shown["title"], shown["held_on"], shown["employer_id"]) == (
        "Meet the club",
        "2026-03-02",
        "gpg-961",
    )
    assert len(shown["attendance"]["pupils"]) == 6
    assert "A firm" in text_of(await look(school, "/activities"))


async def test_the_list_goes_on_where_the_page_ends(school: School) -> None:
    for number in range(27):
        await school.post(talk(f"talk-{number}", title=f"Talk {number}", separate=True))
    first = await look(school, "/activities")
    href = re.search(r'href="([^"]*after=[^"]*)"', first.text)
    assert href is not None
    second = await school.client.get(href.group(1).replace("&amp;", "&"))
    titles = [set(re.findall(r">(Talk \d+)<", page.text)) for page in (first, second)]
    assert [len(found) for found in titles] == [25, 2]
    assert not titles[0] & titles[1]


async def test_two_that_look_the_same_are_shown_side_by_side_and_joined(school: School) -> None:
    await school.post(talk("one", title="Engineers"))
    await school.post(talk("two", title="Meet engineers"))
    page = await look(school, "/activities/duplicates")
    assert "1 pair of 2025/26 may be the same encounter" in text_of(page)
    ids = re.findall(r'name="activity" value="([0-9a-f]{32})"', page.text)[:2]
    fields = [("key", key_of(page)), ("version", "1"), *(("activity", identity) for identity in ids)]
    answer = await fill_in(school, "/activities/duplicates/join", fields)
    assert answer.status_code == 303, text_of(answer)
    assert "Nothing looks as if it were recorded twice" in text_of(
        await look(school, "/activities/duplicates")
    )


async def test_two_that_are_not_the_same_are_suggested_no_more(school: School) -> None:
    await school.post(talk("one", title="Engineers"))
    await school.post(talk("two", title="Meet engineers"))
    page = await look(school, "/activities/duplicates")
    ids = re.findall(r'name="activity" value="([0-9a-f]{32})"', page.text)[:2]
    fields = [("key", key_of(page)), ("version", "1"), *(("activity", identity) for identity in ids)]
    assert (await fill_in(school, "/activities/duplicates/apart", fields)).status_code == 303
    assert "Nothing looks as if" in text_of(await look(school, "/activities/duplicates"))
    assert len((await school.get("/activities?academic_year=2025/26"))["activities"]) == 2


async def test_an_evaluation_takes_the_activity_off_the_list_of_the_day(school: School) -> None:
    receipt = await school.post(talk())
    assert "1 activity of this year" in text_of(await look(school))
    path = f"/activities/{receipt['activity_id']}/evaluate"
    key = key_of(await look(school, path))
    nothing = await fill_in(school, path, {"key": key, "who": "teacher"})
    assert nothing.status_code == 422
    assert "rate one thing at least" in text_of(nothing)
    fields = {"key": key, "who": "teacher", "rating-purpose": "4", "went_well": "They asked a lot."}
    assert (await fill_in(school, path, fields)).status_code == 303
    assert "Every activity of this year is evaluated." in text_of(await look(school))
    assert "They asked a lot." in text_of(await look(school, path))


async def test_a_school_without_a_roll_is_told_what_to_do_first(empty_school: School) -> None:
    assert "Import it first" in text_of(await look(empty_school))
    assert "Import the roll first" in text_of(await look(empty_school, "/activities/new"))
    assert "Import it first" in text_of(await look(empty_school, "/missing"))
    assert "Import it first" in text_of(await look(empty_school, "/pupils"))
    assert "Nothing is recorded yet" in text_of(await look(empty_school, "/activities"))


async def test_a_form_of_another_site_is_refused(school: School) -> None:
    fields = await three_clicks(school)
    answer = await fill_in(school, "/activities/new", fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert (await school.get("/activities?academic_year=2025/26"))["activities"] == []


async def test_a_governor_sees_no_pupils_and_a_head_records_nothing(school: School, token: TokenFor) -> None:
    governor = {"Authorization": f"Bearer {await token('governor', 'link_governor', URN)}"}
    head = {"Authorization": f"Bearer {await token('head', 'school_leader', URN)}"}
    for path in ("", "/activities", "/missing", "/pupils", "/data-protection"):
        assert (await look(school, path, headers=governor)).status_code == 403
    assert (await look(school, "/activities/new", headers=head)).status_code == 403
    today = await look(school, headers=head)
    assert today.status_code == 200
    assert "Record an activity" not in text_of(today)


async def test_what_is_looked_at_by_name_is_in_the_access_log(school: School) -> None:
    identity = str((await recorded(school)).url).split("/")[-1].split("?")[0]
    await look(school, f"/activities/{identity}/absences")
    assert ("leader", "activity.read", f"activities/{identity}") in await school.accesses()
    await look(school, "/missing/gb5.1?year_group=10")
    assert ("leader", "pupils.listed", "missing/2025/26/gb5.1") in await school.accesses()
    await look(school)
    assert ("leader", "conversations.listed", "follow-ups") in await school.accesses()
