"""A pupil's rights: the whole record, and an erasure that survives re-import and restore (promise P7)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Any, Final

import pytest
from bson import encode
from pymongo import MongoClient

from contracts.pupils import DestinationsCounted, RollChanged
from contracts.vocabulary import AcademicYear, Urn
from services.pupils.commands.erasure import erase_again
from services.pupils.model.erasure import Erasure, ErasureId
from services.pupils.model.pupil import Pupil, YearPlace
from services.pupils.model.retention import is_due, kept_until
from services.pupils.rules import rights_rules
from services.pupils.service import SERVICE
from services.pupils.store.erasures import ABOUT_A_PUPIL, ErasureJournal
from services.runtime.access_log import ACCESS_LOG
from services.runtime.api import create_api
from services.runtime.context import ServiceContext
from services.runtime.mongo import Replace
from services.runtime.settings import Settings
from tests.conftest import NOW
from tests.pupils.conftest import School, listing, roll_csv, talk
from tests.pupils.test_conversations_api import TALK
from tests.pupils.test_plans_api import PLAN, by_name, make
from tests.pupils.values import URN, ref, upn

REQUEST: Final = {"reason": "request"}


@pytest.fixture
async def school(full_school: School) -> School:
    """A school in whose Hub pupils can be erased, with something of everything about pupil 1."""
    await plan_for(full_school, 1, 2)
    return full_school


async def plan_for(school: School, *serials: int) -> str:
    """Invite pupils by name to a plan that is then changed, and take the first one's answer."""
    plan_id: str = (await make(school, planned_on="2026-06-10", invited=by_name(*serials)))["plan_id"]
    body = PLAN | {"planned_on": "2026-06-10", "invited": by_name(*serials), "place": "Gym", "version": 1}
    answer = await school.send("PUT", f"/plans/{plan_id}", json=body)
    assert answer.status_code == 200, answer.text
    answers = [{"upn": upn(serials[0]), "response": "accepted"}]
    answer = await school.send("PUT", f"/plans/{plan_id}/responses", json=answers)
    assert answer.status_code == 200, answer.text
    return plan_id


async def everything(school: School) -> dict[str, list[Any]]:
    """Read every collection of the school but the access log, whichever there are."""
    database = school.context.school(URN)
    with MongoClient[dict[str, Any]](school.context.settings.mongodb_url.get_secret_value()) as client:
        names = client[database.name].list_collection_names()
    return {name: await database.collection(name).find({}) for name in names if name != ACCESS_LOG}


async def erase(school: School, ref: str) -> dict[str, Any]:
    """Erase a pupil; returns the receipt."""
    answer = await school.send("POST", f"/pupils/{ref}/erasure", json=REQUEST)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def assert_erased(school: School, ref: str) -> None:
    """Nothing that the school holds names the pupil, in the log alone an id that leads nowhere."""
    held = await everything(school)
    raw = b"".join(encode(document) for documents in held.values() for document in documents)
    for trace in (ref, upn(1), "Surname1\x00", "Wants to sail", "Boat builder", "Weymouth", "CPOMS"):
        assert trace.encode() not in raw, trace
    assert (await school.send("GET", f"/pupils/{ref}")).status_code == 404
    assert len(held["pupils"]) == 7


async def test_the_whole_record_is_everything_but_the_safeguarding_pointer(school: School) -> None:
    ref = await school.ref(1)
    answer = await school.send("GET", f"/pupils/{ref}/record")
    found = answer.json()

    assert answer.headers["content-disposition"] == f'attachment; filename="pupil-{ref}.json"'
    assert (found["about"]["upn"], found["about"]["surname"]) == (upn(1), "Surname1")
    assert [one["title"] for one in found["activities"]] == ["Meet more engineers"]
    assert [one["said"] for one in found["conversations"]] == ["Wants to sail."]
    assert [one["said"] for one in found["earlier_versions"]["conversations"]] == [TALK["said"]]
    assert {one["text"] for one in found["interests"]} == {"Boat builder", "boat building", "sailing"}
    assert found["destinations"]["actual"][0]["provider"] == "Weymouth College"
    assert len(found["self_assessments"]) == len(found["earlier_versions"]["self_assessments"]) == 1
    assert [(one["title"], one["place"]) for one in found["plans"]] == [("Meet the shipwrights", "Gym")]
    assert [one["response"] for one in found["plans"][0]["responses"]] == ["accepted"]
    assert "CPOMS" not in answer.text
    read = [(one["by"], one["what"]) for one in found["read_and_changed_by"]]
    assert read[0] == ("leader", "conversation.recorded")
    assert read[-1] == ("leader", "pupil.exported")
    assert await school.ref(2) not in answer.text


