"""The words that payloads are made of: identifiers, academic years, benchmarks, and the class of each field.

Every name is the field's standard term. The values are checked here once, so that a service that holds a
payload need not check them again.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Final, Literal, NewType, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Urn = NewType("Urn", str)
"""A school's or college's Unique Reference Number: six digits. It changes on academisation."""
EmployerId = NewType("EmployerId", str)
"""The Hub's own id of an employer, such as `gpg-961`."""
ActivityId = NewType("ActivityId", str)
EvaluationId = NewType("EvaluationId", str)
AcademicYear = NewType("AcademicYear", str)
"""1 September to 31 August, written `2025/26`."""


class DataClass(StrEnum):
    """What kind of data a field holds; stated for every field of every payload."""

    TECHNICAL = "technical"
    """Ids, versions and times that only machines read."""
    INSTITUTIONAL = "institutional"
    """Facts about a school, college or employer as an organisation."""
    AGGREGATE = "aggregate"
    """Counts over pupils. Small ones are suppressed where people see them, not in transit."""
    PERSONAL = "personal"
    """Anything about one person. Refused in every contract."""


URN_PATTERN: Final = r"^[1-9][0-9]{5}$"
EMPLOYER_ID_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
OPAQUE_ID_PATTERN: Final = r"^[0-9a-zA-Z-]{8,64}$"
ACADEMIC_YEAR_PATTERN: Final = r"^20[0-9]{2}/[0-9]{2}$"


def _checked_academic_year(year: AcademicYear) -> AcademicYear:
    """Refuse what a pattern cannot: a year with another than its successor, such as `2025/27`."""
    academic_year_days(year)
    return year


UrnField = Annotated[Urn, Field(pattern=URN_PATTERN), DataClass.INSTITUTIONAL]
EmployerIdField = Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN), DataClass.INSTITUTIONAL]
ActivityIdField = Annotated[ActivityId, Field(pattern=OPAQUE_ID_PATTERN), DataClass.TECHNICAL]
EvaluationIdField = Annotated[EvaluationId, Field(pattern=OPAQUE_ID_PATTERN), DataClass.TECHNICAL]
OpaqueIdField = Annotated[str, Field(pattern=OPAQUE_ID_PATTERN), DataClass.TECHNICAL]
"""An id that only says which one: of an offer, a need, a round, a match."""
AcademicYearField = Annotated[
    AcademicYear,
    Field(pattern=ACADEMIC_YEAR_PATTERN),
    AfterValidator(_checked_academic_year),
    DataClass.INSTITUTIONAL,
]
DateField = Annotated[dt.date, DataClass.INSTITUTIONAL]

Benchmark = Literal["gb1", "gb2", "gb3", "gb4", "gb5", "gb6", "gb7", "gb8"]
"""One of the eight Gatsby Benchmarks (domain vocabulary `benchmark`)."""
BENCHMARKS: Final[tuple[Benchmark, ...]] = get_args(Benchmark)
CreditedBenchmark = Literal["gb2", "gb4", "gb5", "gb6", "gb7", "gb8"]
"""The benchmarks that a pupil's participation can count for; gb1 and gb3 are about the institution."""
CREDITED_BENCHMARKS: Final[tuple[CreditedBenchmark, ...]] = get_args(CreditedBenchmark)

BenchmarkField = Annotated[Benchmark, DataClass.INSTITUTIONAL]
CreditedBenchmarkField = Annotated[CreditedBenchmark, DataClass.INSTITUTIONAL]

FIRST_YEAR_GROUP: Final = 7
LAST_YEAR_GROUP: Final = 14
"""Special schools and colleges use 14 for learners beyond Year 13 (EHC plans run to 25)."""
YearGroupField = Annotated[int, Field(ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP), DataClass.AGGREGATE]
CountField = Annotated[int, Field(ge=0), DataClass.AGGREGATE]

TrackedGroup = Literal["sen", "disadvantaged", "eal", "in_care"]
"""A group whose coverage is told beside everybody's: support or an EHC plan, disadvantage (ever FSM in six
years, pupil premium or care), English as an additional language, care (domain §8.3)."""
TRACKED_GROUPS: Final[tuple[TrackedGroup, ...]] = get_args(TrackedGroup)
TrackedGroupField = Annotated[TrackedGroup, DataClass.AGGREGATE]

SicSection = Annotated[str, Field(pattern=r"^[A-U]$"), DataClass.INSTITUTIONAL]
"""A section letter of the Standard Industrial Classification 2007, such as `F` for construction."""

Setting = Literal["school", "college", "special"]
SettingField = Annotated[Setting, DataClass.INSTITUTIONAL]
Framework = Literal["gatsby-2018", "gatsby-2025"]
FrameworkField = Annotated[Framework, DataClass.INSTITUTIONAL]

ACADEMIC_YEAR_STARTS_IN_MONTH: Final = 9


class Payload(BaseModel):
    """The base of every payload and of every part of one.

    Frozen, and tolerant of fields that it does not know: an older reader must survive a newer writer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="iso8601")


def academic_year_of(day: dt.date) -> AcademicYear:
    """Name the academic year that a day belongs to: 1 September to 31 August (domain vocabulary)."""
    start = day.year if day.month >= ACADEMIC_YEAR_STARTS_IN_MONTH else day.year - 1
    return AcademicYear(f"{start}/{(start + 1) % 100:02d}")


def academic_year_days(year: AcademicYear) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of an academic year.

    Raises ValueError unless the text is a year and its successor, such as `2025/26`.
    """
    start_text, _, end_text = year.partition("/")
    digits = year.isascii() and start_text.isdigit() and end_text.isdigit()
    if not digits or len(start_text) != len("2025"):
        message = f"'{year}' is not an academic year; write it like 2025/26"
        raise ValueError(message)
    start = int(start_text)
    if int(end_text) != (start + 1) % 100 or len(end_text) != len("26"):
        message = f"'{year}' is not an academic year; {start} is followed by {(start + 1) % 100:02d}"
        raise ValueError(message)
    return dt.date(start, 9, 1), dt.date(start + 1, 8, 31)
