"""What an employer is taken to offer where nobody has been asked yet (`rules/default-offers.json`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from services.employers.matching.round import Employer, Offer, OfferId, SendConfidence, SizeBand


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DefaultOffer(_Data):
    """One thing that every employer is taken to offer."""

    type: str
    year_groups: frozenset[int]
    group_size: int
    capacity: int
    virtual: bool


class DefaultOffers(_Data):
    """One version of the assumptions."""

    version: str
    about: str
    sources: tuple[str, ...]
    confidence: str
    ask_budget: dict[SizeBand, int]
    radius_km: int
    send: SendConfidence
    offers: tuple[DefaultOffer, ...]

    def of(self, employer: Employer, ends_on: dt.date) -> Iterator[Offer]:
        """Give the offers of one employer, with safeguarding taken to be in order until the round ends."""
        for each in self.offers:
            yield Offer(
                id=OfferId(f"{employer.id}-{each.type.replace('_', '-')}"),
                employer_id=employer.id,
                type=each.type,
                year_groups=each.year_groups,
                group_size=each.group_size,
                capacity=each.capacity,
                radius_km=self.radius_km,
                virtual=each.virtual,
                send=self.send,
                safeguarding_until=ends_on,
            )
