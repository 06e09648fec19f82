"""The statutory checklist through the routes: stated item by item, kept in versions, summed up."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

import pytest

from contracts.vocabulary import AcademicYear
from services.audit.commands.statutory import Asked, state_item
from services.audit.model.statutory import Statement
from services.runtime.errors import ConflictError
from services.runtime.uow import Actor, UnitOfWork
from tests.audit.conftest import OTHER_URN, URN, School, problems_of

CHECKLIST: Final = "/statutory-checklist"
YEAR: Final = "2025/26"
CANARY: Final = "Siân Canary-Name"
PARTICULARS: Final[dict[str, Any]] = {
    "version": 0,
    "setting": "school",
    "has_post16": False,
    "careers_leader": {"name": CANARY, "email": "careers@school.example", "telephone": "01202 123456"},
    "link_governor": {"name": "G. Overnor"},
    "provider_access": {"url": "https://www.school.example/access.pdf", "review_on": "2026-12-01"},
    "information_review_on": "2026-09-01",
}
PUBLISHED: Final[dict[str, Any]] = {
    "version": 0,
    "state": "met",
    "url": "https://www.school.example/careers",
    "last_checked_on": "2026-05-20",
}


async def stated(school: School, **changes: Any) -> School:  # noqa: ANN401 - fields of a body
    """State the particulars, which must go in."""
    await school.put(f"{CHECKLIST}/particulars", PARTICULARS | changes)
    return school


async def item(school: School, identity: str) -> dict[str, Any]:
    """Read one item of the current checklist."""
    checklist = await school.get(CHECKLIST)
    (found,) = [one for one in checklist["items"] if one["id"] == identity]
    return dict(found)


async def test_a_school_that_has_stated_nothing_sees_all_items_and_what_is_missing(school: School) -> None:
    checklist = await school.get(CHECKLIST)

    assert checklist["academic_year"] == YEAR
    assert [one["id"] for one in checklist["items"]] == [f"st.{number}" for number in range(1, 18)]
    assert {one["state"] for one in checklist["items"]} == {"not_stated"}
    assert checklist["particulars"] == {"version": 0}
    assert (checklist["duties"]["met"], checklist["duties"]["percent"]) == (0, 0)
    assert checklist["overdue"] == ["st.2", "st.3", "st.4", "st.5", "st.6"]
    assert [problem["where"] for problem in checklist["missing_for_publication"]] == [
        "st.2", "careers_leader", "st.3", "st.4", "st.5", "information_review_on", "st.6", "provider_access",
    ]  # fmt: skip


async def test_what_is_stated_is_shown_with_who_checked_it_and_when_it_is_due_again(school: School) -> None:
    await stated(school)

    put = await school.put(f"{CHECKLIST}/items/st.3", PUBLISHED | {"note": "Four pages, one an audience."})

    shown = await item(school, "st.3")
    assert shown["stated"] == put
    assert (put["version"], put["state"], put["checked_by"]) == (1, "met", "leader")
    assert put["next_check_on"] == "2026-12-31", "summer's check is repeated by the end of autumn"
    assert put["checklist_version"] == (await school.get(CHECKLIST))["checklist_version"]
    assert shown["overdue"] is False


async def test_a_page_is_overdue_once_its_day_has_passed(school: School) -> None:
    await stated(school)
    await school.put(f"{CHECKLIST}/items/st.3", PUBLISHED | {"next_check_on": "2026-06-14"})
    await school.put(f"{CHECKLIST}/items/st.4", PUBLISHED | {"next_check_on": "2026-06-15"})

    assert (await school.get(CHECKLIST))["overdue"] == ["st.2", "st.3", "st.5", "st.6"]


async def test_the_share_is_floored_and_100_only_when_every_applicable_duty_is_met(school: School) -> None:
    await stated(school)
    duties = [one["id"] for one in (await school.get(CHECKLIST))["items"] if one["force"] == "duty"]
    for identity in duties[:-1]:
        await school.put(f"{CHECKLIST}/items/{identity}", PUBLISHED)

    almost = (await school.get(CHECKLIST))["duties"]
    await school.put(f"{CHECKLIST}/items/{duties[-1]}", PUBLISHED)
    whole = (await school.get(CHECKLIST))["duties"]

    assert almost == {"applicable": 11, "met": 10, "percent": 90, "all_met": False}
    assert whole == {"applicable": 11, "met": 11, "percent": 100, "all_met": True}


async def test_a_duty_that_is_said_not_to_apply_leaves_the_denominator_with_its_reason(
    school: School,
) -> None:
    await stated(school)
    body = {"version": 0, "state": "not_applicable", "reason": "No placements are made."}

    await school.put(f"{CHECKLIST}/items/st.17", body)

    assert (await school.get(CHECKLIST))["duties"]["applicable"] == 10
    assert (await item(school, "st.17"))["reason"] == "No placements are made."


async def test_a_college_is_bound_by_no_duty_of_schools_and_a_sixth_form_reads_of_its_phase(
    school: School,
) -> None:
    await stated(school, setting="college", has_post16=True)
    college = await school.get(CHECKLIST)
    await stated(school, version=1, has_post16=True)

    states = {one["id"]: one["state"] for one in college["items"]}
    assert (states["st.2"], states["st.7"], states["st.14"]) == (
        "not_applicable",
        "not_applicable",
        "not_stated",
    )
    assert college["missing_for_publication"] == []
    assert "Year 12" in (await item(school, "st.7"))["detail"]


async def test_a_duty_of_a_later_day_does_not_bind_an_earlier_year(school: School) -> None:
    query = "?academic_year=2024/25"
    await school.put(f"{CHECKLIST}/particulars{query}", PARTICULARS)

    earlier = {one["id"]: one["state"] for one in (await school.get(f"{CHECKLIST}{query}"))["items"]}

    assert (earlier["st.15"], earlier["st.16"], earlier["st.14"]) == (
        "not_applicable", "not_applicable", "not_stated",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("identity", "changes", "where"),
    [
        ("st.3", {"state": "nearly"}, "body.state"),
        ("st.3", {"url": "ftp://school.example/careers"}, "url"),
        ("st.3", {"url": "javascript:alert(1)"}, "url"),
        ("st.3", {"url": "https://school.example@elsewhere.example/"}, "url"),
        ("st.3", {"url": "https://school.example/a b"}, "url"),
        ("st.3", {"url": "https://school.example/" + "x" * 2_000}, "body.url"),
        ("st.3", {"url": None}, "url"),
        ("st.3", {"last_checked_on": "2026-06-16"}, "last_checked_on"),
        ("st.3", {"last_checked_on": "16 June"}, "body.last_checked_on"),
        ("st.3", {"next_check_on": "2026-05-20"}, "next_check_on"),
        ("st.1", {"last_checked_on": None, "next_check_on": "2026-09-20"}, "next_check_on"),
        ("st.3", {"state": "not_applicable"}, "reason"),
        ("st.3", {"reason": "because"}, "reason"),
        ("st.3", {"note": "x" * 2_001}, "body.note"),
        ("st.3", {"note": "hidden \u202e text"}, "body.note"),
        ("st.3", {"version": -1}, "body.version"),
        ("st.3", {"checked_by": "somebody"}, "body.checked_by"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_place_and_stores_nothing(
    school: School, identity: str, changes: dict[str, Any], where: str
) -> None:
    await stated(school)

    answer = await school.send("PUT", f"{CHECKLIST}/items/{identity}", json=PUBLISHED | changes)

    assert answer.status_code == 422
    assert list(problems_of(answer)) == [where]
    assert [document["items"] for document in await school.documents("statutory")] == [[]]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"setting": "nursery"}, "body.setting"),
        ({"has_post16": "yes"}, "body.has_post16"),
        ({"careers_leader": {"name": ""}}, "body.careers_leader.name"),
        ({"careers_leader": {"name": CANARY, "email": "not an address"}}, "body.careers_leader.email"),
        ({"careers_leader": {"name": CANARY, "telephone": "ask"}}, "body.careers_leader.telephone"),
        ({"link_governor": {"name": CANARY, "email": "g@school.example"}}, "body.link_governor.email"),
        (
            {"provider_access": {"url": "file:///etc/passwd", "review_on": "2026-12-01"}},
            "provider_access.url",
        ),
        ({"information_review_on": "soon"}, "body.information_review_on"),
    ],
)
async def test_particulars_that_make_no_sense_are_refused_without_being_repeated(
    school: School, changes: dict[str, Any], where: str
) -> None:
    answer = await school.send("PUT", f"{CHECKLIST}/particulars", json=PARTICULARS | changes)

    assert answer.status_code == 422
    assert list(problems_of(answer)) == [where]
    assert CANARY not in answer.text
    assert await school.documents("statutory") == []


async def test_an_item_that_does_not_bind_can_only_be_not_applicable(school: School) -> None:
    await stated(school, setting="college")

    answer = await school.send("PUT", f"{CHECKLIST}/items/st.2", json=PUBLISHED)

    assert answer.status_code == 422
    assert "school, special" in problems_of(answer)["state"]


async def test_an_unknown_item_and_an_unknown_year_are_refused(school: School) -> None:
    await stated(school)
    unknown = await school.send("PUT", f"{CHECKLIST}/items/st.18", json=PUBLISHED)
    year = await school.send("GET", f"{CHECKLIST}?academic_year=2025/27")

    assert (unknown.status_code, year.status_code) == (404, 422)
    assert "st.1 to st.17" in unknown.json()["detail"]
    assert list(problems_of(year)) == ["academic_year"]


async def test_particulars_come_first(school: School) -> None:
    answer = await school.send("PUT", f"{CHECKLIST}/items/st.3", json=PUBLISHED)

    assert answer.status_code == 409
    assert "particulars first" in answer.json()["detail"]
    assert await school.documents("statutory") == []


async def test_of_two_editors_the_second_is_told_the_current_version(school: School) -> None:
    await stated(school)
    await school.put(f"{CHECKLIST}/items/st.3", PUBLISHED)
    colleague = await school.as_somebody("head", "school_leader")

    late = await colleague.send("PUT", f"{CHECKLIST}/items/st.3", json=PUBLISHED | {"state": "partly"})
    particulars = await colleague.send(
        "PUT", f"{CHECKLIST}/particulars", json=PARTICULARS | {"has_post16": True}
    )
    elsewhere = await colleague.send("PUT", f"{CHECKLIST}/items/st.4", json=PUBLISHED)

    assert (late.status_code, particulars.status_code, elsewhere.status_code) == (409, 409, 200)
    assert "version 1" in late.json()["detail"]
    assert (await item(school, "st.3"))["state"] == "met"


async def test_two_that_state_at_the_same_moment_lose_nothing(school: School) -> None:
    await stated(school)
    bodies = [PUBLISHED | {"note": f"by {number}"} for number in range(4)]

    answers = await asyncio.gather(
        *(school.send("PUT", f"{CHECKLIST}/items/st.3", json=body) for body in bodies)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    (winner,) = [answer.json()["note"] for answer in answers if answer.status_code == 200]
    assert (await item(school, "st.3"))["stated"]["note"] == winner


async def test_another_process_that_was_first_is_not_overwritten(school: School) -> None:
    """The other commits after this one has read: this one's writes are refused, it runs again and is told."""
    await stated(school)
    here = school.context
    asked, attempts = Asked(AcademicYear(YEAR), "st.1", 0), list[int]()

    async def overtaken(unit: UnitOfWork) -> None:
        await unit.collection("statutory").get(YEAR)
        if not attempts:
            attempts.append(1)
            await school.put(f"{CHECKLIST}/items/st.1", {"version": 0, "state": "met"})
        await state_item(unit, asked, Statement("not_met"))

    with pytest.raises(ConflictError, match="version 1"):
        await here.in_school(Actor("leader"), URN, overtaken)
    assert (await item(school, "st.1"))["state"] == "met"


