"""Whom a row means when UPNs change: one pupil for life, never two in one, never back once erased."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pupils.commands.erasure import erase_again
from services.pupils.model.identity import ERASED, SAME_PUPIL, TWO_PUPILS
from services.pupils.model.roll import RollEntry, RollReading, RollRow, read_roll
from services.pupils.model.upn import Upn, check_letter, is_temporary
from services.pupils.rules import la_codes
from services.runtime.mongo import Replace
from tests.pupils.conftest import ROLL_HEADER, School, talk
from tests.pupils.test_erasure import erase, school
from tests.pupils.test_roll_change import School as Roll
from tests.pupils.test_roll_change import counts
from tests.pupils.test_roll_index import enrolled, indexed
from tests.pupils.values import YEAR, upn

__all__ = ["school"]
HEADER: Final = f"{ROLL_HEADER},former_upn"
ROW: Final = RollRow(2, "row 2", upn(1), "Lovelace", "Ada", "10", "10A")


def temporary(serial: int) -> Upn:
    """Make a temporary UPN."""
    rest = f"8394000489{serial:01d}R"
    return Upn(check_letter(rest) + rest)


def entry(present: Upn, *former: Upn) -> RollEntry:
    return RollEntry(present, "Smith", "Jo", 10, "10A", former_upns=former)


def line(present: str, former: str = "", number: int = 1) -> str:
    return f"{present},Surname{number},Forename{number},10,10A,{former}"


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows])


def read(*rows: RollRow) -> RollReading:
    return read_roll(rows, la_codes(), YEAR)


def test_former_upns_are_read_and_the_present_one_among_them_is_passed_over() -> None:
    row = RollRow(
        2, "row 2", upn(1), "A", "B", "10", "", former_upn=f" {temporary(1).lower()};{upn(1)}; {upn(2)} ;"
    )

    assert read(row).entries[0].former_upns == (temporary(1), upn(2))
    assert is_temporary(temporary(1))


@pytest.mark.parametrize(
    ("former", "reason"),
    [
        ("A123", "a UPN has 13 characters; write former UPNs separated by semicolons"),
        (";".join(map(upn, range(11, 22))), "names 11 former UPNs; at most 10 are read"),
    ],
)
def test_a_former_upn_that_cannot_be_read_keeps_everybody_on_roll(former: str, reason: str) -> None:
    reading = read(RollRow(2, "row 2", upn(1), "A", "B", "10", "", former_upn=former))

    assert [(p.column, p.reason) for p in reading.rejected] == [("former_upn", reason)]
    assert reading.unreadable_upns == 1


@pytest.mark.parametrize(
    ("second", "column"),
    [
        (RollRow(3, "row 3", temporary(1), "A", "B", "10", ""), "upn"),
        (RollRow(3, "row 3", upn(3), "A", "B", "10", "", former_upn=temporary(1)), "former_upn"),
        (RollRow(3, "row 3", upn(3), "A", "B", "10", "", former_upn=upn(1)), "former_upn"),
    ],
)
def test_of_two_rows_that_name_one_pupil_the_second_is_refused(second: RollRow, column: str) -> None:
    first = RollRow(2, "row 2", upn(1), "A", "B", "10", "", former_upn=temporary(1))

    reading = read(first, second)

    assert [entry.upn for entry in reading.entries] == [upn(1)]
    (problem,) = reading.rejected
    assert (problem.row, problem.column) == (3, column)
    assert problem.reason == "the same UPN is in row 2, which was taken"


def test_a_permanent_upn_takes_the_place_of_the_temporary_and_all_else_stays() -> None:
    roll = Roll()
    roll.send(entry(temporary(1)))
    (before,) = roll.pupils.values()
    roll.register.credit(YEAR, [before.ref], ("gb5",), 1)

    change = roll.send(entry(upn(1), temporary(1)))

    assert counts(change) == {"changed": 1}
    assert not change.figures_changed
    (after,) = roll.pupils.values()
    assert (after.ref, after.upn_digest) == (before.ref, f"digest of {upn(1)}")
    assert after.former_digests == (f"digest of {temporary(1)}",)
    assert after.upn_sealed == f"sealed {upn(1)}".encode()
    assert counts(roll.send(entry(upn(1), temporary(1)))) == {"unchanged": 1}


def test_an_old_file_with_the_former_upn_changes_nothing() -> None:
    roll = Roll()
    roll.send(entry(temporary(1)))
    roll.send(entry(upn(1), temporary(1)))

    assert counts(roll.send(entry(temporary(1)))) == {"unchanged": 1}
    assert counts(roll.send(entry(upn(1)))) == {"unchanged": 1}


def test_a_row_that_says_so_itself_makes_a_former_upn_the_present_one_again() -> None:
    roll = Roll()
    roll.send(entry(upn(1), upn(2)))

    change = roll.send(entry(upn(2), upn(1)))

    assert counts(change) == {"changed": 1}
    (pupil,) = roll.pupils.values()
    assert pupil.digests == (f"digest of {upn(2)}", f"digest of {upn(1)}")


def test_a_row_whose_numbers_belong_to_two_pupils_is_refused_and_both_stay() -> None:
    roll = Roll()
    roll.send(entry(upn(1)), entry(upn(2)), entry(upn(3)))

    change = roll.send(entry(upn(1), upn(2)), entry(upn(3)))

    assert [(r.upn, r.column, r.reason) for r in change.refusals] == [(upn(1), "former_upn", TWO_PUPILS)]
    assert counts(change) == {"unchanged": 1}
    assert change.rolls[0].on_roll == 3


def test_two_rows_that_mean_one_known_pupil_are_not_both_taken() -> None:
    roll = Roll()
    roll.send(entry(upn(1), temporary(1)))

    change = roll.send(entry(temporary(1)), entry(upn(1)))

    assert counts(change) == {"unchanged": 1}
    assert [(r.upn, r.reason, r.other) for r in change.refusals] == [(upn(1), SAME_PUPIL, temporary(1))]


PEOPLE: Final = range(5)
sent = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["old", "both", "new"]), max_size=5),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(sent)
def test_no_imports_make_two_pupils_of_one_person_or_lose_a_credit(
    imports: list[tuple[dict[int, str], bool]],
) -> None:
    """Until a file has had both numbers nobody can know that they are one person's: so `new` comes after."""
    roll = Roll()
    linked: set[int] = set()
    refs: dict[int, str] = {}
    credited: dict[int, int] = dict.fromkeys(PEOPLE, 0)
    for people, reverse in imports:
        entries = []
        for person, form in sorted(people.items(), reverse=reverse):
            old, new = temporary(person), upn(person)
            if form == "both" or (form == "new" and person not in linked):
                entries.append(entry(new, old))
                linked.add(person)
            else:
                entries.append(entry(new if form == "new" else old))

        change = roll.send(*entries)

        assert change.refusals == ()
        assert change.new + change.changed + change.unchanged == len(people)
        on_roll = {ref for sheet in roll.register for ref in sheet.pupils}
        assert len(on_roll) == len(people)
        for person in people:
            found = {
                pupil.ref
                for pupil in roll.pupils.values()
                if not {f"digest of {temporary(person)}", f"digest of {upn(person)}"}.isdisjoint(
                    pupil.digests
                )
            }
            assert len(found) == 1
            (ref,) = found
            assert refs.setdefault(person, ref) == ref
            assert ref in on_roll
            roll.register.credit(YEAR, [ref], ("gb5",), 1)
            credited[person] += 1
        counted = {
            ref: count for sheet in roll.register for ref, count in sheet.credits.get("gb5", {}).items()
        }
        assert counted == {refs[person]: count for person, count in credited.items() if count}


