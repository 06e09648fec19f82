"""The impact review through the routes: opinions, what is agreed, peers, and the profile by theme."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from services.audit.impact import impact_themes
from services.audit.model.impact_review import REVIEW_ROLES
from tests.audit.conftest import OTHER_URN, URN, School, problems_of

REVIEW: Final = "/impact-review"
PEERS: Final = ["147467", "113900"]
SAID: Final = "Canary reason that nobody else may read."
QUESTIONS: Final = tuple(impact_themes().questions)
LEADERSHIP: Final = tuple(sorted(impact_themes().questions_of(["leadership"])))


def agreement(level: int = 2, questions: tuple[str, ...] = QUESTIONS, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """An agreement on one level for these questions."""
    return {
        "version": 0,
        "setting": "school",
        "present": ["senior_leader", "governor", "senco"],
        "levels": {question: {"level": level, "reason": SAID} for question in questions},
    } | changes


def trio(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """An invitation of two peers to the theme of leadership."""
    return {"version": 0, "peers": PEERS, "themes": ["leadership"]} | changes


def judgement(level: int = 3, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """A peer's judgement of the theme of leadership."""
    return {
        "version": 0,
        "reviewed_on": "2026-05-04",
        "facilitated": True,
        "levels": {question: {"level": level, "reason": SAID} for question in LEADERSHIP},
    } | changes


async def in_a_trio(school: School) -> list[str]:
    """Agree everything and invite both peers; returns their codes."""
    await school.put(f"{REVIEW}/agreement", agreement())
    formed = await school.put(f"{REVIEW}/trio", trio())
    return [review["code"] for review in formed["reviews"]]


async def test_six_themes_are_asked_with_four_statements_a_question_in_the_words_of_the_setting(
    school: School,
) -> None:
    asked = {
        setting: await school.get(f"{REVIEW}/statements?setting={setting}")
        for setting in ("school", "college", "special")
    }

    for statements in asked.values():
        assert len(statements["themes"]) == 6
        for theme in statements["themes"]:
            assert 3 <= len(theme["questions"]) <= 4
            assert {len(question["levels"]) for question in theme["questions"]} == {4}
            assert theme["confidence"] == "L"
    assert asked["school"]["themes"] != asked["college"]["themes"]
    assert asked["school"]["themes"] != asked["special"]["themes"]
    assert "pupils" not in asked["college"]["themes"][0]["questions"][0]["text"]


async def test_participants_think_for_themselves_and_agree_together(school: School) -> None:
    governor = await school.as_somebody("governor", "link_governor")
    own = {"version": 0, "role": "careers_leader", "levels": {QUESTIONS[0]: 3}}
    others = {"version": 0, "role": "governor", "levels": {QUESTIONS[0]: 1}}

    await asyncio.gather(
        school.put(f"{REVIEW}/opinion", own),
        governor.put(f"{REVIEW}/opinion", others),
    )
    await school.put(f"{REVIEW}/agreement", agreement())

    review = await school.get(REVIEW)
    assert {(one["by"], one["role"], one["levels"][QUESTIONS[0]]) for one in review["opinions"]} == {
        ("leader", "careers_leader", 3),
        ("governor", "governor", 1),
    }
    assert review["agreement"]["present"] == ["governor", "senco", "senior_leader"]
    assert review["agreement"]["levels"][QUESTIONS[0]] == {"level": 2, "reason": SAID}


async def test_a_theme_has_a_level_once_all_its_questions_are_agreed_and_it_is_floored(
    school: School,
) -> None:
    first, second, third = LEADERSHIP
    levels = {question: {"level": level, "reason": SAID} for question, level in ((first, 4), (second, 2))}
    await school.put(f"{REVIEW}/agreement", agreement(levels=levels))
    half = (await school.get(REVIEW))["profile"][0]

    levels[third] = {"level": 2, "reason": SAID}
    await school.put(f"{REVIEW}/agreement", agreement(levels=levels, version=1))
    whole = (await school.get(REVIEW))["profile"][0]

    assert (half["theme"], half["answered"], half["level"], half["lowest"]) == ("leadership", 2, None, None)
    assert (whole["answered"], whole["level"], whole["lowest"], whole["change"]) == (3, 2, 2, None)