async def test_the_same_again_changes_nothing_whatever_version_was_seen(school: School) -> None:
    await stated(school)
    first = await school.put(f"{CHECKLIST}/items/st.3", PUBLISHED)
    again = await school.put(f"{CHECKLIST}/items/st.3", PUBLISHED)

    assert again == first
    assert await stated(school)
    assert (await school.get(CHECKLIST))["particulars"]["version"] == 1


async def test_every_version_is_kept_and_a_note_does_not_make_a_check(school: School) -> None:
    await stated(school)
    colleague = await school.as_somebody("head", "school_leader")
    await school.put(f"{CHECKLIST}/items/st.3", PUBLISHED)
    await colleague.put(f"{CHECKLIST}/items/st.3", PUBLISHED | {"version": 1, "note": "Looks well."})
    looked = PUBLISHED | {"version": 2, "last_checked_on": "2026-06-01", "state": "partly"}
    await colleague.put(f"{CHECKLIST}/items/st.3", looked)

    versions = (await school.get(f"{CHECKLIST}/items/st.3"))["versions"]

    assert [(one["version"], one["state"], one["checked_by"]) for one in versions] == [
        (3, "partly", "head"),
        (2, "met", "leader"),
        (1, "met", "leader"),
    ]


async def test_others_read_and_only_leaders_state(school: School) -> None:
    await stated(school)
    for role in ("teacher", "link_governor", "enterprise_adviser"):
        reader = await school.as_somebody(role, role)
        assert (await reader.send("GET", CHECKLIST)).status_code == 200
        assert (await reader.send("PUT", f"{CHECKLIST}/items/st.3", json=PUBLISHED)).status_code == 403
    stranger = await school.as_somebody("stranger", "careers_leader", OTHER_URN)
    assert (await stranger.send("GET", CHECKLIST)).status_code == 404


async def test_names_are_nowhere_but_in_the_schools_database_and_every_touch_is_logged(
    school: School,
) -> None:
    await stated(school)
    await school.put(f"{CHECKLIST}/items/st.2", PUBLISHED)
    await school.get(CHECKLIST)
    await school.get(f"{CHECKLIST}/items/st.2")

    assert await school.accesses() == [
        ("leader", "statutory.particulars_stated", "statutory/2025/26/particulars"),
        ("leader", "statutory.stated", "statutory/2025/26/st.2"),
        ("leader", "statutory.read", "statutory/2025/26"),
        ("leader", "statutory.read", "statutory/2025/26/st.2"),
    ]
    assert await school.context.ledger.read(URN, 0, 10) == []
    assert dt.date.fromisoformat((await item(school, "st.2"))["stated"]["next_check_on"]) > dt.date(
        2026, 6, 15
    )