async def test_an_erased_pupil_is_nowhere_and_nobody_elses_figure_changes(school: School) -> None:
    ref = await school.ref(1)
    before = await school.reached()
    receipt = await erase(school, ref)

    await assert_erased(school, ref)
    assert receipt["removed"] == {
        "pupils": 1,
        "conversations": 1,
        "conversation_versions": 1,
        "interests": 1,
        "intended_destinations": 1,
        "destination_spells": 1,
        "self_assessments": 1,
        "self_assessment_versions": 1,
        "plan_responses": 1,
    }
    assert receipt["made_anonymous"] == {
        "plans": 1,
        "plan_versions": 1,
        "year_groups": 1,
        "activities": 1,
        "activity_versions": 1,
    }
    assert (before["10 gb5"], (await school.reached())["10 gb5"]) == (6, 5)
    (activity,) = (await school.get("/activities?academic_year=2025/26"))["activities"]
    assert activity["year_groups"][0]["attended"] == 6
    *_, told, destinations = await school.told()
    assert isinstance(destinations, DestinationsCounted)
    assert {name: n for name, n in destinations.intended.items() if n} == {"not_known": 5}
    assert isinstance(told, RollChanged)
    assert [(group.year_group, group.on_roll) for group in told.year_groups] == [(10, 5), (11, 2)]
    assert [(cell.benchmark, cell.reached) for cell in told.coverage] == [("gb5", 5)]


async def test_a_pupil_is_erased_from_accounts_that_were_merged_too_and_they_can_still_be_separated(
    school: School,
) -> None:
    first = await school.post(talk("first", held_on="2026-03-09", attendance=listing([2, 3])))
    second = await school.post(talk("second", held_on="2026-03-09", attendance=listing([1, 2, 3])))
    assert second["outcome"] == "merged"
    (survivor,) = [one for one in await school.documents("activities") if one["_id"] == first["activity_id"]]
    assert b'"own"' in survivor["attendance"]

    await erase(school, await school.ref(1))

    raw = b"".join(encode(one) for one in await school.documents("activities"))
    assert raw.count(b'"own"') == 1
    answer = await school.send("POST", f"/activities/{second['activity_id']}/separation")
    assert answer.status_code == 200, answer.text
    shown = [await school.get(f"/activities/{one['activity_id']}") for one in (first, second)]
    assert [len(one["attendance"]["pupils"]) for one in shown] == [2, 3]
    assert (await school.reached())["10 gb5"] == 5


async def test_a_roll_does_not_bring_an_erased_pupil_back_until_that_is_lifted(school: School) -> None:
    ref = await school.ref(1)
    receipt = await erase(school, ref)
    roll = roll_csv([1, 2, 3, 4, 5, 6, 101, 102])

    refused = (await school.put_roll(roll)).json()

    assert (refused["new"], refused["outcome"]) == (0, "unchanged")
    assert [(row["row"], row["column"]) for row in refused["rejected"]] == [(2, "upn")]
    await assert_erased(school, ref)

    lifted = await school.send("POST", f"/erasures/{receipt['erasure_id']}/lifting")
    again = await school.send("POST", f"/erasures/{receipt['erasure_id']}/lifting")
    assert lifted.json()["lifted_at"] == again.json()["lifted_at"] == NOW.isoformat()
    assert (await school.put_roll(roll)).json()["new"] == 1
    assert await school.ref(1) != ref
    assert (await school.get(f"/pupils/{await school.ref(1)}"))["activities"] == []


async def test_a_file_that_names_an_erased_pupil_is_read_again_and_its_row_refused(school: School) -> None:
    header = "activity_type,title,held_on,mode,upn,status\n"
    file = header + "".join(f"lmi_lesson,Wages,2026-01-20,in_person,{upn(n)},attended\n" for n in (1, 2))
    options: dict[str, Any] = {"content": file, "headers": {"Content-Type": "text/csv"}}
    assert (await school.send("POST", "/activities/import", **options)).json()["recorded"] == 2
    await erase(school, await school.ref(1))

    again = (await school.send("POST", "/activities/import", **options)).json()

    assert (again["recorded"], again["unchanged"]) == (0, 1)
    assert [(row["row"], row["column"]) for row in again["rejected"]] == [(2, "upn")]


async def test_a_plan_is_recorded_without_an_invited_pupil_who_was_erased(school: School) -> None:
    ref = await school.ref(1)
    (plan,) = await school.documents("plans")
    await erase(school, ref)

    named = [
        await school.send("POST", f"/plans/{plan['_id']}/recording", json={"exceptions": [mention]})
        for mention in ({"pupil": ref, "status": "absent"}, {"upn": upn(1)})
    ]
    receipt = (await school.send("POST", f"/plans/{plan['_id']}/recording", json={})).json()

    assert [answer.status_code for answer in named] == [422, 422]
    assert (receipt["outcome"], receipt["left_out"]) == ("recorded", 0)
    shown = await school.get(f"/activities/{receipt['activity_id']}")
    assert [one["pupil"] for one in shown["attendance"]["pupils"]] == [await school.ref(2)]
    await assert_erased(school, ref)


