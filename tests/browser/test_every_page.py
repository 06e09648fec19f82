"""What holds of every page in the navigation, for whoever sees it there."""

from __future__ import annotations

from typing import Final

from services.registry import SERVICES
from services.runtime.api import create_api
from services.runtime.permissions import GRANTS, Permission, Role
from services.runtime.settings import Settings
from services.web.navigation import HUB, SCHOOL
from services.web.routing import PageRoute
from tests.browser.people import People
from tests.journeys.hub import URN

WHO: Final = {
    Role.CAREERS_LEADER: "leader",
    Role.TEACHER: "teacher",
    Role.SCHOOL_LEADER: "head",
    Role.LINK_GOVERNOR: "governor",
    Role.ENTERPRISE_ADVISER: "adviser",
    Role.HUB_ADMIN: "admin",
    Role.HUB_LEAD: "lead",
    Role.ENTERPRISE_COORDINATOR: "coordinator",
    Role.EMPLOYER: "employer",
}
EVERY: Final = tuple(dict.fromkeys((*SCHOOL, *HUB)))
"""Each once: an adviser's page is listed both at schools and in the Hub."""


def test_the_navigation_leads_to_pages_that_are_there_with_the_same_permission(settings: Settings) -> None:
    app = create_api(tuple(SERVICES.values()), settings)
    pages = {
        route.path: route.gatekeeper.permission
        for route in app.routes
        if isinstance(route, PageRoute) and "GET" in (route.methods or ())
    }
    wrong = [entry for entry in EVERY if pages.get(entry.path) != entry.permission]
    assert wrong == []


def first_who_may(permission: Permission, role_order: tuple[Role, ...] = tuple(WHO)) -> str:
    return next(WHO[role] for role in role_order if permission in GRANTS[role])


async def test_every_page_is_accessible_fits_a_phone_and_asks_nobody_else(people: People) -> None:
    """All in one test: what costs time is the Hub and the browser, not the pages."""
    broken: dict[str, list[str]] = {}
    for entry in EVERY:
        page = await people.look(first_who_may(entry.permission), entry.path.format(urn=URN))
        headings = await page.locator("h1").count()
        found = await people.keeps_the_rules(page)
        if headings != 1:
            found.append(f"{headings} first headings")
        if found:
            broken[entry.label] = found
        people.complaints.clear()
        await page.context.close()
    assert broken == {}


async def test_every_page_says_the_same_without_scripts(people: People) -> None:
    for entry in EVERY:
        path, who = entry.path.format(urn=URN), first_who_may(entry.permission)
        with_scripts = await people.look(who, path)
        without = await people.look(who, path, scripts=False)
        assert await without.inner_text("h1") == await with_scripts.inner_text("h1")
        await with_scripts.context.close()
        await without.context.close()
