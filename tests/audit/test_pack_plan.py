"""The governor pack on the plan and on stakeholder voice: what it says, and what it leaves out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from services.audit.model.pack_plan import MOST_GOALS_SHOWN, plan_section, voice_section
from services.audit.model.paper import Bullets, Table, Text
from services.audit.model.plan import Action
from services.audit.model.question_set import Audience
from services.audit.model.survey import Survey
from services.audit.model.voice import Round, voice_of
from services.audit.surveys import question_sets
from services.runtime.versions import Kept, Mark
from tests.audit.conftest import School
from tests.audit.test_governor_pack import page, pdf, words_of
from tests.audit.test_plan import GOAL
from tests.audit.test_plan_api import ACTION, DONE
from tests.conftest import NOW

CANARY: Final = "Zebedee Quill asked for it"
MARK: Final = Mark(NOW, "leader")


async def test_the_plan_is_in_the_pack_by_state_by_what_is_due_and_by_cost(
    school: School,
) -> None:
    goals = {
        "Late goal": {"due_on": "2026-06-14", "cost_pence": 12_345},
        "Next goal": {"due_on": "2026-07-10", "cost_pence": 100_000},
        "Next year's goal": {"due_on": "2026-10-01", "cost_pence": 5},
        "Done goal": {"due_on": "2026-06-01", "cost_pence": 0},
    }
    for specific, changes in goals.items():
        answer = await school.send("POST", "/plan/actions", json=ACTION | {"specific": specific} | changes)
        assert answer.status_code == 201, answer.text
    done = answer.json()["id"]
    assert (await school.send("POST", f"/plan/actions/{done}/progress", json=DONE)).status_code == 200

    tables = (await page(school)).tables

    assert tables["Goals by state"] == [
        ["State", "Due in 2025/26", "In the whole plan"],
        ["Not started", "2", "3"],
        ["In progress", "0", "0"],
        ["Done", "1", "1"],
        ["No longer pursued", "0", "0"],
    ]
    assert tables["Overdue on 15 June 2026"][1:] == [
        ["Late goal", "gb4.1", "14 June 2026", "Not started", "£123.45"]
    ]
    this_term = tables["Still to be done in the summer term, by 31 August 2026"]
    assert [row[0] for row in this_term[1:]] == ["Next goal"]
    assert tables["What the goals cost that are due in a year"][1:] == [
        ["2025/26", "£1,123.45"],
        ["2026/27", "£0.05"],
        ["2027/28", "£0.00"],
    ]
    words = words_of(await pdf(school))
    assert "£1,123.45" in words
    assert ACTION["owner"] not in words, "subjects of tokens are for machines"


async def test_without_a_plan_and_without_a_survey_the_pack_says_so(school: School) -> None:
    texts = (await page(school)).texts

    assert "No action has been planned yet." in texts
    assert "Pupils: not heard." in texts
    assert any(text.startswith("0 of the 5 groups") for text in texts)


def test_a_group_has_one_line_that_tells_nothing_of_its_answers() -> None:
    today = dt.date(2026, 6, 15)

    def asked(audience: Audience, closes_on: str, *, answers: int, changed: str | None = None) -> Round:
        closing = dt.date.fromisoformat(closes_on)
        asked = question_sets()[audience]
        survey = Survey("t", audience, asked, dt.date(2026, 1, 1), closing, what_changed=changed)
        return Round(audience, survey, answers)

    rounds = [
        asked("pupils", "2026-03-20", answers=7, changed=CANARY),
        asked("staff", "2026-03-21", answers=12),
        asked("employers", "2026-07-01", answers=3),
        asked("parents_carers", "2026-03-20", answers=0),
    ]

    text, lines = voice_section(voice_of(rounds, today)).blocks

    assert isinstance(text, Text)
    assert text.text.startswith("2 of the 5 groups")
    assert isinstance(lines, Bullets)
    assert lines.lines == [
        "Pupils: heard, by a survey that closed on 20 March 2026; what changed is noted.",
        "Parents and carers: not heard.",
        "Staff: heard, by a survey that closed on 21 March 2026; what changed is not noted yet.",
        "Employers: being asked now.",
        "Governors: not heard.",
        "Careers advisers: not heard.",
    ]


def test_a_plan_with_more_overdue_goals_than_a_meeting_reads_says_how_many_more() -> None:
    goals = [replace(GOAL, specific=f"Goal {number}") for number in range(MOST_GOALS_SHOWN + 2)]
    late = [Kept(goal.specific, 1, Action(goal), MARK) for goal in goals]

    blocks = plan_section(late, GOAL.due_on + dt.timedelta(days=1)).blocks

    tables = {block.caption: block.rows for block in blocks if isinstance(block, Table)}
    assert len(tables["Overdue on 1 July 2026"]) == MOST_GOALS_SHOWN
    assert Text("And 2 more, which the plan in the Careers Hub lists.") in blocks
