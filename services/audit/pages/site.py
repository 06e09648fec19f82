"""The templates of `audit`'s pages for whoever is signed in."""

from __future__ import annotations

from functools import cache

from services.audit.api import SERVICE_NAME
from services.web.pages import Pages

PREFIX = f"/{SERVICE_NAME}/schools/{{urn}}"


@cache
def pages() -> Pages:
    """Load the templates."""
    return Pages(SERVICE_NAME, "services.audit.pages")
