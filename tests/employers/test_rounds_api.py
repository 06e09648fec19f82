"""Match rounds over HTTP: proposed, settled, solved again, explained; and what each side may see and do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.employers import MatchChanged
from services.employers import solver
from services.employers.solving import Solving, solving
from tests.employers.hub import ENDS_ON, OTHER_URN, URN, Hub
from tests.employers.listings import school_entry

Json = dict[str, Any]
LEADER = f"leader@{URN}"
OTHER_LEADER = f"leader@{OTHER_URN}"


@pytest.fixture(autouse=True)
def own_time_limit() -> Iterator[None]:
    """Give the solver time to start on a busy machine, and put back what a test shortens."""
    solving().time_limit_s = 60.0
    yield
    solving().time_limit_s = 60.0


async def propose(hub: Hub, fairness: float = 1.0) -> Json:
    """Propose a round; returns the receipt."""
    return await hub.post("/rounds", {"ends_on": ENDS_ON, "fairness": fairness})


async def lines(hub: Hub, round_id: str) -> list[Json]:
    """Read a round's lines that are in its plan, in order of need."""
    shown = (await hub.get(f"/rounds/{round_id}"))["lines"]
    return sorted((one for one in shown if one["state"] != "replaced"), key=lambda one: str(one["need_id"]))


async def accept(hub: Hub, round_id: str, line: Json) -> Json:
    """Have both sides accept a line; returns it as it is then."""
    leader = f"leader@{line['urn']}"
    answer = {"version": line["version"], "answer": "accepted"}
    await hub.post(f"/schools/{line['urn']}/matches/{line['id']}/answer", answer, leader)
    return await hub.post(
        f"/rounds/{round_id}/lines/{line['id']}/employer-answer", answer | {"version": line["version"] + 1}
    )


async def confirm(hub: Hub, round_id: str, line: Json) -> Json:
    """Have a line accepted and confirmed."""
    accepted = await accept(hub, round_id, line)
    return await hub.post(
        f"/rounds/{round_id}/lines/{line['id']}/confirmation", {"version": accepted["version"]}
    )


async def states(hub: Hub, urn: str) -> list[str]:
    """List the states of matches as they were told, in order."""
    return [each.state for each in await hub.told(urn) if isinstance(each, MatchChanged)]


async def test_a_round_proposes_the_best_plan_and_tells_each_school_of_its_own(hub: Hub) -> None:
    own, other = await hub.need(), await hub.need(OTHER_URN)
    for number in (1, 2):
        await hub.offer(f"gpg-{number}")

    done = await propose(hub)

    shown = await hub.get(f"/rounds/{done['id']}")
    assert shown["plan"]["objective"]["unmet"] == 0
    assert [(one["urn"], one["satisfaction"]) for one in shown["plan"]["schools"]] == [
        (URN, 1.0),
        (OTHER_URN, 1.0),
    ]
    assert shown["price_of_fairness"]["matches_lost"] == 0
    assert shown["plan_digest"] == done["digest"] == shown["plan"]["digest"]
    assert {one["need_id"] for one in shown["lines"]} == {own, other}
    assert all(one["cost"] == sum(one["parts"].values()) for one in shown["lines"])
    for urn, need_id in ((URN, own), (OTHER_URN, other)):
        (told,) = [each for each in await hub.told(urn) if isinstance(each, MatchChanged)]
        assert (told.urn, told.need_id, told.state) == (urn, need_id, "proposed")


async def test_the_same_inputs_have_the_same_digests(hub: Hub) -> None:
    await hub.need(slots=2)
    for number in (1, 2, 3):
        await hub.offer(f"gpg-{number}", capacity=2)

    first, second = await propose(hub), await propose(hub)

    assert first["id"] != second["id"]
    assert (first["digest"], first["inputs_digest"]) == (second["digest"], second["inputs_digest"])
    await hub.offer("gpg-1", group_size=30)
    assert (await propose(hub))["inputs_digest"] != first["inputs_digest"]


