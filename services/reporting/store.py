"""The collections of reporting's own database, besides its projections."""

from __future__ import annotations

from typing import Final

SCHOOLS: Final = "schools"
"""The Hub's schools and colleges as listed: `_id` is the URN."""
