"""The routes of an employer's details."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.vocabulary import EmployerId
from services.employers.details.commands import change_details
from services.employers.details.views import details_of, shown
from services.employers.fields import (
    PREFIX,
    SERVICE_NAME,
    Body,
    CompanyNumber,
    EmployerInPath,
    Line,
    Postcode,
    Seen,
)
from services.employers.model.details import (
    DbsStatus,
    Details,
    Frequency,
    KeptDetails,
    Safeguarding,
    SelfAssessment,
    Site,
    Supervision,
)
from services.employers.model.directory import Position
from services.employers.model.standards import BEST_SCORE
from services.runtime.bodies import (
    Day,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

MOST_SITES: Final = 200
"""A chain's branches in one Hub's area; the largest in England has some thousands in all."""
MOST_SCORES: Final = 50
"""More than any version of the standards has; which there are is the terms' to say."""

router = SecuredRouter(SERVICE_NAME, PREFIX)

Degrees = Annotated[float, Field(allow_inf_nan=False)]
Score = Annotated[int, Field(strict=True, ge=0, le=BEST_SCORE)]


class SiteBody(Body):
    """A place where the employer works, besides that of its entry."""

    name: Line
    town: Line | None = None
    postcode: Postcode | None = None
    latitude: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Degrees, Field(ge=-180, le=180)] | None = None

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("position", "give both latitude and longitude, or neither")
        return self

    def site(self) -> Site:
        """Hand it to the model."""
        placed = self.latitude is not None and self.longitude is not None
        position = Position(self.latitude or 0.0, self.longitude or 0.0) if placed else None
        return Site(self.name, self.town, self.postcode, position)


class StandardsBody(Body):
    """A self-assessment against the Employer Standards: scores as the employer tells them."""

    assessed_on: Day
    scores: Annotated[dict[str, Score], Field(min_length=1, max_length=MOST_SCORES)]


class SafeguardingBody(Body):
    """What was found about the employer's people with pupils. There is no field for a certificate."""

    dbs_status: DbsStatus = "unknown"
    supervision: Supervision = "unknown"
    frequency: Frequency = "unknown"
    insurance_until: Day | None = None
    risk_assessment_date: Day | None = None


class DetailsBody(Body):
    """All details of an employer; what is left out is not known any more."""

    version: Seen
    company_number: CompanyNumber | None = None
    postcode: Postcode | None = None
    sites: Annotated[list[SiteBody], Field(max_length=MOST_SITES)] = Field(default_factory=list)
    is_cornerstone: bool = False
    standards: StandardsBody | None = None
    safeguarding: SafeguardingBody = SafeguardingBody()

    def details(self) -> Details:
        """Hand them to the model."""
        assessed, safeguarding = self.standards, self.safeguarding
        return Details(
            company_number=self.company_number,
            postcode=self.postcode,
            sites=tuple(site.site() for site in self.sites),
            is_cornerstone=self.is_cornerstone,
            standards=None if assessed is None else SelfAssessment(assessed.assessed_on, assessed.scores),
            safeguarding=Safeguarding(
                dbs_status=safeguarding.dbs_status,
                supervision=safeguarding.supervision,
                frequency=safeguarding.frequency,
                insurance_until=safeguarding.insurance_until,
                risk_assessment_date=safeguarding.risk_assessment_date,
            ),
        )


@router.get("/employers/{employer_id}/details", Permission.READ_DIRECTORY)
async def get_details(caller: AdmittedToHub, employer_id: EmployerInPath) -> dict[str, Any]:
    """Show an employer's details: to the Hub's team all of them, to others what schools plan with."""
    in_team = Permission.MANAGE_EMPLOYERS in caller.granted
    return await details_of(caller.context, employer_id, for_hub_team=in_team)


@router.put("/employers/{employer_id}/details", Permission.MANAGE_EMPLOYERS)
async def put_details(
    caller: AdmittedToHub, employer_id: EmployerInPath, body: DetailsBody
) -> dict[str, Any]:
    """Put these details in place of those of the version that the caller has seen; 0 if there are none."""

    async def work(unit: UnitOfWork) -> KeptDetails:
        return await change_details(unit, EmployerId(employer_id), body.version, body.details())

    return shown(await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work))
