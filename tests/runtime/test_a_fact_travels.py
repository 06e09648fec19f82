"""From a POST to a projection and a reaction, through the real store and broker."""

from __future__ import annotations

import pytest

from contracts.employers import EmployerListed
from contracts.vocabulary import EmployerId
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import ClientFor, TokenFor, WorkerFor, eventually
from tests.runtime.sample_service import DIRECTORY_SOURCE, ROLLS, SOURCE, TARGET, URN

pytestmark = pytest.mark.every_broker

SERVICES = (SOURCE, DIRECTORY_SOURCE, TARGET)


async def test_a_posted_fact_is_projected_once(
    client_for: ClientFor, worker_for: WorkerFor, token: TokenFor
) -> None:
    """Three posts, three events, one sum."""
    leader = {"Authorization": f"Bearer {await token('leader', 'careers_leader', URN)}"}
    async with client_for(SERVICES) as client, worker_for(SERVICES) as worker:
        for pupils in (5, 7, 9):
            answer = await client.post(f"/pupils/v1/schools/{URN}/rolls/{pupils}", headers=leader)
            assert answer.status_code == 201, answer.text
        documents = await worker.contexts["reporting"].projection(ROLLS)

        async def projected() -> bool:
            document = await documents.get(f"pupils/{URN}")
            return document is not None and document["sequence"] == 3

        await eventually(projected)
        document = await documents.get(f"pupils/{URN}")
        assert document is not None
        assert document["state"] == {"pupils": 21, "events": 3}


async def test_a_reaction_changes_other_documents_once(worker_for: WorkerFor) -> None:
    """Two employers told in one unit of work are remembered once each."""
    async with worker_for(SERVICES) as worker:

        async def list_two(unit: UnitOfWork) -> None:
            for number in (1, 2):
                unit.tell(
                    EmployerListed(
                        employer_id=EmployerId(f"e-{number}"), name=f"Firm {number}", size_band="small"
                    )
                )

        await worker.contexts["employers"].in_hub(Actor("test"), "directory", list_two)
        known = worker.contexts["reporting"].database().collection("known")

        async def remembered() -> bool:
            return await known.count({}) == 2

        await eventually(remembered)
        assert {d["_id"]: d["told"] for d in await known.find({})} == {"e-1": 1, "e-2": 1}
