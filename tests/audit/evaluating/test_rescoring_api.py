"""A school asks how last year's evaluation would score under the newer framework."""

from __future__ import annotations

from tests.audit.evaluating.conftest import School
from tests.audit.evaluations import body


async def test_an_evaluation_of_last_year_is_scored_under_the_newer_framework_and_nothing_is_stored(
    school: School,
) -> None:
    school.clock.set("2025-07-10")
    done = await school.complete(await school.answered(best=True))
    school.clock.set("2025-10-01")
    before = len(await school.told())

    page = await school.do("GET", f"/evaluations/{done['evaluation_id']}/rescored", who="governor")

    by_name = {one["benchmark"]: one for one in page["benchmarks"]}
    assert page["series_break"] is True
    assert (page["framework_then"], page["framework"]) == ("gatsby-2018.1", "gatsby-2025.1")
    assert by_name["gb8"]["score_percent_then"] == 100
    assert by_name["gb8"]["low_percent"] < by_name["gb8"]["high_percent"] == 100
    assert by_name["gb4"]["achieved"] == "x"
    assert (page["achieved_count_at_least"], page["achieved_count_at_most"]) == (0, 8)
    asked = {part["part"]: part for part in page["parts"]}
    assert (asked["gb4.1.year_7"]["least"], asked["gb4.1.year_7"]["why"]) == ("x", "Not asked then.")
    assert asked["gb8.1.by_16"]["least"] == "all"
    assert len(await school.told()) == before


async def test_one_of_the_newer_framework_or_from_another_tool_cannot_be_scored_again(school: School) -> None:
    newer = await school.complete(await school.answered(best=True))
    sent = await school.do("POST", "/evaluations", json=body("2025-07-10", framework="gatsby-2018"))

    refused = [
        await school.send("GET", f"/evaluations/{identity}/rescored")
        for identity in (newer["evaluation_id"], sent["evaluation_id"], "0" * 32)
    ]

    assert [answer.status_code for answer in refused] == [409, 409, 404]
    assert "is of gatsby-2025 already" in refused[0].json()["detail"]
    assert "another tool" in refused[1].json()["detail"]
