"""Invented rolls: as large as the real ones, valid, and nobody's."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import AcademicYear
from services.areas import area_names, load_area
from services.areas.area import School
from services.demo.roll import ROLL_COLUMNS, roll_csv, synthesise_roll, year_group_sizes
from services.demo.upn import CHECK_LETTERS, check_letter, invented_upn
from tests.demo.invented_schools import SCHOOLS, SEEDS, YEAR, YEARS, school_of


@pytest.mark.parametrize(
    "upn", ["B801200005001", "P207000016049", "H801200005005", "Q839400024001", "X801200005006"]
)
def test_the_check_letter_is_that_of_published_numbers(upn: str) -> None:
    assert check_letter(upn[1:]) == upn[0]


@settings(deadline=None)
@given(SCHOOLS, SEEDS, YEARS)
def test_every_pupil_number_passes_the_checks_of_a_upn(school: School, seed: int, year: AcademicYear) -> None:
    for pupil in synthesise_roll(school, year, seed):
        digits = [int(character) for character in pupil.upn[1:]]
        weighed = sum(weight * digit for weight, digit in zip(range(2, 14), digits, strict=True))
        assert CHECK_LETTERS.index(pupil.upn[0]) == weighed % 23
        assert pupil.upn[1:4] == school.la_code


@settings(deadline=None)
@given(SCHOOLS, SEEDS, YEARS)
def test_no_pupil_number_has_a_year_in_which_numbers_were_given_out(
    school: School, seed: int, year: AcademicYear
) -> None:
    years = {int(pupil.upn[8:10]) for pupil in synthesise_roll(school, year, seed)}

    assert all(30 <= allocated <= 89 for allocated in years)


@settings(deadline=None)
@given(
    st.sets(
        st.tuples(
            st.sampled_from(["838", "839"]),
            st.integers(100_000, 159_999).map(str),
            st.integers(2010, 2019),
            st.integers(1, 999),
        ),
        max_size=300,
    )
)
def test_different_pupils_have_different_numbers(pupils: set[tuple[str, str, int, int]]) -> None:
    assert len({invented_upn(*pupil) for pupil in pupils}) == len(pupils)


@pytest.mark.parametrize("name", area_names())
def test_no_two_pupils_of_an_area_share_a_number(name: str) -> None:
    upns = [
        pupil.upn for school in load_area(name).schools for pupil in synthesise_roll(school, YEAR, seed=1)
    ]

    assert len(upns) > 30_000
    assert len(set(upns)) == len(upns)


@pytest.mark.parametrize(("urn", "serial"), [("160000", 1), ("900000", 1), ("136500", 0), ("136500", 1000)])
def test_a_number_that_could_be_somebodys_is_refused(urn: str, serial: int) -> None:
    with pytest.raises(ValueError, match="pupil"):
        invented_upn("838", urn, 2015, serial)


@settings(deadline=None)
@given(SCHOOLS, SEEDS, YEARS)
def test_a_roll_follows_the_real_total(school: School, seed: int, year: AcademicYear) -> None:
    roll = synthesise_roll(school, year, seed)

    assert school.pupils_on_roll is not None
    assert {pupil.year_group for pupil in roll} <= set(school.year_groups)
    if school.lowest_year >= 7:
        assert len(roll) == school.pupils_on_roll
    else:
        assert len(roll) <= school.pupils_on_roll


def test_a_middle_school_s_younger_half_stays_out() -> None:
    sizes = year_group_sizes(school_of(roll=600, years=(5, 8)), YEAR, seed=1)

    assert list(sizes) == [7, 8]
    assert 270 <= sum(sizes.values()) <= 330


def test_a_sixth_form_is_smaller_than_the_years_below_and_a_college_s_years_are_not() -> None:
    school = year_group_sizes(school_of(roll=1200), YEAR, seed=1)
    college = year_group_sizes(school_of(roll=800, years=(12, 13), setting="college"), YEAR, seed=1)

    assert max(school[12], school[13]) < min(school[year] for year in range(7, 12))
    assert abs(college[12] - college[13]) < 100


def test_a_year_group_that_runs_out_of_serial_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 999 pupils"):
        synthesise_roll(school_of(roll=3000, years=(12, 13), setting="college"), YEAR, seed=1)


def test_a_school_whose_roll_is_not_known_has_no_pupils() -> None:
    assert synthesise_roll(school_of(roll=None), YEAR, seed=1) == ()


@settings(deadline=None)
@given(SCHOOLS.filter(lambda school: school.setting == "school"), SEEDS)
def test_tutor_groups_are_even_and_hold_at_most_30(school: School, seed: int) -> None:
    groups = Counter(pupil.tutor_group for pupil in synthesise_roll(school, YEAR, seed))

    for year_group in school.year_groups:
        sizes = [size for name, size in groups.items() if name.startswith(str(year_group))]
        if sizes:
            assert max(sizes) <= 30
            assert max(sizes) - min(sizes) <= 1


@settings(deadline=None)
@given(SCHOOLS, SEEDS)
def test_the_same_seed_gives_the_same_bytes(school: School, seed: int) -> None:
    first = roll_csv(synthesise_roll(school, YEAR, seed)).encode()

    assert roll_csv(synthesise_roll(school, YEAR, seed)).encode() == first


def test_another_seed_gives_other_people() -> None:
    assert roll_csv(synthesise_roll(school_of(), YEAR, 1)) != roll_csv(synthesise_roll(school_of(), YEAR, 2))


def test_pupils_keep_number_and_name_when_they_move_up() -> None:
    def people(year: str, year_group: int) -> set[tuple[str, str, str]]:
        return {
            (pupil.upn, pupil.surname, pupil.forename)
            for pupil in synthesise_roll(school_of(), AcademicYear(year), seed=1)
            if pupil.year_group == year_group
        }

    before, after = people("2024/25", 8), people("2025/26", 9)

    assert len(before & after) == min(len(before), len(after)) > 100


def test_the_csv_has_the_columns_of_a_roll_and_one_row_a_pupil() -> None:
    roll = synthesise_roll(school_of(), YEAR, seed=1)

    rows = list(csv.DictReader(io.StringIO(roll_csv(roll))))

    assert ROLL_COLUMNS == ("upn", "surname", "forename", "year_group", "tutor_group")
    assert [row["upn"] for row in rows] == [pupil.upn for pupil in roll]
    assert rows[0]["tutor_group"] == "7A"
