"""A school over the real store, spoken to through its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.catalogue import decode
from contracts.employers import EmployerListed
from contracts.vocabulary import EmployerId, Payload
from services.pupils.reactions import on_employer_listed
from services.pupils.service import SERVICE
from services.runtime.api import create_api
from services.runtime.context import ServiceContext
from services.runtime.ledger import LedgerRow
from services.runtime.mongo import Document
from services.runtime.settings import Settings
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import NOW, ClientFor, TokenFor
from tests.pupils.values import GB5_TESTS, URN, upn

ROLL_HEADER = "upn,surname,forename,year_group,tutor_group"
OTHER_URN = "147467"


def pupil_row(serial: int) -> str:
    """A row of a roll: Year 10 up to serial 99 (10A odd, 10B even), Year 11 from 100."""
    year_group = 10 if serial < 100 else 11
    return f"{upn(serial)},Surname{serial},Forename{serial},{year_group},{year_group}{'BA'[serial % 2]}"


def roll_csv(serials: Iterable[int]) -> str:
    """A roll of these pupils."""
    return "\n".join([ROLL_HEADER, *map(pupil_row, serials)]) + "\n"


def talk(reference: str | None = "talk-1", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """An activity for Year 10 that counts for gb5."""
    body: dict[str, Any] = {
        "activity_type": "employer_talk",
        "title": "Meet the engineers",
        "held_on": "2026-03-02",
        "mode": "in_person",
        "tests_met": list(GB5_TESTS),
        "attendance": {"year_groups": [10]},
    }
    if reference is not None:
        body["reference"] = reference
    return body | changes


def listing(serials: Sequence[int], status: str = "attended") -> dict[str, Any]:
    """An attendance of these pupils alone."""
    return {"pupils": [{"upn": upn(serial), "status": status} for serial in serials]}


@dataclass(slots=True)
class School:
    """One school's routes, as its Careers Leader uses them."""

    client: httpx.AsyncClient
    context: ServiceContext
    urn: str = URN

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Make a request below the school's path."""
        return await self.client.request(method, f"/pupils/v1/schools/{self.urn}{path}", **options)

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put_roll(self, content: str | bytes, **query: str) -> httpx.Response:
        """Import a roll of 2025/26."""
        return await self.send(
            "PUT",
            "/roll",
            content=content,
            params={"academic_year": "2025/26"} | query,
            headers={"Content-Type": "text/csv"},
        )

    async def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Record an activity that must go in; returns the receipt."""
        answer = await self.send("POST", "/activities", json=body)
        assert answer.status_code in {200, 201}, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def reached(self) -> dict[str, int]:
        """Read the coverage that is not zero, as `10 gb5`."""
        coverage = await self.get("/coverage?academic_year=2025/26")
        return {
            f"{group['year_group']} {benchmark}": cell["reached"]
            for group in coverage["year_groups"]
            for benchmark, cell in group["benchmarks"].items()
            if cell["reached"]
        }

    async def ref(self, serial: int) -> str:
        """Find a pupil's id."""
        page = await self.get("/pupils?academic_year=2025/26&limit=500")
        (found,) = [p["pupil"] for p in page["pupils"] if p["surname"] == f"Surname{serial}"]
        return str(found)

    async def rows(self) -> list[LedgerRow]:
        """Read the school's ledger."""
        return await self.context.ledger.read(self.urn, 0, 1000)

    async def told(self) -> list[Payload]:
        """Read what was told of the school."""
        return [decode(row.event.type, row.event.value.encode()) for row in await self.rows()]

    async def documents(self, collection: str) -> list[Document]:
        """Read what is stored of the school."""
        return await self.context.school(self.urn).collection(collection).find({})

    async def accesses(self) -> list[tuple[str, str, str]]:
        """Read the access log: subject, action and resource of each entry."""
        entries = [entry for row in await self.documents("access_log") for entry in row["entries"]]
        return [(entry["subject"], entry["action"], entry["resource"]) for entry in entries]

    async def know_employer(self, employer_id: str, merged_into: str | None = None) -> None:
        """Have the service hear of an employer, as its reaction does."""
        listed = EmployerListed(
            employer_id=EmployerId(employer_id),
            name="A firm",
            size_band="small",
            merged_into=None if merged_into is None else EmployerId(merged_into),
        )

        async def work(unit: UnitOfWork) -> None:
            await on_employer_listed(unit, listed)

        await self.context.in_hub(Actor("test"), "directory", work)


@pytest.fixture
async def empty_school(
    client_for: ClientFor, token: TokenFor, context_for: Callable[[str], ServiceContext]
) -> AsyncIterator[School]:
    """A school that has sent nothing yet."""
    async with client_for([SERVICE]) as client:
        client.headers["Authorization"] = f"Bearer {await token('leader', 'careers_leader', URN)}"
        yield School(client, context_for("pupils"))


@pytest.fixture
async def school(empty_school: School) -> School:
    """A school with six pupils in Year 10 (three in each tutor group) and two in Year 11."""
    answer = await empty_school.put_roll(roll_csv([1, 2, 3, 4, 5, 6, 101, 102]))
    assert answer.status_code == 200, answer.text
    return empty_school


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The folder of the erasure journal."""
    return tmp_path / "erasures"


@pytest.fixture
async def full_school(settings: Settings, journal: Path, token: TokenFor) -> AsyncIterator[School]:
    """A school in whose Hub pupils can be erased, with something of everything about pupil 1."""
    own = settings.model_copy(update={"erasure_journal": journal})
    app = create_api([SERVICE], own, clock=lambda: NOW)
    headers = {"Authorization": f"Bearer {await token('leader', 'careers_leader', URN)}"}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub.test", headers=headers) as client,
    ):
        school = School(client, app.state.gate.contexts["pupils"])
        assert (await school.put_roll(roll_csv([1, 2, 3, 4, 5, 6, 101, 102]))).status_code == 200
        await tell_everything(school)
        yield school


async def tell_everything(school: School) -> None:
    """Record something of every kind about pupil 1, most of it twice."""
    # These modules import this one.
    from tests.pupils.test_conversations_api import TALK, record  # noqa: PLC0415
    from tests.pupils.test_destinations import COLLEGE  # noqa: PLC0415
    from tests.pupils.test_interests import BUILDER  # noqa: PLC0415
    from tests.pupils.test_self_assessments import BEFORE  # noqa: PLC0415

    receipt = await school.post(talk(attendance={"year_groups": [10], **listing([1, 2])}))
    corrected = talk(title="Meet more engineers", attendance={"year_groups": [10], **listing([1, 2])})
    answer = await school.send(
        "PUT", f"/activities/{receipt['activity_id']}", json=corrected | {"version": 1}
    )
    assert answer.status_code == 200, answer.text
    ref = await school.ref(1)
    conversation = await record(school, visibility="careers_leader", safeguarding_referral="CPOMS/17")
    path = f"/conversations/{conversation['conversation_id']}"
    await school.send("PUT", path, json=TALK | {"said": "Wants to sail.", "version": 1})
    for kind, body in (
        ("interests", BUILDER),
        ("destinations", COLLEGE),
        ("intentions", {"status": "training", "words": "Sail", "said_on": "2026-02-03"}),
        ("self-assessments", BEFORE),
        ("self-assessments", BEFORE | {"answers": dict.fromkeys(BEFORE["answers"], 5)}),
    ):
        answer = await school.send("POST", f"/pupils/{ref}/{kind}", json=body)
        assert answer.status_code in {200, 201}, answer.text