async def test_a_former_upn_still_finds_the_pupil_in_posts_and_files(empty_school: School) -> None:
    await empty_school.put_roll(lines(line(temporary(1)), line(upn(2), number=2)))
    by_old_number = {"pupils": [{"upn": temporary(1), "status": "attended"}]}
    await empty_school.post(talk(attendance=by_old_number))

    replaced = (await empty_school.put_roll(lines(line(upn(1), temporary(1)), line(upn(2), number=2)))).json()

    assert (replaced["changed"], replaced["unchanged"], replaced["left"]) == (1, 1, 0)
    await empty_school.post(talk("talk-2", held_on="2026-03-03", attendance=by_old_number))
    content = (
        "activity_type,title,held_on,mode,upn,status,reference\n"
        f"employer_talk,Third,2026-03-04,in_person,{temporary(1)},attended,talk-3\n"
        f"employer_talk,Third,2026-03-04,in_person,{upn(1)},attended,talk-3\n"
    )
    answer = await empty_school.send(
        "POST", "/activities/import", content=content, headers={"Content-Type": "text/csv"}
    )
    assert (answer.json()["recorded"], len(answer.json()["rejected"])) == (1, 1)
    assert "the same pupil is in row 2" in answer.json()["rejected"][0]["reason"]
    pupil = await empty_school.get(f"/pupils/{await empty_school.ref(1)}")
    assert (pupil["upn"], pupil["upn_is_temporary"], pupil["former_upns"]) == (upn(1), False, 1)
    assert [one["title"] for one in pupil["activities"]] == ["Third", *["Meet the engineers"] * 2]
    assert len(await empty_school.documents("pupils")) == 2
    assert await indexed(empty_school) == await enrolled(empty_school)


