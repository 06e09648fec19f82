"""A year of careers activities of one school, made up from the programme's table.

For each year group every entry of `programme.py` is drawn by its likelihood and the school's strength, given
a day, a partner and an audience, and becomes one or more posts. A post's reference names the academic year,
the year group and the entry, so the same plan made again re-posts the same activities. Each draw has dice of
its own, named by the reference.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import AcademicYear, academic_year_days
from services.areas import Employer, School
from services.demo.activity import ActivityPost, Attendance, MeaningfulTest, Mode, NamedPupil, Status
from services.demo.dice import Dice
from services.demo.partners import Partners
from services.demo.programme import PROGRAMME, SECTORS, UNKNOWN_SECTOR, Entry
from services.demo.roll import PupilRow
from services.demo.strength import Strength, strength_of
from services.demo.term_dates import school_days

# Together 6 % of pupils away on a day, about what secondary schools see in an ordinary year: most are
# seldom away and a fifth often, so that some pupils miss several activities.
_OFTEN_AWAY: Final = 0.2
_AWAY_SELDOM: Final = 0.03
_AWAY_OFTEN: Final = 0.18
_EXCUSED: Final = 0.3
"""Share of those away who were excused beforehand."""
_HIGHEST_LIKELIHOOD: Final = 0.97
"""Even the strongest school leaves something out."""

_VOLUNTEERS_PERCENT: Final = (8, 25)
_PLACED_PERCENT: Final = (55, 95)
_MET_PERCENT: Final = (25, 90)
_PUPILS_AN_EMPLOYER: Final = 20
_MEETINGS_A_WEEK: Final = 25
_SINGLE_MEETINGS: Final = (2, 5)

_REMOTE_MODES: Final[tuple[tuple[Mode, float], ...]] = (
    ("in_person", 0.8),
    ("mixed", 0.12),
    ("virtual", 0.08),
)
_FULLY_REMOTE_TYPE: Final = "virtual_work_experience"


@dataclass(frozen=True, slots=True)
class _Group:
    """The part of a year group that one post is for; `tutor_groups` is empty for the whole of it."""

    pupils: tuple[PupilRow, ...]
    tutor_groups: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True, slots=True)
class _Year:
    """What is fixed for the whole plan."""

    school: School
    academic_year: AcademicYear
    seed: int
    strength: Strength
    partners: Partners
    days: tuple[dt.date, ...]
    often_away: frozenset[str]

    def dice(self, *labels: object) -> Dice:
        return Dice(self.seed, self.school.urn, self.academic_year, *labels)


def plan_year(
    school: School,
    roll: Sequence[PupilRow],
    employers: Sequence[Employer],
    academic_year: AcademicYear,
    seed: int,
) -> tuple[ActivityPost, ...]:
    """Make up the year, in the order of its days; none for an empty roll.

    Raises ValueError for a malformed academic year.
    """
    year = _Year(
        school=school,
        academic_year=academic_year,
        seed=seed,
        strength=strength_of(school, seed),
        partners=Partners(school, employers),
        days=school_days(academic_year),
        often_away=frozenset(
            pupil.upn for pupil in roll if Dice(seed, pupil.upn, "away").happens(_OFTEN_AWAY)
        ),
    )
    by_year_group: dict[int, list[PupilRow]] = defaultdict(list)
    for pupil in roll:
        by_year_group[pupil.year_group].append(pupil)
    posts = [
        post
        for year_group, pupils in by_year_group.items()
        for entry in PROGRAMME
        if _takes_place(year, entry, year_group)
        for post in _posts(year, entry, pupils)
    ]
    return tuple(sorted(posts, key=lambda post: (post.held_on, post.reference)))


def _takes_place(year: _Year, entry: Entry, year_group: int) -> bool:
    if year_group not in entry.years or year.school.setting not in entry.settings:
        return False
    if entry.post16_only and not year.school.has_post16:
        return False
    likelihood = min(entry.likelihood * year.strength.activity_factor, _HIGHEST_LIKELIHOOD)
    return year.dice("takes place", year_group, entry.code).happens(likelihood)


def _posts(year: _Year, entry: Entry, pupils: Sequence[PupilRow]) -> Iterator[ActivityPost]:
    """Turn one entry into its posts for one year group."""
    year_group = pupils[0].year_group
    dice = year.dice("posts", year_group, entry.code)
    groups = _groups(entry, pupils, dice)
    days = [day for day in year.days if day.month in entry.months]
    same_day = dice.pick(days)
    employers: Sequence[Employer | None] = [None] * len(groups)
    if entry.partner == "employer":
        employers = (
            year.partners.ask_several(len(groups), dice)
            if entry.audience == "placements"
            else [year.partners.ask_one(dice) for _ in groups]
        )
    autumn = academic_year_days(year.academic_year)[0].year
    for number, (group, employer) in enumerate(zip(groups, employers, strict=True), start=1):
        reference = f"{autumn}-y{year_group}-{entry.code}-{number}"
        own = year.dice(reference)
        yield ActivityPost(
            reference=reference,
            activity_type=entry.activity_type,
            title=entry.title.format(sector=_sector(employer)),
            held_on=same_day if entry.audience == "placements" else own.pick(days),
            mode=_mode(entry, own),
            hours=entry.hours,
            employer_id=employer.employer_id if employer else None,
            provider_type=entry.provider,
            tests_met=_tests_met(entry, year.strength, own),
            attendance=_attendance(year, group, own),
            participations=len(group.pupils),
        )


def _groups(entry: Entry, pupils: Sequence[PupilRow], dice: Dice) -> list[_Group]:
    """Divide a year group as the entry's audience says (`programme.Audience`)."""
    match entry.audience:
        case "year_group":
            return [_Group(tuple(pupils))]
        case "tutor_groups":
            return _halves(pupils)
        case "volunteers":
            return _lists(pupils, _VOLUNTEERS_PERCENT, len(pupils), dice)
        case "placements":
            return _lists(pupils, _PLACED_PERCENT, _PUPILS_AN_EMPLOYER, dice)
        case "meetings":
            return _lists(pupils, _MET_PERCENT, _MEETINGS_A_WEEK, dice)
        case "single_meetings":
            met = dice.shuffled(pupils)[: dice.between(*_SINGLE_MEETINGS)]
            return [_Group((pupil,), named=True) for pupil in met]


