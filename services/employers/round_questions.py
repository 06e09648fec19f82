"""What is sent to the solver's process and comes back: plain values, which load no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.vocabulary import EmployerId
from services.employers.matching.plan import Plan
from services.employers.matching.round import Employer, Offer, OfferId, Pair
from services.employers.matching.weights import ArcPart

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A packed round and the strength of fairness, in thousandths; `plan` is packed, where there is one."""

    inputs: bytes
    fairness: int
    plan: bytes = b""


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan, itself packed, and what its fairness costs."""

    plan: Plan
    packed: bytes
    price: Json


@dataclass(frozen=True, slots=True)
class OfferChange:
    """What of an offer would be otherwise; None stays."""

    offer_id: OfferId
    capacity: int | None = None
    radius_km: int | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A round that might be: everything that is named is otherwise, the rest as it is."""

    fairness: int | None = None
    without_employers: tuple[EmployerId, ...] = ()
    offers: tuple[OfferChange, ...] = ()
    more_employers: tuple[Employer, ...] = ()
    more_offers: tuple[Offer, ...] = ()
    locks: tuple[Pair, ...] = ()
    excluded: tuple[Pair, ...] = ()
    weights: Mapping[ArcPart, int] = field(default_factory=dict)
