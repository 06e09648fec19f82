"""P5: nobody sees another school's row. Every text of a school carries a canary; none may be anywhere else.

Looked at: the API as every school's leader and as the Hub's lead, with own and foreign schools' addresses;
every byte of every database and topic; the processes' logs. A UPN may not be readable even in its school's
own database. That canaries are found where they belong proves that the search can find them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from services.runtime.permissions import Role
from tests.faults.scenario import Scene
from tests.faults.schools import EMPLOYERS, YEAR, School
from tests.faults.verdict import Verdict

SCHOOL_PAGES: Final = (
    f"/pupils/v1/schools/{{urn}}/pupils?academic_year={YEAR}",
    f"/pupils/v1/schools/{{urn}}/activities?academic_year={YEAR}",
    f"/pupils/v1/schools/{{urn}}/roll?academic_year={YEAR}",
    f"/pupils/v1/schools/{{urn}}/coverage?academic_year={YEAR}",
    f"/audit/v1/schools/{{urn}}/evaluations?academic_year={YEAR}",
    f"/reporting/v1/schools/{{urn}}/report?academic_year={YEAR}",
)
HUB_PAGES: Final = (
    f"/reporting/v1/hub-report?academic_year={YEAR}",
    f"/reporting/v1/hub-report.csv?academic_year={YEAR}",
    "/reporting/v1/freshness",
    "/pupils/v1/ledger",
    "/audit/v1/ledger",
    "/employers/v1/schools",
    "/employers/v1/employers",
    *(f"/employers/v1/employers/{employer}" for employer in EMPLOYERS),
)


async def p5_nobody_sees_another_school(scene: Scene) -> Verdict:
    """No school's canary is anywhere but in that school's own database and answers."""
    verdict = Verdict("P5", ("answers", "documents", "own canaries"))
    for school in scene.schools:
        await _check_api_of_school(scene, school, verdict)
    await _check_api_of_hub(scene, verdict)
    await _check_databases(scene, verdict)
    anybody = _search(canary for school in scene.schools for canary in school.canaries)
    for record in await scene.evidence.topics():
        verdict.counts["records"] += 1
        parts = (record.key, record.value, *(value for _, value in record.headers))
        raw = b" ".join(part or b"" for part in parts)
        verdict.expect(not anybody.search(raw), f"a record of {record.topic} holds a canary")
    for log in scene.place.logs:
        for number, line in enumerate(log.read_bytes().splitlines(), start=1):
            verdict.counts["log lines"] += 1
            verdict.expect(not anybody.search(line), f"{log.name}, line {number}, holds a canary")
    return verdict


async def _check_api_of_school(scene: Scene, school: School, verdict: Verdict) -> None:
    """Ask for every school's pages as one school's leader."""
    client = scene.client_of(school)
    foreign = _search(client.foreign)
    for asked in scene.schools:
        for page in SCHOOL_PAGES:
            response = await client.fetch(page.format(urn=asked.urn))
            verdict.counts["answers"] += 1
            own = asked is school
            verdict.expect(
                response.is_success if own else response.status_code == 404,
                f"{school.urn} asked for {page.format(urn=asked.urn)} and got {response.status_code}",
            )
            verdict.expect(
                not foreign.search(response.content), f"{school.urn} sees another school's canary in {page}"
            )
            if own:
                verdict.counts["own canaries"] += sum(text in response.text for text in school.texts)


async def _check_api_of_hub(scene: Scene, verdict: Verdict) -> None:
    """Ask for the Hub's pages as its lead, who may see no school's row at all."""
    anybody = _search(canary for school in scene.schools for canary in school.canaries)
    lead = {"Authorization": f"Bearer {await scene.token('fault-lead', Role.HUB_LEAD)}"}
    pages = [*HUB_PAGES, *(page.format(urn=school.urn) for school in scene.schools for page in SCHOOL_PAGES)]
    for page in pages:
        response = await scene.place.http.get(page, headers=lead)
        verdict.counts["answers"] += 1
        verdict.expect(
            response.is_success if page in HUB_PAGES else response.status_code == 404,
            f"the Hub's lead asked for {page} and got {response.status_code}",
        )
        verdict.expect(not anybody.search(response.content), f"the Hub's lead sees a canary in {page}")


async def _check_databases(scene: Scene, verdict: Verdict) -> None:
    """Search every document; a school's names and titles may be in its own databases, and UPNs in none."""
    for name, documents in (await scene.evidence.databases()).items():
        forbidden = _search(
            canary
            for school in scene.schools
            for canary in (school.upns if name.endswith(f"_{school.urn}") else school.canaries)
        )
        verdict.counts["documents"] += len(documents)
        leaks = sum(1 for document in documents if forbidden.search(document))
        verdict.expect(not leaks, f"{leaks} documents of {name} hold a canary that is not theirs")


def _search(canaries: Iterable[str]) -> re.Pattern[bytes]:
    """One pattern for many canaries; it matches nothing if there are none."""
    found = [re.escape(canary.encode()) for canary in canaries]
    return re.compile(b"|".join(found) if found else rb"(?!)")
