"""What the school reads back of its pupils' self-assessments."""

from __future__ import annotations

from contracts.vocabulary import AcademicYear
from services.pupils.model.conversation import Reader
from services.pupils.model.self_assessment import compare
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import question_sets
from services.pupils.store.reads import the_pupil
from services.pupils.store.self_assessments import self_assessments_in, self_assessments_of
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


def statements(key_stage: str) -> View:
    """Show what a key stage is asked."""
    sets = question_sets()
    asked = sets.sets.get(key_stage)
    if asked is None:
        raise NotFoundError(f"There is no such key stage; there are {', '.join(sets.sets)}.")
    return {
        "version": sets.version,
        "scale": {"lowest": sets.lowest, "highest": sets.highest},
        "title": asked.title,
        "statements": [statement.model_dump() for statement in asked.statements],
    }


async def self_assessments_with(context: ServiceContext, urn: str, ref: PupilRef, reader: Reader) -> View:
    """Show all that a pupil has answered, the oldest first."""
    database = context.school(urn)
    await the_pupil(database, ref, reader.shown)
    return {
        "pupil": ref,
        "self_assessments": [
            {
                "academic_year": one.academic_year,
                "key_stage": one.key_stage,
                "moment": one.moment,
                "version": one.version,
                "taken_on": one.taken_on.isoformat(),
                "answers": dict(one.answers),
            }
            for one in await self_assessments_of(database, ref)
        ],
    }


async def change(context: ServiceContext, urn: str, year: AcademicYear, key_stage: str) -> View:
    """Compare before and after among those who answered both: the school's own figures, means to 2 places."""
    shown = statements(key_stage)
    asked = question_sets().sets[key_stage]
    found = await self_assessments_in(context.school(urn), year, key_stage)
    changes = compare(found, asked, shown["version"])
    return {
        "academic_year": year,
        "key_stage": key_stage,
        "version": shown["version"],
        "answered": {
            moment: sum(one.moment == moment and one.version == shown["version"] for one in found)
            for moment in ("before", "after")
        },
        "both": changes[0].pupils if changes else 0,
        "statements": [
            {
                "id": one.statement,
                "before": round(one.before, 2),
                "after": round(one.after, 2),
                "higher": one.higher,
                "lower": one.lower,
            }
            for one in changes
        ],
    }
