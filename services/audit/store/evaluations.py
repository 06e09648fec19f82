"""How an evaluation lies in its school's database.

`content` is unique: the last line of defence of "the same content is one evaluation". Days are ISO text,
because the store knows only moments; moments are ISO text too, because the store would cut them to
milliseconds and a repeated answer must be the first one to the letter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

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
        "shared_with_hub": submission.shared_with_hub,
        "points": {
            benchmark: [submission.points[benchmark].points, submission.points[benchmark].applicable_points]
            for benchmark in BENCHMARKS
        },
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
            shared_with_hub=document["shared_with_hub"],
            points={benchmark: Points(*document["points"][benchmark]) for benchmark in BENCHMARKS},
        ),
        framework_version=document["framework_version"],
        recorded_at=dt.datetime.fromisoformat(document["recorded_at"]),
        state=document["state"],
        superseded_by=document["superseded_by"],
    )
