"""The pages of pupils: who is missing what, finding somebody, a conversation with what was agreed."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.conftest import TokenFor
from tests.pupils.conftest import School, talk
from tests.pupils.test_conversations_api import TALK
from tests.pupils.test_pages_activities import fill_in, key_of, look, text_of
from tests.pupils.values import URN, upn

NOTHING_AGREED: Final = {"action-1": "", "due-1-day": "", "due-1-month": "", "due-1-year": ""}


async def conversation(school: School, ref: str, **changes: str) -> dict[str, str]:
    """Fill in the form of a conversation with one thing agreed, due the day before the tests' today."""
    page = await look(school, f"/pupils/{ref}/conversations/new")
    return {
        "key": key_of(page), "held_on-day": "1", "held_on-month": "6", "held_on-year": "2026",
        "said": "Wants to build boats.", "interests": "Boats\nThe sea",
        "action-1": "Ask the shipyard", "owner-1": "me",
        "due-1-day": "14", "due-1-month": "6", "due-1-year": "2026", "visibility": "staff",
    } | changes  # fmt: skip


async def test_a_figure_leads_to_the_names_behind_it_and_to_what_would_help(school: School) -> None:
    await school.post(talk(attendance={"pupils": [{"upn": upn(1)}, {"upn": upn(2)}]}))
    table = await look(school, "/missing")
    assert "Has a meaningful encounter with an employer every year" in text_of(table)
    assert re.search(r"missing/gb5\.1\?year_group=10[^>]*>4<", table.text)
    names = await look(school, "/missing/gb5.1?year_group=10")
    assert "4 of 6 pupils do not meet this yet; 33% do." in text_of(names)
    assert "Surname3, Forename3" in text_of(names)
    assert "Surname1, Forename1" not in text_of(names)
    assert "activity_type=employer_talk&amp;year_group=10" in names.text
    of_form = await look(school, "/missing/gb5.1?year_group=10&tutor_group=10A")
    assert "Surname3" in of_form.text
    assert "Surname4" not in of_form.text


async def test_pupils_who_are_missing_something_are_recorded_by_name(school: School) -> None:
    refs = [await school.ref(serial) for serial in (3, 4)]
    query = "&".join(f"pupil={ref}" for ref in refs)
    page = await look(school, f"/activities/new?activity_type=guidance_meeting_l6&{query}")
    assert "Forename3 Surname3" in text_of(page)
    fields = [
        ("key", key_of(page)), ("activity_type", "guidance_meeting_l6"), ("mode", "in_person"),
        ("held_on-day", "15"), ("held_on-month", "6"), ("held_on-year", "2026"),
        *(("pupil", ref) for ref in refs),
    ]  # fmt: skip
    answer = await fill_in(school, "/activities/new", fields)
    assert answer.status_code == 303, text_of(answer)
    assert await school.reached() == {"10 gb8": 2}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/missing/gb5.9?year_group=10", 404),
        ("/missing/gb5.1?year_group=99", 422),
        ("/missing/gb5.1?year_group=9", 404),
        ("/missing?academic_year=1925", 422),
        ("/pupils/0123456789abcdef", 404),
        ("/activities/" + "0" * 32, 404),
        ("/activities?after=nowhere", 422),
        ("/data-protection/access?before=0", 422),
    ],
)
async def test_what_is_not_there_is_said_in_words(school: School, path: str, status: int) -> None:
    answer = await look(school, path)
    assert answer.status_code == status
    assert "Go to the front page" in text_of(answer)


@pytest.mark.parametrize(
    ("name", "found"), [("surname10", 2), ("forename1 SURNAME1", 3), ("forename2", 1), ("nobody", 0)]
)
async def test_pupils_are_found_by_the_beginnings_of_their_names(
    school: School, name: str, found: int
) -> None:
    answer = await fill_in(school, "/pupils", {"name": name})
    assert answer.status_code == 200
    assert len(re.findall(r'/pupils/[0-9a-f]{16}">', answer.text)) == found


async def test_a_search_does_not_find_a_restricted_pupil(school: School) -> None:
    body = {"reason": "objection"}
    assert (await school.send("PUT", f"/pupils/{await school.ref(1)}/restriction", json=body)).is_success
    answer = await fill_in(school, "/pupils", {"name": "forename1 surname1"})
    assert "Forename1<" not in answer.text
    assert "restricted" not in text_of(answer)
    assert "1 more is not named" in text_of(await look(school, "/pupils?year_group=10"))


