"""The roll index says what the pupils' documents say, and finds whom they would find."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import orjson

from contracts.vocabulary import AcademicYear
from services.pupils.model.pupil import Enrolled, YearPlace
from services.pupils.store.documents import (
    read_pupil,
)
from services.pupils.store.reads import MOST_KEYS_LOOKED_UP, all_pupils, find_pupils
from services.pupils.store.roll_index import find_in_roll_index
from tests.pupils.conftest import School, roll_csv
from tests.pupils.values import upn


async def test_the_roll_index_always_equals_the_pupils(empty_school: School) -> None:
    """New pupils, the same again, movers and leavers, some who are back, another year, a refused file."""
    imports = [
        ({}, roll_csv([1, 2, 3, 4, 5])),
        ({}, roll_csv([1, 2, 3, 4, 5])),
        ({}, roll_csv([1, 2, 4, 5, 101]).replace(",10,10B", ",11,11B")),
        ({}, roll_csv([1, 2, 3, 4, 5])),
        ({"academic_year": "2024/25"}, roll_csv([3, 6])),
        ({}, further([1, 2, 3, 4, 5])),
        ({}, "nothing that could be read"),
    ]
    for query, content in imports:
        await empty_school.put_roll(content, **query)
        assert await indexed(empty_school) == await enrolled(empty_school)

    years = [sorted(years) for _, years in (await enrolled(empty_school)).values()]
    assert sorted(years) == [["2024/25"], ["2024/25", "2025/26"], *[["2025/26"]] * 5]


def further(serials: Iterable[int]) -> str:
    """A roll of these pupils with former UPNs, dates and statuses, each in some rows."""
    header, *rows = roll_csv(serials).splitlines()
    cells = itertools.cycle(
        [f"{upn(50)},,,", f"{upn(51)};{upn(52)},2025-09-03,,S", ",2025-11-03,2026-02-02,", ",,,G", ",,,M"]
    )
    columns = ",former_upn,admission_date,leaving_date,enrolment_status"
    return "\n".join([header + columns, *(f"{row},{next(cells)}" for row in rows)])


Identity = tuple[str, tuple[str, ...]]
"""The id and the digests of the former UPNs."""


async def indexed(school: School) -> dict[str, tuple[Identity, dict[AcademicYear, YearPlace]]]:
    """What the index says of every pupil, by digest."""
    (index,) = await school.documents("roll_index")
    every = orjson.loads(index["pupils"]).keys()
    return {
        pupil.upn_digest: ((pupil.ref, pupil.former_digests), dict(pupil.years))
        for pupil in find_in_roll_index(index, (), every)
    }


async def enrolled(school: School) -> dict[str, tuple[Identity, dict[AcademicYear, YearPlace]]]:
    """What the pupils' own documents say of them, by digest."""
    pupils = map(read_pupil, await school.documents("pupils"))
    return {pupil.upn_digest: ((pupil.ref, pupil.former_digests), dict(pupil.years)) for pupil in pupils}


async def test_a_former_upn_finds_the_pupil_among_few_and_among_many(empty_school: School) -> None:
    await empty_school.put_roll(further(range(1, 31)).replace(f"{upn(50)},", f"{upn(60)},", 1))
    database = empty_school.context.school(empty_school.urn)
    (pupil,) = [one for one in (await all_pupils(database)).values() if one.ref == await empty_school.ref(1)]
    (former,) = pupil.former_digests
    others = [f"digest {number}" for number in range(MOST_KEYS_LOOKED_UP)]

    for asked in ([former], [former, pupil.upn_digest], [former, *others]):
        found = await find_pupils(database, (), asked)

        assert found.by_digest[former] == Enrolled(
            pupil.ref, pupil.upn_digest, pupil.years, former_digests=(former,)
        )
        assert set(found.by_ref) == {pupil.ref}


async def test_many_pupils_are_found_as_few_are(empty_school: School) -> None:
    """More keys than are looked up one by one: by UPN, by id, by both; unknown ones are not found."""
    await empty_school.put_roll(roll_csv(range(1, 31)))
    database = empty_school.context.school(empty_school.urn)
    everybody = await all_pupils(database)
    digests, refs = list(everybody), [pupil.ref for pupil in everybody.values()]
    few, many = slice(0, 4), slice(0, MOST_KEYS_LOOKED_UP + 1)

    for keys in (few, many):
        for asked_refs, asked_digests in (([], digests[keys]), (refs[keys], []), (refs[keys], digests[few])):
            found = await find_pupils(database, [*asked_refs, "nobody"], [*asked_digests, "nobody"])
            expected = {*asked_digests, *(p.upn_digest for p in everybody.values() if p.ref in asked_refs)}
            assert found.by_digest.keys() == expected
            assert found.by_digest == {
                digest: Enrolled(everybody[digest].ref, digest, everybody[digest].years)
                for digest in expected
            }


async def test_before_the_first_roll_nobody_is_found_however_many_are_named(empty_school: School) -> None:
    database = empty_school.context.school(empty_school.urn)

    found = await find_pupils(database, (), [f"digest {number}" for number in range(30)])

    assert not found.by_ref
    assert not found.by_digest
