"""No pupil's id, name or number, and no free text, leaves the service: events, errors, receipts, logs."""

from __future__ import annotations

import json

import pytest

from contracts.employers import EmployerListed
from contracts.topics import EMPLOYERS as EMPLOYERS_TOPIC
from contracts.vocabulary import EmployerId
from services.pupils.service import SERVICE
from services.pupils.store import EMPLOYERS
from services.runtime.service import Service
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import WorkerFor, eventually
from tests.pupils.conftest import School, pupil_row, roll_csv, talk
from tests.pupils.test_participations import HEADER, row
from tests.pupils.values import upn

SECRET = "Canary Forename"
EMPLOYERS_SOURCE = Service("employers", (), topic=EMPLOYERS_TOPIC)


@pytest.mark.every_broker
async def test_a_whole_day_of_work_and_mistakes_shows_nobody(
    school: School, capfd: pytest.CaptureFixture[str]
) -> None:
    csv = {"Content-Type": "text/csv"}
    refs = {serial: await school.ref(serial) for serial in (1, 2, 3, 101)}
    bad_roll = roll_csv([1, 2, 3, 4, 5, 6, 101]) + pupil_row(102).replace(",11,", f",{SECRET},")
    answers = (
        await school.put_roll(bad_roll),
        await school.put_roll(f"{SECRET},{upn(1)}\n"),
        await school.send("POST", "/activities", json=talk(title=SECRET)),
        await school.send("POST", "/activities", json=talk(title=SECRET + "!")),
        await school.send("POST", "/activities", json=talk("b", activity_type=SECRET, mode=SECRET)),
        await school.send("POST", "/activities", json=talk("c", held_on=SECRET, employer_id=SECRET)),
        await school.send(
            "POST", "/activities", json=talk("d", attendance={"tutor_groups": ["Canary Forename"]})
        ),
        await school.send(
            "POST", "/activities", json=talk("e", attendance={"pupils": [{"upn": upn(9)}, {"pupil": SECRET}]})
        ),
        await school.send(
            "POST", "/activities/import", content=HEADER + row(9) + row(1, status=SECRET), headers=csv
        ),
        await school.send("GET", f"/pupils/{upn(1)}"),
        await school.send("GET", f"/activities?academic_year={upn(1)}"),
    )
    said = [answer.text for answer in answers]
    said += [row.event.value for row in await school.rows()]
    said += [json.dumps(document, default=str) for document in await school.documents("access_log")]
    logged = capfd.readouterr()
    said += [logged.out, logged.err]

    everything = "\n".join(said)

    assert len(await school.rows()) > 1
    assert "Canary" not in everything
    assert not [serial for serial in (*refs, 9, 102) if upn(serial) in everything]
    assert "Surname" not in everything
    events = "\n".join(row.event.value for row in await school.rows())
    assert not [ref for ref in refs.values() if ref in events]
    assert "talk-1" not in events


async def test_employers_that_the_directory_lists_can_be_named(worker_for: WorkerFor) -> None:
    async with worker_for([SERVICE, EMPLOYERS_SOURCE]) as worker:

        async def list_twice(unit: UnitOfWork) -> None:
            for name in ("A firm", "The same firm"):
                listed = EmployerListed(employer_id=EmployerId("gpg-1"), name=name, size_band="small")
                unit.tell(listed)

        await worker.contexts["employers"].in_hub(Actor("test"), "directory", list_twice)
        known = worker.contexts["pupils"].database().collection(EMPLOYERS)

        async def heard() -> bool:
            return any(one["name"] == "The same firm" for one in await known.find({}))

        await eventually(heard)
        assert await known.find({}) == [{"_id": "gpg-1", "name": "The same firm", "merged_into": None}]
