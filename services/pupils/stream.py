"""What `pupils` reads, on one screen: topic, event, handler.

| topic | event | handler |
|---|---|---|
| employers.events | EmployerListed | `reactions.on_employer_listed` |
"""

from __future__ import annotations

from typing import Final

from contracts.employers import EmployerListed
from contracts.topics import EMPLOYERS
from services.pupils.reactions import on_employer_listed
from services.runtime.reaction import Reaction

KNOWN_EMPLOYERS: Final = Reaction(
    name="known_employers",
    version=1,
    topics=(EMPLOYERS,),
    on={EmployerListed: on_employer_listed},
)
