"""The JSON routes of `employers`: the directory, read by everybody in the Hub, listed by administrators."""

from __future__ import annotations

from typing import Annotated, Final, Self

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.employers import NationalYear, SizeBand
from contracts.vocabulary import (
    EMPLOYER_ID_PATTERN,
    AcademicYear,
    EmployerId,
    EmployerIdField,
    Setting,
    SicSection,
    UrnField,
)
from services.employers import views
from services.employers.commands import list_directory
from services.employers.merging.views import possible_duplicates
from services.employers.model.directory import Employer, Position, School, Tally
from services.employers.model.duplicates import Likeness, Reason
from services.employers.model.engagement import Suppressed, YearFigures
from services.employers.model.search import EmployerQuery
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter

# A Hub's area has some hundreds of employers large enough for a register; England's register has 11,000.
ENTRIES_A_LISTING: Final = 2_000
LONGEST_PAGE: Final = 100
FIRST_POST16_YEAR: Final = 12

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]

router = SecuredRouter("employers", "/employers/v1")


class _Placed(BaseModel):
    """An entry with a position, or with none."""

    model_config = ConfigDict(extra="forbid")

    latitude: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Degrees, Field(ge=-180, le=180)] | None = None

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("position", "give both latitude and longitude, or neither")
        return self

    def position(self) -> Position | None:
        """The position, if there is one."""
        if self.latitude is None or self.longitude is None:
            return None
        return Position(self.latitude, self.longitude)


class SchoolEntry(_Placed):
    """A school or college of the Hub."""

    urn: UrnField
    name: Name
    phase: Name | None = None
    setting: Setting
    lowest_year: NationalYear
    highest_year: NationalYear
    has_post16: bool
    district: Name

    @model_validator(mode="after")
    def _has_years_that_fit(self) -> Self:
        if self.lowest_year > self.highest_year:
            raise PydanticCustomError("years", "lowest_year is above highest_year")
        if self.has_post16 and self.highest_year < FIRST_POST16_YEAR:
            raise PydanticCustomError("years", "has_post16 is true, but highest_year is below 12")
        return self

    def school(self) -> School:
        """Hand it to the model."""
        return School(
            id=self.urn,
            name=self.name,
            phase=self.phase,
            setting=self.setting,
            lowest_year=self.lowest_year,
            highest_year=self.highest_year,
            has_post16=self.has_post16,
            district=self.district,
            position=self.position(),
        )


class EmployerEntry(_Placed):
    """An employer that schools can name."""

    employer_id: EmployerIdField
    name: Name
    sic_section: SicSection | None = None
    size_band: SizeBand
    town: Name | None = None

    def employer(self) -> Employer:
        """Hand it to the model."""
        return Employer(
            id=self.employer_id,
            name=self.name,
            sic_section=self.sic_section,
            size_band=self.size_band,
            town=self.town,
            position=self.position(),
        )


class DirectoryBody(BaseModel):
    """A listing: entries to add or to change. What it leaves out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    schools: Annotated[list[SchoolEntry], Field(max_length=ENTRIES_A_LISTING)] = Field(default_factory=list)
    employers: Annotated[list[EmployerEntry], Field(max_length=ENTRIES_A_LISTING)] = Field(
        default_factory=list
    )


class TallyAnswer(BaseModel):
    """How many entries were new, differed, and were known exactly so."""

    listed: int
    changed: int
    unchanged: int

    @classmethod
    def of(cls, tally: Tally) -> Self:
        """Render a tally."""
        return cls(listed=tally.listed, changed=tally.changed, unchanged=tally.unchanged)


class LikenessAnswer(BaseModel):
    """Two employers that may be one, and why."""

    employers: tuple[EmployerId, EmployerId]
    reasons: tuple[Reason, ...]

    @classmethod
    def of(cls, likeness: Likeness) -> Self:
        """Render a pair."""
        return cls(employers=(likeness.one, likeness.other), reasons=likeness.reasons)


class DirectoryReceipt(BaseModel):
    """What became of a listing, by kind of entry, and which of its employers may be there twice."""

    schools: TallyAnswer
    employers: TallyAnswer
    possible_duplicates: list[LikenessAnswer]


class SchoolList(BaseModel):
    """The Hub's schools, in order of name."""

    schools: list[SchoolEntry]


