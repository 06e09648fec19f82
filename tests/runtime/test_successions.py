"""A school whose URN changes goes on as the same school, and nothing of two schools is ever mixed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Urn
from services.runtime import successions
from services.runtime.access_log import ACCESS_LOG
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, InvalidError, UnavailableError
from services.runtime.successions import CACHE_S, SUCCESSIONS, Lineage, Succession
from services.runtime.uow import UnitOfWork
from tests.conftest import NOW, ClientFor, TokenFor
from tests.runtime.sample_service import ACTOR, DIRECTORY_SOURCE, SOURCE, TARGET, roll, tell_rolls

ContextFor = Callable[[str], ServiceContext]

SERVICES: Final = (SOURCE, DIRECTORY_SOURCE, TARGET)
FIRST, SECOND, THIRD = Urn("138171"), Urn("147467"), Urn("150001")
OTHER: Final = Urn("136500")
ENOUGH: Final = 8


class People:
    """Requests of people, by name."""

    def __init__(self, client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self.client = client
        self._tokens = tokens

    async def send(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Send a request as somebody."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        return await self.client.request(method, path, headers=headers, **options)

    async def declare(self, successor: str, predecessor: str) -> httpx.Response:
        """Declare a succession as the Hub's administrator."""
        body = {"successor": successor, "predecessor": predecessor}
        return await self.send("admin", "PUT", "/hub/v1/successions", json=body)

    async def post(self, who: str, urn: str, pupils: int) -> int:
        """Post a roll; returns the status."""
        return (await self.send(who, "POST", f"/pupils/v1/schools/{urn}/rolls/{pupils}")).status_code

    async def rolls(self, who: str, urn: str) -> tuple[int, Any]:
        """Read the stored roll; returns the status and how many pupils."""
        answer = await self.send(who, "GET", f"/pupils/v1/schools/{urn}/rolls")
        return answer.status_code, answer.json().get("pupils")


@pytest.fixture
async def people(client_for: ClientFor, token: TokenFor) -> AsyncIterator[People]:
    """An administrator, a leader of each URN, and a school that holds a roll of five under the first."""
    leaders: dict[str, str] = {
        urn: await token(f"leader-{urn}", "careers_leader", urn) for urn in (FIRST, SECOND, THIRD, OTHER)
    }
    tokens = leaders | {
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
    }
    async with client_for(SERVICES) as client:
        people = People(client, tokens)
        assert await people.post(FIRST, FIRST, 5) == HTTPStatus.CREATED
        yield people


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]


async def test_the_school_goes_on_under_its_new_urn(people: People, context_for: ContextFor) -> None:
    declared = await people.declare(SECOND, FIRST)
    assert declared.status_code == HTTPStatus.OK, declared.text

    assert await people.rolls(SECOND, SECOND) == (200, 5)
    assert await people.post(SECOND, SECOND, 7) == HTTPStatus.CREATED
    assert await people.rolls(FIRST, FIRST) == (200, 7)

    context = context_for("pupils")
    assert [(head.key, head.head) for head in await context.ledger.heads()] == [(FIRST, 2)]
    rows = await context.ledger.read(FIRST, 0, 10)
    assert all(f'"urn":"{FIRST}"' in row.event.value for row in rows)
    assert [d.urn for d in await context.tenancy.schools_of("pupils")] == [FIRST]
    assert (await context.access_log(FIRST).verify()).broken_at is None


async def test_a_membership_opens_the_urn_that_it_names_and_no_other(people: People) -> None:
    await people.declare(SECOND, FIRST)

    refused = [
        await people.rolls(who, urn)
        for who, urn in ((FIRST, SECOND), (SECOND, FIRST), (OTHER, SECOND), (SECOND, OTHER), ("admin", FIRST))
    ]

    assert refused == [(404, None)] * 5


