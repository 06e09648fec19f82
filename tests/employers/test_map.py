"""The map of the Hub: who may see it, where dots lie, and what it says without positions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Urn
from services.employers.model.directory import Employer, Position, School
from services.employers.pages.map_drawing import BORDER, CELL, KM_A_DEGREE, WIDTH, map_of
from tests.conftest import TokenFor
from tests.employers.listings import DIRECTORY, employer, employer_entry, school_entry

PAGE: Final = "/employers/map"
PLACES = st.builds(Position, st.floats(50.0, 55.0), st.floats(-5.0, 1.5))


def school(number: int, position: Position | None) -> School:
    return School(
        id=Urn(str(136_500 + number)),
        name=f"School {number}",
        phase=None,
        setting="school",
        lowest_year=7,
        highest_year=11,
        has_post16=False,
        district="Dorset",
        position=position,
    )


def firm(number: int, position: Position | None) -> Employer:
    return replace(employer(f"gpg-{number}", f"Employer {number}"), position=position)


@given(st.lists(PLACES, min_size=1, max_size=8), st.lists(PLACES, max_size=12))
def test_every_place_is_a_dot_on_the_map_or_counted_beside_it(
    schools: list[Position], employers: list[Position]
) -> None:
    drawn = map_of(
        [school(number, at) for number, at in enumerate(schools)],
        [firm(number, at) for number, at in enumerate(employers)],
    )

    assert drawn is not None
    count = {kind: sum(d.count for d in drawn.dots if d.kind == kind) for kind in ("school", "employer")}
    assert count == {"school": len(schools), "employer": len(employers) - drawn.outside}
    for dot in drawn.dots:
        assert BORDER <= dot.x <= WIDTH - BORDER
        assert BORDER <= dot.y <= drawn.height - BORDER


def test_north_is_up_east_is_right_and_the_scale_is_true() -> None:
    here, north, east = Position(51.0, -2.0), Position(51.3, -2.0), Position(51.0, -1.6)

    drawn = map_of([school(0, here), school(1, north), school(2, east)], [])

    assert drawn is not None
    dots = {dot.title: dot for dot in drawn.dots}
    assert dots["School 1"].y < dots["School 0"].y == dots["School 2"].y
    assert dots["School 0"].x == dots["School 1"].x < dots["School 2"].x
    pixels_a_km = drawn.scale_width / drawn.scale_km
    assert dots["School 0"].y - dots["School 1"].y == pytest.approx(0.3 * KM_A_DEGREE * pixels_a_km, rel=0.03)
    shortened = math.cos(math.radians(51.15))
    assert dots["School 2"].x - dots["School 0"].x == pytest.approx(
        0.4 * shortened * KM_A_DEGREE * pixels_a_km, rel=0.03
    )


def test_what_lies_together_is_one_dot_that_names_who_is_there() -> None:
    at = Position(51.0, -2.0)

    drawn = map_of([school(0, at)], [firm(number, at) for number in range(6)])

    assert drawn is not None
    [crowd] = [dot for dot in drawn.dots if dot.kind == "employer"]
    assert crowd.count == 6
    assert crowd.title == "Employer 0, Employer 1, Employer 2, Employer 3 and 2 more"
    assert crowd.size < CELL * 2


async def test_whoever_reads_the_directory_sees_the_map_and_the_list_behind_it(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    listing = {
        "schools": [school_entry(latitude=50.7, longitude=-2.4)],
        "employers": [
            employer_entry(f"gpg-{n}", f"Firm <{n:02}>", latitude=50.71, longitude=-2.41) for n in range(60)
        ],
    }
    assert "The directory is empty" in (await client.get(PAGE)).text
    assert (await client.put(DIRECTORY, json=listing)).is_success

    shown = await client.get(PAGE)
    rest = await client.get(PAGE, params={"offset": "50"})
    beyond = await client.get(PAGE, params={"offset": "60"})

    assert shown.text.count("<circle") == 1
    assert "Employers, 1 to 50 of 60" in shown.text
    assert "Firm &lt;59&gt;" in rest.text
    assert "No employer in this part of the list" in beyond.text
    assert (await client.get(PAGE, params={"offset": "-1"})).status_code == 422
    client.headers["Authorization"] = f"Bearer {await token('teacher', 'teacher', '136500')}"
    assert (await client.get(PAGE)).status_code == 200
    del client.headers["Authorization"]
    assert (await client.get(PAGE)).headers["location"].startswith("/sign-in")


async def test_without_positions_there_is_a_list_and_no_map(client: httpx.AsyncClient) -> None:
    await client.put(
        DIRECTORY,
        json={"schools": [school_entry(latitude=None, longitude=None)], "employers": [employer_entry()]},
    )

    shown = (await client.get(PAGE)).text

    assert "No school has a position in the directory yet" in shown
    assert "<svg" not in shown.split("<main")[1]
