"""What makes a demonstration's Hub alive for whoever looks around: the present, beside the year that is over.

Somebody of every role; each school's roll and activities of this academic year up to today; a match round
between employers who are vetted and offer something, and schools who need something; an employer's account;
and an adviser who works with a school and is proposed to another. All through the public API, by the people
who would do it. A second run adds nothing to a round or an adviser that there is, and goes on where one that
was cut short ended.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from contracts.vocabulary import AcademicYear, Urn, academic_year_of
from services.areas import Area, Employer, School, load_area
from services.demo.advising import Advising, add_adviser
from services.demo.cast import COORDINATOR, EMPLOYER, Person, adviser_of, careers_leader_of, everybody
from services.demo.hub_client import REQUEST_TIMEOUT_S, Call, HubAccess, HubClient
from services.demo.plan import SchoolPlan, plan_demo
from services.demo.posting import grant_memberships, post_activities
from services.demo.run import DemoOptions
from services.demo.term_dates import school_days

EMPLOYERS_IN_ROUND: Final = 40
"""As many as a coordinator knows well; two of them are left unvetted, for the round to name."""
SCHOOLS_IN_ROUND: Final = 12
OFFERS: Final = "/employers/v1/offers"
_MOST_OFFERS: Final = 500
"""The most that a page has; a round begins with 80."""
_KINDS: Final = ("employer_talk", "workplace_visit", "mock_interview")
_LARGE_GROUP: Final = 200
_CLASS: Final = 30
_SMALL_GROUP: Final = 12
"""Of a special school."""
_WEEKS_OF_A_ROUND: Final = 6
_YEAR_GROUP_ASKED: Final = 10


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when it plays, and how to speak to the Hub and to people."""

    client: HubClient
    area: Area
    today: dt.date
    say: Callable[[str], None]

    @property
    def year(self) -> AcademicYear:
        """The academic year of today."""
        return academic_year_of(self.today)


async def play_present(
    hub: HubAccess, options: DemoOptions, today: dt.date, say: Callable[[str], None]
) -> None:
    """Add the present to a Hub that has the area's last year; raises DemoError if the Hub refuses it."""
    area = load_area(options.area)
    async with httpx.AsyncClient(
        base_url=hub.base_url, timeout=httpx.Timeout(REQUEST_TIMEOUT_S), transport=hub.transport
    ) as http:
        scene = Scene(HubClient(http, hub.cast), area, today, say)
        plan = plan_demo(area, scene.year, options.seed, options.schools)
        await grant_memberships(scene.client, everybody([school.school.urn for school in plan.schools]))
        say("People of every role are in the Hub.")
        if scene.year != options.academic_year:
            for place, school in enumerate(plan.schools, 1):
                await _post_year_so_far(scene, school)
                say(f"{scene.year} so far: {place} of {len(plan.schools)} schools.")
        asking = [school.school for school in plan.schools if _teaches_who_is_asked_for(school.school)]
        await _hold_round(scene, asking[:SCHOOLS_IN_ROUND])
        await _bring_an_employer(scene)
        await _bring_an_adviser(scene, [school.school for school in plan.schools])


async def _bring_an_employer(scene: Scene) -> None:
    """Bind the employers' account to one that a match is proposed to; the same again changes nothing."""
    rounds = (await scene.client.fetch_object(Call("GET", "/employers/v1/rounds", COORDINATOR)))["rounds"]
    if not rounds:
        return
    path = f"/employers/v1/rounds/{rounds[0]['id']}"
    proposed = (await scene.client.fetch_object(Call("GET", path, COORDINATOR)))["lines"]
    if not proposed:
        return
    employer = min(str(line["employer_id"]) for line in proposed)
    body = {"subject": await scene.client.cast.subject(EMPLOYER)}
    path = f"/employers/v1/employers/{employer}/accounts"
    await scene.client.fetch_object(Call("PUT", path, COORDINATOR, body))
    scene.say("Somebody of an employer can keep its offers and answer what is asked of it.")


async def _bring_an_adviser(scene: Scene, schools: list[School]) -> None:
    """Bind the first school's adviser to a record, and bring them to work with it."""
    if not schools:
        return
    cast = scene.client.cast
    advising = Advising(
        scene.client,
        await cast.subject(COORDINATOR),
        await cast.subject(adviser_of(Urn(schools[0].urn))),
        scene.today,
    )
    if await add_adviser(advising, schools):
        scene.say("An Enterprise Adviser works with a school, and is asked to help another.")


async def _post_year_so_far(scene: Scene, plan: SchoolPlan) -> None:
    """Send this year's roll, and the activities that would have been held by now."""
    held = tuple(activity for activity in plan.activities if activity.held_on <= scene.today)
    await post_activities(scene.client, replace(plan, activities=held), scene.year, lambda _receipt: None)


