"""What an import of a roll changes: new, changed, unchanged, left, and what that does to coverage."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import AcademicYear
from services.pupils.model.pupil import Pupil
from services.pupils.model.roll import RollEntry
from services.pupils.model.roll_change import Identified, Import, RollChange, change_roll
from services.pupils.model.sheets import PupilRef, Register
from services.runtime.errors import ConflictError
from tests.pupils.values import TODAY, YEAR, reached, upn

LAST_YEAR = AcademicYear("2024/25")


class School:
    """A roll under change, the way a store would keep it."""

    def __init__(self) -> None:
        self.pupils: dict[str, Pupil] = {}
        self.register = Register([])
        self._numbers = itertools.count(1)

    def send(
        self,
        *entries: RollEntry,
        kept: Iterable[int] = (),
        unreadable: int = 0,
        year: AcademicYear = YEAR,
        confirmed: bool = False,
    ) -> RollChange:
        found = Identified(
            entries={f"digest of {entry.upn}": entry for entry in entries},
            kept_digests=frozenset(f"digest of {upn(serial)}" for serial in kept),
            unreadable_upns=unreadable,
            pupils=self.pupils,
            former_digests={
                f"digest of {entry.upn}": tuple(f"digest of {former}" for former in entry.former_upns)
                for entry in entries
            },
        )
        how = Import(
            year=year,
            today=TODAY,
            new_ref=lambda: PupilRef(f"{next(self._numbers):016x}"),
            seal=lambda text: f"sealed {text}".encode(),
            leavers_confirmed=confirmed,
        )
        change = change_roll(found, self.register, how)
        everybody = {pupil.ref: pupil for pupil in (*self.pupils.values(), *change.added, *change.updated)}
        self.pupils = {pupil.upn_digest: pupil for pupil in everybody.values()}
        assert len(self.pupils) == len(everybody)
        return change

    def ref(self, serial: int) -> PupilRef:
        return self.pupils[f"digest of {upn(serial)}"].ref


def entry(serial: int, year_group: int = 10, tutor_group: str = "10A", surname: str = "Smith") -> RollEntry:
    return RollEntry(upn(serial), surname, "Jo", year_group, tutor_group)


def counts(change: RollChange) -> dict[str, int]:
    names = ("new", "changed", "moved", "unchanged", "left", "missing_kept")
    return {name: getattr(change, name) for name in names if getattr(change, name)}


def on_roll(change: RollChange) -> dict[int, int]:
    return {figures.year_group: figures.on_roll for figures in change.rolls}


def test_a_first_roll_is_all_new() -> None:
    school = School()

    change = school.send(entry(1), entry(2), entry(3, 11, "11B"))

    assert counts(change) == {"new": 3}
    assert on_roll(change) == {10: 2, 11: 1}
    assert change.figures_changed
    assert len({pupil.ref for pupil in change.added}) == 3
    assert change.added[0].upn_sealed == f"sealed {upn(1)}".encode()


def test_the_same_roll_again_changes_nothing() -> None:
    school = School()
    school.send(entry(1), entry(2))

    change = school.send(entry(2), entry(1))

    assert counts(change) == {"unchanged": 2}
    assert not change.figures_changed
    assert (change.added, change.updated) == ([], [])


def test_a_new_name_is_a_change_that_no_figure_shows() -> None:
    school = School()
    school.send(entry(1))

    change = school.send(entry(1, surname="Jones"))

    assert counts(change) == {"changed": 1}
    assert not change.figures_changed
    assert [pupil.surname for pupil in change.updated] == ["Jones"]
    assert school.register.changed() == list(school.register), "the sheet of the first import only"


def test_a_pupil_who_moves_takes_the_credits_along() -> None:
    school = School()
    school.send(entry(1), entry(2), entry(3, 11))
    school.register.credit(YEAR, [school.ref(1)], ("gb5",), 1)

    change = school.send(entry(1, 11, "11A"), entry(2), entry(3, 11))

    assert counts(change) == {"changed": 1, "moved": 1, "unchanged": 2}
    assert on_roll(change) == {10: 1, 11: 2}
    assert reached(school.register) == {(11, "gb5"): 1}
    assert [(c.year_group, c.benchmark, c.reached) for c in change.coverage] == [
        (10, "gb5", 0),
        (11, "gb5", 1),
    ]


def test_a_leaver_leaves_the_denominator_and_the_reached_and_keeps_the_record() -> None:
    school = School()
    school.send(entry(1), entry(2))
    school.register.credit(YEAR, [school.ref(1)], ("gb5",), 2)

    change = school.send(entry(2))

    assert counts(change) == {"unchanged": 1, "left": 1}
    assert on_roll(change) == {10: 1}
    assert reached(school.register) == {}
    assert [(c.year_group, c.benchmark, c.reached) for c in change.coverage] == [(10, "gb5", 0)]
    assert [pupil.years[YEAR].left_on for pupil in change.updated] == [TODAY]


def test_who_comes_back_brings_the_credits() -> None:
    school = School()
    school.send(entry(1), entry(2))
    school.register.credit(YEAR, [school.ref(1)], ("gb5",), 1)
    ref = school.ref(1)
    school.send(entry(2))

    change = school.send(entry(1, 10, "10B"), entry(2))

    assert counts(change) == {"new": 1, "unchanged": 1}
    assert school.ref(1) == ref
    assert reached(school.register) == {(10, "gb5"): 1}
    assert school.pupils[f"digest of {upn(1)}"].years[YEAR].left_on is None


def test_who_has_left_already_does_not_leave_again() -> None:
    school = School()
    school.send(entry(1), entry(2))
    school.send(entry(2))

    assert counts(school.send(entry(2))) == {"unchanged": 1}


def test_a_pupil_whose_row_was_refused_stays() -> None:
    school = School()
    school.send(entry(1), entry(2))

    change = school.send(entry(2), kept=[1])

    assert counts(change) == {"unchanged": 1}
    assert on_roll(change) == {10: 2}


def test_while_a_row_cannot_be_read_nobody_leaves() -> None:
    school = School()
    school.send(entry(1), entry(2), entry(3))

    change = school.send(entry(2), unreadable=1)

    assert counts(change) == {"unchanged": 1, "missing_kept": 2}
    assert on_roll(change) == {10: 3}


def test_another_academic_year_is_another_roll_of_the_same_pupils() -> None:
    school = School()
    school.send(entry(1, 9, "9A"), entry(2, 9, "9A"), year=LAST_YEAR)

    change = school.send(entry(1))

    assert counts(change) == {"new": 1}
    assert change.added == []
    assert school.register.rolls(LAST_YEAR)[0].on_roll == 2
    assert set(school.pupils[f"digest of {upn(1)}"].years) == {LAST_YEAR, YEAR}


def test_losing_more_than_half_of_a_roll_asks_first() -> None:
    school = School()
    school.send(*(entry(serial) for serial in range(1, 21)))
    before = [dict(sheet.pupils) for sheet in school.register]

    with pytest.raises(ConflictError, match=r"11 of 20 pupils.*confirm_leavers=true"):
        school.send(*(entry(serial) for serial in range(1, 10)))

    assert [dict(sheet.pupils) for sheet in school.register] == before
    assert counts(school.send(*(entry(s) for s in range(1, 10)), confirmed=True))["left"] == 11


def test_half_of_a_roll_can_leave_unasked() -> None:
    school = School()
    school.send(*(entry(serial) for serial in range(1, 21)))

    assert counts(school.send(*(entry(s) for s in range(1, 11))))["left"] == 10


rolls = st.lists(
    st.dictionaries(
        st.integers(1, 12), st.sampled_from([(10, "10A"), (10, "10B"), (11, "11A")]), max_size=12
    ),
    min_size=1,
    max_size=5,
)


@given(rolls)
def test_after_any_imports_the_sheets_hold_the_last_roll_and_the_receipts_add_up(
    sent: list[dict[int, tuple[int, str]]],
) -> None:
    school = School()
    before = 0
    for roll in sent:
        entries = [entry(serial, *place) for serial, place in roll.items()]

        change = school.send(*entries, confirmed=True)

        assert change.new + change.changed + change.unchanged == len(roll)
        assert before + change.new - change.left == len(roll)
        before = len(roll)
        placed = {
            ref: (sheet.year_group, group) for sheet in school.register for ref, group in sheet.pupils.items()
        }
        assert placed == {school.ref(serial): place for serial, place in roll.items()}
        assert counts(school.send(*entries, confirmed=True)) == ({"unchanged": len(roll)} if roll else {})


def test_the_day_of_leaving_is_the_day_of_the_import() -> None:
    school = School()
    school.send(entry(1), entry(2))

    (leaver,) = school.send(entry(1)).updated

    assert leaver.years[YEAR].left_on == dt.date(2026, 6, 15)
