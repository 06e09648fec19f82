"""The pages of data protection: who looked, the whole record, links, requests, restriction, erasure."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Final

import pytest

from services.pupils.views import access
from services.pupils.views.access import AccessAsked, accesses
from services.runtime.uow import Actor
from tests.conftest import TokenFor
from tests.pupils.conftest import School, roll_csv
from tests.pupils.test_pages_activities import fill_in, key_of, look, text_of
from tests.pupils.values import URN

TODAY: Final = {"-day": "15", "-month": "6", "-year": "2026"}


async def rights(school: School, serial: int = 1) -> tuple[str, str]:
    """Open a pupil's rights; returns the path of the page, and a key."""
    path = f"/data-protection/pupils/{await school.ref(serial)}"
    page = await look(school, path)
    assert page.status_code == 200, text_of(page)
    return path, key_of(page)


async def test_the_access_log_is_read_back_in_pages_and_reading_it_is_in_it(full_school: School) -> None:
    for _ in range(60):
        await look(full_school, "/missing/gb5.1?year_group=10")
    first = await look(full_school, "/data-protection/access")
    assert first.text.count("<code") == 50
    assert "Access: read" in text_of(first)
    href = re.search(r'href="([^"]*before=\d+)"', first.text)
    assert href is not None
    second = await full_school.client.get(href.group(1).replace("&amp;", "&"))
    assert second.text.count("<code") > 10
    assert "Surname" not in first.text + second.text


async def test_the_access_log_of_one_pupil_is_about_nobody_else(full_school: School) -> None:
    ref = await full_school.ref(1)
    other = await full_school.ref(2)
    await look(full_school, f"/pupils/{ref}")
    await look(full_school, f"/pupils/{other}")
    page = await look(full_school, f"/data-protection/access?pupil={ref}")
    assert "Pupil: read" in text_of(page)
    assert other not in page.text


async def test_the_access_log_of_a_day_is_that_day_in_england(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "ROWS_AT_ONCE", 3)
    moments = [
        dt.datetime(2026, 6, day, hour, 30, tzinfo=dt.UTC) for day in (9, 10, 11) for hour in (0, 12, 23)
    ]
    for number, moment in enumerate(moments):
        school.context.clock = lambda at=moment: at  # type: ignore[misc]
        await school.context.read_logged(Actor("somebody"), school.urn, "pupil.read", f"pupils/{number:016x}")
    found = await accesses(school.context, school.urn, AccessAsked(dt.date(2026, 6, 10), None, None, 50))
    # 23:30 in June's UTC is half past midnight of the next day in England.
    assert [entry["of"][-1] for entry in found["entries"]] == ["4", "3", "2"]
    assert found["next"] is None

    everything, before = [], None
    while True:
        part = await accesses(school.context, school.urn, AccessAsked(None, None, before, 2))
        everything += part["entries"]
        before = part["next"]
        if before is None:
            break
    rows = await school.documents("access_log")
    assert len(everything) == sum(len(row["entries"]) for row in rows)


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01"])
async def test_a_day_that_there_is_not_is_said(school: School, day: str) -> None:
    page = await look(school, f"/data-protection/access?day={day}")
    assert "The day is not a date" in text_of(page)


async def test_the_whole_record_opens_as_a_page_and_as_a_file(full_school: School) -> None:
    path, _ = await rights(full_school)
    page = await look(full_school, f"{path}/record")
    assert "Your careers record" in text_of(page)
    file = await look(full_school, f"{path}/record.json")
    assert file.headers["content-disposition"].startswith("attachment")
    assert json.loads(file.text)["format"] == "careers-hub-pupil-record-1"
    ref = path.rsplit("/", 1)[1]
    exported = [entry for entry in await full_school.accesses() if entry[1] == "pupil.exported"]
    assert exported == [("leader", "pupil.exported", f"pupils/{ref}/record")] * 2


async def test_a_link_is_shown_once_opens_the_record_and_ends(school: School) -> None:
    path, key = await rights(school)
    made = await fill_in(school, f"{path}/links", {"key": key, "days": "3"})
    link = re.search(r"https?://[^\s<]+(/pupils/links/[^\s<]*)", made.text)
    assert link is not None, text_of(made)
    headers = {"Authorization": ""}
    assert "Your careers record" in text_of(await school.client.get(link.group(1), headers=headers))
    again = await look(school, path)
    assert link.group(1) not in again.text
    end = re.search(r'action="/pupils/schools/\d+([^"]*/end)"', again.text)
    assert end is not None
    assert (await fill_in(school, end.group(1), {"key": key_of(again)})).status_code == 303
    assert (await school.client.get(link.group(1), headers=headers)).status_code == 404


@pytest.mark.parametrize("days", ["", "0", "31", "a week"])
async def test_a_link_of_no_days_or_too_many_is_asked_again(school: School, days: str) -> None:
    path, key = await rights(school)
    answer = await fill_in(school, f"{path}/links", {"key": key, "days": days})
    assert answer.status_code == 422
    assert 'href="#days"' in answer.text
    assert await school.documents("links") == []


