"""A department, its return and its round for tests, as a school sends them."""

from __future__ import annotations

from typing import Any, Final

from tests.audit.schools import School

SCIENCE: Final[dict[str, Any]] = {
    "title": "Science",
    "head": "head-of-science",
    "champion": {"name": "Robin Hood", "subject": "robin"},
}
RETURN: Final[dict[str, Any]] = {
    "version": 0,
    "year_groups": [
        {"year_group": 7, "band": "all", "areas": ["cdi.explore", "cdi.grow"]},
        {"year_group": 8, "band": "some", "areas": []},
        {"year_group": 9, "band": "not_taught", "areas": []},
    ],
    "links": [{"title": "Forces at the harbour", "url": "https://school.test/forces", "year_group": 7}],
    "development": [{"title": "Careers in the curriculum", "held_on": "2025-10-20", "staff": 6}],
}
ROUND: Final[dict[str, Any]] = {"version": 0, "due_on": "2026-05-29", "year_groups": [7, 8, 9]}


async def listed(school: School, **changes: Any) -> str:  # noqa: ANN401 - fields of a body
    """List a department; returns its id."""
    return str((await school.told("POST", "/departments", SCIENCE | changes))["id"])
