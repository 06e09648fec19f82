"""Whether there is land where something is said to be, by a coarse map (`rules/land.json`).

It finds exchanged or mistyped coordinates, not a wrong street. Every position is asked about on entry, and
again before a round is solved, because a file without a Hub, or an entry from before, was never asked.
"""

from __future__ import annotations

from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict

AT_SEA: Final = "is in the sea or outside the British Isles; check latitude and longitude"
EXCHANGED: Final = f"{AT_SEA} (they seem to be exchanged)"
WRONG_SIGN: Final = f"{AT_SEA} (the longitude seems to have the wrong sign: west of Greenwich it is negative)"


class Place(Protocol):
    """Anything with a latitude and a longitude, in degrees (WGS 84)."""

    @property
    def latitude(self) -> float:
        """Degrees north."""

    @property
    def longitude(self) -> float:
        """Degrees east; west of Greenwich they are negative."""


class Land(BaseModel):
    """A map of land and sea in cells, the northernmost row first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    about: str
    sources: tuple[str, ...]
    confidence: str
    south: float
    west: float
    cells_per_degree: int
    rows: tuple[str, ...]

    def is_land(self, place: Place) -> bool:
        """Tell whether there is land of the British Isles that the Hubs' employers are on."""
        return self._is_land(place.latitude, place.longitude)

    def problem(self, place: Place | None) -> str | None:
        """Say what is wrong with a position, and what it may have been meant to be; None if nothing is.

        Employers of Wales, Scotland and Northern Ireland are as good as England's. No position is none.
        """
        if place is None or self.is_land(place):
            return None
        if self._is_land(place.longitude, place.latitude):
            return EXCHANGED
        return WRONG_SIGN if self._is_land(place.latitude, -place.longitude) else AT_SEA

    def _is_land(self, latitude: float, longitude: float) -> bool:
        row = (latitude - self.south) * self.cells_per_degree
        column = (longitude - self.west) * self.cells_per_degree
        # Compared before they are whole numbers, which neither infinity nor what is no number can become.
        if not 0 <= row < len(self.rows):
            return False
        cells = self.rows[-1 - int(row)]
        return 0 <= column < len(cells) and cells[int(column)] == "#"
