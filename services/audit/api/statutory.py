"""Routes of the statutory checklist: how each duty is met and published, and who is named for careers.

Nothing is fetched from the addresses that a school states: the Hub sends no request outside itself. People
look at their own website, and say here when they did.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import Field

from contracts.vocabulary import Setting
from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.fields import (
    AcademicYearQuery,
    Address,
    Line,
    Text,
    academic_year_asked,
)
from services.audit.checklists import statutory_checklist
from services.audit.commands.statutory import Asked, state_item, state_particulars
from services.audit.model.checklist import Institution
from services.audit.model.statutory import Particulars, Person, ProviderAccess, StatedState, Statement
from services.audit.views.statutory import checklist_view, history_view, particulars_view, stated_view
from services.runtime.bodies import (
    Body,
    Day,
    SeenVersion,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

ItemId = Annotated[str, Path(max_length=10)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+$")]
"""As published; whether anybody reads it is for the school to find out."""
Telephone = Annotated[str, Field(pattern=r"^\+?[0-9(][0-9 ()-]{5,22}[0-9](?: ?(?:ext|x)\.? ?[0-9]{1,6})?$")]
CHECKLIST: Final = "/statutory-checklist"


class StatementBody(Body):
    """What the school says of one item."""

    version: SeenVersion
    state: StatedState
    reason: Line | None = None
    url: Address | None = None
    last_checked_on: Day | None = None
    next_check_on: Day | None = None
    note: Text | None = None

    def statement(self) -> Statement:
        """Hand it to the model."""
        return Statement(
            self.state, self.reason, self.url, self.last_checked_on, self.next_check_on, self.note
        )


class CareersLeaderBody(Body):
    """The Careers Leader as published."""

    name: Line
    email: Email | None = None
    telephone: Telephone | None = None


class LinkGovernorBody(Body):
    """The governor with oversight of careers."""

    name: Line


class ProviderAccessBody(Body):
    """The provider access policy statement: where it is, and when it is reviewed next."""

    url: Address
    review_on: Day


class ParticularsBody(Body):
    """Who is named for careers, what kind of institution it is, and when what is published is reviewed."""

    version: SeenVersion
    setting: Setting
    has_post16: Annotated[bool, Field(strict=True)]
    careers_leader: CareersLeaderBody | None = None
    link_governor: LinkGovernorBody | None = None
    provider_access: ProviderAccessBody | None = None
    information_review_on: Day | None = None

    def particulars(self) -> Particulars:
        """Hand them to the model."""
        leader, governor, access = self.careers_leader, self.link_governor, self.provider_access
        return Particulars(
            institution=Institution(self.setting, self.has_post16),
            careers_leader=None if leader is None else Person(leader.name, leader.email, leader.telephone),
            link_governor=None if governor is None else Person(governor.name),
            provider_access=None if access is None else ProviderAccess(access.url, access.review_on),
            information_review_on=self.information_review_on,
        )


@router.get(CHECKLIST, Permission.READ_EVALUATIONS)
async def get_checklist(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Show the checklist of an academic year: states, shares met, what is overdue, what is not published."""
    year = academic_year_asked(academic_year, caller.context)
    await caller.context.read_logged(caller.actor, caller.urn, "statutory.read", f"statutory/{year}")
    return await checklist_view(caller.context, caller.urn, year)


@router.put(f"{CHECKLIST}/particulars", Permission.MAINTAIN_CHECKLIST)
async def put_particulars(
    caller: AdmittedToSchool, body: ParticularsBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """State who is named for careers and what decides which duties bind; the version before is kept."""
    year = academic_year_asked(academic_year, caller.context)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return particulars_view(await state_particulars(unit, year, body.version, body.particulars()))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.put(f"{CHECKLIST}/items/{{item}}", Permission.MAINTAIN_CHECKLIST)
async def put_item(
    caller: AdmittedToSchool, item: ItemId, body: StatementBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """State how the school meets one item; the version before is kept."""
    year = academic_year_asked(academic_year, caller.context)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return stated_view(await state_item(unit, Asked(year, item, body.version), body.statement()))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get(f"{CHECKLIST}/items/{{item}}", Permission.READ_EVALUATIONS)
async def get_item(
    caller: AdmittedToSchool, item: ItemId, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Show what was stated of one item, all versions, the latest first."""
    year = academic_year_asked(academic_year, caller.context)
    known = statutory_checklist().the_item(item)
    await caller.context.read_logged(
        caller.actor, caller.urn, "statutory.read", f"statutory/{year}/{known.id}"
    )
    return await history_view(caller.context, caller.urn, year, known.id)
