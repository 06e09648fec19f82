"""Where schools and employers lie on a map of the Hub: a drawing of dots, without anybody's tiles. Pure.

The map is as large as the Hub's schools with some room around them. Degrees are drawn as if the Earth were
flat there, east and west shortened by the latitude: over the 100 km of a Hub that is right to half a per
cent. Dots that would lie on each other are one dot, with the number of those that it stands for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.employers.model.directory import Employer, Position, School

WIDTH: Final = 640
MOST_HEIGHT: Final = 640
LEAST_HEIGHT: Final = 240
BORDER: Final = 20
"""Pixels that no dot's middle comes into."""
CELL: Final = 10
"""Pixels: dots whose middles are closer than that are one."""
ROOM: Final = 0.25
"""Of the schools' extent, shown on each side of it."""
LEAST_DEGREES: Final = 0.05
"""Of latitude, some 5 km: the extent of a Hub with a single school."""
MOST_NAMED: Final = 4
KM_A_DEGREE: Final = 111.2
"""Of latitude: the Earth's circumference of 40,030 km in 360 parts."""
SCALES_KM: Final = (1, 2, 5, 10, 20, 50)
LONGEST_SCALE: Final = 160
"""Pixels of the line that shows the scale."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One school or employer, or several that lie together; `size` is in pixels."""

    kind: str
    x: int
    y: int
    size: int
    count: int
    title: str


@dataclass(frozen=True, slots=True)
class Map:
    """The drawing; `outside` counts employers that lie beyond it, `unplaced` entries without a position."""

    height: int
    dots: tuple[Dot, ...]
    outside: int
    unplaced_schools: int
    unplaced_employers: int
    scale_km: int
    scale_width: int


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of the country that is drawn, and how many pixels a degree of latitude has."""

    north: float
    west: float
    height: int
    degree: float
    squeeze: float

    def place(self, position: Position) -> tuple[int, int] | None:
        """Return where a position lies, or None if that is not on the map."""
        x = round((position.longitude - self.west) * self.squeeze * self.degree) + BORDER
        y = round((self.north - position.latitude) * self.degree) + BORDER
        inside = BORDER <= x <= WIDTH - BORDER and BORDER <= y <= self.height - BORDER
        return (x, y) if inside else None


def map_of(schools: Sequence[School], employers: Sequence[Employer]) -> Map | None:
    """Draw schools and employers; None if no school has a position."""
    placed = [school.position for school in schools if school.position is not None]
    if not placed:
        return None
    frame = _frame_around(placed)
    found = [(employer.name, employer.position) for employer in employers if employer.position is not None]
    on_map = [(name, at) for name, position in found if (at := frame.place(position)) is not None]
    of_schools = [
        (school.name, at)
        for school in schools
        if school.position is not None and (at := frame.place(school.position)) is not None
    ]
    scale_km = max(
        (km for km in SCALES_KM if km / KM_A_DEGREE * frame.degree <= LONGEST_SCALE), default=SCALES_KM[0]
    )
    return Map(
        height=frame.height,
        # Schools last: they lie above the employers.
        dots=(*_dots("employer", on_map), *_dots("school", of_schools)),
        outside=len(found) - len(on_map),
        unplaced_schools=len(schools) - len(placed),
        unplaced_employers=len(employers) - len(found),
        scale_km=scale_km,
        scale_width=round(scale_km / KM_A_DEGREE * frame.degree),
    )


def _frame_around(placed: Sequence[Position]) -> _Frame:
    latitudes, longitudes = [p.latitude for p in placed], [p.longitude for p in placed]
    squeeze = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    tall = max(max(latitudes) - min(latitudes), LEAST_DEGREES) * (1 + 2 * ROOM)
    wide = max((max(longitudes) - min(longitudes)) * squeeze, LEAST_DEGREES) * (1 + 2 * ROOM)
    degree = min((WIDTH - 2 * BORDER) / wide, (MOST_HEIGHT - 2 * BORDER) / tall)
    height = max(LEAST_HEIGHT, round(tall * degree) + 2 * BORDER)
    return _Frame(
        north=(min(latitudes) + max(latitudes)) / 2 + (height / 2 - BORDER) / degree,
        west=(min(longitudes) + max(longitudes)) / 2 - (WIDTH / 2 - BORDER) / degree / squeeze,
        height=height,
        degree=degree,
        squeeze=squeeze,
    )


def _dots(kind: str, placed: Sequence[tuple[str, tuple[int, int]]]) -> list[Dot]:
    together: dict[tuple[int, int], list[tuple[str, tuple[int, int]]]] = {}
    for name, (x, y) in placed:
        together.setdefault((x // CELL, y // CELL), []).append((name, (x, y)))
    dots = []
    for found in together.values():
        names = sorted(name for name, _ in found)
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        x, y = (round(sum(at[axis] for _, at in found) / len(found)) for axis in (0, 1))
        # The area grows with the number.
        size = round(4 * math.sqrt(min(len(found), 9)))
        dots.append(Dot(kind, x, y, size, len(found), ", ".join(names[:MOST_NAMED]) + more))
    return dots