def _halves(pupils: Sequence[PupilRow]) -> list[_Group]:
    """Split by tutor group in two; a year group with one tutor group stays whole."""
    names = sorted({pupil.tutor_group for pupil in pupils}, key=lambda name: (len(name), name))
    middle = len(names) // 2
    halves = [half for half in (names[:middle], names[middle:]) if half]
    return [
        _Group(tuple(pupil for pupil in pupils if pupil.tutor_group in half), tuple(half)) for half in halves
    ]


def _lists(pupils: Sequence[PupilRow], percent: tuple[int, int], longest: int, dice: Dice) -> list[_Group]:
    """Name a share of the pupils, at least one, in lists of at most `longest`."""
    count = max(1, len(pupils) * dice.between(*percent) // 100)
    chosen = dice.shuffled(pupils)[:count]
    return [
        _Group(tuple(sorted(chosen[start : start + longest], key=lambda pupil: pupil.upn)), named=True)
        for start in range(0, count, longest)
    ]


def _sector(employer: Employer | None) -> str:
    return SECTORS.get(employer.sic_section or "", UNKNOWN_SECTOR) if employer else UNKNOWN_SECTOR


def _mode(entry: Entry, dice: Dice) -> Mode:
    if entry.activity_type == _FULLY_REMOTE_TYPE:
        return "virtual"
    return dice.weigh(_REMOTE_MODES) if entry.remote else "in_person"


def _tests_met(entry: Entry, strength: Strength, dice: Dice) -> tuple[MeaningfulTest, ...]:
    """Meet all tests asked, or leave one or two of them out."""
    if dice.happens(strength.tests_met):
        return entry.tests
    left_out = dice.shuffled(entry.tests)[: dice.between(1, 2)]
    return tuple(test for test in entry.tests if test not in left_out)


def _attendance(year: _Year, group: _Group, dice: Dice) -> Attendance:
    statuses = [
        (pupil, _status(_AWAY_OFTEN if pupil.upn in year.often_away else _AWAY_SELDOM, dice))
        for pupil in group.pupils
    ]
    listed = tuple(
        NamedPupil(pupil.upn, status) for pupil, status in statuses if group.named or status != "attended"
    )
    if group.named:
        return Attendance(pupils=listed)
    if group.tutor_groups:
        return Attendance(tutor_groups=group.tutor_groups, pupils=listed)
    return Attendance(year_groups=(group.pupils[0].year_group,), pupils=listed)


def _status(away: float, dice: Dice) -> Status:
    if not dice.happens(away):
        return "attended"
    return "excused" if dice.happens(_EXCUSED) else "absent"