async def test_a_chain_of_two_successions_leads_to_the_first(people: People) -> None:
    await people.declare(SECOND, FIRST)
    await people.declare(THIRD, SECOND)

    assert await people.post(THIRD, THIRD, 9) == HTTPStatus.CREATED
    assert [await people.rolls(urn, urn) for urn in (FIRST, SECOND, THIRD)] == [(200, 9)] * 3


async def test_a_chain_may_be_declared_from_its_end_while_nothing_is_stored_there(people: People) -> None:
    assert (await people.declare(THIRD, SECOND)).status_code == HTTPStatus.OK
    assert await people.rolls(THIRD, THIRD) == (200, None)

    assert (await people.declare(SECOND, FIRST)).status_code == HTTPStatus.OK
    assert [await people.rolls(urn, urn) for urn in (SECOND, THIRD)] == [(200, 5)] * 2


async def test_saying_it_again_changes_nothing(people: People, context_for: ContextFor) -> None:
    first = await people.declare(SECOND, FIRST)
    again = await people.declare(SECOND, FIRST)

    assert again.json() == first.json()
    assert (await people.send("admin", "GET", "/hub/v1/successions")).json() == [
        {"successor": SECOND, "predecessor": FIRST, "since": first.json()["since"], "by": "admin"}
    ]
    log = await context_for("pupils").school(FIRST).collection(ACCESS_LOG).find({}, sort=[("_id", 1)])
    entries = [(e["subject"], e["action"], e["resource"]) for row in log for e in row["entries"]]
    assert entries[1:] == [("admin", "school.succeeded", f"successions/{SECOND}")]


async def test_only_an_administrator_declares_and_lists(people: People) -> None:
    body = {"successor": SECOND, "predecessor": FIRST}
    for who in ("lead", FIRST):
        assert (await people.send(who, "PUT", "/hub/v1/successions", json=body)).status_code == 403
        assert (await people.send(who, "GET", "/hub/v1/successions")).status_code == 403
        retraction = await people.send(
            who, "POST", "/hub/v1/successions/retraction", json={"successor": SECOND}
        )
        assert retraction.status_code == 403


@pytest.mark.parametrize(
    ("known", "asked", "status", "why"),
    [
        ([], (FIRST, FIRST), 422, "cannot follow itself"),
        ([(SECOND, FIRST)], (THIRD, FIRST), 409, "followed by another one already"),
        ([(SECOND, FIRST)], (SECOND, OTHER), 409, "follows another school already"),
        ([(SECOND, FIRST)], (FIRST, SECOND), 409, "earlier one of the same school"),
        ([(SECOND, FIRST), (THIRD, SECOND)], (FIRST, THIRD), 409, "earlier one of the same school"),
        ([(SECOND, FIRST), (THIRD, SECOND)], (SECOND, OTHER), 409, "follows another school already"),
        ([], (FIRST, SECOND), 409, "before the first import"),
    ],
)
async def test_what_would_branch_meet_close_or_merge_is_refused(
    people: People, known: list[tuple[str, str]], asked: tuple[str, str], status: int, why: str
) -> None:
    for succession in known:
        assert (await people.declare(*succession)).status_code == HTTPStatus.OK
    before = (await people.send("admin", "GET", "/hub/v1/successions")).json()

    answered, detail = problem(await people.declare(*asked))

    assert answered == status
    assert why in detail
    assert (await people.send("admin", "GET", "/hub/v1/successions")).json() == before


@pytest.mark.parametrize(
    "body",
    [
        {"successor": "14746", "predecessor": FIRST},
        {"successor": SECOND, "predecessor": "13817a"},
        {"successor": SECOND},
        {"successor": SECOND, "predecessor": FIRST, "since": "2019-08-01"},
        {"successor": 147467, "predecessor": FIRST},
    ],
)
async def test_a_malformed_succession_is_refused(people: People, body: dict[str, Any]) -> None:
    answer = await people.send("admin", "PUT", "/hub/v1/successions", json=body)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("held_by", ["audit", "pupils"])
