"""The links to a pupil's own record: their purpose and what one opens; `runtime/links.py` keeps them."""

from __future__ import annotations

from typing import Final

from services.pupils.model.sheets import PupilRef
from services.runtime.links import Opens, Purpose

RECORD_LINK: Final = Purpose("pupil.record")


def record_of(ref: PupilRef) -> Opens:
    """Name a pupil's record as what a link opens; its document has the pupil's id in the field `pupil`."""
    return Opens("pupil", ref, f"pupils/{ref}/record")