async def test_refused_rows_say_which_row_and_what_to_do(empty_school: School) -> None:
    await empty_school.put_roll(lines(line(upn(1), temporary(1)), line(upn(2), number=2)))

    receipt = (
        await empty_school.put_roll(
            lines(line(temporary(1)), line(upn(1)), line(upn(3), f"{upn(2)};{upn(1)}", number=3))
        )
    ).json()

    assert [(p["row"], p["column"], p["reason"]) for p in receipt["rejected"]] == [
        (3, "upn", f"{SAME_PUPIL}: row 2"),
        (4, "former_upn", "the same UPN is in row 3, which was taken"),
    ]
    assert receipt["left"] == 0


async def test_an_erased_pupil_does_not_come_back_under_any_number(school: School) -> None:
    everybody = [line(upn(n), number=n) for n in (2, 3, 4, 5, 6, 101, 102)]
    await school.put_roll(lines(line(upn(1), temporary(2)), *everybody))
    await erase(school, await school.ref(1))

    for row in (line(upn(1)), line(temporary(2)), line(upn(9), temporary(2)), line(upn(9), upn(1))):
        receipt = (await school.put_roll(lines(row, *everybody))).json()

        assert [(p["row"], p["reason"]) for p in receipt["rejected"]] == [(2, ERASED)]
        assert receipt["new"] == 0


async def test_a_backup_from_before_the_upn_changed_is_erased_too(school: School) -> None:
    others = [line(upn(n), number=n) for n in (2, 3, 4, 5, 6, 101, 102)]
    await school.put_roll(lines(line(temporary(7), upn(1)), *others))
    database = school.context.school(school.urn)
    names = ("pupils", "roll_index", "year_groups", "activities", "activity_versions")
    backup = {name: await database.collection(name).find({}) for name in names}
    await school.put_roll(lines(line(upn(7), temporary(7)), *others))
    ref = await school.ref(1)
    await erase(school, ref)

    for name, documents in backup.items():
        await database.collection(name).delete({})
        await database.collection(name).write(
            *(Replace({"_id": document["_id"]}, document, upsert=True) for document in documents)
        )
    await database.collection("erasures").delete({})
    await erase_again(school.context)

    assert (await school.send("GET", f"/pupils/{ref}")).status_code == 404
    assert len(await school.documents("pupils")) == 7


async def test_who_was_erased_as_entered_twice_does_not_keep_the_other_off(school: School) -> None:
    everybody = [line(upn(n), number=n) for n in (1, 2, 3, 4, 5, 6, 101, 102)]
    await school.put_roll(lines(line(temporary(1), number=77), *everybody))
    twice = lines(line(upn(1), temporary(1)), *everybody[1:])
    refused = (await school.put_roll(twice)).json()
    assert [(p["column"], p["reason"]) for p in refused["rejected"]] == [("former_upn", TWO_PUPILS)]
    await erase(school, await school.ref(77))

    receipt = (await school.put_roll(twice)).json()

    assert receipt["rejected"] == []
    assert len(await school.documents("pupils")) == 8
