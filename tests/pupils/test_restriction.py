"""Restriction: a record is kept and not used, and no route forgets it."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import pytest

from services.pupils.model.restriction import REASONS, Restriction, RestrictionId, Use, refuse_use
from services.pupils.service import SERVICE
from services.runtime.errors import ConflictError, ForbiddenError, HubError
from services.web.routing import PageRoute
from tests.conftest import TokenFor
from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.test_conversations_api import DONE, TALK, as_somebody, record
from tests.pupils.test_destinations import COLLEGE
from tests.pupils.test_interests import BUILDER
from tests.pupils.test_plans_api import make
from tests.pupils.test_rectifications import ASKED
from tests.pupils.test_self_assessments import BEFORE
from tests.pupils.values import TODAY

CONTESTED: Final = {"reason": "accuracy_contested"}
LIFTED: Final = {"pupil_told_on": "2026-06-15"}
INTENTION: Final = {"status": "training", "words": "Sail", "said_on": "2026-02-03"}

# Every route about one pupil, with a body, and what it answers to a teacher and to the Careers Leader while
# the record is restricted. A new route is not here, and fails the test until somebody decides.
Answers = tuple[dict[str, Any] | None, int, int]
READ: Final[Answers] = (None, 403, 200)
RIGHTS: Final[Answers] = (None, 403, 200)
ROUTES: Final[dict[tuple[str, str], Answers]] = {
    ("GET", "/pupils/{ref}"): READ,
    ("GET", "/pupils/{ref}/conversations"): READ,
    ("GET", "/pupils/{ref}/interests"): READ,
    ("GET", "/pupils/{ref}/destinations"): READ,
    ("GET", "/pupils/{ref}/self-assessments"): READ,
    ("POST", "/pupils/{ref}/interests"): (BUILDER, 409, 409),
    ("POST", "/pupils/{ref}/intentions"): (INTENTION, 409, 409),
    ("POST", "/pupils/{ref}/destinations"): (COLLEGE, 409, 409),
    ("POST", "/pupils/{ref}/self-assessments"): (BEFORE, 409, 409),
    ("GET", "/pupils/{ref}/record"): RIGHTS,
    ("GET", "/pupils/{ref}/record.html"): RIGHTS,
    ("GET", "/pupils/{ref}/record/links"): RIGHTS,
    ("POST", "/pupils/{ref}/record/links"): ({}, 403, 201),
    ("POST", "/pupils/{ref}/record/links/{identity}/revocation"): (None, 403, 404),
    # A request may be handed to anybody, about a restricted record too.
    ("POST", "/pupils/{ref}/rectifications"): (ASKED, 201, 200),
    ("GET", "/pupils/{ref}/rectifications"): RIGHTS,
    ("PUT", "/pupils/{ref}/restriction"): (CONTESTED, 403, 200),
    ("POST", "/pupils/{ref}/restriction/lifting"): (LIFTED, 403, 200),
    ("POST", "/pupils/{ref}/erasure"): ({"reason": "request"}, 403, 200),
}
LAST: Final = (("POST", "/pupils/{ref}/restriction/lifting"), ("POST", "/pupils/{ref}/erasure"))
"""They end the restriction."""


@pytest.fixture
async def school(full_school: School) -> School:
    return full_school


async def restrict(school: School, ref: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    answer = await school.send("PUT", f"/pupils/{ref}/restriction", json=CONTESTED | body)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def routes_about_one_pupil() -> set[tuple[str, str]]:
    found = (route for router in SERVICE.routers for route in router.routes)
    return {
        (method, route.path.partition("{urn}")[2])
        for route in found
        # Pages have the same views and commands behind them: `test_pages_data_protection.py`.
        if "{ref}" in route.path and not isinstance(route, PageRoute)
        for method in route.methods or ()
    }


def test_every_route_about_one_pupil_is_decided() -> None:
    assert routes_about_one_pupil() == ROUTES.keys()


async def test_no_route_forgets_that_a_record_is_restricted(school: School, token: TokenFor) -> None:
    ref = await school.ref(1)
    teacher = await as_somebody(school, token, "teacher", "teacher")
    before = {name: await school.documents(name) for name in ("interests", "destination_spells")}
    await restrict(school, ref)
    wrong = []

    for route in sorted(ROUTES, key=lambda route: (route in LAST, LAST.index(route) if route in LAST else 0)):
        body, to_teacher, to_leader = ROUTES[route]
        method, path = route
        if route in LAST:
            await restrict(school, ref)
        for who, expected in ((teacher, to_teacher), (school, to_leader)):
            options = {} if body is None else {"json": body}
            url = path.replace("{ref}", ref).replace("{identity}", "0" * 32)
            answer = await who.send(method, url, **options)
            if answer.status_code != expected:
                wrong.append((method, path, expected, answer.status_code, answer.text))

    assert wrong == []
    erased = {name: await school.documents(name) for name in before}
    assert before["interests"], "or there was nothing to protect"
    assert not any(erased.values()), "the last route was the erasure"


@pytest.mark.parametrize("reason", REASONS)
def test_what_a_restricted_record_is_for(reason: Any) -> None:  # noqa: ANN401 - one of the reasons
    restriction = Restriction(RestrictionId("0" * 32), reason, TODAY)
    refused = {use: refusal_of(restriction, None, use) for use in Use}
    assert refused == {
        Use.RIGHTS: None,
        Use.SHOWN: ForbiddenError,
        Use.RECORDED: ConflictError,
        Use.TRACKED: ConflictError,
        Use.PUT_RIGHT: None,
    }
    assert {use: refusal_of(None, None, use) for use in Use} == dict.fromkeys(Use)


def refusal_of(restriction: Restriction | None, day: Any, use: Use) -> type[HubError] | None:  # noqa: ANN401
    try:
        refuse_use(restriction, day, use)
    except HubError as refusal:
        return type(refusal)
    return None


async def test_what_is_found_by_its_own_id_is_restricted_too(school: School, token: TokenFor) -> None:
    ref = await school.ref(1)
    teacher = await as_somebody(school, token, "teacher", "teacher")
    conversation = (await school.get(f"/pupils/{ref}/conversations"))["conversations"][0]
    spell = (await school.get(f"/pupils/{ref}/destinations"))["actual"][0]["destination_id"]
    interest = next(
        one["interest_id"]
        for one in (await school.get(f"/pupils/{ref}/interests"))["interests"]
        if one["interest_id"]
    )
    await restrict(school, ref)
    talk_path = f"/conversations/{conversation['conversation_id']}"
    correction = TALK | {"said": "Wants to sail boats.", "version": conversation["version"]}
    requests: list[tuple[str, str, dict[str, Any] | None, int, int]] = [
        ("GET", talk_path, None, 403, 200),
        ("POST", "/conversations", TALK | {"pupil": ref, "said": "Again."}, 409, 409),
        ("POST", f"{talk_path}/actions/1/done", DONE, 409, 409),
        ("POST", f"/destinations/{spell}/seen", {"seen_on": "2026-06-01"}, 409, 409),
        # To put right what is wrong is what the restriction is for.
        ("PUT", talk_path, correction, 409, 200),
        ("POST", f"/interests/{interest}/retraction", None, 409, 200),
        ("POST", f"/destinations/{spell}/retraction", None, 409, 200),
    ]
    for method, path, body, to_teacher, to_leader in requests:
        options = {} if body is None else {"json": body}
        assert (await teacher.send(method, path, **options)).status_code == to_teacher, path
        assert (await school.send(method, path, **options)).status_code == to_leader, path


async def test_lists_count_restricted_pupils_and_do_not_name_them(school: School, token: TokenFor) -> None:
    ref = await school.ref(1)
    teacher = await as_somebody(school, token, "teacher", "teacher")
    coverage = await school.get("/coverage?academic_year=2025/26")
    table = await school.get("/criteria?academic_year=2025/26")
    plan = (await make(school, planned_on="2026-06-20", invited={"year_groups": [10]}))["plan_id"]
    await restrict(school, ref)

    for path in (
        f"/plans/{plan}/invited",
        "/pupils?academic_year=2025/26",
        "/missing/conversations?academic_year=2025/26",
        "/missing/gb4.1?academic_year=2025/26&year_group=10",
        "/follow-ups?due_before=2027-01-01",
    ):
        answer = await teacher.send("GET", path)
        assert answer.status_code == 200, path
        assert ref not in answer.text, path
        assert '"Surname1"' not in answer.text, path
    invited = await teacher.get(f"/plans/{plan}/invited")
    assert (invited["total"], invited["restricted"]) == (5, 1)
    listed = await teacher.get("/pupils?academic_year=2025/26")
    assert (listed["total"], listed["restricted"], len(listed["pupils"])) == (7, 1, 7)
    follow_ups = await teacher.get("/follow-ups")
    assert (follow_ups["follow_ups"], follow_ups["restricted"]) == ([], 2)
    assert await school.get("/coverage?academic_year=2025/26") == coverage
    assert await school.get("/criteria?academic_year=2025/26") == table
    (found,) = (await school.get("/restrictions"))["restricted"]
    assert (found["pupil"], found["surname"]) == (ref, "Surname1")


async def test_those_who_miss_something_are_counted_and_not_named(school: School) -> None:
    ref = await school.ref(2)
    path = "/missing/gb4.1?academic_year=2025/26&year_group=10"
    before = await school.get(path)
    assert ref in {pupil["pupil"] for pupil in before["pupils"]}
    await restrict(school, ref)

    after = await school.get(path)

    assert (after["missing"], after["applies_to"]) == (before["missing"], before["applies_to"])
    assert (after["total"], after["restricted"]) == (before["total"] - 1, 1)
    assert ref not in {pupil["pupil"] for pupil in after["pupils"]}


async def test_attendance_of_a_group_still_counts(school: School) -> None:
    await restrict(school, await school.ref(2))
    before = (await school.reached())["10 gb5"]
    receipt = await school.post(talk("group-talk", title="Another", held_on="2026-03-09"))
    assert (before, receipt["year_groups"][0]["attended"]) == (6, 6)


async def test_the_local_authority_gets_who_a_restricted_leaver_is_and_no_more(school: School) -> None:
    ref = await school.ref(1)
    path = "/destinations/export?leavers_of=2025/26&year_group=10"
    await restrict(school, ref)
    answer = await school.send("GET", path)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    row = next(row for row in rows if row["surname"] == "Surname1")
    assert (row["status"], row["provider"], row["intended_status"]) == ("restricted", "", "")
    assert len(rows) == 6


async def test_a_restriction_is_lifted_once_the_pupil_was_told_and_stays_in_the_record(
    school: School,
) -> None:
    ref = await school.ref(1)
    assert (await restrict(school, ref, review_on="2026-07-01"))["outcome"] == "restricted"
    assert (await restrict(school, ref, review_on="2026-07-01"))["outcome"] == "unchanged"
    assert (await restrict(school, ref, reason="objection"))["outcome"] == "changed"
    too_early = await school.send(
        "POST", f"/pupils/{ref}/restriction/lifting", json={"pupil_told_on": "2026-06-16"}
    )
    lifted = await school.send("POST", f"/pupils/{ref}/restriction/lifting", json=LIFTED)
    again = await school.send("POST", f"/pupils/{ref}/restriction/lifting", json=LIFTED)

    assert too_early.status_code == 422
    assert (lifted.json()["outcome"], again.json()["outcome"]) == ("lifted", "unchanged")
    assert (await school.get(f"/pupils/{ref}"))["restriction"] is None
    kept = (await school.get(f"/pupils/{ref}/record"))["restrictions"]
    assert {one["reason"]: one["pupil_told_on"] for one in kept} == {
        "accuracy_contested": None,
        "objection": "2026-06-15",
    }
    actions = [action for _, action, _ in await school.accesses() if action.startswith("pupil.restrict")]
    assert actions == ["pupil.restricted", "pupil.restricted", "pupil.restriction_lifted"]


async def test_a_roll_does_not_lift_a_restriction(school: School) -> None:
    ref = await school.ref(1)
    await restrict(school, ref)
    changed = roll_csv([1, 2, 3, 4, 5, 6, 101, 102]).replace("Forename1,", "Renamed,")
    assert (await school.put_roll(changed)).json()["changed"] == 1
    assert (await school.get(f"/pupils/{ref}"))["restriction"]["reason"] == "accuracy_contested"


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": "mood"}, CONTESTED | {"review_on": "2026-06-14"}, CONTESTED | {"until": "2026-07-01"}],
)
async def test_a_restriction_that_makes_no_sense_is_refused(school: School, body: dict[str, Any]) -> None:
    ref = await school.ref(1)
    assert (await school.send("PUT", f"/pupils/{ref}/restriction", json=body)).status_code == 422
    assert (await school.get(f"/pupils/{ref}"))["restriction"] is None


async def test_nobody_is_restricted_who_is_not_there(school: School) -> None:
    path = "/pupils/0123456789abcdef/restriction"
    assert (await school.send("PUT", path, json=CONTESTED)).status_code == 404
    assert (await school.send("POST", f"{path}/lifting", json=LIFTED)).status_code == 404


async def test_a_read_that_was_refused_is_not_told_as_one(school: School, token: TokenFor) -> None:
    ref = await school.ref(1)
    teacher = await as_somebody(school, token, "teacher", "teacher")
    await teacher.get(f"/pupils/{ref}")
    await restrict(school, ref)
    for path in ("", "/conversations", "/interests", "/destinations", "/self-assessments"):
        assert (await teacher.send("GET", f"/pupils/{ref}{path}")).status_code == 403
    read = [(action, resource) for who, action, resource in await school.accesses() if who == "teacher"]
    assert read == [("pupil.read", f"pupils/{ref}")]


async def test_the_pupils_own_link_still_opens_the_page(school: School) -> None:
    ref = await school.ref(1)
    link = (await school.send("POST", f"/pupils/{ref}/record/links", json={})).json()
    await restrict(school, ref)
    page = await school.client.get(link["path"], headers={"Authorization": ""})
    assert page.status_code == 200
    assert "Your record is not being used at the moment." in page.text


async def test_recording_about_somebody_else_goes_on(school: School) -> None:
    await restrict(school, await school.ref(1))
    assert (await record(school, serial=2))["outcome"] == "recorded"
