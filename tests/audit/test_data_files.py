"""The checklist, the governors' questions, the national figures and the themes as data."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import BENCHMARKS, AcademicYear
from services.audit.checklists import statutory_checklist
from services.audit.governors import governor_prompts
from services.audit.impact import impact_themes
from services.audit.model.checklist import Checklist, Institution, Item
from services.audit.model.data_files import DataFileError, read_data_file
from services.audit.model.governor_files import GovernorPrompts
from services.audit.model.impact_review import profile
from services.audit.model.impact_themes import Theme, whole
from services.audit.model.statutory import Stated, StatedState, Statement, YearOfDuties, share_of, statuses
from services.audit.model.warrant import DataFile
from services.audit.model.web_address import is_web_address
from services.runtime.versions import Mark

Spoil = Callable[[dict[str, Any]], object]
TODAY = dt.date(2026, 6, 15)
KINDS: dict[str, tuple[type[DataFile], str]] = {
    "statutory.json": (Checklist, "services.audit.checklists"),
    "prompts.json": (GovernorPrompts, "services.audit.governors"),
    "leadership.json": (Theme, "services.audit.impact"),
}


def content(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(files(KINDS[name][1]).joinpath(name).read_text("utf-8"))
    return read


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("statutory.json", lambda f: f["items"].append(f["items"][0]), "'st.1' is there twice"),
        ("statutory.json", lambda f: f["items"][0].pop("confidence"), "items.0.confidence"),
        ("statutory.json", lambda f: f["items"][0].update(sources=["hearsay"]), "source 'hearsay'"),
        ("statutory.json", lambda f: f["items"][0].update(id="gb1"), "items.0.id"),
        ("statutory.json", lambda f: f["items"][0].update(weight=3), "items.0.weight"),
        ("statutory.json", lambda f: f["items"][0].update(evidence=[]), "items.0.evidence"),
        ("statutory.json", lambda f: f["items"][0]["applies_to"].update(settings=[]), "applies_to.settings"),
        (
            "statutory.json",
            lambda f: f["items"][0]["applies_to"].update(until="2001-01-01"),
            "until is before",
        ),
        ("statutory.json", lambda f: f["check_again"].update(term_ends=["02-29", "07-31"]), "'02-29'"),
        ("statutory.json", lambda f: f["known_sources"].update(unread="A book"), "'unread'"),
        ("statutory.json", lambda f: f["known_confidence"].pop("M"), "confidence M is not explained"),
        ("statutory.json", lambda f: f.update(version="new"), "version"),
        ("prompts.json", lambda f: f["benchmarks"].pop("gb4"), "gb4 missing"),
        ("prompts.json", lambda f: f["benchmarks"]["gb4"].pop(), "benchmarks.gb4"),
        ("prompts.json", lambda f: f["benchmarks"]["gb2"].append(f["benchmarks"]["gb1"][0]), "twice"),
        ("leadership.json", lambda f: f["questions"][0].update(levels=["a", "b", "c"]), "questions.0.levels"),
        ("leadership.json", lambda f: f["questions"][0].update(levels=["a", "b", "c", "a"]), "say the same"),
        ("leadership.json", lambda f: f["questions"][0].update(id="programme.vision"), "does not begin with"),
        ("leadership.json", lambda f: f["questions"].append(f["questions"][0]), "is there twice"),
        ("leadership.json", lambda f: f["questions"].pop(), "questions"),
        ("leadership.json", lambda f: f["questions"][0].update(variants={"nursery": {}}), "variants.nursery"),
    ],
)
def test_a_spoilt_file_is_refused_with_its_name_the_place_and_the_reason(
    name: str, spoil: Spoil, message: str
) -> None:
    kind, _ = KINDS[name]
    spoilt = content(name)
    spoil(spoilt)

    with pytest.raises(DataFileError) as refused:
        read_data_file(kind, name, json.dumps(spoilt))

    assert str(refused.value).startswith(f"{name}: ")
    assert message in str(refused.value)


def test_the_files_that_ship_can_be_used() -> None:
    assert [item.id for item in statutory_checklist().items] == [f"st.{number}" for number in range(1, 18)]
    assert set(governor_prompts().benchmarks) == set(BENCHMARKS)
    assert len(impact_themes().themes) == 6


def test_themes_that_claim_one_place_are_refused() -> None:
    theme = impact_themes().themes[0]

    with pytest.raises(ValueError, match="orders"):
        whole([theme, theme])
    with pytest.raises(ValueError, match="twice"):
        whole([theme, theme.model_copy(update={"order": 2})])


@pytest.mark.parametrize(
    ("checked", "due"),
    [
        ("2026-05-20", "2026-12-31"),
        ("2026-07-31", "2026-12-31"),
        ("2026-08-01", "2027-03-31"),
        ("2026-12-31", "2027-03-31"),
        ("2027-01-01", "2027-07-31"),
        ("2028-02-29", "2028-07-31"),
    ],
)
def test_a_page_is_looked_at_again_by_the_end_of_the_next_term(checked: str, due: str) -> None:
    rule = statutory_checklist().check_again

    assert rule.due_after(dt.date.fromisoformat(checked)).isoformat() == due


@pytest.mark.parametrize(
    "text",
    [
        "https://www.school.example", "http://school.example/", "https://school.example:8443/a/b.pdf?x=1#top",
        "https://school.example/caf%C3%A9",
    ],
)  # fmt: skip
def test_a_web_address_is_one(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "www.school.example", "ftp://school.example", "javascript:alert(1)", "data:text/html,x",
        "HTTPS:/school.example", "https://", "https://school", "https://a@school.example",
        "https://school.example/ x",
        "https://school.example/\n", 'https://school.example/"onclick', "https://school.example/<b>",
        "https://-school.example", "https://school..example", "//school.example", "https://127.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_none(text: str) -> None:
    assert not is_web_address(text)


def test_what_applies_to_a_sixth_form_only_is_no_duty_without_one() -> None:
    item = statutory_checklist().items[6]
    only = item.applies_to.model_copy(update={"has_post16": True, "until": dt.date(2026, 8, 31)})
    year = AcademicYear("2025/26")

    assert only.exemption(Institution("school", has_post16=True), year) is None
    assert "with Years 12 and 13" in str(only.exemption(Institution("school", has_post16=False), year))
    later = only.exemption(Institution("school", has_post16=True), AcademicYear("2026/27"))
    assert later == "bound until 2026-08-31"


states = st.sampled_from(["met", "partly", "not_met", "not_applicable", None])


@given(st.lists(states, min_size=17, max_size=17))
def test_the_share_met_equals_a_naive_recount(given_states: list[StatedState | None]) -> None:
    checklist = statutory_checklist()
    mark = Mark(dt.datetime(2026, 6, 1, tzinfo=dt.UTC), "leader")

    def stated(item: Item, state: StatedState) -> Stated:
        reason = "because" if state == "not_applicable" else None
        return Stated(item.id, 1, checklist.version, Statement(state, reason), mark)

    pairs = list(zip(checklist.items, given_states, strict=True))
    year = YearOfDuties(
        AcademicYear("2025/26"), None, {item.id: stated(item, s) for item, s in pairs if s is not None}
    )

    share = share_of(statuses(year, checklist, TODAY), "duty")

    counted = [state for item, state in pairs if item.force == "duty" and state != "not_applicable"]
    assert (share.met, share.applicable) == (counted.count("met"), len(counted))
    if counted:
        assert share.percent is not None
        assert share.percent * len(counted) <= 100 * counted.count("met") < (share.percent + 1) * len(counted)
        assert share.all_met == (share.percent == 100) == (set(counted) == {"met"})
    else:
        assert (share.percent, share.all_met) == (None, False)


@given(st.dictionaries(st.sampled_from(sorted(impact_themes().questions)), st.integers(1, 4)))
def test_a_themes_level_lies_between_its_lowest_and_its_mean(levels: dict[str, int]) -> None:
    for theme, found in zip(impact_themes().themes, profile(levels, impact_themes()), strict=True):
        given_levels = [levels[q.id] for q in theme.questions if q.id in levels]
        assert found.answered == len(given_levels)
        if len(given_levels) < len(theme.questions):
            assert (found.level, found.lowest) == (None, None)
        else:
            assert found.level is not None
            assert min(given_levels) == found.lowest
            assert found.lowest <= found.level <= sum(given_levels) / len(given_levels) < found.level + 1