async def test_a_plan_for_an_erased_pupil_alone_is_left_open_until_somebody_says_who_was_there(
    school: School,
) -> None:
    made = await make(school, reference="alone", planned_on="2026-06-10", invited=by_name(1))
    await erase(school, await school.ref(1))

    refused = await school.send("POST", f"/plans/{made['plan_id']}/recording", json={})

    assert [problem["where"] for problem in refused.json()["problems"]] == ["exceptions"]
    assert (await school.get(f"/plans/{made['plan_id']}"))["invited"]["by_name"] == 0


async def test_a_restored_backup_is_erased_again_before_anything_is_served(
    school: School, settings: Settings, journal: Path
) -> None:
    backup = await everything(school)
    ref = await school.ref(1)
    receipt = await erase(school, ref)
    database = school.context.school(URN)
    for name, documents in backup.items():
        await database.collection(name).delete({})
        await database.collection(name).write(
            *(Replace({"_id": document["_id"]}, document, upsert=True) for document in documents)
        )
    assert (await school.send("GET", f"/pupils/{ref}")).status_code == 200, "the backup is back"

    app = create_api([SERVICE], settings.model_copy(update={"erasure_journal": journal}), clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        await assert_erased(school, ref)

    (again,) = (await school.get("/erasures"))["erasures"]
    assert again["erasure_id"] == receipt["erasure_id"]
    assert again["removed"] == receipt["removed"]


async def test_an_erasure_that_was_cut_short_after_the_journal_is_carried_out(
    school: School, journal: Path
) -> None:
    """The process died between the journal and the store, and in the middle of the next file."""
    ref = await school.ref(1)
    (pupil,) = [document for document in await school.documents("pupils") if document["_id"] == ref]
    asked = Erasure(ErasureId("e" * 32), Urn(URN), pupil["upn_digest"], "objection", NOW, "leader")
    await ErasureJournal(journal).note(asked)
    (journal / f"{'f' * 32}.json.unfinished").write_bytes(b'{"id": "cut off')

    await erase_again(school.context)
    await erase_again(school.context)

    await assert_erased(school, ref)
    assert len((await school.get("/erasures"))["erasures"]) == 1


async def test_an_erasure_that_failed_and_was_asked_for_anew_does_not_erase_who_has_come_back(
    school: School, journal: Path
) -> None:
    ref = await school.ref(1)
    (pupil,) = [document for document in await school.documents("pupils") if document["_id"] == ref]
    failed = Erasure(ErasureId("0" * 32), Urn(URN), pupil["upn_digest"], "request", NOW, "leader")
    await ErasureJournal(journal).note(failed)
    receipt = await erase(school, ref)
    await school.send("POST", f"/erasures/{receipt['erasure_id']}/lifting")
    await school.put_roll(roll_csv([1, 2, 3, 4, 5, 6, 101, 102]))

    await erase_again(school.context)

    assert (await school.send("GET", f"/pupils/{await school.ref(1)}")).status_code == 200


async def test_receipts_are_sealed_and_the_journal_names_nobody(school: School, journal: Path) -> None:
    ref = await school.ref(1)
    receipt = await erase(school, ref)
    (shown,) = (await school.get("/erasures"))["erasures"]

    assert shown == receipt
    assert len(receipt["seal"]) == 64
    (file,) = await asyncio.to_thread(lambda: list(journal.iterdir()))
    written, mode = await asyncio.to_thread(lambda: (file.read_text("utf-8"), file.stat().st_mode))
    assert mode & 0o777 == 0o600
    assert not [trace for trace in (upn(1), "Surname1", ref) if trace in written + json.dumps(receipt)]
    assert ("leader", "pupil.erased", f"erasures/{receipt['erasure_id']}") in await school.accesses()


@pytest.mark.parametrize(
    ("years", "groups", "last_day"),
    [
        ({"2022/23": YearPlace(11, "")}, {}, "2026-08-31"),
        ({"2022/23": YearPlace(11, "", dt.date(2023, 1, 9))}, {}, "2026-08-31"),
        ({"2020/21": YearPlace(9, ""), "2022/23": YearPlace(11, "")}, {}, "2026-08-31"),
        ({"2022/23": YearPlace(11, "")}, {"2020/21": ("sen_e",)}, "2032-08-31"),
        ({"2022/23": YearPlace(13, "")}, {"2022/23": ("sen_k",)}, "2026-08-31"),
        ({"2022/23": YearPlace(14, "")}, {"2022/23": ("sen_e",)}, "2029-08-31"),
    ],
)
def test_a_record_is_kept_three_years_after_leaving_and_with_a_plan_until_25(
    years: dict[str, YearPlace], groups: dict[str, tuple[str, ...]], last_day: str
) -> None:
    places = {AcademicYear(year): place for year, place in years.items()}
    told = {AcademicYear(year): said for year, said in groups.items()}
    pupil = Pupil(ref(1), "digest", places, b"", "", "", told)
    day = dt.date.fromisoformat(last_day)
    rule = rights_rules().deletion
    assert kept_until(pupil, rule) == day
    assert not is_due(pupil, rule, day)
    assert is_due(pupil, rule, day + dt.timedelta(days=1))


async def test_records_that_are_kept_too_long_are_listed_and_erased_and_the_pupil_may_come_back(
    school: School,
) -> None:
    assert (await school.put_roll(roll_csv([103, 104]), academic_year="2021/22")).status_code == 200
    listed = await school.get("/retention")
    assert [one["surname"] for one in listed["due"]] != []
    assert {one["kept_until"] for one in listed["due"]} == {"2025-08-31"}
    assert listed["later"] == {"2029-08-31": 8}

    done = (await school.send("POST", "/retention/erasures")).json()

    assert (len(done["erased"]), done["left"]) == (2, 0)
    assert {receipt["reason"] for receipt in done["erased"]} == {"retention"}
    assert (await school.get("/retention"))["due"] == []
    assert len(await school.documents("pupils")) == 8
    back = (await school.put_roll(roll_csv([1, 2, 3, 4, 5, 6, 101, 102, 103]))).json()
    assert (back["new"], back["rejected"]) == (1, [])


async def test_after_an_erasure_no_link_opens_the_page_and_no_request_is_left(school: School) -> None:
    ref = await school.ref(1)
    asked = {"about": {"kind": "pupil"}, "asked_by": "pupil", "text": "Surname1 is spelt wrong"}
    await school.send("POST", f"/pupils/{ref}/rectifications", json=asked)
    await school.send("PUT", f"/pupils/{ref}/restriction", json={"reason": "objection"})
    link = (await school.send("POST", f"/pupils/{ref}/record/links", json={"days": 7})).json()
    opened = await school.client.get(link["path"])

    receipt = await erase(school, ref)

    assert opened.status_code == 200
    assert {name: receipt["removed"][name] for name in ("rectifications", "restrictions", "links")} == {
        "rectifications": 1,
        "restrictions": 1,
        "links": 1,
    }
    assert (await school.client.get(link["path"])).status_code == 404
    await assert_erased(school, ref)


async def test_every_collection_with_documents_about_a_pupil_is_erased(school: School) -> None:
    """Whatever a route has written with a field `pupil` is in `ABOUT_A_PUPIL`."""
    ref = await school.ref(1)
    asked = {"about": {"kind": "pupil"}, "asked_by": "pupil", "text": "Wrong"}
    await school.send("POST", f"/pupils/{ref}/rectifications", json=asked)
    await school.send("PUT", f"/pupils/{ref}/restriction", json={"reason": "objection"})
    await school.send("POST", f"/pupils/{ref}/record/links", json={})
    about = {name for name, held in (await everything(school)).items() if any("pupil" in one for one in held)}
    assert about == set(ABOUT_A_PUPIL)


async def test_two_erasures_at_once_leave_one_receipt_each_and_nobody_twice(school: School) -> None:
    ref = await school.ref(1)
    answers = await asyncio.gather(
        *(school.send("POST", f"/pupils/{ref}/erasure", json=REQUEST) for _ in range(2))
    )
    assert {answer.status_code for answer in answers} <= {200, 404}
    await assert_erased(school, ref)


async def test_without_a_journal_nothing_is_erased(school: School, settings: Settings) -> None:
    context: ServiceContext = school.context
    context.settings = settings
    ref = await school.ref(1)
    answer = await school.send("POST", f"/pupils/{ref}/erasure", json=REQUEST)
    assert answer.status_code == 503
    assert "CAREERS_HUB_ERASURE_JOURNAL" in answer.json()["detail"]
    assert (await school.send("GET", f"/pupils/{ref}")).status_code == 200


async def test_what_cannot_be_erased_is_not_found(school: School) -> None:
    assert (await school.send("POST", "/pupils/0123456789abcdef/erasure", json=REQUEST)).status_code == 404
    assert (await school.send("POST", f"/erasures/{'0' * 32}/lifting")).status_code == 404
    bored = await school.send("POST", f"/pupils/{await school.ref(1)}/erasure", json={"reason": "boredom"})
    assert bored.status_code == 422