async def test_a_request_waits_until_it_is_answered_with_a_reason_if_it_is_refused(school: School) -> None:
    path, key = await rights(school)
    fields = {
        "key": key, "about": "pupil", "asked_by": "parent", "text": "Her name is Ann.",
        **{f"received_on{part}": value for part, value in TODAY.items()},
    }  # fmt: skip
    assert (await fill_in(school, f"{path}/requests", fields | {"text": ""})).status_code == 422
    for _ in range(2):
        assert (await fill_in(school, f"{path}/requests", fields)).status_code == 303
    page = await look(school, "/data-protection/requests")
    assert page.text.count("Her name is Ann.") == 1
    assert "answer by 15 July 2026" in text_of(page)
    action = re.search(r'action="/pupils/schools/\d+([^"]*/answer)"', page.text)
    assert action is not None
    refused = {"key": key_of(page), "outcome": "refused", "text": ""}
    answer = await fill_in(school, action.group(1), refused)
    assert answer.status_code == 422
    assert "needs a text: say why" in text_of(answer)
    assert (await fill_in(school, action.group(1), refused | {"text": "It is Anna."})).status_code == 303
    assert "Nothing waits for an answer." in text_of(await look(school, "/data-protection/requests"))
    assert "refused (It is Anna.)" in text_of(await look(school, path))


async def test_a_restricted_record_is_for_whoever_answers_for_rights_alone(
    school: School, token: TokenFor
) -> None:
    path, key = await rights(school)
    assert (await fill_in(school, f"{path}/restriction", {"key": key, "reason": ""})).status_code == 422
    answer = await fill_in(school, f"{path}/restriction", {"key": key, "reason": "objection"})
    assert answer.status_code == 303
    ref = path.rsplit("/", 1)[1]
    teacher = {"Authorization": f"Bearer {await token('teacher', 'teacher', URN)}"}
    assert (await look(school, f"/pupils/{ref}", headers=teacher)).status_code == 403
    assert (await look(school, f"/pupils/{ref}/conversations/new", headers=teacher)).status_code == 409
    assert (await look(school, f"/pupils/{ref}")).status_code == 200
    assert "Surname1, Forename1" in text_of(await look(school, "/data-protection"))

    end = f"{path}/restriction/end"
    key = key_of(await look(school, path))
    assert (await fill_in(school, end, {"key": key})).status_code == 422
    told = {f"pupil_told_on{part}": value for part, value in TODAY.items()}
    assert (await fill_in(school, end, {"key": key} | told)).status_code == 303
    assert "No record is restricted." in text_of(await look(school, "/data-protection"))


async def test_a_record_is_erased_only_by_whoever_is_certain_and_leaves_a_receipt(
    full_school: School,
) -> None:
    path, _ = await rights(full_school)
    key = key_of(await look(full_school, f"{path}/erase"))
    unsure = await fill_in(full_school, f"{path}/erase", {"key": key, "reason": "request"})
    assert unsure.status_code == 422
    assert "Tick that you are certain" in text_of(unsure)
    no_reason = await fill_in(full_school, f"{path}/erase", {"key": key, "certain": "yes"})
    assert no_reason.status_code == 422
    done = await fill_in(full_school, f"{path}/erase", {"key": key, "reason": "request", "certain": "yes"})
    assert done.status_code == 303
    receipt = await full_school.client.get(done.headers["location"])
    assert "The record is erased" in text_of(receipt)
    assert "Surname1" not in receipt.text
    assert (await look(full_school, path)).status_code == 404
    again = await fill_in(full_school, f"{path}/erase", {"key": key, "reason": "request", "certain": "yes"})
    assert again.status_code == 404

    lift = re.search(r'action="/pupils/schools/\d+([^"]*/lift)"', receipt.text)
    assert lift is not None
    assert (await fill_in(full_school, lift.group(1), {"key": key_of(receipt)})).status_code == 303
    assert "may bring this pupil back, since" in text_of(await look(full_school, "/data-protection/erasures"))


async def test_a_school_chooses_when_names_go(school: School) -> None:
    key = key_of(await look(school, "/data-protection/retention"))
    fields = {"key": key, "pseudonymise_after_days": "400", "pseudonymise": "ask", "erase": "ask"}
    refused = await fill_in(school, "/data-protection/retention", fields)
    assert refused.status_code == 422
    assert "The number of days is not from 0 to 365" in text_of(refused)
    fields |= {"pseudonymise_after_days": "60"}
    assert (await fill_in(school, "/data-protection/retention", fields)).status_code == 303
    chosen = await school.get("/retention/settings")
    assert (chosen["pseudonymise_after_days"], chosen["pseudonymise"], chosen["erase"]) == (60, "ask", "ask")


async def test_names_of_leavers_go_when_somebody_says_so(full_school: School) -> None:
    await full_school.put_roll(roll_csv([2, 3, 4, 5, 6, 101, 102]))
    now = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
    full_school.context.clock = lambda: now
    page = await look(full_school, "/data-protection/retention")
    assert "1 due to go now." in text_of(page)
    answer = await fill_in(full_school, "/data-protection/retention/names", {"key": key_of(page)})
    assert answer.status_code == 303
    assert "0 due to go now." in text_of(await look(full_school, "/data-protection/retention"))
