"""What a link to an employer's own is called, and what it opens."""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import EmployerId
from services.runtime.links import LINKS, Opens, Purpose
from services.runtime.mongo import Index

OWN_LINK: Final = Purpose("employer.own")
OWN_PAGE: Final = "/page"
"""Below a link: the same for people in a browser (`pages/own.py`)."""
OWN_INDEXES: Final = {LINKS: (Index((("employer", 1),)),)}


def own_of(employer_id: EmployerId) -> Opens:
    """Name what a link to an employer's own opens; its document has the employer's id in `employer`."""
    return Opens("employer", employer_id, f"employers/{employer_id}/own")
