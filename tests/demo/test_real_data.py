"""A Hub that others work with is left alone."""

from __future__ import annotations

from typing import Any, Final

import pytest

from contracts.vocabulary import Urn
from services.demo.real_data import Found, reasons_against

AREA: Final = [Urn("136500"), Urn("136501"), Urn("136502")]
LEADER: Final = "demo-leader"


def member(subject: str, role: str, urn: str | None, until: str | None = None) -> dict[str, Any]:
    return {"subject": subject, "role": role, "urn": urn, "until": until}


def found(
    told: set[str] | None = None,
    listed: set[str] | None = None,
    memberships: tuple[dict[str, Any], ...] = (),
) -> Found:
    return Found(
        told=told or set(),
        listed=listed or set(),
        memberships=(member("admin", "hub_admin", None), *memberships),
        cast={LEADER, "demo-teacher"},
        leaders=dict.fromkeys((*AREA, Urn("999999")), LEADER),
    )


OWN: Final = member(LEADER, "careers_leader", "136500")


@pytest.mark.parametrize(
    "hub",
    [
        pytest.param(found(), id="empty"),
        pytest.param(found(listed=set(AREA)), id="listed alone"),
        pytest.param(found(memberships=(OWN,)), id="stopped after the memberships"),
        pytest.param(found({"136500"}, set(AREA), (OWN,)), id="loaded before"),
        pytest.param(
            found({"136500"}, set(AREA), (member(LEADER, "careers_leader", "136500", "2026-01-01"),)),
            id="loaded before, and its people ended",
        ),
        pytest.param(
            found({"136500"}, set(AREA), (OWN, member("a-guest", "teacher", "136500"))),
            id="loaded before, and somebody looks around",
        ),
        pytest.param(found(memberships=(member("demo-teacher", "teacher", "136501"),)), id="its own people"),
        pytest.param(
            found(memberships=(member("gone", "teacher", "136501", "2026-01-01"),)), id="somebody who left"
        ),
        pytest.param(found(memberships=(member("lead", "hub_lead", None),)), id="people of the Hub"),
    ],
)
def test_a_hub_of_the_demonstration_alone_is_taken(hub: Found) -> None:
    assert reasons_against(hub, AREA) == []


@pytest.mark.parametrize(
    ("hub", "reason"),
    [
        (found({"136501"}), "It has data of 1 school (136501)"),
        (found({"136500", "136501"}, memberships=(OWN,)), "It has data of 1 school (136501)"),
        (found({"999999"}, memberships=(OWN,)), "It has data of 1 school (999999)"),
        (
            found({"136501"}, memberships=(member(LEADER, "teacher", "136501"),)),
            "It has data of 1 school (136501)",
        ),
        (found(memberships=(member("real", "careers_leader", "136501"),)), "People have roles at 1 school"),
        (found(listed={*AREA, Urn("100000"), Urn("100001")}), "It lists 2 schools (100000, 100001)"),
        (found({str(urn) for urn in range(200000, 200009)}), "9 schools (200000, 200001, 200002, 200003"),
    ],
)
def test_a_hub_that_holds_anything_of_others_is_refused_with_what_it_is(hub: Found, reason: str) -> None:
    [told] = reasons_against(hub, AREA)
    assert reason in told
