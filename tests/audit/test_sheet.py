"""Answers given in any order by several people, against a naive book of who said what."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import EvaluationId
from services.audit.frameworks import frameworks
from services.audit.model.evidence import link_reason
from services.audit.model.framework import Profile
from services.audit.model.sheet import Change, LearnerNumbers, Sheet, answer
from services.runtime.errors import ConflictError
from services.runtime.versions import Mark

AT = dt.datetime(2026, 6, 15, 10, 0, tzinfo=dt.UTC)
FRAMEWORK = frameworks()["gatsby-2025"]
PARTS = ("gb5.1.every_year", "gb8.1.by_16")
BANDS = ("none", "most", "all")


def empty() -> Sheet:
    return Sheet(
        EvaluationId("evaluation-1"),
        "gatsby-2025",
        FRAMEWORK.version,
        Profile("school", has_post16=False),
        Mark(AT, "leader"),
        LearnerNumbers({}, "roll", Mark(AT, "leader")),
    )


steps = st.lists(
    st.tuples(st.sampled_from(PARTS), st.sampled_from(BANDS), st.integers(0, 2), st.sampled_from("abc")),
    max_size=25,
)


@given(steps)
def test_nothing_that_was_said_is_lost_and_no_answer_is_overwritten_unseen(
    said: list[tuple[str, str, int, str]],
) -> None:
    sheet, history = empty(), list[tuple[str, str]]()
    book: dict[str, list[tuple[str, str]]] = {part: [] for part in PARTS}
    for part, band, behind, who in said:
        seen = max(0, len(book[part]) - behind)
        stale = seen != len(book[part]) and book[part][-1][0] != band
        change = Change(part, band, seen)
        if stale:
            first = f"was answered '{book[part][-1][0]}' by {book[part][-1][1]} "
            with pytest.raises(ConflictError) as refused:
                answer(sheet, FRAMEWORK, [change], Mark(AT, who))
            assert refused.value.problems[0].reason.startswith(first)
            continue
        sheet, replaced = answer(sheet, FRAMEWORK, [change], Mark(AT, who))
        history += [(p, before.answer or "") for p, before in replaced]
        if not book[part] or book[part][-1][0] != band:
            book[part].append((band, who))

    for part, answers in book.items():
        found = sheet.given.get(part)
        assert (found.answer, found.mark.by) == answers[-1] if found else answers == []
        assert (found.version if found else 0) == len(answers)
        assert [band for of, band in history if of == part] == [band for band, _ in answers[:-1]]


@pytest.mark.parametrize(
    "link",
    ["https://school.example/careers?year=10#gb5", "http://school.example", "HTTPS://SCHOOL.EXAMPLE/a"],
)
def test_a_link_that_people_can_follow_is_taken(link: str) -> None:
    assert link_reason(link) is None


@pytest.mark.parametrize(
    "link",
    ["", "school.example", "//school.example", "https:school.example", "https://", "https://a b.example",
     "http://[::1", "file:///etc/hosts", "mailto:head@school.example", "https://school.example:99999/"],
)  # fmt: skip
def test_a_link_that_is_none_is_refused(link: str) -> None:
    assert link_reason(link) is not None
