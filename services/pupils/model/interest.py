"""What a pupil says of themselves: aspirations, interests, hobbies and skills, each dated.

Nothing is overwritten (domain vocabulary): who changes their mind says something new, and both stay. Only
what was never said leaves the record, as a retraction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType, get_args

from services.pupils.model.activity import Mark
from services.pupils.model.classification import Classification
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import FieldProblem

InterestId = NewType("InterestId", str)
"""32 hex digits, made of who said what when: the same statement twice is one."""
Kind = Literal["aspiration", "interest", "hobby", "skill"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said: in words, and tagged with occupations (SOC 2020) and industries (SIC 2007)."""

    kind: Kind
    text: str
    said_on: dt.date
    soc: tuple[str, ...]
    sic: tuple[str, ...]

    def identity(self, pupil: PupilRef) -> str:
        """The text that the id is made of; the tags are not part of it."""
        return f"{pupil}:{self.kind}:{self.said_on}:{self.text.casefold()}"


@dataclass(frozen=True, slots=True)
class Interest:
    """A statement of one pupil as it is kept."""

    id: InterestId
    pupil: PupilRef
    statement: Statement
    recorded: Mark
    retracted: Mark | None = None

    def retract(self, mark: Mark) -> Interest:
        """Say that it was entered by mistake."""
        return replace(self, retracted=mark)


def statement_problems(
    statement: Statement, soc: Classification, sic: Classification, today: dt.date
) -> tuple[FieldProblem, ...]:
    """List what makes no sense: a future day, and codes that the classifications do not have."""
    problems = []
    if statement.said_on > today:
        problems.append(FieldProblem("said_on", "is in the future"))
    for name, codes, known in (("soc", statement.soc, soc), ("sic", statement.sic, sic)):
        problems += [
            FieldProblem(f"{name}[{place}]", f"is no code of {name.upper()}; search for one first")
            for place, code in enumerate(codes)
            if code not in known
        ]
    return tuple(problems)
