"""The service's JSON routes, below `/audit/v1/schools/{urn}`.

`drafts.py`: start, copy, answer, support and complete an evaluation; `evaluations.py`: take one whole from
another tool, read those that there are; `positions.py`: comparison, snapshots, sharing. `departments.py`: the
department audit. `surveys.py`: stakeholder voice. `resources.py`: time, money, materials, training.
`plan.py`: the action plan. `statutory.py`: the statutory checklist. `impact_reviews.py`: the impact review
and its peers. `evaluation_bodies.py` and `fields.py` are what callers send. The routes that answer HTML and
PDF are in `pages/`: the governor pack, and the survey that the holder of a link answers.
"""

from __future__ import annotations

from typing import Final

SERVICE_NAME: Final = "audit"
PREFIX: Final = "/audit/v1/schools/{urn}"