async def test_a_school_sees_its_own_lines_and_never_anothers(hub: Hub) -> None:
    await hub.need()
    await hub.need(OTHER_URN)
    for number in (1, 2):
        await hub.offer(f"gpg-{number}")
    done = await propose(hub)
    (foreign,) = [one for one in await lines(hub, done["id"]) if one["urn"] == OTHER_URN]

    seen = (await hub.get(f"/schools/{URN}/matches", LEADER))["matches"]

    assert len(seen) == 1
    assert seen[0]["id"] != foreign["id"]
    assert seen[0]["employer"].startswith("Firm ")
    assert OTHER_URN not in str(seen)
    assert "cost" not in seen[0]
    answer = {"version": 1, "answer": "declined"}
    path = f"/schools/{URN}/matches/{foreign['id']}/answer"
    assert (await hub.ask(LEADER, "POST", path, answer)).status_code == 404
    for path in ("", f"/{done['id']}", f"/{done['id']}/explanations"):
        assert (await hub.ask(LEADER, "GET", f"/rounds{path}")).status_code == 403
    assert await states(hub, OTHER_URN) == ["proposed"]


async def test_what_both_sides_accept_is_confirmed_and_stays_whatever_is_solved_again(hub: Hub) -> None:
    await hub.need()
    await hub.offer("gpg-2")
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    too_early = await hub.ask(
        "ec", "POST", f"/rounds/{done['id']}/lines/{line['id']}/confirmation", {"version": 1}
    )

    assert too_early.status_code == 409
    assert (await confirm(hub, done["id"], line))["state"] == "confirmed"
    await hub.offer("gpg-1")
    await hub.need(OTHER_URN)
    again = await hub.post(f"/rounds/{done['id']}/resolution", {"version": 1})

    assert again["matches"] == 2
    need_path = f"/schools/{URN}/needs/{line['need_id']}"
    for who, path in (("ec", f"/offers/{line['offer_id']}"), (LEADER, need_path)):
        refused = await hub.ask(who, "POST", f"{path}/withdrawal", {"version": 1})
        assert refused.status_code == 409
    kept = [one for one in await lines(hub, done["id"]) if one["id"] == line["id"]]
    assert [one["state"] for one in kept] == ["confirmed"]
    assert await states(hub, URN) == ["proposed", "accepted", "confirmed"]


async def test_a_confirmed_line_takes_of_the_next_rounds_capacity_and_asks(hub: Hub) -> None:
    await hub.need()
    await hub.offer("gpg-1", capacity=2)
    await hub.ask("ec", "PUT", "/ask-budgets/gpg-1", {"asks": 1, "version": 0})
    first = await propose(hub)
    await confirm(hub, first["id"], (await lines(hub, first["id"]))[0])
    await hub.need(OTHER_URN)

    second = await propose(hub)

    assert second["matches"] == 0
    shown = await hub.get(f"/rounds/{second['id']}")
    assert [(one["urn"], one["met"]) for one in shown["plan"]["unmet"]] == [(OTHER_URN, 0)]
    (remedy,) = (await hub.get(f"/rounds/{second['id']}/remedies"))["remedies"]
    assert remedy["cheapest_change"]["change"] == "budget"


