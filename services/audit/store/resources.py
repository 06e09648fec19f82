"""Where resources are kept: one document an academic year, and one of all training, with earlier versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter

from services.audit.model.resources import Resources, Training
from services.runtime.mongo import Index
from services.runtime.version_store import Kind

RESOURCES: Final = Kind("resources", TypeAdapter(Resources))
TRAINING: Final = Kind("training", TypeAdapter(Training))
THE_TRAINING: Final = "training"
"""The one document of its kind: a qualification outlasts academic years."""

RESOURCE_INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {**RESOURCES.indexes, **TRAINING.indexes}