async def test_a_urn_under_which_any_service_holds_something_is_refused(
    people: People, context_for: ContextFor, held_by: str
) -> None:
    """Also what was stored before there were successions, and by services that this api does not serve."""
    await context_for(held_by).school(SECOND).collection("evaluations").insert({"_id": "one"})

    assert problem(await people.declare(SECOND, FIRST))[0] == HTTPStatus.CONFLICT
    assert await people.rolls(SECOND, SECOND) == (200, None)


async def test_a_urn_that_only_a_ledger_knows_is_refused(people: People, context_for: ContextFor) -> None:
    await context_for("audit").database().collection("sequences").insert({"_id": SECOND, "head": 1})

    assert problem(await people.declare(SECOND, FIRST))[0] == HTTPStatus.CONFLICT


async def test_having_looked_at_the_empty_school_is_no_hindrance(
    people: People, context_for: ContextFor
) -> None:
    """Nor having tried in vain: its database is prepared then, and empty."""
    context = context_for("pupils")
    await context.read_logged(ACTOR, SECOND, "pupils.listed", "pupils")

    async def fails(_unit: object) -> None:
        raise InvalidError("not like this")

    with pytest.raises(InvalidError):
        await context.in_school(ACTOR, SECOND, fails)

    async def does_nothing(_unit: object) -> None:
        return

    await context.in_school(ACTOR, SECOND, does_nothing)
    assert (await people.declare(SECOND, FIRST)).status_code == HTTPStatus.OK


async def test_a_process_that_has_not_heard_yet_stores_nothing_under_the_new_urn(
    people: People, context_for: ContextFor
) -> None:
    elsewhere = context_for("pupils")
    assert await elsewhere.successions.tenant_of(SECOND) == SECOND
    await people.declare(SECOND, FIRST)
    assert await elsewhere.successions.tenant_of(SECOND) == SECOND, "remembered"

    with pytest.raises(UnavailableError, match="Send it again"):
        await tell_rolls(elsewhere, 3, urn=SECOND)

    assert await elsewhere.successions.tenant_of(SECOND) == FIRST, "and now it has heard"
    assert await elsewhere.school(SECOND).collection(ACCESS_LOG).find({}) == []
    assert [head.key for head in await elsewhere.ledger.heads()] == [FIRST]


