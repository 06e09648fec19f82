"""The roll index says what the pupils' documents say, and finds whom they would find."""

from __future__ import annotations

import orjson

from contracts.vocabulary import AcademicYear
from services.pupils.model.pupil import Enrolled, YearPlace
from services.pupils.store.documents import read_pupil
from services.pupils.store.reads import MOST_KEYS_LOOKED_UP, all_pupils, find_pupils
from services.pupils.store.roll_index import find_in_roll_index
from tests.pupils.conftest import School, roll_csv


async def test_the_roll_index_always_equals_the_pupils(empty_school: School) -> None:
    """New pupils, the same again, movers and leavers, some who are back, another year, a refused file."""
    imports = [
        ({}, roll_csv([1, 2, 3, 4, 5])),
        ({}, roll_csv([1, 2, 3, 4, 5])),
        ({}, roll_csv([1, 2, 4, 5, 101]).replace(",10,10B", ",11,11B")),
        ({}, roll_csv([1, 2, 3, 4, 5])),
        ({"academic_year": "2024/25"}, roll_csv([3, 6])),
        ({}, "nothing that could be read"),
    ]
    for query, content in imports:
        await empty_school.put_roll(content, **query)
        assert await indexed(empty_school) == await enrolled(empty_school)

    years = [sorted(years) for _, years in (await enrolled(empty_school)).values()]
    assert sorted(years) == [["2024/25"], ["2024/25", "2025/26"], *[["2025/26"]] * 5]


async def indexed(school: School) -> dict[str, tuple[str, dict[AcademicYear, YearPlace]]]:
    """What the index says of every pupil, by digest."""
    (index,) = await school.documents("roll_index")
    every = orjson.loads(index["pupils"]).keys()
    return {
        pupil.upn_digest: (pupil.ref, dict(pupil.years)) for pupil in find_in_roll_index(index, (), every)
    }


async def enrolled(school: School) -> dict[str, tuple[str, dict[AcademicYear, YearPlace]]]:
    """What the pupils' own documents say of them, by digest."""
    pupils = map(read_pupil, await school.documents("pupils"))
    return {pupil.upn_digest: (pupil.ref, dict(pupil.years)) for pupil in pupils}


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
