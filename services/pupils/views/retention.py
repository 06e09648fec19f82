"""Whose record is kept too long, whose names are due to go, and what the school has chosen."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from services.pupils.model.facts import today_in_england
from services.pupils.model.retention import due_for_erasure, is_due, kept_until
from services.pupils.rules import rights_rules
from services.pupils.store.reads import all_pupils
from services.pupils.store.retention import find_leavers, read_settings
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext


async def retention(context: ServiceContext, urn: str) -> View:
    """List whose record is due to go, the longest overdue first, and count the others by their last day.

    `names` counts the leavers whose names are due to go, those that wait for somebody to confirm that they
    have left (`held_back`, by their last academic year), and those who keep them for now (`spared`).
    """
    database, rules = context.school(urn), rights_rules()
    today, rule = today_in_england(context.clock()), rules.deletion
    pupils = list((await all_pupils(database)).values())
    leaving = await find_leavers(database, rules, pupils, today)
    days: Counter[dt.date] = Counter(
        kept_until(pupil, rule) for pupil in pupils if not is_due(pupil, rule, today)
    )
    due = due_for_erasure(pupils, rule, today)
    return {
        "today": today.isoformat(),
        "due": [
            {
                "pupil": pupil.ref,
                "surname": pupil.surname,
                "forename": pupil.forename,
                "kept_until": kept_until(pupil, rule).isoformat(),
            }
            for pupil in due
        ],
        "restricted": sum(is_due(pupil, rule, today) for pupil in pupils) - len(due),
        "later": {day.isoformat(): days[day] for day in sorted(days)},
        "names": {
            "due": len(leaving.due),
            "held_back": {year: len(held) for year, held in leaving.held_back.items()},
            "spared": leaving.spared,
        },
    }


async def retention_settings(context: ServiceContext, urn: str) -> View:
    """Show what the school has chosen, within which limits, and by which rules."""
    rules = rights_rules()
    chosen = await read_settings(context.school(urn), rules)
    days = rules.pseudonymisation.days_after_year_of_leaving
    return {
        "pseudonymise_after_days": chosen.pseudonymise_after_days,
        "pseudonymise": chosen.pseudonymise,
        "erase": chosen.erase,
        "limits": {"lowest": days.lowest, "default": days.default, "highest": days.highest},
        "rules": {
            "version": rules.version,
            "pseudonymisation": rules.pseudonymisation.source,
            "deletion": rules.deletion.source,
        },
    }
