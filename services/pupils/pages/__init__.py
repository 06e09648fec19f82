"""The pages of `pupils`: a Careers Leader's and a teacher's day, and what a pupil's rights ask for.

`today.py`: what is due; `record_activity.py`: three clicks; `activities.py`, `absences.py`, `evaluate.py`,
`duplicates.py`: what comes after; `missing.py`: who is missing what; `people.py`, `conversations.py`:
pupils and talks with them; `roll.py`: the roll from a file. `data_protection.py`, `rights.py`, `requests.py`:
the access log, one pupil's rights, and what was asked for, goes when, and went. `record.py`: a
pupil's own record, by link.

`routes.py` lists the routers; `forms.py`, `words.py`: what forms and words have in common; `templates/`.
"""

from __future__ import annotations

from functools import cache

from services.web.pages import Pages


@cache
def pages() -> Pages:
    """Load the templates."""
    return Pages("pupils", __name__)
