"""The areas that ship: what is in them, and how facts are read from the registers' rows."""

from __future__ import annotations

from pathlib import Path

import pytest

import services.areas
from contracts.employers import EmployerListed, SchoolListed
from services.areas import ATTRIBUTION, UnknownAreaError, area_names, load_area
from services.areas.area import read_employer, read_school

# A row as build.py writes it; each test changes what it is about.
SCHOOL_ROW = {
    "urn": "136500",
    "name": "A School",
    "la_code": "838",
    "la_name": "Dorset",
    "phase": "Secondary",
    "low_age": "11",
    "high_age": "18",
    "sixth_form": "yes",
    "pupils": "900",
    "fsm_percent": "12.5",
    "postcode": "DT1 1XJ",
    "latitude": "50.7",
    "longitude": "-2.4",
    "district_name": "Dorset",
    "special_school": "no",
    "alternative_provision": "no",
    "post16_only": "no",
}
EMPLOYER_ROW = {
    "gpg_employer_id": "961",
    "employer_name": "AN EMPLOYER LIMITED",
    "public_sector": "no",
    "sic_section": "R",
    "sic_codes": "93120 93290",
    "employer_size": "500 to 999",
    "address_town": "Bournemouth",
    "latitude": "50.7",
    "longitude": "-1.8",
}


def test_two_areas_ship_and_dorset_comes_first() -> None:
    assert area_names() == ("dorset", "west-yorkshire")


def test_an_unknown_area_is_refused_with_the_names_of_those_that_exist() -> None:
    with pytest.raises(UnknownAreaError, match=r"'wiltshire'.*dorset, west-yorkshire"):
        load_area("wiltshire")


@pytest.mark.parametrize(("name", "schools", "employers"), [("dorset", 79, 138), ("west-yorkshire", 40, 647)])
def test_an_area_holds_its_schools_and_employers_once_each(name: str, schools: int, employers: int) -> None:
    area = load_area(name)

    assert len({school.urn for school in area.schools}) == len(area.schools) == schools
    assert len({employer.employer_id for employer in area.employers}) == len(area.employers) == employers


@pytest.mark.parametrize("name", area_names())
def test_every_school_has_a_year_that_careers_guidance_is_for(name: str) -> None:
    for school in load_area(name).schools:
        assert school.year_groups, school
        assert 7 <= school.year_groups[0] <= school.year_groups[-1] <= 13
        assert school.has_post16 == (school.highest_year >= 12)


@pytest.mark.parametrize("name", area_names())
def test_every_school_and_employer_fits_the_directory_that_the_services_share(name: str) -> None:
    area = load_area(name)

    for school in area.schools:
        SchoolListed(
            urn=school.urn,
            name=school.name,
            setting=school.setting,
            lowest_year=school.lowest_year,
            highest_year=school.highest_year,
            has_post16=school.has_post16,
            district=school.district,
            phase=school.phase,
        )
    listed = [
        EmployerListed(
            employer_id=employer.employer_id,
            name=employer.name,
            sic_section=employer.sic_section,
            size_band=employer.size_band,
        )
        for employer in area.employers
    ]
    assert len({employer.sic_section for employer in listed}) > 10


def test_dorset_has_52_schools_whose_real_roll_is_known() -> None:
    rolls = [school.pupils_on_roll for school in load_area("dorset").schools]

    assert len([roll for roll in rolls if roll is not None]) == 52
    assert sum(roll or 0 for roll in rolls) == 48_318


def test_the_attribution_comes_with_the_area_and_stands_in_the_folder() -> None:
    sources = Path(services.areas.__file__).parent / "data" / "SOURCES.md"

    assert load_area("dorset").attribution == ATTRIBUTION
    assert ATTRIBUTION in sources.read_text(encoding="utf-8")
    assert "Open Government Licence v3.0" in ATTRIBUTION


@pytest.mark.parametrize(
    ("ages", "sixth_form", "years"),
    [
        (("11", "16"), "no", (7, 11)),
        (("11", "18"), "yes", (7, 13)),
        (("11", "19"), "yes", (7, 13)),
        (("9", "13"), "no", (5, 8)),
        (("13", "18"), "yes", (9, 13)),
        (("4", "16"), "no", (0, 11)),
        (("2", "19"), "yes", (-2, 13)),
        (("11", "17"), "no", (7, 11)),
        (("", ""), "", (7, 11)),
    ],
)
def test_years_follow_the_statutory_ages(
    ages: tuple[str, str], sixth_form: str, years: tuple[int, int]
) -> None:
    row = {**SCHOOL_ROW, "low_age": ages[0], "high_age": ages[1], "sixth_form": sixth_form}

    school = read_school(row)

    assert (school.lowest_year, school.highest_year) == years
    assert school.years_assumed == (not ages[0])


def test_a_college_without_ages_has_years_12_and_13() -> None:
    row = {**SCHOOL_ROW, "low_age": "", "high_age": "", "post16_only": "yes", "pupils": ""}

    college = read_school(row)

    assert college.setting == "college"
    assert college.year_groups == (12, 13)
    assert college.pupils_on_roll is None


@pytest.mark.parametrize(
    ("special", "alternative", "post16_only", "setting"),
    [
        ("no", "no", "no", "school"),
        ("no", "no", "yes", "college"),
        ("yes", "no", "no", "special"),
        ("no", "yes", "no", "special"),
        ("yes", "no", "yes", "special"),
    ],
)
def test_special_and_alternative_provision_is_special_whatever_its_ages(
    special: str, alternative: str, post16_only: str, setting: str
) -> None:
    row = {
        **SCHOOL_ROW,
        "special_school": special,
        "alternative_provision": alternative,
        "post16_only": post16_only,
    }

    assert read_school(row).setting == setting


def test_a_school_without_district_is_placed_in_its_authority() -> None:
    school = read_school({**SCHOOL_ROW, "district_name": "", "latitude": "", "longitude": ""})

    assert school.district == "Dorset"
    assert school.latitude is None


@pytest.mark.parametrize(
    ("register_says", "band"),
    [
        ("Less than 250", "unknown"),
        ("Not Provided", "unknown"),
        ("250 to 499", "large"),
        ("5000 to 19,999", "large"),
        ("20,000 or more", "large"),
    ],
)
def test_a_size_band_is_only_told_where_the_register_can_tell(register_says: str, band: str) -> None:
    assert read_employer({**EMPLOYER_ROW, "employer_size": register_says}).size_band == band


def test_the_registers_mark_of_a_public_body_is_no_sic_code() -> None:
    council = read_employer({**EMPLOYER_ROW, "sic_codes": "1 84110", "public_sector": "yes"})

    assert council.sic_codes == ("84110",)
    assert council.public_sector
