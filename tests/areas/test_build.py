"""The script that makes the shipped files, and the rule that keeps an area to the size of a Hub."""

from __future__ import annotations

import csv
import io
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.areas.apportion import apportion
from services.areas.area import setting_of
from services.areas.build import DATA_FOLDER, SOURCES, Row, build, choose_schools


@settings(deadline=None)
@given(st.integers(0, 5000), st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any))
def test_parts_add_up_and_none_is_a_whole_one_off_its_share(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (5, [0, 0]), (5, [2, -1])])
def test_what_cannot_be_shared_out_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="cannot share out"):
        apportion(total, weights)


def register_row(number: int, district: str, special: str, pupils: str) -> Row:
    return {
        "urn": str(100_000 + number),
        "district_name": district,
        "special_school": special,
        "alternative_provision": "no",
        "post16_only": "no",
        "low_age": "11",
        "high_age": "16",
        "sixth_form": "no",
        "pupils": pupils,
    }


REGISTERS = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["yes", "no"]), st.sampled_from(["", "500"])),
    max_size=120,
).map(lambda facts: [register_row(number, *fact) for number, fact in enumerate(facts)])


@settings(deadline=None)
@given(REGISTERS, st.data())
def test_the_choice_does_not_depend_on_the_order_of_the_register(
    register: list[Row], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(register))

    assert choose_schools(shuffled, 40) == choose_schools(register, 40)


@settings(deadline=None)
@given(REGISTERS)
def test_at_most_40_are_chosen_in_proportion_to_district_and_setting(register: list[Row]) -> None:
    chosen = choose_schools(register, 40)

    assert len(chosen) == min(len(register), 40)
    offered = Counter((row["district_name"], setting_of(row)) for row in register)
    places = Counter((row["district_name"], setting_of(row)) for row in chosen)
    for stratum, count in offered.items():
        assert abs(places[stratum] - Fraction(len(chosen) * count, len(register))) < 1


@settings(deadline=None)
@given(REGISTERS)
def test_nobody_without_a_roll_is_chosen_before_somebody_with_one(register: list[Row]) -> None:
    chosen = {row["urn"] for row in choose_schools(register, 40)}
    passed_over = [row for row in register if row["urn"] not in chosen]

    strata_passed_over = {(row["district_name"], setting_of(row)) for row in passed_over if row["pupils"]}

    for row in register:
        if row["urn"] in chosen and (row["district_name"], setting_of(row)) in strata_passed_over:
            assert row["pupils"]


def test_a_school_of_younger_pupils_only_is_left_out() -> None:
    first_school = {**register_row(1, "A", "no", "300"), "low_age": "4", "high_age": "9"}

    assert choose_schools([first_school, register_row(2, "A", "no", "")], None) == [
        register_row(2, "A", "no", "")
    ]


def test_building_again_from_the_shipped_rows_gives_the_same_bytes(tmp_path: Path) -> None:
    full, made = tmp_path / "full", tmp_path / "made"
    full.mkdir()
    made.mkdir()
    for source in SOURCES:
        for kind in ("schools", "employers"):
            shipped = (DATA_FOLDER / f"{source.area}-{kind}.csv").read_text(encoding="utf-8")
            rows = list(csv.DictReader(io.StringIO(shipped)))
            with (full / f"{kind}_{source.suffix}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, ["trust_name", *rows[0]])
                writer.writeheader()
                writer.writerows({"trust_name": "left out", **row} for row in reversed(rows))

    paths = build(full, made)

    assert len(paths) == 4
    for path in paths:
        assert path.read_bytes() == (DATA_FOLDER / path.name).read_bytes()