async def _hold_round(scene: Scene, schools: list[School]) -> None:
    """Vet employers, publish offers, raise needs, and propose a round; nothing if there is one."""
    ends_on = _last_day_of_round(scene.today)
    known = await scene.client.fetch_object(Call("GET", "/employers/v1/rounds", COORDINATOR))
    if known.get("rounds") or ends_on is None or not schools:
        return
    employers = [e for e in scene.area.employers if e.latitude is not None][:EMPLOYERS_IN_ROUND]
    offered = await _offered(scene)
    for place, employer in enumerate(employers):
        if place >= len(employers) // 20:
            await _vet(scene, employer)
        for kind in (_KINDS[place % len(_KINDS)], _KINDS[(place + 1) % len(_KINDS)]):
            if (employer.employer_id, kind) not in offered:
                await _create(scene, COORDINATOR, OFFERS, _offer(employer, kind, ends_on))
    scene.say(f"{len(employers)} employers offer something.")
    for school in schools:
        await _need(scene, school)
    body = {"ends_on": ends_on.isoformat()}
    made = await scene.client.fetch_object(Call("POST", "/employers/v1/rounds", COORDINATOR, body))
    scene.say(f"A match round with {made['matches']} proposed lines waits for its coordinator.")


async def _offered(scene: Scene) -> set[tuple[str, str]]:
    """Read which employer offers what already: a run before this one may have been cut short."""
    query = {"limit": str(_MOST_OFFERS)}
    page = await scene.client.fetch_object(Call("GET", OFFERS, COORDINATOR, query=query))
    return {(offer["employer_id"], offer["type"]) for offer in page["offers"]}


async def _vet(scene: Scene, employer: Employer) -> None:
    path = f"/employers/v1/employers/{employer.employer_id}/vetting"
    known = await scene.client.fetch_object(Call("GET", path, COORDINATOR))
    if known.get("decisions"):
        return
    body = {
        "decisions": 0,
        "state": "vetted",
        "decided_on": scene.today.isoformat(),
        "checked": ["exists_and_trades"],
    }
    await scene.client.fetch_object(Call("POST", path, COORDINATOR, body))


def _offer(employer: Employer, kind: str, ends_on: dt.date) -> dict[str, Any]:
    return {
        "employer_id": employer.employer_id,
        "type": kind,
        "academic_year": academic_year_of(ends_on),
        "term": _term_of(ends_on),
        "year_groups": [9, 10, 11],
        "group_size": _LARGE_GROUP if kind == "employer_talk" else _CLASS,
        "capacity": 2,
        "radius_km": 40,
        "send": "confident" if len(employer.name) % 4 == 0 else "none",
        "safeguarding_until": (ends_on + dt.timedelta(days=365)).isoformat(),
    }


async def _need(scene: Scene, school: School) -> None:
    leader = careers_leader_of(Urn(school.urn))
    path = f"/employers/v1/schools/{school.urn}/needs"
    known = await scene.client.fetch_object(Call("GET", path, leader))
    raised = {need["type"] for need in known["needs"]}
    special = school.setting == "special"
    for kind, benchmark, pupils in (
        ("employer_talk", "gb5", _SMALL_GROUP if special else 150),
        ("workplace_visit", "gb6", _SMALL_GROUP if special else _CLASS),
    ):
        body = {
            "type": kind,
            "benchmark": benchmark,
            "year_groups": [_YEAR_GROUP_ASKED],
            "pupils": pupils,
            "slots": 2,
            "send": special,
        }
        if kind not in raised:
            await _create(scene, leader, path, body)


async def _create(scene: Scene, person: Person, path: str, body: dict[str, Any]) -> None:
    """Post something that is made once, however often its answer is lost."""
    key = f"demo-{uuid.uuid4()}"
    await scene.client.fetch_object(Call("POST", path, person, body, idempotency_key=key))


def _teaches_who_is_asked_for(school: School) -> bool:
    return school.lowest_year <= _YEAR_GROUP_ASKED <= school.highest_year


def _last_day_of_round(today: dt.date) -> dt.date | None:
    """The last school day within some weeks; None in the holidays, when there is nothing to plan."""
    until = today + dt.timedelta(weeks=_WEEKS_OF_A_ROUND)
    days = [day for day in school_days(academic_year_of(today)) if today < day <= until]
    return next((day for day in reversed(days) if _term_of(day) == _term_of(today)), None)


def _term_of(day: dt.date) -> str:
    """Name a term as the Hub counts it: September to December, January to March, and the rest."""
    return "autumn" if day.month >= 9 else "spring" if day.month <= 3 else "summer"  # noqa: PLR2004 - months
