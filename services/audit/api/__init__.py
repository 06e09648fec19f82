"""The service's JSON routes, below `/audit/v1/schools/{urn}`.

`evaluations.py`: complete an evaluation, read those that there are.
"""

from __future__ import annotations

from typing import Final

SERVICE_NAME: Final = "audit"
PREFIX: Final = "/audit/v1/schools/{urn}"
