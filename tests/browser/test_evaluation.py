"""A Careers Leader's evaluation and plan, and what a governor comes for, in a browser."""

from __future__ import annotations

from tests.browser.people import People
from tests.journeys.hub import URN

SITE = f"/audit/schools/{URN}"


async def test_an_evaluation_is_started_answered_and_refused_until_it_is_whole(people: People) -> None:
    page = await people.look("leader", f"{SITE}/evaluation")
    await page.get_by_role("button", name="Start an empty evaluation").click()
    assert "There is a problem" in await page.inner_text("main")
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []

    await page.get_by_label("A school", exact=True).check()
    await page.get_by_role("button", name="Start an empty evaluation").click()
    assert "Evaluation started on" in await page.inner_text("h1")
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("button", name="Complete the evaluation").click()
    assert "The evaluation is not complete" in await page.inner_text("main")
    people.foresee(422)

    await page.get_by_role("link", name="GB1").click()
    for group in await page.locator("fieldset").all():
        await group.locator("input[type=radio]").first.check()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Save and go on to GB2").click()
    assert "Your answers are saved" in await page.inner_text("main")
    await page.get_by_role("link", name="All benchmarks").click()
    first = page.locator(".govuk-task-list__item").first
    assert "All answered" in await first.inner_text()


async def test_an_action_is_planned_and_done_only_with_what_came_of_it(people: People) -> None:
    page = await people.look("leader", f"{SITE}/plan")
    await page.get_by_role("button", name="Plan an action").click()
    await page.get_by_label("What will be done").fill("Every Year 10 pupil meets an engineer")
    await page.get_by_role("button", name="Put it into the plan").click()
    assert "Which criteria it is for" in await page.locator(".govuk-error-summary").inner_text()
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []

    await page.get_by_label("Which criteria it is for").fill("gb5.1")
    await page.get_by_label("How you will see that it worked").fill("Pupils with an encounter")
    await page.get_by_label("Counted in").fill("pupils")
    await page.get_by_label("Where you want to be").fill("30")
    await page.get_by_label("What it needs").fill("A morning")
    await page.get_by_label("What it costs").fill("120.50")
    await page.get_by_role("button", name="Put it into the plan").click()
    assert "The action is in the plan" in await page.inner_text("main")
    assert "£120.50" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []

    await page.get_by_label("Done", exact=True).check()
    await page.get_by_role("button", name="Save").click()
    assert "say what came of what was done" in await page.locator(".govuk-error-summary").inner_text()
    people.foresee(422)
    await page.get_by_label("What came of it").fill("All thirty met an engineer.")
    await page.get_by_role("button", name="Save").click()
    assert "How the action stands is kept" in await page.inner_text("main")


async def test_a_governor_reads_the_pack_and_a_leader_decides_who_sees_the_scores(people: People) -> None:
    governor = await people.look("governor", f"{SITE}/governors")
    assert await governor.get_by_role("button", name="Save").count() == 0
    await governor.get_by_role("link", name="pack as a page").click()
    assert "governor" in (await governor.title()).lower()

    leader = await people.look("leader", f"{SITE}/governors")
    await leader.get_by_label("The Hub lead").check()
    await leader.get_by_role("button", name="Save").click()
    assert "Your decision holds" in await leader.inner_text("main")
    assert await people.keeps_the_rules(leader) == []
