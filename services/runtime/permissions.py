"""Who may do what: one table of roles and permissions, denied unless it is here.

A permission is either of one school, and needs a membership of that school, or of the Hub, and needs one of
the Hub. No Hub role has a school permission that shows a pupil (architecture §4, domain §9.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is, at a school or in the Hub."""

    CAREERS_LEADER = "careers_leader"
    TEACHER = "teacher"
    SCHOOL_LEADER = "school_leader"
    LINK_GOVERNOR = "link_governor"
    ENTERPRISE_COORDINATOR = "enterprise_coordinator"
    HUB_LEAD = "hub_lead"
    ENTERPRISE_ADVISER = "enterprise_adviser"
    EMPLOYER = "employer"
    HUB_ADMIN = "hub_admin"


SCHOOL_ROLES: Final = frozenset(
    {Role.CAREERS_LEADER, Role.TEACHER, Role.SCHOOL_LEADER, Role.LINK_GOVERNOR, Role.ENTERPRISE_ADVISER}
)
HUB_ROLES: Final = frozenset(set(Role) - SCHOOL_ROLES)
ROLES_OF_EITHER: Final = frozenset({Role.ENTERPRISE_ADVISER})
"""Of a school, and also of the Hub: an adviser answers a proposal before any school has them. In the Hub the
role gives its Hub permissions alone."""


class Permission(StrEnum):
    """One thing that a route does. `hub.` permissions are the Hub's, all others a school's."""

    IMPORT_ROLL = "roll.import"
    READ_ROLL = "roll.read"
    READ_PUPILS = "pupils.read"
    EXPORT_RECORD = "pupils.export"
    ERASE_PUPIL = "pupils.erase"
    RECORD_CONVERSATION = "conversation.record"
    READ_CONVERSATIONS = "conversation.read"
    READ_ALL_CONVERSATIONS = "conversation.read_all"
    RECORD_ACTIVITY = "activity.record"
    CORRECT_ACTIVITY = "activity.correct"
    READ_ACTIVITIES = "activity.read"
    READ_COVERAGE = "coverage.read"
    ANSWER_EVALUATION = "evaluation.answer"
    COMPLETE_EVALUATION = "evaluation.complete"
    SHARE_EVALUATIONS = "evaluation.share"
    READ_EVALUATIONS = "evaluation.read"
    MANAGE_DEPARTMENTS = "department.manage"
    RETURN_FOR_DEPARTMENT = "department.return"
    READ_DEPARTMENTS = "department.read"
    MANAGE_SURVEYS = "survey.manage"
    READ_SURVEYS = "survey.read"
    MANAGE_RESOURCES = "resources.manage"
    READ_RESOURCES = "resources.read"
    MANAGE_PLAN = "plan.manage"
    REPORT_ON_PLAN = "plan.report"
    READ_PLAN = "plan.read"
    MAINTAIN_CHECKLIST = "checklist.maintain"
    REVIEW_IMPACT = "impact.review"
    AGREE_IMPACT = "impact.agree"
    MANAGE_NEEDS = "needs.manage"
    READ_NEEDS = "needs.read"
    ANSWER_MATCHES = "matches.answer"
    READ_MATCHES = "matches.read"
    READ_SCHOOL_REPORT = "report.read"
    READ_HUB_REPORT = "hub.report.read"
    READ_SCORES_AS_LEAD = "hub.scores.read_as_lead"
    READ_SCORES_AS_COORDINATOR = "hub.scores.read_as_coordinator"
    READ_DIRECTORY = "hub.directory.read"
    LIST_DIRECTORY = "hub.directory.list"
    MANAGE_EMPLOYERS = "hub.employers.manage"
    VET_EMPLOYERS = "hub.employers.vet"
    READ_CONTACTS = "hub.contacts.read"
    MANAGE_CONTACTS = "hub.contacts.manage"
    READ_ADVISERS = "hub.advisers.read"
    MANAGE_ADVISERS = "hub.advisers.manage"
    READ_OWN_ADVISER = "hub.own_adviser.read"
    MANAGE_OWN_ADVISER = "hub.own_adviser.manage"
    MANAGE_OFFERS = "hub.offers.manage"
    READ_OFFERS = "hub.offers.read"
    MANAGE_EMPLOYER_ACCESS = "hub.employer_access.manage"
    READ_OWN_EMPLOYER = "hub.own_employer.read"
    MANAGE_OWN_OFFERS = "hub.own_offers.manage"
    ANSWER_ASKS = "hub.asks.answer"
    READ_HUB_NEEDS = "hub.needs.read"
    MANAGE_ROUNDS = "hub.rounds.manage"
    READ_ROUNDS = "hub.rounds.read"
    READ_FRESHNESS = "hub.freshness.read"
    MANAGE_MEMBERSHIPS = "hub.memberships.manage"

    @property
    def of_hub(self) -> bool:
        """Whether this is a permission of the Hub."""
        return self.value.startswith("hub.")


