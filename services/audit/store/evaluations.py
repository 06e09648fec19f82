"""How an evaluation lies in its school's database.

`content` is unique: the last line of defence of "the same content is one evaluation". Days are ISO text,
because the store knows only moments; moments are ISO text too, because the store would cut them to
milliseconds and a repeated answer must be the first one to the letter. Criteria are pairs, because the store
takes the dot of `gb1.1` in a field's name for a path.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from contracts.audit import HUB_READERS, HubReader
from contracts.vocabulary import BENCHMARKS
from services.audit.model.evaluation import Evaluation, Submission
from services.audit.model.scores import Points
from services.runtime.mongo import Document, Index

EVALUATIONS: Final = "evaluations"
SCHOOL_INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {
    EVALUATIONS: (Index((("content", 1),), unique=True),)
}
NEWEST_FIRST: Final = (("completed_on", -1), ("number", -1))


def to_document(evaluation: Evaluation) -> Document:
    """Render an evaluation for the store."""
    submission = evaluation.submission
    return {
        "_id": evaluation.id,
        "number": evaluation.number,
        "academic_year": submission.academic_year,
        "framework": submission.framework,
        "framework_version": evaluation.framework_version,
        "setting": submission.setting,
        "completed_on": submission.completed_on.isoformat(),
        "shared_with": list(submission.shared_with),
        "points": {
            benchmark: [submission.points[benchmark].points, submission.points[benchmark].applicable_points]
            for benchmark in BENCHMARKS
        },
        "criteria": [[criterion, state] for criterion, state in submission.criteria.items()],
        "sheet": submission.sheet,
        "content": submission.content,
        "state": evaluation.state,
        "superseded_by": evaluation.superseded_by,
        "recorded_at": evaluation.recorded_at.isoformat(),
    }


def from_document(document: Document) -> Evaluation:
    """Read an evaluation from the store."""
    return Evaluation(
        id=document["_id"],
        number=document["number"],
        submission=Submission(
            framework=document["framework"],
            setting=document["setting"],
            completed_on=dt.date.fromisoformat(document["completed_on"]),
            shared_with=_readers(document),
            points={benchmark: Points(*document["points"][benchmark]) for benchmark in BENCHMARKS},
            criteria=dict(document.get("criteria", ())),
            sheet=document.get("sheet"),
        ),
        framework_version=document["framework_version"],
        recorded_at=dt.datetime.fromisoformat(document["recorded_at"]),
        state=document["state"],
        superseded_by=document["superseded_by"],
    )


def _readers(document: Document) -> tuple[HubReader, ...]:
    """Read with whom of the Hub it is shared; documents of 0.1.0 said only whether."""
    if "shared_with" in document:
        return tuple(document["shared_with"])
    return HUB_READERS if document["shared_with_hub"] else ()
