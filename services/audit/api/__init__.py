"""The service's JSON routes, below `/audit/v1/schools/{urn}`.

`evaluations.py`: complete an evaluation, read those that there are. `departments.py`: the department audit.
`surveys.py`: stakeholder voice. `resources.py`: time, money, materials, training. `plan.py`: the action plan.
`fields.py`: the fields that bodies are made of.
"""

from __future__ import annotations

from typing import Final

SERVICE_NAME: Final = "audit"
PREFIX: Final = "/audit/v1/schools/{urn}"
