"""The service's JSON routes, below `/audit/v1/schools/{urn}`.

`evaluations.py`: complete an evaluation, read those that there are. `departments.py`: the department audit.
`surveys.py`: stakeholder voice. `resources.py`: time, money, materials, training. `plan.py`: the action plan.
`statutory.py`: the statutory checklist. `impact_reviews.py`: the impact review and its peers. `fields.py`:
the fields that bodies are made of. The routes that answer HTML and PDF are in `pages/`.
"""

from __future__ import annotations

from typing import Final

SERVICE_NAME: Final = "audit"
PREFIX: Final = "/audit/v1/schools/{urn}"
