"""What a school's year of careers work is made of: one table, an entry a kind of activity.

Year by year it follows the activity types of domain.md §7.3: information and subject lessons for all, talks
and projects by employers, workplaces from Year 8, providers before the choices at 14, 16 and 18, placements
in Years 10 and 12, guidance meetings in Years 11 and 13. Whether an activity counts for a benchmark is
none of the demonstration's business; it only says which of the meaningful tests (§7.2) a good one meets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import Setting
from services.demo.activity import MeaningfulTest, ProviderType

Audience = Literal["year_group", "tutor_groups", "volunteers", "placements", "meetings", "single_meetings"]
"""Who takes part.

`year_group`: all, in one post. `tutor_groups`: all, in two posts on different days. The others name pupils
one by one: `volunteers` some of them, `placements` most of them spread over several employers, `meetings`
many, in lists of about a week's, and `single_meetings` a few, each in a post of its own.
"""
Partner = Literal["none", "employer"] | ProviderType
Months = tuple[int, ...]

ANY_MONTH: Final[Months] = (9, 10, 11, 12, 1, 2, 3, 4, 5, 6)
UNTIL_FEBRUARY: Final[Months] = (9, 10, 11, 12, 1, 2)
"""Providers reach Years 9, 11 and 13 before the choice is made (domain.md §6, st.7)."""
AFTER_EXAMS: Final[Months] = (6, 7)

LESSON: Final[tuple[MeaningfulTest, ...]] = ("clear_purpose", "learning_outcomes", "reflection")
EMPLOYER: Final[tuple[MeaningfulTest, ...]] = (*LESSON, "two_way_interaction")
WORKPLACE: Final[tuple[MeaningfulTest, ...]] = (
    *EMPLOYER, "range_of_people", "task_set", "employer_feedback",
)  # fmt: skip
PROVIDER: Final[tuple[MeaningfulTest, ...]] = (
    *EMPLOYER, "progression_information", "learning_environment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of activity; `likelihood` is its chance in each of its years at a school of middling strength.

    `title` may name the employer's `{sector}`. `remote` allows a virtual or mixed one now and then.
    """

    code: str
    activity_type: str
    title: str
    years: tuple[int, ...]
    likelihood: float
    hours: float
    tests: tuple[MeaningfulTest, ...]
    partner: Partner = "none"
    audience: Audience = "year_group"
    months: Months = ANY_MONTH
    remote: bool = False
    post16_only: bool = False
    settings: tuple[Setting, ...] = ("school", "college", "special")

    @property
    def provider(self) -> ProviderType | None:
        """The type of provider met, if the partner is one."""
        match self.partner:
            case "none" | "employer":
                return None
            case provider:
                return provider


_MAINSTREAM: Final[tuple[Setting, ...]] = ("school", "college")

