"""What the school reads back of its pupils' destinations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from services.pupils.model.conversation import Reader
from services.pupils.model.destination import Spell, Tracked, spell_on, sustained
from services.pupils.model.destination_counts import (
    Cohort,
    count_categories,
    count_statuses,
    count_sustained,
)
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import destination_rules
from services.pupils.store.destinations import intended_by, spells_of
from services.pupils.store.reads import the_pupil
from services.pupils.views.pages import View, pupils_on_roll
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError

EXPORT_COLUMNS: Final = (
    "upn",
    "surname",
    "forename",
    "year_group",
    "intended_status",
    "has_offer",
    "status",
    "provider",
    "since",
    "last_seen",
)
RESTRICTED: Final = "restricted"
"""Stands in the export in place of a status: the record is kept, and not used."""


async def destinations_of(context: ServiceContext, urn: str, ref: PupilRef, reader: Reader) -> View:
    """Show one pupil's destinations; the sustained one is that after the pupil's last academic year here."""
    database = context.school(urn)
    pupil = await the_pupil(database, ref, reader.shown)
    intended = (await intended_by(database, {ref})).get(ref, [])
    tracked = (await spells_of(database, {ref})).get(ref, [])
    left_in = max(pupil.years)
    return {
        "pupil": ref,
        "intended": [
            {
                "destination_id": one.id,
                "status": one.intention.status,
                "words": one.intention.words,
                "said_on": one.intention.said_on.isoformat(),
                "has_offer": one.intention.has_offer,
            }
            for one in intended
        ],
        "actual": [_spell_view(one) for one in tracked],
        "sustained": {
            "after": left_in,
            "category": sustained([one.spell for one in tracked], destination_rules().categories, left_in),
            "rule": destination_rules().version,
        },
    }


async def destinations(context: ServiceContext, urn: str, cohort: Cohort, on: dt.date | None) -> View:
    """Count a cohort's destinations on a day: the school's own figures, not suppressed.

    NEET is shown with not known beside it and together, because unknown hides NEET (domain rule 12).
    """
    rules = destination_rules()
    day = on or cohort.day_after()
    spells = await _spells_by_pupil(context, urn, await _leavers(context, urn, cohort))
    statuses = count_statuses(spells.values(), day)
    categories = count_categories(statuses, rules)
    return {
        "leavers_of": cohort.year,
        "year_group": cohort.year_group,
        "on": day.isoformat(),
        "leavers": len(spells),
        "statuses": {status: statuses[status] for status in rules.statuses if statuses[status]},
        "categories": categories,
        "neet_or_not_known": categories["neet"] + categories["not_known"],
        "sustained": count_sustained(spells.values(), rules, cohort.year),
        "rule": rules.version,
    }


async def destination_rows(
    context: ServiceContext, urn: str, cohort: Cohort, on: dt.date | None
) -> list[tuple[str | int, ...]]:
    """Name each leaver with where they are, by name; for the local authority (domain §9.10).

    Of a leaver whose record is restricted it gets what the law requires at any rate, who they are, and no
    more.
    """
    day = on or cohort.day_after()
    database = context.school(urn)
    intended, tracked = await intended_by(database), await spells_of(database)
    rows: list[tuple[str | int, ...]] = []
    for pupil in await _leavers(context, urn, cohort):
        meant = next((one.intention for one in intended.get(pupil.ref, [])), None)
        now = spell_on([one.spell for one in tracked.get(pupil.ref, [])], day)
        upn = context.sealer.unseal(urn, pupil.upn_sealed)
        if pupil.restriction is not None:
            rows.append(
                (upn, pupil.surname, pupil.forename, cohort.year_group, "", "", RESTRICTED, "", "", "")
            )
            continue
        rows.append(
            (
                *(upn, pupil.surname, pupil.forename, cohort.year_group),
                *(("", "") if meant is None else (meant.status, "yes" if meant.has_offer else "no")),
                *(
                    ("not_known", "", "", "")
                    if now is None
                    else (now.status, now.provider, now.starts_on.isoformat(), now.last_day.isoformat())
                ),
            )
        )
    return rows


async def _leavers(context: ServiceContext, urn: str, cohort: Cohort) -> list[Pupil]:
    found = await pupils_on_roll(context.school(urn), cohort.year, cohort.year_group)
    if not found:
        raise NotFoundError(f"Nobody was on roll in Year {cohort.year_group} of {cohort.year}.")
    return found


async def _spells_by_pupil(
    context: ServiceContext, urn: str, pupils: Sequence[Pupil]
) -> dict[PupilRef, list[Spell]]:
    # Reading all of a school's spells is quicker on the embedded store than looking up a cohort's ids.
    tracked = await spells_of(context.school(urn))
    return {pupil.ref: [one.spell for one in tracked.get(pupil.ref, [])] for pupil in pupils}


def _spell_view(tracked: Tracked) -> View:
    spell = tracked.spell
    return {
        "destination_id": tracked.id,
        "status": spell.status,
        "provider": spell.provider,
        "source": spell.source,
        "starts_on": spell.starts_on.isoformat(),
        "seen_on": spell.seen_on.isoformat(),
        "ends_on": None if spell.ends_on is None else spell.ends_on.isoformat(),
    }
