"""All that reporting reads, on one screen: topic -> event -> handler."""

from __future__ import annotations

from typing import Final

from contracts.employers import SchoolListed
from contracts.topics import EMPLOYERS
from services.reporting.attainment.projections import ATTAINMENT
from services.reporting.projections import HUB_REPORT
from services.reporting.reach.projections import PARTNERS, SCHOOL_REACH
from services.reporting.reactions import on_school_listed
from services.runtime.reaction import Reaction

PROJECTIONS: Final = (HUB_REPORT, ATTAINMENT, SCHOOL_REACH, PARTNERS)
REACTIONS: Final = (Reaction("directory", 1, (EMPLOYERS,), {SchoolListed: on_school_listed}),)
