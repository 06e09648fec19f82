"""Schools for the properties of the demonstration: any that the registers could hold."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from contracts.vocabulary import AcademicYear, Setting, Urn
from services.areas import Employer, School, load_area

YEAR: Final = AcademicYear("2025/26")
EMPLOYERS: Final[tuple[Employer, ...]] = load_area("dorset").employers


def school_of(
    roll: int | None = 900,
    years: tuple[int, int] = (7, 13),
    setting: Setting = "school",
    urn: str = "136500",
) -> School:
    """Make a school of Dorset with this roll and these years."""
    lowest, highest = years
    return School(
        urn=Urn(urn),
        name="A School",
        phase="Secondary",
        setting=setting,
        lowest_year=lowest,
        highest_year=highest,
        years_assumed=False,
        has_post16=highest >= 12,
        pupils_on_roll=roll,
        fsm_percent=12.5,
        la_code="838",
        district="Dorset",
        postcode="DT1 1XJ",
        latitude=50.71,
        longitude=-2.44,
    )


SCHOOLS: Final = st.builds(
    school_of,
    # Of two years, one has 66 % of the pupils at most, and a year group holds 999.
    roll=st.integers(1, 1500),
    years=st.tuples(st.integers(-2, 12), st.integers(7, 13)).filter(lambda years: years[0] <= years[1] - 1),
    setting=st.sampled_from(["school", "college", "special"]),
    urn=st.integers(100_000, 159_999).map(str),
)
SEEDS: Final = st.integers(0, 2**32)
YEARS: Final = st.integers(2018, 2035).map(lambda autumn: AcademicYear(f"{autumn}/{(autumn + 1) % 100:02d}"))