async def test_the_profile_tells_the_change_since_last_year(school: School) -> None:
    await school.put(f"{REVIEW}/agreement?academic_year=2024/25", agreement(3, LEADERSHIP))
    await school.put(f"{REVIEW}/agreement", agreement(2))

    review = await school.get(REVIEW)

    assert review["compared_with"] == "2024/25"
    assert [(theme["theme"], theme["change"]) for theme in review["profile"][:2]] == [
        ("leadership", -1),
        ("programme", None),
    ]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"levels": {"leadership.charm": {"level": 2, "reason": SAID}}}, "levels"),
        ({"levels": {QUESTIONS[0]: {"level": 0, "reason": SAID}}}, f"levels.{QUESTIONS[0]}"),
        ({"levels": {QUESTIONS[0]: {"level": 5, "reason": SAID}}}, f"levels.{QUESTIONS[0]}"),
        ({"levels": {QUESTIONS[0]: {"level": 2.5, "reason": SAID}}}, f"body.levels.{QUESTIONS[0]}.level"),
        ({"levels": {QUESTIONS[0]: {"level": 2}}}, f"body.levels.{QUESTIONS[0]}.reason"),
        ({"levels": {QUESTIONS[0]: {"level": 2, "reason": ""}}}, f"body.levels.{QUESTIONS[0]}.reason"),
        ({"levels": {}}, "body.levels"),
        ({"present": ["governor"]}, "present"),
        ({"present": ["governor", "king"]}, "body.present.1"),
        ({"present": ["governor"] * 31}, "body.present"),
        ({"setting": "nursery"}, "body.setting"),
    ],
)
async def test_an_agreement_that_makes_no_sense_is_refused_and_stores_nothing(
    school: School, changes: dict[str, Any], where: str
) -> None:
    answer = await school.send("PUT", f"{REVIEW}/agreement", json=agreement() | changes)

    assert answer.status_code == 422
    assert list(problems_of(answer)) == [where]
    assert SAID not in answer.text
    assert await school.documents("impact_reviews") == []


async def test_an_opinion_of_an_unknown_question_or_in_an_unknown_role_is_refused(school: School) -> None:
    unknown = {"version": 0, "role": "governor", "levels": {"leadership.charm": 2}}
    king = {"version": 0, "role": "king", "levels": {}}

    answers = [await school.send("PUT", f"{REVIEW}/opinion", json=body) for body in (unknown, king)]

    assert [list(problems_of(answer)) for answer in answers] == [["levels"], ["body.role"]]
    assert await school.documents("impact_reviews") == []


async def test_of_two_that_agree_the_second_is_told_and_every_version_is_kept(school: School) -> None:
    await school.put(f"{REVIEW}/agreement", agreement(2))
    head = await school.as_somebody("head", "school_leader")

    late = await head.send("PUT", f"{REVIEW}/agreement", json=agreement(4))
    again = await school.put(f"{REVIEW}/agreement", agreement(2))
    await head.put(f"{REVIEW}/agreement", agreement(3, version=1))

    assert (late.status_code, again["version"]) == (409, 1)
    assert "version 1" in late.json()["detail"]
    versions = (await school.get(f"{REVIEW}/agreement"))["versions"]
    assert [(one["version"], one["by"], one["levels"][QUESTIONS[0]]["level"]) for one in versions] == [
        (2, "head", 3),
        (1, "leader", 2),
    ]


async def test_a_stale_opinion_of_ones_own_is_refused(school: School) -> None:
    body: dict[str, Any] = {"version": 0, "role": "senco", "levels": {QUESTIONS[0]: 3}}
    await school.put(f"{REVIEW}/opinion", body)

    stale = await school.send("PUT", f"{REVIEW}/opinion", json=body | {"levels": {QUESTIONS[0]: 4}})
    seen = await school.put(f"{REVIEW}/opinion", body | {"levels": {QUESTIONS[0]: 4}, "version": 1})

    assert (stale.status_code, seen["version"]) == (409, 2)
    assert [document["_id"] for document in await school.documents("impact_versions")] == [
        "2025/26:opinion:leader:1"
    ]


async def test_a_peer_is_shown_the_shared_themes_and_nothing_else(school: School) -> None:
    first, second = await in_a_trio(school)

    shown = await school.get(f"{REVIEW}/peers/{first}")

    assert first != second
    assert (shown["reviewed_school"], shown["themes"]) == (URN, ["leadership"])
    assert set(shown["agreed"]) == set(LEADERSHIP)
    assert shown["review"] == {"code": first, "peer": PEERS[0], "version": 0, "judgement": None}


async def test_a_judgement_is_entered_under_its_code_and_stands_beside_what_is_agreed(school: School) -> None:
    first, second = await in_a_trio(school)

    await school.put(f"{REVIEW}/peers/{first}", judgement(3))
    await school.put(f"{REVIEW}/peers/{first}", judgement(4, version=1))

    reviews = {review["code"]: review for review in (await school.get(REVIEW))["trio"]["reviews"]}
    entered = reviews[first]["judgement"]
    assert (entered["entered_by"], entered["reviewed_on"], entered["facilitated"]) == (
        "leader", "2026-05-04", True,
    )  # fmt: skip
    assert [(theme["theme"], theme["level"]) for theme in entered["profile"]] == [("leadership", 4)]
    assert reviews[second]["judgement"] is None
    kept = [document["_id"] for document in await school.documents("impact_versions")]
    assert kept == [f"2025/26:peer:{first}:1"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"reviewed_on": "2026-06-16"}, "reviewed_on"),
        ({"facilitated": "yes"}, "body.facilitated"),
        ({"levels": {"families.alumni": {"level": 2, "reason": SAID}}}, "levels"),
        ({"levels": {LEADERSHIP[0]: {"level": 9, "reason": SAID}}}, f"levels.{LEADERSHIP[0]}"),
    ],
)
async def test_a_judgement_of_what_is_not_shared_or_not_yet_given_is_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    first, _ = await in_a_trio(school)

    answer = await school.send("PUT", f"{REVIEW}/peers/{first}", json=judgement() | changes)

    assert answer.status_code == 422
    assert list(problems_of(answer)) == [where]
    assert (await school.get(f"{REVIEW}/peers/{first}"))["review"]["judgement"] is None


