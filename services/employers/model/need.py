"""What a school is looking for: so many encounters of one type. It belongs to the school."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from contracts.employers import NeedRaised, NeedState
from contracts.vocabulary import Benchmark, Urn
from services.employers.matching.limits import MOST_PUPILS, MOST_SLOTS
from services.employers.matching.round import Mode
from services.employers.model.calendar import days_problems
from services.employers.model.encounter_types import EncounterTypes
from services.runtime.errors import FieldProblem

MOST_NEEDS_OF_A_SCHOOL: Final = 100
"""Open at once. A round can have 2,000 needs, and a Hub has 20 to 40 schools."""
LARGEST_GROUP: Final = MOST_PUPILS
MOST_SLOTS_OF_A_NEED: Final = MOST_SLOTS


@dataclass(frozen=True, slots=True)
class Wanted:
    """A need: `slots` encounters, each for up to `pupils` at once and each from another offer.

    `days` are those that the timetable can release, None for any; `sectors` the SIC sections wanted, none
    for any. `send` says that pupils with SEND are to meet an employer who is confident of it.
    """

    type: str
    benchmark: Benchmark | None
    year_groups: tuple[int, ...]
    pupils: int
    slots: int
    mode: Mode
    send: bool
    sectors: tuple[str, ...]
    days: tuple[dt.date, ...] | None
    state: NeedState = "open"

    def told(self, urn: Urn, need_id: str) -> NeedRaised:
        """Say that it is there, or no longer."""
        return NeedRaised(
            urn=urn,
            need_id=need_id,
            activity_type=self.type,
            benchmark=self.benchmark,
            year_groups=self.year_groups,
            group_size=self.pupils,
            slots=self.slots,
            sic_sections=self.sectors,
            state=self.state,
        )

    def withdrawn(self) -> Wanted:
        """Return it as it is once it is withdrawn."""
        return replace(self, state="withdrawn")


def wanted_problems(
    wanted: Wanted, types: EncounterTypes, today: dt.date, before: Wanted | None = None
) -> tuple[FieldProblem, ...]:
    """Say what makes no sense in a need. What was said before may have gone into the past since."""
    problems = [
        *types.problems(wanted.type),
        *days_problems(wanted.days, today, before is None or before.days != wanted.days),
    ]
    if wanted.benchmark is not None and wanted.type not in types.for_benchmark(wanted.benchmark):
        helping = ", ".join(types.for_benchmark(wanted.benchmark)) or "no type"
        problems.append(FieldProblem("benchmark", f"is not helped by this type; {helping} would"))
    return tuple(problems)
