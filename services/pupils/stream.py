"""What `pupils` reads, on one screen: topic, event, handler.

| topic | event | handler |
|---|---|---|
| employers.events | EmployerListed | `reactions.on_employer_listed` |
| employers.events | MatchChanged | `reactions.on_match_changed` |
| employers.events | SchoolListed | `services.web.schools.on_school_listed` |
"""

from __future__ import annotations

from typing import Final

from contracts.employers import EmployerListed, MatchChanged, SchoolListed
from contracts.topics import EMPLOYERS
from services.pupils.reactions import on_employer_listed, on_match_changed
from services.runtime.reaction import Reaction
from services.web.schools import on_school_listed

KNOWN_EMPLOYERS: Final = Reaction(
    name="known_employers",
    version=2,
    topics=(EMPLOYERS,),
    on={EmployerListed: on_employer_listed, SchoolListed: on_school_listed},
)
CONFIRMED_MATCHES: Final = Reaction(
    name="confirmed_matches",
    version=1,
    topics=(EMPLOYERS,),
    on={MatchChanged: on_match_changed},
)
