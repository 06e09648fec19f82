"""Anonymous single-use links: made, used once, withdrawn, and never to be joined to an answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.audit.commands import survey_answers
from services.audit.views.surveys import questions_by_link
from services.runtime.errors import InvalidError, NotFoundError
from services.runtime.links import NO_SUCH_LINK
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.audit.schools import URN, Hub, School, school_at
from tests.audit.surveys import ANSWERS, APRIL, MARCH, At, answered, links, planned


@pytest.fixture
def at(settings: Settings, store: Store, keys: Path) -> At:
    """The school at a moment."""
    hub = Hub(settings, store, keys)
    return lambda now: school_at(hub, now)


@pytest.fixture
async def school(at: At) -> AsyncIterator[School]:
    """The school in March, while the survey is open."""
    async with at(MARCH) as school:
        yield school


async def test_links_are_secrets_of_256_bits_of_which_only_digests_are_stored(school: School) -> None:
    survey = await planned(school)
    secrets = await links(school, survey, 3)

    stored = await school.documents("survey_links")

    assert len(set(secrets)) == 3
    assert all(len(secret) == 43 for secret in secrets)
    assert {link["_id"] for link in stored} == {hashlib.sha256(s.encode()).hexdigest() for s in secrets}
    for collection in ("survey_links", "surveys", "surveys_versions", "answers", "access_log"):
        text = str(await school.documents(collection))
        assert not any(secret in text for secret in secrets)


async def test_a_link_answers_once_and_the_answer_cannot_be_traced_to_it(school: School) -> None:
    survey = await planned(school)
    [secret] = await links(school, survey, 1)
    log = await school.accesses()

    assert await school.answer(secret, ANSWERS) == {"outcome": "answered"}
    with pytest.raises(NotFoundError):
        await school.answer(secret, ANSWERS | {"know_routes": 1})

    [stored] = await school.documents("survey_answers")
    [link] = await school.documents("survey_links")
    assert stored == {"_id": stored["_id"], "survey": survey, "answers": ANSWERS}
    # Drawn by lot: an id that the store makes would begin with the second.
    assert isinstance(stored["_id"], str)
    assert link == {"_id": link["_id"], "survey": survey, "batch": 1, "used": True}
    assert link["_id"] not in str(stored)
    # Nothing says when, or in which order.
    assert await school.accesses() == log
    assert await school.context.ledger.read(URN, 0, 10) == []


async def test_of_two_who_use_one_link_at_once_one_answers(school: School) -> None:
    survey = await planned(school)
    [secret] = await links(school, survey, 1)

    outcomes = await asyncio.gather(
        school.answer(secret, ANSWERS), school.answer(secret, ANSWERS), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotFoundError", "dict"]
    assert len(await school.documents("survey_answers")) == 1


async def test_answers_that_do_not_fit_leave_the_link_to_try_again(school: School) -> None:
    [secret] = await links(school, await planned(school), 1)

    with pytest.raises(InvalidError) as refused:
        await school.answer(secret, ANSWERS | {"know_routes": 9})

    assert [problem.where for problem in refused.value.problems] == ["answers.know_routes"]
    assert await school.documents("survey_answers") == []
    await school.answer(secret, ANSWERS)


async def test_a_failure_between_link_and_answer_undoes_both(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    [secret] = await links(school, await planned(school), 1)

    async def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(survey_answers, "add_answers", fail)
        with pytest.raises(RuntimeError):
            await school.answer(secret, ANSWERS)

    assert [link["used"] for link in await school.documents("survey_links")] == [False]
    await school.answer(secret, ANSWERS)


async def test_used_unknown_withdrawn_early_and_late_links_are_answered_alike(at: At) -> None:
    async with at(MARCH) as school:
        used = (await links(school, await answered(school, 1), 1, version=2))[0]
        await school.answer(used, ANSWERS)
        early = await links(school, await planned(school, title="Later", opens_on="2026-03-30"), 1)
        lost = await planned(school, title="Lost")
        withdrawn = await links(school, lost, 1)
        await school.told("POST", f"/surveys/{lost}/links/1/withdraw", {"version": 2})
        late = await links(school, await planned(school, title="Late"), 1)
        said = [await said_of(school, secret) for secret in (used, "x" * 43, "", early[0], withdrawn[0])]
    async with at(APRIL) as school:
        said.append(await said_of(school, late[0]))

    assert said == [(NO_SUCH_LINK, None)] * 6


async def said_of(school: School, secret: str) -> tuple[str, object]:
    """What somebody with a link that cannot be used is told, and shown."""
    with pytest.raises(NotFoundError) as refused:
        await school.answer(secret, ANSWERS)
    return refused.value.detail, await questions_by_link(school.context, _urn(), secret)


def _urn() -> Any:  # noqa: ANN401 - a Urn
    return URN


async def test_the_holder_of_a_link_sees_the_questions_and_nothing_of_the_school(school: School) -> None:
    [secret] = await links(school, await planned(school), 1)

    shown = await questions_by_link(school.context, _urn(), secret)

    assert shown is not None
    assert set(shown) == {"title", "introduction", "closes_on", "scale", "questions"}
    assert set(shown["questions"][0]) == {"id", "kind", "text", "options"}


async def test_a_lost_batch_of_links_is_not_made_twice_but_withdrawn(school: School) -> None:
    survey = await planned(school)
    path = f"/surveys/{survey}/links"
    lost = await links(school, survey, 4)
    await school.answer(lost[0], ANSWERS)

    again = await school.send("POST", path, {"version": 1, "links": 4})
    await school.told("POST", f"{path}/1/withdraw", {"version": 2})
    await school.told("POST", f"{path}/1/withdraw", {"version": 2})
    fresh = await links(school, survey, 3, version=3)
    await school.answer(fresh[0], ANSWERS)
    none = await school.send("POST", f"{path}/3/withdraw", {"version": 4})

    assert (again.status_code, none.status_code) == (409, 404)
    [shown] = (await school.get("/surveys"))["surveys"]
    # The one that was used before counts, the other three of its batch do not.
    assert (shown["links"], shown["answers"], shown["response_percent"]) == (4, 2, 50)


@pytest.mark.parametrize("count", [0, 1_001, "many"])
async def test_a_batch_is_of_one_to_a_thousand_links(school: School, count: object) -> None:
    survey = await planned(school)
    refused = await school.refused("POST", f"/surveys/{survey}/links", {"version": 1, "links": count})
    assert list(refused) == ["body.links"]
