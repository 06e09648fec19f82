"""After any series of imports, records, corrections, retractions and repeats: coverage equals a recount.

Three books are kept of the same school. The sheets, by the model. A naive recount over the activities as they
stand, which knows nothing of the model's bookkeeping. And a reader's book, made of nothing but what was told.
Everybody is counted in all three, and so is each tracked group, while imports move pupils in and out of it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.pupils import (
    ActivityCorrected,
    ActivityFigures,
    ActivityRecorded,
    ActivityRetracted,
    CoverageCell,
)
from contracts.vocabulary import CREDITED_BENCHMARKS, ActivityId, EmployerId, TrackedGroup
from services.pupils.model.activity import Activity, Post, refuse_contradiction
from services.pupils.model.attendance import STATUSES, Given, Groups, Status
from services.pupils.model.facts import Facts
from services.pupils.model.pupil import Pupil
from services.pupils.model.recording import Change, correct, record, retract
from services.pupils.model.roll import RollEntry
from services.pupils.model.roll_change import Identified, Import, change_roll
from services.pupils.model.sheets import PupilRef, Register
from services.pupils.rules import credit_rules
from services.runtime.errors import ConflictError, InvalidError
from tests.pupils.values import GB5_TESTS, GB6_TESTS, GB7_TESTS, TODAY, YEAR, desk, upn

SERIALS = st.integers(1, 14)
PLACES = st.sampled_from([(10, "10A"), (10, "10B"), (11, "11A"), (11, "11B")])
TYPES = st.sampled_from(
    [
        "employer_talk",
        "workplace_visit",
        "careers_fair",
        "guidance_meeting_l6",
        "lmi_lesson",
        "group_guidance",
    ]
)
TESTS = st.sampled_from([(), GB5_TESTS, GB6_TESTS, GB7_TESTS, tuple(sorted({*GB6_TESTS, *GB7_TESTS}))])
STATUS = st.sampled_from(STATUSES)
SAID = st.fixed_dictionaries(
    {},
    optional={
        "sen_provision": st.sampled_from([(), ("sen_k",), ("sen_e",)]),
        "fsm6": st.sampled_from([(), ("fsm6",)]),
        "in_care": st.sampled_from([(), ("in_care",)]),
        "eal": st.sampled_from([(), ("eal",)]),
    },
)
GROUPS_BY_WORD: dict[TrackedGroup, set[str]] = {
    "sen": {"sen_k", "sen_e"},
    "disadvantaged": {"fsm6", "in_care"},
    "eal": {"eal"},
    "in_care": {"in_care"},
}
Cell = tuple[int, str]
ByGroup = dict[TrackedGroup, int]
Said = dict[str, tuple[str, ...]]
RULES = credit_rules()


@dataclass(frozen=True, slots=True)
class Who:
    """Who was there, pupils by serial number: those who are not known yet are left out."""

    year_groups: frozenset[int]
    tutor_groups: frozenset[str]
    listed: dict[int, Status]


WHO = st.builds(
    Who,
    year_groups=st.frozensets(st.sampled_from([10, 11])),
    tutor_groups=st.frozensets(st.sampled_from(["10A", "11B"])),
    listed=st.dictionaries(SERIALS, STATUS, max_size=5),
)


class SchoolYear(RuleBasedStateMachine):
    """One school's year, with all three books."""

    def __init__(self) -> None:
        super().__init__()
        self.pupils: dict[str, Pupil] = {}
        self.register = Register([])
        self.activities: dict[ActivityId, Activity] = {}
        self.posts: list[tuple[ActivityId, Post]] = []
        self.told_coverage: dict[Cell, tuple[int, ByGroup]] = {}
        self.told_rolls: dict[int, tuple[int, ByGroup]] = {}
        self.told_counts: Counter[tuple[int, str]] = Counter()
        self.numbers = itertools.count(1)

    @initialize(serials=st.sets(SERIALS, min_size=6))
    def first_roll(self, serials: set[int]) -> None:
        self._send({serial: (10, "10A") if serial % 2 else (11, "11B") for serial in serials})

    @rule(roll=st.dictionaries(SERIALS, PLACES, min_size=1), said=st.dictionaries(SERIALS, SAID, max_size=14))
    def import_a_roll(self, roll: dict[int, tuple[int, str]], said: dict[int, Said]) -> None:
        self._send(roll, said)

    @rule(kind=TYPES, tests=TESTS, who=WHO)
    def record_an_activity(self, kind: str, tests: tuple[str, ...], who: Who) -> None:
        number = next(self.numbers)
        post = Post(_facts(f"activity-{number}", kind, tests), self._given(who))
        identity = ActivityId(f"{number:032d}")
        try:
            self._keep(record(desk(self.register), identity, post))
        except InvalidError:
            return
        self.posts.append((identity, post))

    @precondition(lambda self: self.posts)
    @rule(data=st.data(), kind=TYPES, tests=TESTS, who=WHO)
    def correct_an_activity(self, data: st.DataObject, kind: str, tests: tuple[str, ...], who: Who) -> None:
        identity, _ = data.draw(st.sampled_from(self.posts))
        before = self.activities[identity]
        post = Post(_facts(before.facts.reference, kind, tests), self._given(who))
        try:
            self._keep(correct(desk(self.register), before, post))
        except (ConflictError, InvalidError):
            return
        self.posts.append((identity, post))

    @precondition(lambda self: self.posts)
    @rule(data=st.data())
    def retract_an_activity(self, data: st.DataObject) -> None:
        identity, _ = data.draw(st.sampled_from(self.posts))
        if self.activities[identity].status == "recorded":
            self._keep(retract(desk(self.register), self.activities[identity], "duplicate"))

    @precondition(lambda self: self.posts)
    @rule(data=st.data())
    def post_again_what_was_posted(self, data: st.DataObject) -> None:
        identity, post = data.draw(st.sampled_from(self.posts))
        known = self.activities[identity].known
        if known.status == "recorded":
            refuse_contradiction(known, post.fingerprint)

    @invariant()
    def the_sheets_equal_a_recount(self) -> None:
        assert self._sheets() == {cell: len(refs) for cell, refs in self._recount().items()}

    @invariant()
    def what_was_told_equals_a_recount(self) -> None:
        told = {cell: counts for cell, counts in self.told_coverage.items() if counts[0]}
        assert told == {cell: (len(refs), self._by_group(refs)) for cell, refs in self._recount().items()}

    @invariant()
    def the_roll_that_was_told_equals_the_pupils_on_it(self) -> None:
        on_roll: dict[int, set[PupilRef]] = {}
        for pupil in self.pupils.values():
            place = pupil.years[YEAR]
            if place.left_on is None:
                on_roll.setdefault(place.year_group, set()).add(pupil.ref)
        assert self.told_rolls == {
            year_group: (len(refs), self._by_group(refs)) for year_group, refs in on_roll.items()
        }

    @invariant()
    def the_counts_that_were_told_sum_up_to_the_activities(self) -> None:
        counted: Counter[tuple[int, str]] = Counter()
        for activity in self.activities.values():
            if activity.status == "recorded":
                for _, year_group, status in activity.attendance:
                    counted[year_group, status] += 1
        assert {cell: n for cell, n in self.told_counts.items() if n} == dict(counted)

    @invariant()
    def credits_are_never_more_than_attendance_and_encounters_never_less_than_either(self) -> None:
        for activity in self.activities.values():
            for figures in activity.figures.year_groups:
                encounters = [figures.credits.get(benchmark, 0) for benchmark in ("gb5", "gb7")]
                assert max(encounters) <= figures.encounters <= sum(encounters)
                assert all(count <= figures.attended for count in figures.credits.values())

    @invariant()
    def the_figures_of_an_activity_equal_a_count_pupil_by_pupil(self) -> None:
        for activity in self.activities.values():
            credited: Counter[tuple[int, str]] = Counter()
            for ref, year_group, status in activity.attendance:
                benchmarks = activity.grant.of(listed=ref in activity.attendance.listed)
                if status == "attended":
                    credited.update((year_group, benchmark) for benchmark in benchmarks)
                    credited[year_group, "encounters"] += not {"gb5", "gb7"}.isdisjoint(benchmarks)
            told = {
                (group.year_group, name): count
                for group in activity.figures.year_groups
                for name, count in (*group.credits.items(), ("encounters", group.encounters))
            }
            assert +Counter(told) == +credited

    @invariant()
    def a_group_of_an_activity_is_part_of_its_year_group(self) -> None:
        for activity in self.activities.values():
            for figures in activity.figures.year_groups:
                for of_group in figures.by_group.values():
                    assert 0 < of_group.attended <= figures.attended
                    assert of_group.encounters <= min(of_group.attended, figures.encounters)

    @invariant()
    def every_pupil_is_on_one_sheet(self) -> None:
        places = Counter(ref for sheet in self.register for ref in (*sheet.pupils, *sheet.left))
        assert set(places.values()) <= {1}
        assert set(places) == {pupil.ref for pupil in self.pupils.values()}

    def _send(self, roll: dict[int, tuple[int, str]], said: dict[int, Said] | None = None) -> None:
        cells = said or {}
        found = Identified(
            entries={
                f"digest {s}": RollEntry(upn(s), "Smith", "Jo", *place, cells.get(s, {}))
                for s, place in roll.items()
            },
            kept_digests=frozenset(),
            unreadable_upns=0,
            pupils=self.pupils,
        )
        how = Import(
            year=YEAR,
            today=TODAY,
            new_ref=lambda: PupilRef(f"{next(self.numbers):016x}"),
            seal=str.encode,
            leavers_confirmed=True,
        )
        change = change_roll(found, self.register, how)
        self.pupils |= {pupil.upn_digest: pupil for pupil in (*change.added, *change.updated)}
        self._hear(change.coverage)
        if change.figures_changed:
            self.told_rolls = {told.year_group: (told.on_roll, dict(told.by_group)) for told in change.rolls}

    def _by_group(self, refs: set[PupilRef]) -> ByGroup:
        """Count those of these pupils who belong to each group, from what the last rolls said of them."""
        said = {pupil.ref: set(pupil.groups.get(YEAR, ())) for pupil in self.pupils.values()}
        counts = {
            group: sum(not words.isdisjoint(said[ref]) for ref in refs)
            for group, words in GROUPS_BY_WORD.items()
        }
        return {group: count for group, count in counts.items() if count}

    def _given(self, who: Who) -> Given:
        known = {serial: self.pupils.get(f"digest {serial}") for serial in who.listed}
        listed = {pupil.ref: who.listed[serial] for serial, pupil in known.items() if pupil is not None}
        return Given(Groups(tuple(sorted(who.year_groups)), tuple(sorted(who.tutor_groups))), listed)

    def _keep(self, change: Change) -> None:
        self.activities[change.after.id] = change.after
        told = change.told
        match told:
            case ActivityRecorded():
                self._count(told.activity, 1)
            case ActivityCorrected():
                self._count(told.before, -1)
                self._count(told.after, 1)
            case ActivityRetracted():
                self._count(told.before, -1)
        self._hear(told.coverage)

    def _hear(self, cells: tuple[CoverageCell, ...]) -> None:
        for cell in cells:
            self.told_coverage[cell.year_group, cell.benchmark] = (cell.reached, dict(cell.by_group))

    def _count(self, figures: ActivityFigures, times: int) -> None:
        for group in figures.year_groups:
            for status in STATUSES:
                self.told_counts[group.year_group, status] += times * getattr(group, status)

    def _sheets(self) -> dict[Cell, int]:
        return {
            (sheet.year_group, benchmark): count
            for sheet in self.register
            for benchmark, count in sheet.reached().items()
        }

    def _recount(self) -> dict[Cell, set[PupilRef]]:
        """Go through every activity and pupil, with the rules as they are written."""
        reached: dict[Cell, set[PupilRef]] = {}
        for activity in self.activities.values():
            if activity.status != "recorded":
                continue
            kind = RULES.types[activity.facts.activity_type]
            for ref, _, status in activity.attendance:
                sheet = self.register.sheet_of(YEAR, ref)
                if status != "attended" or sheet is None or ref not in sheet.pupils:
                    continue
                for benchmark in CREDITED_BENCHMARKS:
                    if benchmark not in kind.permits:
                        continue
                    of_benchmark = RULES.benchmarks[benchmark]
                    needs = set(of_benchmark.needs) | set(kind.permits[benchmark].needs)
                    met = set(of_benchmark.requires) <= set(activity.facts.tests_met)
                    named = "named" not in needs or ref in activity.attendance.listed
                    provider = "provider" not in needs or activity.facts.provider_type is not None
                    if met and named and provider:
                        reached.setdefault((sheet.year_group, benchmark), set()).add(ref)
        return reached


def _facts(reference: str | None, kind: str, tests: tuple[str, ...]) -> Facts:
    base = Facts(
        reference=reference,
        activity_type=kind,
        title="An activity",
        held_on=dt.date(2026, 3, 2),
        mode="in_person",
        hours=None,
        employer_id=EmployerId("gpg-1"),
        provider_type=None,
        tests_met=tests,
    )
    return replace(base, provider_type="fe_college") if kind == "careers_fair" else base


SchoolYear.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnySeriesOfChanges = SchoolYear.TestCase
