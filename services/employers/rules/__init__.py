"""The service's rules as data: versioned JSON files with their sources, loaded and checked once a process.

- `matching-2026.1.json`: what a match costs (read by `matching/weights.py`);
- `default-offers.json`: what an employer is taken to offer where a file names no offers (`match_files/`);
- `land.json`: where in the British Isles there is land (read by `matching/land.py`);
- `encounter-types.json`: what can be offered and needed, and which benchmarks it helps with.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.employers.match_files.defaults import DefaultOffers
from services.employers.matching.land import Land
from services.employers.matching.weights import Weights
from services.employers.model.encounter_types import EncounterTypes


@cache
def weights() -> Weights:
    """Load the weights; raises pydantic's ValidationError for a file that does not fit."""
    return Weights.model_validate_json(_read("matching-2026.1.json"))


@cache
def default_offers() -> DefaultOffers:
    """Load what an employer is taken to offer; raises pydantic's ValidationError, as the others."""
    return DefaultOffers.model_validate_json(_read("default-offers.json"))


@cache
def land() -> Land:
    """Load the map; raises pydantic's ValidationError for a file that does not fit."""
    return Land.model_validate_json(_read("land.json"))


@cache
def encounter_types() -> EncounterTypes:
    """Load the types of encounters; raises pydantic's ValidationError for a file that does not fit."""
    return EncounterTypes.model_validate_json(_read("encounter-types.json"))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
