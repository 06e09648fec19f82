"""What supports an answer: a link or a note, by whom, and until when it is to be looked at again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NewType

from pydantic import HttpUrl, TypeAdapter, ValidationError

from services.audit.model.framework import GatsbyFramework, Profile
from services.runtime.errors import FieldProblem
from services.runtime.versions import Mark

EvidenceId = NewType("EvidenceId", str)
LONGEST_LINK: Final = 2_000
"""Characters; browsers and proxies cut longer addresses."""
_BEGINNINGS: Final = ("http://", "https://")
_ADDRESS: Final = TypeAdapter(HttpUrl)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence for a part; withdrawn, it is kept and no longer counts."""

    id: EvidenceId
    part: str
    link: str | None
    note: str | None
    review_on: dt.date | None
    mark: Mark
    withdrawn: Mark | None = None

    def is_due(self, today: dt.date) -> bool:
        """Whether it was to be looked at again by today."""
        return self.withdrawn is None and self.review_on is not None and self.review_on <= today


def evidence_problems(framework: GatsbyFramework, profile: Profile, evidence: Evidence) -> list[FieldProblem]:
    """Say what is wrong with a piece of evidence."""
    problems = []
    if evidence.part not in {part.id for part in framework.parts_for(profile)}:
        problems.append(FieldProblem("part", "is not a part of this evaluation"))
    if (evidence.link is None) == (evidence.note is None):
        problems.append(FieldProblem("link", "send either a link or a note"))
    if evidence.link is not None and (reason := link_reason(evidence.link)) is not None:
        problems.append(FieldProblem("link", reason))
    if evidence.review_on is not None and evidence.review_on <= evidence.mark.at.date():
        problems.append(FieldProblem("review_on", "is not in the future"))
    return problems


def link_reason(link: str) -> str | None:
    """Say why a link cannot be one that people follow, or None: only http and https open a page safely."""
    if len(link) > LONGEST_LINK:
        return f"has more than {LONGEST_LINK} characters"
    if not link.isprintable() or any(character.isspace() for character in link):
        return "contains a space or an invisible character"
    if not link.lower().startswith(_BEGINNINGS):
        return "must begin with http:// or https://"
    try:
        address = _ADDRESS.validate_python(link)
    except ValidationError:
        return "is not an address"
    if address.username is not None or address.password is not None:
        return "contains a user name or password; leave it out"
    return None


def due_for_review(evidence: Iterable[Evidence], today: dt.date) -> list[Evidence]:
    """List the evidence that was to be looked at again by today."""
    return [found for found in evidence if found.is_due(today)]
