"""Activities that may be recorded twice: join them, or say that they are two."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from contracts.vocabulary import ActivityId
from services.pupils.api import SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.bodies import DismissalBody, MergingBody
from services.pupils.commands.merging import dismiss_duplicate, merge_activity
from services.pupils.pages import pages
from services.pupils.pages.forms import PREFIX, Filled, go_to, number_typed, once, read_body
from services.pupils.pages.words import LIKENESS, counted, groups_in_words, kind_label
from services.pupils.views.duplicates import duplicates
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

MOST_PAIRS: Final = 20
"""Pairs on a page; once some are settled the next ones come."""
DONE: Final = {
    "joined": "The two are one activity now, and count once",
    "two": "The two are kept apart, and this page suggests them no more",
}


@router.get("/activities/duplicates", Permission.CORRECT_ACTIVITY)
async def get_duplicates(
    caller: SchoolVisitor,
    academic_year: AcademicYearQuery = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show the pairs side by side."""
    year = academic_year_asked(academic_year, caller.context)
    found = await duplicates(caller.context, caller.urn, year, MOST_PAIRS)
    for pair in found["duplicates"]:
        pair["why"] = [LIKENESS[reason] for reason in pair["why"]]
        for one in pair["activities"]:
            one["kind"] = kind_label(one["activity_type"])
            one["groups"] = groups_in_words([group["year_group"] for group in one["year_groups"]], ())
            one["counted"] = counted(one["year_groups"])
    values: dict[str, Any] = {"found": found, "form": Filled(), "done": DONE.get(done)}
    return pages().page(caller.visit, "pupils/duplicates.html", values)


@router.post("/activities/duplicates/join", Permission.CORRECT_ACTIVITY)
async def post_join(request: Request, caller: SchoolVisitor) -> Response:
    """Have the second activity of a pair count through the first."""
    form = await form_of(request)
    version = number_typed(form.text("version"))
    pair = read_body(DismissalBody, {"activities": form.every("activity")}).activities
    body = read_body(
        MergingBody, {"into": pair[0], "version": int(version) if isinstance(version, float) else version}
    )

    async def work(unit: UnitOfWork) -> Document:
        known = ActivityId(pair[1])
        return await merge_activity(unit, caller.context, known, ActivityId(body.into), body.version or 0)

    await once(caller, form, b"page: join", work)
    return go_to(caller, "/activities/duplicates", done="joined")


@router.post("/activities/duplicates/apart", Permission.CORRECT_ACTIVITY)
async def post_apart(request: Request, caller: SchoolVisitor) -> Response:
    """Say that two activities are not the same encounter."""
    form = await form_of(request)
    first, second = map(
        ActivityId, read_body(DismissalBody, {"activities": form.every("activity")}).activities
    )

    async def work(unit: UnitOfWork) -> Document:
        return await dismiss_duplicate(unit, (first, second))

    await once(caller, form, b"page: apart", work)
    return go_to(caller, "/activities/duplicates", done="two")