async def test_of_two_rounds_only_one_can_confirm_the_last_place(hub: Hub) -> None:
    await hub.need()
    await hub.offer("gpg-1", capacity=1)
    rounds = [(await propose(hub))["id"] for _ in "ab"]
    first, second = [(await lines(hub, round_id))[0] for round_id in rounds]
    accepted = [
        await accept(hub, round_id, line) for round_id, line in zip(rounds, (first, second), strict=True)
    ]

    answers = await asyncio.gather(
        *(
            hub.ask(
                "ec",
                "POST",
                f"/rounds/{round_id}/lines/{line['id']}/confirmation",
                {"version": done["version"]},
            )
            for round_id, line, done in zip(rounds, (first, second), accepted, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_declined_line_is_not_proposed_again(hub: Hub) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    answer = {"version": 1, "answer": "declined"}
    await hub.post(f"/schools/{URN}/matches/{line['id']}/answer", answer, LEADER)
    await hub.offer("gpg-3")

    again = await hub.post(f"/rounds/{done['id']}/resolution", {"version": 1})

    assert again["matches"] == 1
    assert {one["employer_id"]: one["state"] for one in await lines(hub, done["id"])} == {
        "gpg-1": "declined",
        "gpg-3": "proposed",
    }
    late = await hub.ask(
        LEADER, "POST", f"/schools/{URN}/matches/{line['id']}/answer", answer | {"version": 2}
    )
    assert late.json()["outcome"] == "unchanged"
    back = {"version": 2, "answer": "accepted"}
    assert (
        await hub.ask(LEADER, "POST", f"/schools/{URN}/matches/{line['id']}/answer", back)
    ).status_code == 409


@pytest.mark.parametrize(("by", "given_back"), [("school", True), ("employer", False)])
async def test_who_cancels_decides_whether_the_place_is_given_back_and_a_stand_in_is_found(
    hub: Hub, by: str, *, given_back: bool
) -> None:
    await hub.need()
    near = await hub.offer("gpg-1", send="evidenced", evidence_note="A visit in May.")
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    await hub.offer("gpg-2")
    await hub.offer("gpg-3", radius_km=29, virtual=False)
    path = f"/rounds/{done['id']}/lines/{line['id']}"
    assert (await hub.ask("ec", "GET", f"{path}/stand-ins")).status_code == 409
    confirmed = await confirm(hub, done["id"], line)

    await hub.post(f"{path}/cancellation", {"version": confirmed["version"], "by": by})

    found = (await hub.get(f"{path}/stand-ins"))["stand_ins"]
    assert sorted(one["employer"] for one in found) == ["gpg-2", "gpg-3"]
    assert [one["cost"] for one in found] == sorted(one["cost"] for one in found)
    assert all(one["employer_name"].startswith("Firm") for one in found)
    assert (await states(hub, URN))[-1] == "cancelled"
    await hub.ask("ec", "POST", f"/rounds/{done['id']}/resolution", {"version": 1})
    await hub.need(OTHER_URN)
    next_round = await propose(hub)
    offers = {one["offer_id"] for one in await lines(hub, next_round["id"])}
    reasons = (
        await hub.get(
            f"/rounds/{next_round['id']}/why-not?employer=gpg-1&need="
            + (await hub.get(f"/schools/{OTHER_URN}/needs", OTHER_LEADER))["needs"][0]["id"]
        )
    )["offers"]
    assert (reasons[0]["in_plan"] or reasons[0]["loss"] is not None) == given_back, (offers, near)


async def test_a_locked_line_stays_and_an_excluded_one_goes(hub: Hub) -> None:
    identity = await hub.need()
    offers = [await hub.offer(f"gpg-{number}") for number in (1, 2)]
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    other = next(one for one in offers if one != line["offer_id"])
    path = f"/rounds/{done['id']}"
    pair = {"need": identity, "offer": other}

    await hub.post(f"{path}/locks", {"version": 1, "add": [pair]})
    again = await hub.post(f"{path}/resolution", {"version": 2})
    assert [one["offer_id"] for one in await lines(hub, done["id"])] == [other]
    assert await states(hub, URN) == ["proposed", "proposed", "replaced"]

    both = {"version": again["version"], "add": [pair]}
    clash = await hub.ask("ec", "POST", f"{path}/exclusions", both)
    assert clash.status_code == 422
    assert clash.json()["problems"][0]["where"] == f"locks.{identity}+{other}"
    unlocked = await hub.post(f"{path}/locks", {"version": again["version"], "remove": [pair]})
    apart = {"urn": URN, "employer_id": "gpg-1"}
    kept_apart = await hub.post(
        f"{path}/exclusions", {"version": unlocked["version"], "add": [pair], "add_apart": [apart]}
    )
    await hub.post(f"{path}/resolution", {"version": kept_apart["version"]})
    remaining = {one["employer_id"] for one in await lines(hub, done["id"])}
    assert other not in {one["offer_id"] for one in await lines(hub, done["id"])}
    assert "gpg-1" not in remaining


async def test_contradictory_locks_are_named_and_the_plan_stays(hub: Hub) -> None:
    needs = [await hub.need(), await hub.need(OTHER_URN)]
    offer_id = await hub.offer("gpg-1", capacity=1)
    done = await propose(hub)
    before = await lines(hub, done["id"])
    pairs = [{"need": one, "offer": offer_id} for one in needs]
    await hub.post(f"/rounds/{done['id']}/locks", {"version": 1, "add": pairs})

    answer = await hub.ask("ec", "POST", f"/rounds/{done['id']}/resolution", {"version": 2})

    assert answer.status_code == 422
    assert all(one in str(answer.json()["problems"]) for one in needs)
    assert await lines(hub, done["id"]) == before


async def test_of_two_coordinators_who_solve_again_at_once_one_reads_again(hub: Hub) -> None:
    await hub.need(slots=2)
    await hub.offer("gpg-1")
    done = await propose(hub)
    await hub.offer("gpg-2")

    answers = await asyncio.gather(
        *(hub.ask(who, "POST", f"/rounds/{done['id']}/resolution", {"version": 1}) for who in ("ec", "lead"))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [one["state"] for one in await lines(hub, done["id"])] == ["proposed", "proposed"]
    assert await states(hub, URN) == ["proposed", "proposed"]


async def test_a_solve_that_is_given_up_leaves_the_last_plan(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    done = await propose(hub)
    before = await hub.get(f"/rounds/{done['id']}")
    await hub.offer("gpg-2")
    endless = "tests.employers.matching.slow_questions.hang"
    with monkeypatch.context() as patched:
        patched.setattr(solver, "QUESTIONS", {**solver.QUESTIONS, "propose_round": endless})
        solving().time_limit_s = 0.3
        answer = await hub.ask("ec", "POST", f"/rounds/{done['id']}/resolution", {"version": 1})

    assert answer.status_code == 503
    assert "The last plan stands" in answer.json()["detail"]
    assert await hub.get(f"/rounds/{done['id']}") == before
    solving().time_limit_s = 60.0
    assert (await hub.post(f"/rounds/{done['id']}/resolution", {"version": 1}))["matches"] == 1


async def test_a_round_explains_its_lines_why_not_and_what_is_scarce(hub: Hub) -> None:
    identity = await hub.need(sectors=["F"])
    for number in (1, 2):
        await hub.offer(f"gpg-{number}")
    await hub.offer("gpg-3", year_groups=[7])
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    path = f"/rounds/{done['id']}"

    (explained,) = (await hub.get(f"{path}/explanations?need={identity}"))["explanations"]
    loser = "gpg-1" if line["employer_id"] == "gpg-2" else "gpg-2"
    (why,) = (await hub.get(f"{path}/why-not?need={identity}&employer={loser}"))["offers"]
    (barred,) = (await hub.get(f"{path}/why-not?need={identity}&employer=gpg-3"))["offers"]
    scarce = (await hub.get(f"{path}/shadow-prices"))["shadow_prices"]

    assert explained["cost"] == line["cost"]
    assert [one["employer"] for one in explained["runner_up"]] == [loser]
    assert why["loss"] == explained["loss"]
    assert [one["employer"] for one in why["displaced"]] == [line["employer_id"]]
    assert barred["blocked_by"] == ["year_group"]
    assert [one["what"] for one in scarce]
    unknown = f"{path}/why-not?need={identity}&employer=gpg-99"
    assert (await hub.ask("ec", "GET", unknown)).status_code == 404


async def test_what_if_compares_and_stores_nothing(hub: Hub) -> None:
    await hub.need(slots=2)
    offer_id = await hub.offer("gpg-1")
    done = await propose(hub)
    before = await hub.get(f"/rounds/{done['id']}")
    path = f"/rounds/{done['id']}/what-if"
    more = {"employer_id": "gpg-2", "type": "employer_talk", "year_groups": [10], "group_size": 60}

    gained = await hub.post(path, {"more_offers": [more | {"radius_km": 30}]})
    lost = await hub.post(path, {"without_employers": ["gpg-1"]})
    none = await hub.post(path, {"offers": [{"offer_id": offer_id, "capacity": 0}]})
    same = await hub.post(path, {"fairness": 1.0, "weights": {"distance": 1}})

    assert [one["matches"] for one in (gained, lost, none, same)] == [1, -1, -1, 0]
    assert same["digest"] == done["digest"]
    assert gained["worst_school"]["after"]["met"] == 2
    assert await hub.get(f"/rounds/{done['id']}") == before
    for body in (
        {"without_employers": ["gpg-9"]},
        {"more_offers": [more | {"employer_id": "gpg-9", "virtual": True}]},
        {"weights": {"mood": 1}},
        {"fairness": 2},
    ):
        assert (await hub.ask("ec", "POST", path, body)).status_code == 422, body


@pytest.mark.parametrize(
    "body",
    [
        {"ends_on": "2026-06-14"},
        {"ends_on": "2027-12-14"},
        {"ends_on": "soon"},
        {"ends_on": ENDS_ON, "fairness": 1.1},
        {},
    ],
)
async def test_a_round_that_cannot_be_meant_is_refused(hub: Hub, body: Json) -> None:
    await hub.need()
    answer = await hub.ask("ec", "POST", "/rounds", body)
    assert answer.status_code == 422
    assert answer.json()["problems"]
    assert (await hub.get("/rounds"))["rounds"] == []


async def test_a_round_without_any_need_is_refused(hub: Hub) -> None:
    await hub.offer()
    answer = await hub.ask("ec", "POST", "/rounds", {"ends_on": ENDS_ON})
    assert answer.status_code == 422
    assert "open need" in answer.json()["detail"]
    assert (await hub.ask("admin", "POST", "/rounds", {"ends_on": ENDS_ON})).status_code == 403


async def test_a_school_that_goes_on_under_a_new_urn_keeps_its_needs_and_its_lines(hub: Hub) -> None:
    new = "150001"
    identity = await hub.need()
    await hub.offer("gpg-1")
    await hub.ask("admin", "PUT", "/directory", {"schools": [school_entry(new, "Harbour Academy")]})
    admin = {"Authorization": f"Bearer {hub.tokens['admin']}"}
    declared = await hub.client.put(
        "/hub/v1/successions", json={"successor": new, "predecessor": URN}, headers=admin
    )
    assert declared.status_code == 200, declared.text

    done = await propose(hub)

    (line,) = await lines(hub, done["id"])
    assert (line["need_id"], line["school"]) == (identity, "Harbour Academy")
    assert [one["urn"] for one in (await hub.get("/needs"))["schools"]] == [new, OTHER_URN]
    assert len((await hub.get(f"/schools/{new}/matches", f"leader@{new}"))["matches"]) == 1


async def test_an_answer_that_comes_in_while_a_round_is_solved_again_is_minded(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    await hub.offer("gpg-2")
    ask, asked = Solving.ask, list[str]()

    async def answer_first(self: Solving, question: str, *arguments: Any) -> Any:  # noqa: ANN401 - the engine's
        asked.append(question)
        if len(asked) == 1:
            declined = {"version": 1, "answer": "declined"}
            await hub.post(f"/schools/{URN}/matches/{line['id']}/answer", declined, LEADER)
        return await ask(self, question, *arguments)

    monkeypatch.setattr(Solving, "ask", answer_first)
    await hub.post(f"/rounds/{done['id']}/resolution", {"version": 1})

    assert len(asked) == 2
    assert {one["employer_id"]: one["state"] for one in await lines(hub, done["id"])} == {
        "gpg-1": "declined",
        "gpg-2": "proposed",
    }


async def test_an_answer_between_the_gathering_and_the_storing_is_seen_and_the_round_solved_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    await hub.offer("gpg-2")
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    asked = Solving.ask
    answers: list[int] = []

    async def answered_meanwhile(self: Solving, question: str, *arguments: object) -> object:
        found = await asked(self, question, *arguments)
        if question == "propose_round" and not answers:
            answer = {"version": line["version"], "answer": "declined"}
            told = await hub.ask(LEADER, "POST", f"/schools/{URN}/matches/{line['id']}/answer", answer)
            answers.append(told.status_code)
        return found

    monkeypatch.setattr(Solving, "ask", answered_meanwhile)
    await hub.post(f"/rounds/{done['id']}/resolution", {"version": 1})

    assert answers == [200]
    standing = [one for one in await lines(hub, done["id"]) if one["state"] == "proposed"]
    assert [one["offer_id"] for one in standing] != [line["offer_id"]]
    assert len(standing) == 1
