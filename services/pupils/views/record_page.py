"""A pupil's whole record in plain words, for the page that the pupil reads.

Everything that `record.py` gathers, for a reader of 13: what each thing is in words and not in codes, days as
people write them, and people by what they are to the pupil, because subjects of tokens are nobody's names.
The sentences themselves are in `pages/templates/record.html`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final

from contracts.vocabulary import Urn
from services.pupils.model.conversation import PUPIL, Reader
from services.pupils.model.facts import today_in_england
from services.pupils.model.restriction import Use
from services.pupils.model.retention import kept_until
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import credit_rules, destination_rules, question_sets, rights_rules
from services.pupils.store.reads import the_pupil
from services.pupils.views.pages import View
from services.pupils.views.record import whole_record
from services.pupils.views.record_words import (
    ABOUT,
    ACTIONS,
    ANSWERS,
    ATTENDED,
    COUNTS_FOR,
    GROUPS,
    INVITED,
    KINDS,
    MOMENTS,
    OTHER_ACTION,
    PLANNED,
    ROLES,
    SOMEBODY,
    SOURCES,
    SUSTAINED,
    THE_HUB,
    WHOEVER_HAS_A_LINK,
)
from services.runtime.context import ServiceContext
from services.runtime.memberships import Memberships
from services.runtime.permissions import Role

LINK: Final = "link:"
_HUB_ITSELF: Final = frozenset({"erasure journal", "retention, daily"})


async def record_page(context: ServiceContext, urn: Urn, ref: PupilRef, reader: Reader) -> View:
    """Put a pupil's record into words; raises NotFoundError if there is no such pupil."""
    record = await whole_record(context, urn, ref, reader)
    found = await the_pupil(context.school(urn), ref, Use.RIGHTS)
    roles = await Memberships(context.tenancy, context.clock).roles_at(urn)
    rules = rights_rules()
    about = record["about"]
    return {
        "made_on": day(today_in_england(context.clock())),
        "name": f"{about['forename']} {about['surname']}".strip(),
        "upn": about["upn"] is not None,
        "years": [_year(year) for year in about["years"]],
        "pseudonymised_on": _maybe_day(found.pseudonymised_on),
        "kept_until": day(kept_until(found, rules.deletion)),
        "restriction": None
        if found.restriction is None
        else rules.restriction.reasons[found.restriction.reason],
        "activities": [_activity(activity) for activity in record["activities"]],
        "invitations": [_invitation(plan) for plan in record["plans"]],
        "conversations": _conversations(record, roles),
        "interests": [_interest(said) for said in record["interests"]],
        "intended": [_intended(said) for said in record["destinations"]["intended"]],
        "destinations": [_destination(spell) for spell in record["destinations"]["actual"]],
        "sustained": SUSTAINED[record["destinations"]["sustained"]["category"]],
        "self_assessments": [_self_assessment(one) for one in record["self_assessments"]],
        "replaced_answers": len(record["earlier_versions"]["self_assessments"]),
        "rectifications": [_rectification(one) for one in record["rectifications"]],
        "restrictions": [_restriction(one) for one in record["restrictions"]],
        "links": [_link(link, roles) for link in record["links"]],
        "accesses": _accesses(record["read_and_changed_by"], roles),
        "answer_within_months": rules.requests.answer_within_months,
    }


def day(date: dt.date) -> str:
    """Write a day as people in Britain do: 3 March 2026."""
    return f"{date.day} {date:%B %Y}"


def who(subject: str, roles: Mapping[str, Role]) -> str:
    """Say who a subject is to the pupil."""
    if subject.startswith(LINK):
        return WHOEVER_HAS_A_LINK
    if subject in _HUB_ITSELF:
        return THE_HUB
    role = roles.get(subject)
    return SOMEBODY if role is None else ROLES.get(role, SOMEBODY)


def _iso_day(text: str) -> str:
    return day(dt.date.fromisoformat(text))


def _moment_day(text: str) -> str:
    return day(today_in_england(dt.datetime.fromisoformat(text)))


def _maybe_day(date: dt.date | None) -> str | None:
    return None if date is None else day(date)


def _year(year: Mapping[str, Any]) -> View:
    return {
        "academic_year": _academic_year(year["academic_year"]),
        "year_group": f"Year {year['year_group']}",
        "tutor_group": year["tutor_group"],
        "left_on": None if year["left_on"] is None else _iso_day(year["left_on"]),
        "groups": [GROUPS[group] for group in year["groups"]],
    }


def _academic_year(text: str) -> str:
    """Write 2025/26 as 2025 to 2026."""
    start = int(text.partition("/")[0])
    return f"{start} to {start + 1}"


def _activity(activity: Mapping[str, Any]) -> View:
    rules = credit_rules()
    hours = activity["hours"]
    return {
        "title": activity["title"],
        "on": _iso_day(activity["held_on"]),
        "kind": rules.types[activity["activity_type"]].label,
        "mode": rules.modes[activity["mode"]],
        "hours": None if hours is None else f"{hours:g}",
        "provider": None
        if activity["provider_type"] is None
        else rules.provider_types[activity["provider_type"]],
        "attended": ATTENDED[activity["status"]],
        "counts_for": [COUNTS_FOR[benchmark] for benchmark in activity["counts_for"]],
    }