PROGRAMME: Final = (
    Entry("lmi", "lmi_lesson", "Jobs and pay in our area", (7, 8, 9, 10, 11, 12, 13), 0.9, 1.0, LESSON),
    Entry("lmi-choices", "lmi_lesson", "What subjects lead to", (9, 11), 0.6, 1.0, LESSON),
    Entry(
        "subjects", "curriculum_link", "Careers that use this subject", (7, 8, 9, 10), 0.7, 1.0, LESSON,
        audience="tutor_groups",
    ),
    Entry("skills", "curriculum_link", "Skills week", (7, 8, 12), 0.5, 2.0, LESSON),
    Entry(
        "talk", "employer_talk", "Talk by an employer: {sector}", (7, 8, 9, 10, 11, 12, 13), 0.85, 1.0,
        EMPLOYER, "employer", remote=True,
    ),
    Entry(
        "project", "employer_in_curriculum", "Project set by an employer: {sector}", (7, 9, 10, 12), 0.45,
        4.0, EMPLOYER, "employer", "tutor_groups",
    ),
    Entry(
        "enterprise", "enterprise_competition", "Enterprise day: {sector}", (7, 8, 10), 0.5, 5.0, EMPLOYER,
        "employer",
    ),
    Entry(
        "alumni", "alumni_talk", "Former pupils at work: {sector}", (8, 9, 11, 13), 0.35, 1.0, EMPLOYER,
        "employer", remote=True,
    ),
    Entry("fair", "careers_fair", "Careers fair", (9, 10, 11, 12), 0.5, 2.0, ("clear_purpose",)),
    Entry(
        "visit", "workplace_visit", "Visit to a workplace: {sector}", (8, 9, 12), 0.4, 5.0, WORKPLACE,
        "employer", "tutor_groups",
    ),
    Entry(
        "shadow", "job_shadow", "Job shadowing day: {sector}", (9, 12), 0.3, 6.0, WORKPLACE, "employer",
        "volunteers",
    ),
    Entry(
        "placement", "work_experience_block", "Work experience: {sector}", (10, 12), 0.75, 30.0, WORKPLACE,
        "employer", "placements", AFTER_EXAMS,
    ),
    Entry(
        "virtual-placement", "virtual_work_experience", "Virtual work experience: {sector}", (10, 12), 0.3,
        10.0, EMPLOYER, "employer", "volunteers", remote=True,
    ),
    Entry(
        "cv", "cv_workshop", "CV workshop with an employer: {sector}", (10, 12), 0.45, 2.0, EMPLOYER,
        "employer", "tutor_groups",
    ),
    Entry(
        "mock", "mock_interview", "Mock interviews: {sector}", (11, 13), 0.65, 1.0, EMPLOYER, "employer",
        "tutor_groups", UNTIL_FEBRUARY,
    ),
    Entry(
        "mentoring", "mentoring", "Mentoring by an employer: {sector}", (10, 12), 0.4, 6.0, EMPLOYER,
        "employer", "volunteers",
    ),
    Entry(
        "college-talk", "provider_talk_fe", "What the local college offers", (8, 9, 11), 0.65, 1.0, PROVIDER,
        "fe_college", months=UNTIL_FEBRUARY, remote=True,
    ),
    Entry(
        "taster", "taster_day_college", "Taster day at a college", (10,), 0.5, 5.0, PROVIDER, "fe_college",
        months=AFTER_EXAMS,
    ),
    Entry(
        "apprenticeships", "provider_talk_apprenticeship", "Apprenticeships: how they work",
        (9, 10, 11, 12, 13), 0.55, 1.0, PROVIDER, "apprenticeship", months=UNTIL_FEBRUARY, remote=True,
    ),
    Entry(
        "training", "provider_talk_itp", "Training providers near us", (8, 10, 11), 0.35, 1.0, PROVIDER,
        "itp", months=UNTIL_FEBRUARY,
    ),
    Entry(
        "own-sixth-form", "sixth_form_own", "Our sixth form", (11,), 0.9, 1.5, PROVIDER, "sixth_form",
        months=UNTIL_FEBRUARY, post16_only=True, settings=("school",),
    ),
    Entry(
        "university-talk", "university_talk", "Is university for me?", (10, 11, 12), 0.45, 1.0, PROVIDER,
        "university", remote=True, settings=_MAINSTREAM,
    ),
    Entry(
        "university-visit", "university_visit", "Visit to a university", (12, 13), 0.7, 6.0, PROVIDER,
        "university", settings=_MAINSTREAM,
    ),
    Entry(
        "university-day", "university_visit", "A day at a university", (10,), 0.35, 6.0, PROVIDER,
        "university", "volunteers", AFTER_EXAMS, settings=_MAINSTREAM,
    ),
    Entry(
        "guidance", "guidance_meeting_l6", "Guidance meetings of the week", (11, 13), 0.9, 0.75, LESSON,
        audience="meetings",
    ),
    Entry(
        "guidance-again", "guidance_meeting_l6", "Further guidance meeting", (11, 13), 0.6, 0.75, LESSON,
        audience="single_meetings",
    ),
)  # fmt: skip

SECTORS: Final = {
    "A": "farming, forestry and fishing",
    "B": "mining and quarrying",
    "C": "manufacturing",
    "D": "energy",
    "E": "water and waste",
    "F": "construction",
    "G": "retail and motor trade",
    "H": "transport and storage",
    "I": "hotels and food",
    "J": "information and communication",
    "K": "finance and insurance",
    "L": "property",
    "M": "professional, scientific and technical work",
    "N": "administration and support",
    "O": "public administration",
    "P": "education",
    "Q": "health and social work",
    "R": "arts, entertainment and recreation",
    "S": "other services",
    "T": "work in households",
    "U": "international organisations",
}
"""The sections of SIC 2007 (domain.md §8.6) in the words of a title."""
UNKNOWN_SECTOR: Final = "local employer"
