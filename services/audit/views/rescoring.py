"""A school's own question: how would this evaluation score under the newer framework?"""

from __future__ import annotations

from typing import Any, Final

from contracts.vocabulary import Urn
from services.audit.frameworks import framework_versions, frameworks
from services.audit.model.rescoring import bounds_of, rescored
from services.audit.model.scores import scores_of
from services.audit.rescoring import mapping_to_2025
from services.audit.store.sheets import find_sheet
from services.audit.views.evaluations import evaluation_of
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError

UNKNOWN: Final = "x"
WHAT: Final = (
    "The lowest and the highest score that the answers allow under the newer framework. What was not asked "
    "then is unknown (x) and may be anything. This is no evaluation: nothing is stored, told or compared, "
    "and the two scores must not be subtracted."
)


async def rescored_evaluation(context: ServiceContext, urn: Urn, identity: str) -> dict[str, Any]:
    """Score a completed evaluation's answers anew; raises ConflictError where there are none, or no need."""
    evaluation = await evaluation_of(context, urn, identity)
    mapping = mapping_to_2025()
    if evaluation.submission.framework != mapping.from_framework:
        raise ConflictError(
            f"This evaluation is of {evaluation.submission.framework} already. Only one of "
            f"{mapping.from_framework} can be scored under {mapping.to_framework}."
        )
    sheet = await find_sheet(context.school(urn), identity)
    if sheet is None:
        raise ConflictError(
            "This evaluation came whole from another tool, which has its answers: there is nothing to score "
            "again. Only what was answered here, part by part, can be."
        )
    old, new = framework_versions()[sheet.framework_version], frameworks()[mapping.to_framework]
    bounds = bounds_of(mapping, (old, new), sheet.profile, sheet.answers)
    found = rescored(new, sheet.profile, bounds)
    why = {line.part: line.why for line in mapping.carried}
    then = {one.benchmark: one.score_percent for one in scores_of(evaluation.submission.points)}
    return {
        "evaluation_id": identity,
        "what": WHAT,
        "series_break": True,
        "framework_then": sheet.framework_version,
        "framework": new.version,
        "benchmarks": [
            {
                "benchmark": one.benchmark,
                "score_percent_then": then.get(one.benchmark),
                "low_percent": one.low_percent,
                "high_percent": one.high_percent,
                "achieved": UNKNOWN if one.achieved is None else one.achieved,
                "parts": one.parts,
                "known_parts": one.known_parts,
            }
            for one in found
        ],
        "achieved_count_at_least": sum(one.achieved is True for one in found),
        "achieved_count_at_most": sum(one.achieved is not False for one in found),
        "parts": [
            {
                "part": bound.part.id,
                "text": bound.part.text,
                "least": bound.least if bound.known else UNKNOWN,
                "most": bound.most if bound.known else UNKNOWN,
                "why": why.get(bound.part.id, "Not asked then."),
            }
            for bound in bounds
        ],
        "sources": list(mapping.sources.values()),
    }