def _invitation(plan: Mapping[str, Any]) -> View:
    answers = plan["responses"]
    return {
        "title": plan["title"],
        "on": _iso_day(plan["planned_on"]),
        "place": plan["place"],
        "answer": INVITED[answers[-1]["response"]] if answers else None,
        "status": PLANNED[plan["status"]],
    }


def _conversations(record: View, roles: Mapping[str, Role]) -> list[View]:
    earlier: dict[str, list[Mapping[str, Any]]] = {}
    for version in record["earlier_versions"]["conversations"]:
        earlier.setdefault(version["conversation"], []).append(version)
    return [
        {
            "on": _iso_day(talk["held_on"]),
            "with": who(talk["held_by"], roles),
            "said": talk["said"],
            "interests": talk["interests"],
            "actions": [_action(action, roles) for action in talk["actions"]],
            "for_few": talk["visibility"] == "careers_leader",
            "before": _said_before(talk, earlier.get(talk["conversation_id"], ())),
        }
        for talk in record["conversations"]
    ]


def _said_before(talk: Mapping[str, Any], versions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Texts that were put otherwise later; most versions differ in their actions alone."""
    told = [version["said"] for version in sorted(versions, key=itemgetter("version"))]
    return [before for before, after in pairwise([*told, talk["said"]]) if before != after]


def _action(action: Mapping[str, Any], roles: Mapping[str, Role]) -> View:
    done = action["done"]
    owner = action["owner"]
    return {
        "text": action["text"],
        "owner": "you" if owner == PUPIL else who(owner, roles),
        "due_on": _iso_day(action["due_on"]),
        "done": None if done is None else {"on": _iso_day(done["on"]), "outcome": done["outcome"]},
    }


def _interest(said: Mapping[str, Any]) -> View:
    return {
        "kind": KINDS[said["kind"]],
        "text": said["text"],
        "on": _iso_day(said["said_on"]),
        "tags": [tag["title"] for tag in (*said["soc"], *said["sic"])],
        "in_conversation": said["conversation_id"] is not None,
    }


def _intended(said: Mapping[str, Any]) -> View:
    return {
        "status": destination_rules().statuses[said["status"]].title,
        "words": said["words"],
        "on": _iso_day(said["said_on"]),
        "has_offer": said["has_offer"],
    }


def _destination(spell: Mapping[str, Any]) -> View:
    return {
        "status": destination_rules().statuses[spell["status"]].title,
        "provider": spell["provider"],
        "from": _iso_day(spell["starts_on"]),
        "seen_on": _iso_day(spell["seen_on"]),
        "ended_on": None if spell["ends_on"] is None else _iso_day(spell["ends_on"]),
        "source": SOURCES[spell["source"]],
    }


def _self_assessment(one: Mapping[str, Any]) -> View:
    asked = question_sets().sets.get(one["key_stage"])
    texts = {} if asked is None else {statement.id: statement.text for statement in asked.statements}
    return {
        "on": _iso_day(one["taken_on"]),
        "moment": MOMENTS[one["moment"]],
        "academic_year": _academic_year(one["academic_year"]),
        "answers": [
            # A statement of an earlier set that is not asked any more: its id is made of words.
            {"statement": texts.get(name, name.replace("_", " ")), "answer": ANSWERS.get(value, str(value))}
            for name, value in one["answers"].items()
        ],
    }


def _rectification(one: Mapping[str, Any]) -> View:
    answer = one["answer"]
    return {
        "about": ABOUT[one["about"]["kind"]],
        "text": one["text"],
        "on": _iso_day(one["received_on"]),
        "due_on": _iso_day(one["due_on"]),
        "state": one["state"],
        "answer": None if answer is None else {"on": _moment_day(answer["at"]), "text": answer["text"]},
    }


def _restriction(one: Mapping[str, Any]) -> View:
    return {
        "reason": rights_rules().restriction.reasons[one["reason"]],
        "from": _iso_day(one["since"]),
        "ended_on": None if one["ended_at"] is None else _moment_day(one["ended_at"]),
    }


def _link(link: Mapping[str, Any], roles: Mapping[str, Role]) -> View:
    return {
        "made_on": _moment_day(link["made_at"]),
        "made_by": who(link["made_by"], roles),
        "until": _moment_day(link["ends_at"]),
        "uses": link["uses"],
        "open": link["open"],
    }


def _accesses(entries: list[View], roles: Mapping[str, Role]) -> list[View]:
    """Put together what the same person did on the same day, the latest first."""
    times = Counter(
        (
            _moment_day(entry["at"]),
            who(entry["by"], roles),
            ACTIONS.get(entry["what"], OTHER_ACTION),
        )
        for entry in entries
    )
    return [
        {"on": on, "who": person, "what": what, "times": number}
        for (on, person, what), number in reversed(times.items())
    ]