async def test_two_that_enter_a_judgement_do_not_overwrite_each_other(school: School) -> None:
    first, _ = await in_a_trio(school)
    await school.put(f"{REVIEW}/peers/{first}", judgement(3))

    late = await school.send("PUT", f"{REVIEW}/peers/{first}", json=judgement(4))

    assert late.status_code == 409


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"peers": [PEERS[0], PEERS[0]]}, "peers"),
        ({"peers": [PEERS[0], URN]}, "peers"),
        ({"peers": [PEERS[0]]}, "body.peers"),
        ({"peers": [PEERS[0], "12"]}, "body.peers.1"),
        ({"themes": ["charm"]}, "themes"),
        ({"themes": []}, "body.themes"),
    ],
)
async def test_what_is_no_trio_is_refused(school: School, changes: dict[str, Any], where: str) -> None:
    await school.put(f"{REVIEW}/agreement", agreement())

    answer = await school.send("PUT", f"{REVIEW}/trio", json=trio() | changes)

    assert answer.status_code == 422
    assert list(problems_of(answer)) == [where]
    assert (await school.get(REVIEW))["trio"] == {"version": 0}


async def test_a_theme_is_shared_once_it_is_agreed(school: School) -> None:
    await school.put(f"{REVIEW}/agreement", agreement(2, LEADERSHIP[:2]))

    answer = await school.send("PUT", f"{REVIEW}/trio", json=trio())

    assert answer.status_code == 409
    assert "Agree them first" in answer.json()["detail"]


async def test_a_peer_that_stays_keeps_its_code_until_somebody_has_judged(school: School) -> None:
    first, second = await in_a_trio(school)
    other = trio(version=1, peers=["113900", "100000"], themes=["leadership", "families"])
    changed = await school.put(f"{REVIEW}/trio", other)
    codes = {review["peer"]: review["code"] for review in changed["reviews"]}
    assert codes["113900"] == second
    assert (await school.send("GET", f"{REVIEW}/peers/{first}")).status_code == 404

    await school.put(f"{REVIEW}/peers/{second}", judgement())
    late = await school.send("PUT", f"{REVIEW}/trio", json=trio(version=2))
    again = await school.put(f"{REVIEW}/trio", other)

    assert (late.status_code, again["version"]) == (409, 2)
    assert "judged already" in late.json()["detail"]


async def test_a_peer_school_reads_and_writes_nothing_here_even_with_its_code(school: School) -> None:
    first, _ = await in_a_trio(school)
    peer = await school.as_somebody("peer", "careers_leader", OTHER_URN)

    answers = [
        await peer.send("GET", REVIEW),
        await peer.send("GET", f"{REVIEW}/peers/{first}"),
        await peer.send("PUT", f"{REVIEW}/peers/{first}", json=judgement()),
    ]
    peer.urn = OTHER_URN
    at_home = await peer.send("GET", f"{REVIEW}/peers/{first}")

    assert [answer.status_code for answer in (*answers, at_home)] == [404] * 4


async def test_a_teacher_takes_part_and_only_leaders_agree(school: School) -> None:
    for role in ("teacher", "link_governor", "enterprise_adviser"):
        participant = await school.as_somebody(role, role)
        opinion = {"version": 0, "role": "senco", "levels": {QUESTIONS[0]: 2}}
        assert (await participant.send("PUT", f"{REVIEW}/opinion", json=opinion)).status_code == 200
        assert (await participant.send("PUT", f"{REVIEW}/agreement", json=agreement())).status_code == 403
        assert (await participant.send("PUT", f"{REVIEW}/trio", json=trio())).status_code == 403
    assert set(REVIEW_ROLES) >= {"senior_leader", "governor", "senco", "adviser"}


async def test_nothing_of_a_review_is_told_and_every_touch_is_logged(school: School) -> None:
    first, _ = await in_a_trio(school)
    await school.put(f"{REVIEW}/peers/{first}", judgement())
    await school.get(REVIEW)

    assert await school.context.ledger.read(URN, 0, 10) == []
    assert [entry[1:] for entry in await school.accesses()] == [
        ("impact.agreed", "impact-review/2025/26"),
        ("impact.peers_invited", "impact-review/2025/26"),
        ("impact.judgement_entered", f"impact-review/2025/26/{first}"),
        ("impact.read", "impact-review/2025/26"),
    ]
