"""Whose record is kept too long."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import Pupil
from services.pupils.model.retention import is_due, kept_until
from services.pupils.store.reads import all_pupils
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext


async def retention(context: ServiceContext, urn: str) -> View:
    """List whose record is due to go, the longest overdue first, and count the others by their last day."""
    today = today_in_england(context.clock())
    pupils = list((await all_pupils(context.school(urn))).values())
    days: Counter[dt.date] = Counter(kept_until(pupil) for pupil in pupils if not is_due(pupil, today))
    return {
        "today": today.isoformat(),
        "due": [
            {
                "pupil": pupil.ref,
                "surname": pupil.surname,
                "forename": pupil.forename,
                "kept_until": kept_until(pupil).isoformat(),
            }
            for pupil in due_first(pupils, today)
        ],
        "later": {day.isoformat(): days[day] for day in sorted(days)},
    }


def due_first(pupils: list[Pupil], today: dt.date) -> list[Pupil]:
    """Keep the pupils whose record is due to go, the longest overdue first."""
    due = (pupil for pupil in pupils if is_due(pupil, today))
    return sorted(due, key=lambda pupil: (kept_until(pupil), pupil.ref))
