"""Finding pupils by name, form or year group."""

from __future__ import annotations

from dataclasses import dataclass

from services.pupils.views.pages import PupilsAsked, View, page_of, pupils_on_roll
from services.runtime.context import ServiceContext


@dataclass(frozen=True, slots=True)
class Search:
    """Whom to look for: every word of `name` begins a part of the name; None where anybody."""

    name: str
    tutor_group: str | None
    pupils: PupilsAsked


async def pupils_found(context: ServiceContext, urn: str, asked: Search) -> View:
    """List the pupils on roll who fit, by name, a page at a time; restricted ones are counted."""
    words = asked.name.casefold().split()
    found = []
    for pupil in await pupils_on_roll(context.school(urn), asked.pupils.year, asked.pupils.year_group):
        parts = f"{pupil.forename} {pupil.surname}".casefold().replace("-", " ").split()
        fits = all(any(part.startswith(word) for part in parts) for word in words)
        in_form = asked.tutor_group in {None, pupil.years[asked.pupils.year].tutor_group}
        # Whether a restricted pupil has this name is nothing that a search may tell.
        if in_form and (fits if pupil.restriction is None else not words):
            found.append(pupil)
    return page_of(found, asked.pupils)
