"""What each group of stakeholders is asked, as data: one versioned file an audience, in our own wording.

Every question names the criteria that it informs, its sources and our confidence. Files are read and checked
once a process; one that contradicts itself raises pydantic's ValidationError. A survey keeps the set that it
was made with, so a file may be changed at any time, with a new version in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from services.audit.model.question_set import AUDIENCES, Audience, QuestionSet


@cache
def question_sets() -> Mapping[Audience, QuestionSet]:
    """Load the current question set of every audience; raises FileNotFoundError if one has none."""
    return MappingProxyType({audience: _read(audience) for audience in AUDIENCES})


def _read(audience: Audience) -> QuestionSet:
    text = files(__package__).joinpath(f"{audience}.json").read_text(encoding="utf-8")
    return QuestionSet.model_validate_json(text)
