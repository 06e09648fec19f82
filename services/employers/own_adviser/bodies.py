"""What an adviser sends. Unknown fields are refused."""

from __future__ import annotations

from typing import Literal

from contracts.vocabulary import Urn
from services.employers.advisers.bodies import Hours, Schools, Urns, Version
from services.employers.own_adviser.commands import OwnChange, OwnState
from services.runtime.bodies import Body


class OwnChangeBody(Body):
    """What the adviser can give, and where they have a conflict of interest; `version` is the one seen."""

    version: Version
    capacity_schools: Schools
    hours_a_month: Hours
    conflicts: Urns

    def change(self) -> OwnChange:
        """Hand it to the command."""
        conflicts = tuple(map(Urn, self.conflicts))
        return OwnChange(self.version, self.capacity_schools, self.hours_a_month, conflicts)


class OwnStateBody(Body):
    """To pause from today on, or to come back."""

    to: OwnState
    version: Version


class OwnAnswerBody(Body):
    """What the adviser says to a proposal."""

    answer: Literal["accepted", "declined"]
    version: Version
