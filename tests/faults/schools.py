"""Schools made up for faults: pupils whose names, UPNs and titles can be recognised wherever they turn up.

Every text that a school alone may see carries a mark that no other text has: a canary. What an activity
counts for is written here a second time, from the rules' published meaning, so that a journal can do its own
sums.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.vocabulary import BENCHMARKS, AcademicYear, Urn

# A year that is over, so that no day of it is in the future, whatever the clock says.
YEAR: Final = AcademicYear("2024/25")
YEAR_GROUPS: Final = (10, 11)
PUPILS_A_YEAR_GROUP: Final = 10
NEWCOMERS: Final = 40
EMPLOYERS: Final = ("canal-engineering", "harbour-foods", "moor-hospital")

_ENCOUNTER: Final = ("clear_purpose", "learning_outcomes", "two_way_interaction", "reflection")
_PROVIDER: Final = (*_ENCOUNTER, "progression_information", "learning_environment")
_CHECK_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of activity: what is posted, and what everyone who attended is credited with."""

    activity_type: str
    tests_met: tuple[str, ...]
    mode: str
    benchmark: str | None
    encounter: bool = False
    employer: bool = False
    one_by_one: bool = False


KINDS: Final = (
    Kind("employer_talk", _ENCOUNTER, "in_person", "gb5", encounter=True, employer=True),
    Kind("provider_talk_fe", _PROVIDER, "mixed", "gb7", encounter=True),
    Kind("lmi_lesson", (), "virtual", "gb2"),
    # Virtual alone is no encounter, whatever tests were met.
    Kind("mock_interview", _ENCOUNTER, "virtual", None, employer=True),
    Kind("guidance_meeting_l6", (), "in_person", "gb8", one_by_one=True),
)


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil as the school's roll has them."""

    upn: str
    surname: str
    forename: str
    year_group: int


@dataclass(frozen=True, slots=True)
class School:
    """A school: who is on its first roll, who joins later, and the mark of its free text."""

    urn: Urn
    name: str
    mark: str
    pupils: tuple[Pupil, ...]
    newcomers: tuple[Pupil, ...]
    upns: frozenset[str] = field(init=False)
    texts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        everybody = (*self.pupils, *self.newcomers)
        object.__setattr__(self, "upns", frozenset(pupil.upn for pupil in everybody))
        object.__setattr__(self, "texts", frozenset({self.mark, *(pupil.surname for pupil in everybody)}))

    @property
    def canaries(self) -> frozenset[str]:
        """Everything that nobody outside this school may ever see."""
        return self.upns | self.texts


def make_school(urn: Urn, seed: int) -> School:
    """Make a school up; the same URN and seed make the same one."""
    dice = random.Random(f"{seed}/{urn}")
    known: set[str] = set()
    pupils = tuple(
        _make_pupil(urn, year_group, known, dice)
        for year_group in YEAR_GROUPS
        for _ in range(PUPILS_A_YEAR_GROUP)
    )
    newcomers = tuple(_make_pupil(urn, dice.choice(YEAR_GROUPS), known, dice) for _ in range(NEWCOMERS))
    mark = f"Heronbrook{urn}{_letters(dice, 5)}"
    return School(urn, f"School {urn}", mark, pupils, newcomers)


def directory_of(schools: list[School]) -> dict[str, Any]:
    """The body that lists schools, and the employers that all scenarios share."""
    return {
        "schools": [
            {
                "urn": school.urn,
                "name": school.name,
                "setting": "school",
                "lowest_year": 7,
                "highest_year": 11,
                "has_post16": False,
                "district": "Fault Lines",
            }
            for school in schools
        ],
        "employers": [
            {"employer_id": employer, "name": employer.replace("-", " ").title(), "size_band": "medium"}
            for employer in EMPLOYERS
        ],
    }


def roll_csv(pupils: tuple[Pupil, ...]) -> str:
    """Write a roll as a school's system exports it."""
    rows = [f"{p.upn},{p.surname},{p.forename},{p.year_group},{p.year_group}A" for p in pupils]
    return "\n".join(["upn,surname,forename,year_group,tutor_group", *rows, ""])


def make_evaluation(number: int, dice: random.Random) -> dict[str, Any]:
    """Make up a completed evaluation; a later number is of a later day."""
    return {
        "framework": "gatsby-2018",
        "setting": "school",
        "completed_on": f"2025-{3 + number // 28:02d}-{1 + number % 28:02d}",
        "share_with_hub": True,
        "benchmarks": {
            benchmark: {"points": dice.choice((2, 3, 4)), "applicable_points": 4} for benchmark in BENCHMARKS
        },
    }


def _make_pupil(urn: Urn, year_group: int, known: set[str], dice: random.Random) -> Pupil:
    while True:
        rest = f"839{urn[2:]}{25 - year_group:02d}{dice.randrange(1000):03d}"
        upn = _CHECK_LETTERS[sum(n * int(d) for n, d in enumerate(rest, start=2)) % 23] + rest
        if upn not in known:
            known.add(upn)
            return Pupil(upn, f"Osprey{urn}{_letters(dice, 6)}", "Sam", year_group)


def _letters(dice: random.Random, number: int) -> str:
    return "".join(dice.choices(string.ascii_lowercase, k=number))