async def test_a_conversation_is_recorded_once_and_its_follow_up_is_due_until_done(school: School) -> None:
    ref = await school.ref(1)
    fields = await conversation(school, ref)
    for done in ("conversation", "conversation"):
        answer = await fill_in(school, f"/pupils/{ref}/conversations/new", fields)
        assert answer.headers["location"].endswith(f"/pupils/{ref}?done={done}")
    page = await look(school, f"/pupils/{ref}")
    assert page.text.count("Wants to build boats.") == 1
    assert "Interest: Boats" in text_of(page)
    assert "Ask the shipyard , by you, due 14 June 2026. Overdue" in text_of(page)
    assert "Forename1 Surname1: Ask the shipyard" in text_of(await look(school))

    path = re.search(r'action="/pupils/schools/\d+(/conversations/[^"]*done)"', page.text)
    assert path is not None
    answer = await fill_in(school, path.group(1), {"key": key_of(page), "outcome": "They will see her."})
    assert answer.status_code == 303
    assert "14 June 2026. Done 15 June 2026: They will see her." in text_of(
        await look(school, f"/pupils/{ref}")
    )
    assert "Nothing is due." in text_of(await look(school))


@pytest.mark.parametrize(
    ("changes", "message", "field"),
    [
        ({"said": ""}, "What was said is missing", "said"),
        ({"held_on-day": "16"}, "The date is in the future", "held_on-day"),
        ({"due-1-day": ""}, "The day of what was agreed (1) is not a date", "due-1-day"),
        ({"due-1-day": "1", "due-1-month": "5"}, "The day of what was agreed (1) is before", "due-1-day"),
        ({"action-1": ""}, "What was agreed (1) is missing", "action-1"),
        ({**NOTHING_AGREED, "action-3": "x"}, "(3) is not a date", "due-3-day"),
        ({"said": "x" * 4001}, "What was said has more than 4,000 characters", "said"),
        ({"safeguarding_referral": "she told me"}, "The case number is not one of", "safeguarding_referral"),
    ],
)  # fmt: skip
async def test_a_conversation_that_cannot_be_is_asked_again(
    school: School, changes: dict[str, str], message: str, field: str
) -> None:
    ref = await school.ref(1)
    answer = await fill_in(
        school, f"/pupils/{ref}/conversations/new", await conversation(school, ref, **changes)
    )
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert f'href="#{field}"' in answer.text
    assert await school.documents("conversations") == []


async def test_a_teacher_sees_own_follow_ups_and_no_talk_that_is_for_the_careers_leader(
    school: School, token: TokenFor
) -> None:
    ref = await school.ref(1)
    body = TALK | {"pupil": ref, "visibility": "careers_leader", "said": "Between us."}
    assert (await school.send("POST", "/conversations", json=body)).status_code == 201
    open_to_staff = await conversation(school, await school.ref(2), said="Open to staff.")
    await fill_in(school, f"/pupils/{await school.ref(2)}/conversations/new", open_to_staff)
    teacher = {"Authorization": f"Bearer {await token('teacher', 'teacher', URN)}"}
    page = await look(school, f"/pupils/{ref}", headers=teacher)
    assert "Between us." not in page.text
    assert "1 more conversation is for the Careers Leader only." in text_of(page)
    assert "Rights and the whole record" not in text_of(page)
    today = await look(school, headers=teacher)
    assert "Ask the shipyard" not in text_of(today)
    assert (await look(school, "/data-protection", headers=teacher)).status_code == 403
    assert (await look(school, "/roll", headers=teacher)).status_code == 403


async def test_a_pupil_of_another_school_is_nobody(school: School, token: TokenFor) -> None:
    ref = await school.ref(1)
    neighbour = {"Authorization": f"Bearer {await token('neighbour', 'careers_leader', '147467')}"}
    theirs = await school.client.get(f"/pupils/schools/147467/pupils/{ref}", headers=neighbour)
    nobodys = await school.client.get("/pupils/schools/147467/pupils/0123456789abcdef", headers=neighbour)
    assert (theirs.status_code, theirs.text.replace(ref, "")) == (
        404,
        nobodys.text.replace("0123456789abcdef", ""),
    )
    assert (await look(school, f"/pupils/{ref}", headers=neighbour)).status_code == 404