class EmployerList(BaseModel):
    """Employers in order of name; send `next` as `cursor` for those that follow, unless it is null."""

    employers: list[EmployerEntry]
    next: EmployerId | None


class YearAnswer(BaseModel):
    """What the Hub's schools did with an employer in one academic year; `c` is a number withheld."""

    academic_year: AcademicYear
    schools: int
    activities: int
    attended: int | Suppressed
    encounters: int | Suppressed

    @classmethod
    def of(cls, figures: YearFigures) -> Self:
        """Render one year's figures."""
        return cls(
            academic_year=figures.academic_year,
            schools=figures.schools,
            activities=figures.activities,
            attended=figures.attended,
            encounters=figures.encounters,
        )


class EmployerAnswer(EmployerEntry):
    """An employer, and what the Hub's schools did with it, the latest academic year first.

    One that is merged names the employer that it was merged into, and shows that one's engagement.
    """

    engagement: list[YearAnswer]
    merged_into: EmployerId | None


@router.put("/directory", Permission.LIST_DIRECTORY)
async def put_directory(caller: AdmittedToHub, body: DirectoryBody) -> DirectoryReceipt:
    """List schools and employers; the same listing again changes nothing and tells nothing."""
    receipt = await list_directory(
        caller.context,
        caller.actor,
        [entry.school() for entry in body.schools],
        [entry.employer() for entry in body.employers],
    )
    found = await possible_duplicates(caller.context, [entry.employer_id for entry in body.employers])
    return DirectoryReceipt(
        schools=TallyAnswer.of(receipt.schools),
        employers=TallyAnswer.of(receipt.employers),
        possible_duplicates=[LikenessAnswer.of(pair) for pair in found],
    )


@router.get("/schools", Permission.READ_DIRECTORY)
async def get_schools(caller: AdmittedToHub) -> SchoolList:
    """List the Hub's schools."""
    return SchoolList(schools=[_school_entry(school) for school in await views.schools(caller.context)])


@router.get("/employers", Permission.READ_DIRECTORY)
async def get_employers(
    caller: AdmittedToHub,
    q: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    sic_section: Annotated[str | None, Query(pattern="^[A-U]$")] = None,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 50,
    cursor: Annotated[EmployerId | None, Query(pattern=EMPLOYER_ID_PATTERN)] = None,
) -> EmployerList:
    """Find employers by the beginnings of words of their names, and by their section of industry."""
    page = await views.employers(caller.context, EmployerQuery(q, sic_section, limit, cursor))
    return EmployerList(employers=[_employer_entry(one) for one in page.employers], next=page.next)


@router.get("/employers/{employer_id}", Permission.READ_DIRECTORY)
async def get_employer(
    caller: AdmittedToHub, employer_id: Annotated[EmployerId, Path(pattern=EMPLOYER_ID_PATTERN)]
) -> EmployerAnswer:
    """Read one employer and how it has been met."""
    found = await views.employer(caller.context, employer_id)
    # The Hub's team reads each school's figures in the report as well.
    in_team = Permission.READ_HUB_REPORT in caller.granted
    figures = await views.engagement_of(caller.context, employer_id, for_hub_team=in_team)
    return EmployerAnswer(
        **_employer_entry(found).model_dump(),
        engagement=[YearAnswer.of(year) for year in figures],
        merged_into=(await views.merges(caller.context)).get(employer_id),
    )


def _school_entry(school: School) -> SchoolEntry:
    return SchoolEntry(
        urn=school.id,
        name=school.name,
        phase=school.phase,
        setting=school.setting,
        lowest_year=school.lowest_year,
        highest_year=school.highest_year,
        has_post16=school.has_post16,
        district=school.district,
        latitude=None if school.position is None else school.position.latitude,
        longitude=None if school.position is None else school.position.longitude,
    )


def _employer_entry(employer: Employer) -> EmployerEntry:
    return EmployerEntry(
        employer_id=employer.id,
        name=employer.name,
        sic_section=employer.sic_section,
        size_band=employer.size_band,
        town=employer.town,
        latitude=None if employer.position is None else employer.position.latitude,
        longitude=None if employer.position is None else employer.position.longitude,
    )