_READ_SCHOOL: Final = frozenset(
    {
        Permission.READ_ROLL,
        Permission.READ_ACTIVITIES,
        Permission.READ_COVERAGE,
        Permission.READ_EVALUATIONS,
        Permission.READ_SCHOOL_REPORT,
        Permission.READ_DEPARTMENTS,
        Permission.READ_PLAN,
    }
)
_TAKE_PART: Final = frozenset({Permission.RETURN_FOR_DEPARTMENT, Permission.REPORT_ON_PLAN})
"""Staff return for their own department and report on their own actions; the commands see to `own`."""
_LEAD_CAREERS: Final = frozenset(
    {
        Permission.MANAGE_DEPARTMENTS,
        Permission.MANAGE_SURVEYS,
        Permission.MANAGE_RESOURCES,
        Permission.MANAGE_PLAN,
    }
)
_OVERSEE_CAREERS: Final = frozenset({Permission.READ_SURVEYS, Permission.READ_RESOURCES})
"""What those who answer for the programme see besides: feedback, time and money."""
_READ_HUB: Final = frozenset(
    {Permission.READ_HUB_REPORT, Permission.READ_DIRECTORY, Permission.READ_FRESHNESS}
)
_WORK_WITH_EMPLOYERS: Final = frozenset(
    {
        Permission.MANAGE_EMPLOYERS,
        Permission.VET_EMPLOYERS,
        Permission.READ_CONTACTS,
        Permission.MANAGE_CONTACTS,
        Permission.MANAGE_EMPLOYER_ACCESS,
    }
)
"""Who works with employers vets them and knows their people; an administrator has no need of either."""
_ACT_AS_EMPLOYER: Final = frozenset(
    {Permission.READ_OWN_EMPLOYER, Permission.MANAGE_OWN_OFFERS, Permission.ANSWER_ASKS}
)
"""For which employers, a coordinator says: the account is bound to each (`services/employers/own/`)."""
_ACT_AS_ADVISER: Final = frozenset({Permission.READ_OWN_ADVISER, Permission.MANAGE_OWN_ADVISER})
"""As which adviser, a coordinator says: the account is bound to a record (`employers/own_adviser/`)."""
_LOOK_AFTER_ADVISERS: Final = frozenset({Permission.READ_ADVISERS, Permission.MANAGE_ADVISERS})
"""Advisers are volunteers with names and numbers: for those who recruit and match them, and nobody else."""
_OFFERS: Final = frozenset({Permission.MANAGE_OFFERS, Permission.READ_OFFERS})
_MATCH: Final = _OFFERS | {Permission.READ_HUB_NEEDS, Permission.MANAGE_ROUNDS, Permission.READ_ROUNDS}
"""What a coordinator does all day. An administrator lists offers, but matches nobody."""
_SEE_MATCHES: Final = frozenset({Permission.READ_NEEDS, Permission.READ_MATCHES})
_ANYONE: Final = frozenset({Permission.READ_DIRECTORY, Permission.READ_FRESHNESS})

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.CAREERS_LEADER: _ANYONE
        | _READ_SCHOOL
        | _TAKE_PART
        | _LEAD_CAREERS
        | _OVERSEE_CAREERS
        | _SEE_MATCHES
        | {
            Permission.MANAGE_NEEDS,
            Permission.ANSWER_MATCHES,
            Permission.IMPORT_ROLL,
            Permission.READ_PUPILS,
            Permission.EXPORT_RECORD,
            Permission.ERASE_PUPIL,
            Permission.RECORD_CONVERSATION,
            Permission.READ_CONVERSATIONS,
            Permission.READ_ALL_CONVERSATIONS,
            Permission.RECORD_ACTIVITY,
            Permission.CORRECT_ACTIVITY,
            Permission.ANSWER_EVALUATION,
            Permission.COMPLETE_EVALUATION,
            Permission.MAINTAIN_CHECKLIST,
            Permission.REVIEW_IMPACT,
            Permission.AGREE_IMPACT,
            Permission.SHARE_EVALUATIONS,
        },
        Role.TEACHER: _ANYONE
        | _READ_SCHOOL
        | _TAKE_PART
        | {
            Permission.READ_PUPILS,
            Permission.RECORD_CONVERSATION,
            Permission.READ_CONVERSATIONS,
            Permission.RECORD_ACTIVITY,
            Permission.CORRECT_ACTIVITY,
            Permission.REVIEW_IMPACT,
            Permission.ANSWER_EVALUATION,
        },
        Role.SCHOOL_LEADER: _ANYONE
        | _READ_SCHOOL
        | _TAKE_PART
        | _OVERSEE_CAREERS
        | _SEE_MATCHES
        | {
            Permission.READ_PUPILS,
            Permission.READ_CONVERSATIONS,
            Permission.ANSWER_EVALUATION,
            Permission.SHARE_EVALUATIONS,
            Permission.MAINTAIN_CHECKLIST,
            Permission.REVIEW_IMPACT,
            Permission.AGREE_IMPACT,
        },
        Role.LINK_GOVERNOR: _ANYONE
        | _OVERSEE_CAREERS
        | {
            Permission.READ_EVALUATIONS,
            Permission.READ_SCHOOL_REPORT,
            Permission.READ_PLAN,
            Permission.REVIEW_IMPACT,
        },
        Role.ENTERPRISE_ADVISER: _ANYONE
        | _ACT_AS_ADVISER
        | {
            Permission.READ_EVALUATIONS,
            Permission.READ_SCHOOL_REPORT,
            Permission.READ_PLAN,
            Permission.REVIEW_IMPACT,
        },
        Role.ENTERPRISE_COORDINATOR: _READ_HUB
        | _WORK_WITH_EMPLOYERS
        | _LOOK_AFTER_ADVISERS
        | _MATCH
        | {Permission.READ_SCORES_AS_COORDINATOR},
        Role.HUB_LEAD: _READ_HUB
        | _WORK_WITH_EMPLOYERS
        | _LOOK_AFTER_ADVISERS
        | _MATCH
        | {Permission.READ_SCORES_AS_LEAD},
        Role.EMPLOYER: _ANYONE | _ACT_AS_EMPLOYER,
        Role.HUB_ADMIN: _READ_HUB
        | _OFFERS
        | {Permission.LIST_DIRECTORY, Permission.MANAGE_EMPLOYERS, Permission.MANAGE_MEMBERSHIPS},
    }
)

GRANTS_IN_HUB: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {role: frozenset(p for p in granted if p.of_hub) for role, granted in GRANTS.items()}
)
"""What a role may do wherever it was given."""


def fits_place(role: Role, urn: str | None) -> bool:
    """Whether a role can be given at a school, or without one in the Hub."""
    return role in HUB_ROLES | ROLES_OF_EITHER if urn is None else role in SCHOOL_ROLES