async def test_a_succession_declared_elsewhere_counts_here_as_soon_as_a_membership(
    people: People, context_for: ContextFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CACHE_S <= 30, "a minute is promised, and clocks differ"
    assert await people.rolls(SECOND, SECOND) == (200, None)

    await context_for("pupils").successions.declare(Succession(SECOND, FIRST, NOW, "elsewhere"))
    assert await people.rolls(SECOND, SECOND) == (200, None), "remembered, as long as CACHE_S says"
    # As if that time had passed.
    monkeypatch.setattr(successions, "CACHE_S", 0.0)

    assert await people.rolls(SECOND, SECOND) == (200, 5)


async def test_a_succession_declared_while_a_first_import_is_under_way_wins(
    context_for: ContextFor,
) -> None:
    here, there = context_for("pupils"), context_for("audit")
    asked = Succession(SECOND, FIRST, NOW, "admin")

    async def imports(unit: UnitOfWork) -> None:
        await unit.collection("rolls").insert({"_id": "roll"})
        unit.tell(roll(3, SECOND))
        assert await there.successions.declare(asked) == asked

    with pytest.raises(UnavailableError, match="Send it again"):
        await here.in_school(ACTOR, SECOND, imports)

    assert await here.ledger.heads() == []
    assert await here.school(SECOND).collection("rolls").find({}) == []


async def test_a_first_import_while_a_succession_is_being_checked_wins(
    context_for: ContextFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = context_for("pupils"), context_for("audit")
    await here.successions.prepare()
    looks = there.successions._require_nothing_stored

    async def looks_too_early(urn: Urn) -> None:
        await looks(urn)
        monkeypatch.undo()
        await tell_rolls(here, 3, urn=SECOND)

    monkeypatch.setattr(there.successions, "_require_nothing_stored", looks_too_early)
    with pytest.raises(ConflictError, match="before the first import"):
        await there.successions.declare(Succession(SECOND, FIRST, NOW, "admin"))

    assert [head.key for head in await here.ledger.heads()] == [SECOND]
    assert await here.successions.all() == []


async def test_of_two_successions_at_once_that_contradict_each_other_one_wins(
    context_for: ContextFor,
) -> None:
    for number in range(ENOUGH):
        one, two = Urn(str(200_000 + number)), Urn(str(300_000 + number))
        here, there = context_for("pupils"), context_for("audit")
        both = await asyncio.gather(
            here.successions.declare(Succession(one, two, NOW, "admin")),
            there.successions.declare(Succession(two, one, NOW, "admin")),
            return_exceptions=True,
        )
        assert sum(isinstance(result, Succession) for result in both) == 1, both
        assert sum(isinstance(result, ConflictError) for result in both) == 1, both


async def test_a_mistake_is_taken_back_and_nothing_is_lost(people: People, context_for: ContextFor) -> None:
    await people.declare(OTHER, FIRST)
    assert await people.rolls(OTHER, OTHER) == (200, 5)

    taken_back = await people.send(
        "admin", "POST", "/hub/v1/successions/retraction", json={"successor": OTHER}
    )

    assert taken_back.json() == {"retracted": OTHER}
    assert await people.rolls(OTHER, OTHER) == (200, None)
    assert await people.rolls(FIRST, FIRST) == (200, 5)
    assert await people.post(OTHER, OTHER, 4) == HTTPStatus.CREATED
    assert (await people.declare(SECOND, FIRST)).status_code == HTTPStatus.OK
    log = await context_for("pupils").school(FIRST).collection(ACCESS_LOG).find({}, sort=[("_id", 1)])
    assert [e["action"] for row in log for e in row["entries"]][1:] == [
        "school.succeeded", "school.succession_retracted", "school.succeeded",
    ]  # fmt: skip


async def test_only_the_end_of_a_chain_can_be_taken_back(people: People) -> None:
    await people.declare(SECOND, FIRST)
    await people.declare(THIRD, SECOND)
    path = "/hub/v1/successions/retraction"

    assert (await people.send("admin", "POST", path, json={"successor": SECOND})).status_code == 409
    assert (await people.send("admin", "POST", path, json={"successor": FIRST})).status_code == 404
    assert (await people.send("admin", "POST", path, json={"successor": THIRD})).status_code == 200


async def test_both_urns_share_one_allowance_of_requests(people: People) -> None:
    await people.declare(SECOND, FIRST)
    gate = people.client._transport.app.state.gate  # type: ignore[attr-defined]
    gate.rates._buckets.clear()

    await people.rolls(FIRST, FIRST)
    await people.rolls(SECOND, SECOND)

    assert list(gate.rates._buckets) == [FIRST]


async def test_what_is_stored_of_a_succession_names_no_more_than_it_says(
    people: People, context_for: ContextFor
) -> None:
    await people.declare(SECOND, FIRST)
    found = await context_for("pupils").tenancy.memberships().collection(SUCCESSIONS).find({"_id": SECOND})
    assert [set(row) for row in found] == [{"_id", "predecessor", "since", "by"}]


@given(st.lists(st.integers(100_000, 100_030), unique=True, min_size=1), st.data())
def test_every_urn_of_a_chain_has_the_first_as_its_tenant(numbers: list[int], data: st.DataObject) -> None:
    urns = [Urn(str(number)) for number in numbers]
    cuts = data.draw(st.sets(st.sampled_from(urns)))
    predecessors: dict[str, Urn] = {new: old for old, new in itertools.pairwise(urns) if new not in cuts}
    lineage = Lineage(predecessors)

    tenant = urns[0]
    for urn in urns:
        tenant = tenant if urn in predecessors else urn
        assert lineage.tenant_of(urn) == tenant
