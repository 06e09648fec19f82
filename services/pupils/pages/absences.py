"""Somebody was absent: everybody concerned by name, with a box to tick."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Request, Response

from contracts.vocabulary import OPAQUE_ID_PATTERN, ActivityId
from services.pupils.api import SERVICE_NAME
from services.pupils.model.activity import Activity
from services.pupils.model.attendance import Status
from services.pupils.model.draft import Draft
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import PupilRef
from services.pupils.pages import pages
from services.pupils.pages.activities import activity_of, correct, listed_again
from services.pupils.pages.forms import PREFIX, Filled, go_to, require
from services.pupils.store.reads import find_named, sheets_of_years
from services.runtime.errors import ConflictError
from services.runtime.permissions import Permission
from services.web.forms import form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

AWAY: Final = frozenset({"absent", "excused"})
Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


@router.get("/activities/{identity}/absences", Permission.CORRECT_ACTIVITY)
async def get_absences(caller: SchoolVisitor, identity: Id) -> Response:
    """List everybody whom the activity concerns, with those ticked who were away."""
    require(caller, Permission.READ_PUPILS)
    await caller.context.read_logged(caller.actor, caller.urn, "activity.read", f"activities/{identity}")
    known = await activity_of(caller, identity)
    _refuse_if_out(known)
    pupils = await _named(caller, known)
    statuses = known.attendance.status_of()
    year = known.academic_year
    values: dict[str, Any] = {
        "activity": known,
        "form": Filled(),
        "pupils": [
            {
                "ref": pupil.ref,
                "name": f"{pupil.surname}, {pupil.forename}",
                "form": pupil.years[year].tutor_group if year in pupil.years else "",
                "away": statuses[pupil.ref] in AWAY,
            }
            for pupil in pupils
        ],
        "unnamed": len(statuses) - len(pupils),
    }
    return pages().page(caller.visit, "pupils/absences.html", values)


@router.post("/activities/{identity}/absences", Permission.CORRECT_ACTIVITY)
async def post_absences(request: Request, caller: SchoolVisitor, identity: Id) -> Response:
    """Correct who was there: whoever is ticked was absent, and everybody else who was shown was there."""
    require(caller, Permission.READ_PUPILS)
    form = await form_of(request)
    known = await activity_of(caller, identity)
    _refuse_if_out(known)
    shown = {pupil.ref for pupil in await _named(caller, known)}
    ticked = {PupilRef(ref) for ref in form.every("absent")} & shown
    listed = await _listed(caller, known, shown, ticked)
    draft = Draft(known.facts, known.attendance.groups, listed_again(listed))
    await correct(caller, form, ActivityId(identity), draft)
    return go_to(caller, f"/activities/{identity}", done="absences")


async def _listed(
    caller: SchoolVisitor, known: Activity, shown: set[PupilRef], ticked: set[PupilRef]
) -> dict[PupilRef, Status]:
    """Say who is listed now: a member of the groups who was there after all needs no listing any more.

    To be listed by name counts for more (a contact at a fair), so nobody becomes so by being ticked off.
    """
    listed = dict(known.attendance.as_given().listed)
    statuses = known.attendance.status_of()
    sheets = await sheets_of_years(caller.context.school(caller.urn), {known.academic_year})
    groups = known.attendance.groups
    for ref in shown:
        away = statuses[ref] in AWAY
        if ref in ticked and not away:
            listed[ref] = "absent"
        elif ref not in ticked and away:
            if any(ref in {*sheet.pupils, *sheet.left} and groups.hold(sheet, ref) for sheet in sheets):
                listed.pop(ref, None)
            else:
                listed[ref] = "attended"
    return listed


async def _named(caller: SchoolVisitor, known: Activity) -> list[Pupil]:
    """Read whom the activity concerns, by name; pupils whose record is restricted are left as they are."""
    found = await find_named(caller.context.school(caller.urn), known.concerned)
    named = [pupil for pupil in found.values() if pupil.restriction is None]
    return sorted(named, key=lambda pupil: (pupil.surname.casefold(), pupil.forename.casefold(), pupil.ref))


def _refuse_if_out(known: Activity) -> None:
    if known.status != "recorded":
        raise ConflictError("This activity counts no more by itself, so who was there cannot be changed.")
