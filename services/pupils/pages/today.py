"""Today: what is due, what comes, what nobody has evaluated, and what was recorded last."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from fastapi import Request, Response

from contracts.vocabulary import AcademicYear, academic_year_of
from services.pupils.api import SERVICE_NAME
from services.pupils.api.plan_bodies import ReportBody
from services.pupils.api.plans import Id as PlanPath
from services.pupils.api.pupils import reader_of
from services.pupils.commands.plan_recording import record_plan
from services.pupils.model.conversation import PUPIL
from services.pupils.model.facts import today_in_england
from services.pupils.model.plan import PlanId
from services.pupils.pages import pages
from services.pupils.pages.forms import PREFIX, Filled, go_to, once
from services.pupils.pages.words import counted, groups_in_words, kind_label
from services.pupils.store.plans import PlansAsked
from services.pupils.views.conversations import FollowUpsAsked, follow_ups
from services.pupils.views.employers import names_of_employers
from services.pupils.views.matches import matches_to_record
from services.pupils.views.pages import View
from services.pupils.views.plans import plans_page
from services.pupils.views.today import activities_today, groups_on_roll
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

AHEAD: Final = dt.timedelta(days=14)
"""Two weeks: time enough to remind somebody of what comes."""
MOST_PLANS: Final = 20
MOST_FOLLOW_UPS: Final = 20


@router.get("", Permission.READ_ACTIVITIES)
async def get_today(caller: SchoolVisitor) -> Response:
    """Show what wants doing, what is overdue first."""
    today = today_in_england(caller.context.clock())
    year = academic_year_of(today)
    values: dict[str, Any] = {
        "today": today,
        "academic_year": year,
        "form": Filled(),
        "groups": await groups_on_roll(caller.context, caller.urn, year),
        "follow_ups": await _follow_ups(caller, today),
        **await _plans(caller, today),
        **await _activities(caller, year),
        "matches": await _matches(caller),
        "may_record": Permission.RECORD_ACTIVITY in caller.granted,
        "may_import": Permission.IMPORT_ROLL in caller.granted,
        "reads_all": Permission.READ_ALL_CONVERSATIONS in caller.granted,
    }
    return pages().page(caller.visit, "pupils/today.html", values)


@router.post("/plans/{plan_id}/took-place", Permission.RECORD_ACTIVITY)
async def post_took_place(request: Request, caller: SchoolVisitor, plan_id: PlanPath) -> Response:
    """Record what was planned as it was planned; who was absent is marked afterwards."""
    form = await form_of(request)

    async def work(unit: UnitOfWork) -> Document:
        return await record_plan(unit, caller.context, PlanId(plan_id), ReportBody().report())

    receipt = await once(caller, form, f"page: took place {plan_id}".encode(), work)
    identity = receipt.get("merged_into") or receipt["activity_id"]
    return go_to(caller, f"/activities/{identity}", done=receipt["outcome"])


async def _matches(caller: SchoolVisitor) -> list[dict[str, str]]:
    """List confirmed matches that no activity names yet, with the employers' names."""
    if Permission.RECORD_ACTIVITY not in caller.granted:
        return []
    waiting = (await matches_to_record(caller.context, caller.urn, MOST_PLANS))["matches"]
    if not waiting:
        return []
    names = await names_of_employers(caller.context, [match["employer_id"] for match in waiting])
    return [
        {
            "match_id": match["match_id"],
            "employer": names[match["employer_id"]],
            "kind": kind_label(match["activity_type"]),
            "until": match["round_ends_on"],
        }
        for match in waiting
    ]


async def _follow_ups(caller: SchoolVisitor, today: dt.date) -> View | None:
    """List what is due up to today: everybody's for who reads all, else one's own and one's own pupils'."""
    if Permission.READ_CONVERSATIONS not in caller.granted:
        return None
    await caller.context.read_logged(caller.actor, caller.urn, "conversations.listed", "follow-ups")
    asked = FollowUpsAsked(today + dt.timedelta(days=1), None)
    found = await follow_ups(caller.context, caller.urn, asked, reader_of(caller))
    me = caller.actor.subject
    everybody = Permission.READ_ALL_CONVERSATIONS in caller.granted
    mine = [one for one in found["follow_ups"] if everybody or me in {one["owner"], one["held_by"]}]
    return {
        "total": len(mine),
        "shown": [
            {
                **one,
                "owner": _owner(one["owner"], me),
                "overdue": one["due_on"] < today.isoformat(),
            }
            for one in mine[:MOST_FOLLOW_UPS]
        ],
    }


def _owner(owner: str, me: str) -> str:
    return {PUPIL: "the pupil", me: "you"}.get(owner, owner)


async def _plans(caller: SchoolVisitor, today: dt.date) -> View:
    due = PlansAsked(None, today, "planned", None, MOST_PLANS)
    coming = PlansAsked(today + dt.timedelta(days=1), today + AHEAD, "planned", None, MOST_PLANS)
    return {
        "plans_due": _plans_view(await plans_page(caller.context, caller.urn, due)),
        "plans_coming": _plans_view(await plans_page(caller.context, caller.urn, coming)),
    }


def _plans_view(found: View) -> list[View]:
    return [
        {
            **plan,
            "kind": kind_label(plan["activity_type"]),
            "groups": groups_in_words(
                plan["invited"]["year_groups"], plan["invited"]["tutor_groups"], plan["invited"]["by_name"]
            ),
        }
        for plan in found["plans"]
    ]


async def _activities(caller: SchoolVisitor, year: AcademicYear) -> View:
    found = await activities_today(caller.context, caller.urn, year)
    for one in found["latest"]:
        one["kind"] = kind_label(one["activity_type"])
        one["counted"] = counted(one["year_groups"])
    return {
        "latest": found["latest"],
        "recorded_total": found["total"],
        "unevaluated": found["unevaluated"],
        "unevaluated_total": found["unevaluated_total"],
    }
