"""How far apart things are.

Distances are whole hectometres, so that the last bits of a sine cannot change a plan from one machine to the
next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.employers.matching.round import Position

EARTH_RADIUS_HM: Final = 63_710.0
FAR_HM: Final = 1_000_000
"""Where a position is not known: beyond every radius, and more than round the Earth."""


def distances_hm(here: Sequence[Position | None], there: Sequence[Position | None]) -> NDArray[np.int32]:
    """Measure every pair along the great circle; FAR_HM where a position is not known."""
    here_known, here_lat, here_lon = _radians(here)
    there_known, there_lat, there_lon = _radians(there)
    half_lat = np.sin((there_lat[None, :] - here_lat[:, None]) / 2) ** 2
    half_lon = np.sin((there_lon[None, :] - here_lon[:, None]) / 2) ** 2
    chord = half_lat + np.cos(here_lat)[:, None] * np.cos(there_lat)[None, :] * half_lon
    distance: NDArray[np.int32] = np.rint(
        2 * EARTH_RADIUS_HM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    ).astype(np.int32)
    distance[~here_known, :] = FAR_HM
    distance[:, ~there_known] = FAR_HM
    return distance


def _radians(
    positions: Sequence[Position | None],
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    known = np.array([position is not None for position in positions], dtype=bool)
    latitudes = np.array([position.latitude if position else 0.0 for position in positions])
    longitudes = np.array([position.longitude if position else 0.0 for position in positions])
    return known, np.radians(latitudes), np.radians(longitudes)
