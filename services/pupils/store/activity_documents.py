"""How activities, and marks of who did what when, are written down and read back.

An activity's attendance, which nothing looks for inside the store, is one field of bytes (orjson), as pupils
and credits of a sheet are (`documents.py`, ADR 9).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final

import orjson

from contracts.pupils import GroupFigures
from services.pupils.model.activity import Activity, Mark, Own
from services.pupils.model.attendance import Attendance, Groups
from services.pupils.model.credit import Grant
from services.pupils.model.facts import Facts
from services.pupils.model.joining import LEFT_OPEN, UNITED
from services.runtime.mongo import Document

_OWN_FACTS: Final = (*LEFT_OPEN, *UNITED)
"""What a survivor may have from those merged into it, and so keeps as it said it itself."""


def activity_document(activity: Activity) -> Document:
    """Write an activity down; what only few have is left out where there is none."""
    facts, attendance = activity.facts, activity.attendance
    document: Document = {
        "_id": activity.id,
        "version": activity.version,
        "status": activity.status,
        "academic_year": activity.academic_year,
        **facts_document(facts),
        "rules_version": activity.rules_version,
        "grant": _grant_document(activity.grant),
        "groups": _groups_document(attendance.groups),
        "attendance": _attendance_bytes(attendance, activity.own),
        "figures": [figures.model_dump() for figures in activity.figures.year_groups],
        "fingerprints": list(activity.fingerprints),
        "recorded": mark_document(activity.recorded),
        "changed": None if activity.changed is None else mark_document(activity.changed),
        "retraction": activity.retraction,
    }
    if activity.merged_into is not None:
        document["merged_into"] = activity.merged_into
    if activity.merged:
        document["merged"] = list(activity.merged)
    if activity.own is not None:
        own = activity.own
        document["own_facts"] = {name: getattr(own.facts, name) for name in _OWN_FACTS}
        document["own_groups"] = _groups_document(own.attendance.groups)
    if activity.sent_as_separate:
        document["sent_as_separate"] = True
    return document


def facts_document(facts: Facts) -> Document:
    """Write down what is said about an activity, or a plan, apart from who was there."""
    return {
        "reference": facts.reference,
        "activity_type": facts.activity_type,
        "title": facts.title,
        "held_on": facts.held_on.isoformat(),
        "mode": facts.mode,
        "hours": facts.hours,
        "employer_id": facts.employer_id,
        "provider_type": facts.provider_type,
        "tests_met": list(facts.tests_met),
        "in_school_day": facts.in_school_day,
        **_rarer_document(facts),
    }


def _grant_document(grant: Grant) -> Document:
    return {
        "everyone": list(grant.everyone),
        "named": list(grant.named),
        "phases": {str(year_group): list(phase) for year_group, phase in grant.phases.items()},
        "work_minutes": grant.work_minutes,
    }


def _read_grant(document: Document) -> Grant:
    return Grant(
        everyone=tuple(document["everyone"]),
        named=tuple(document["named"]),
        phases={
            int(year_group): (phase, tuple(counts))
            for year_group, (phase, counts) in document["phases"].items()
        },
        work_minutes=document["work_minutes"],
    )


def version_document(activity: Activity) -> Document:
    """Write down a version that has been replaced."""
    document = activity_document(activity)
    return {**document, "_id": f"{activity.id}:{activity.version}", "activity": activity.id}


def read_activity(document: Document) -> Activity:
    """Read an activity back."""
    grant, changed = document["grant"], document["changed"]
    content = orjson.loads(document["attendance"])
    facts = read_facts(document)
    return Activity(
        id=document["_id"],
        version=document["version"],
        status=document["status"],
        facts=facts,
        rules_version=document["rules_version"],
        grant=_read_grant(grant),
        attendance=_read_attendance(document["groups"], content),
        fingerprints=tuple(document["fingerprints"]),
        recorded=read_mark(document["recorded"]),
        changed=None if changed is None else read_mark(changed),
        retraction=document["retraction"],
        by_group={
            figures["year_group"]: {
                group: GroupFigures.model_validate(counts) for group, counts in figures["by_group"].items()
            }
            for figures in document["figures"]
            if figures.get("by_group")
        },
        merged_into=document.get("merged_into"),
        merged=tuple(document.get("merged", ())),
        own=_read_own(document, facts, content) if "own_facts" in document else None,
        sent_as_separate=document.get("sent_as_separate", False),
    )


def read_facts(document: Document) -> Facts:
    """Read what an activity's document says apart from who was there."""
    return Facts(
        reference=document["reference"],
        activity_type=document["activity_type"],
        title=document["title"],
        held_on=dt.date.fromisoformat(document["held_on"]),
        mode=document["mode"],
        hours=document["hours"],
        employer_id=document["employer_id"],
        provider_type=document["provider_type"],
        tests_met=tuple(document["tests_met"]),
        in_school_day=document["in_school_day"],
        learning_areas=tuple(document.get("learning_areas", ())),
        learning_outcomes=tuple(document.get("learning_outcomes", ())),
        preparation=document.get("preparation"),
        reflection=document.get("reflection"),
        match_id=document.get("match_id"),
    )


def _rarer_document(facts: Facts) -> Document:
    """Write down what few say; what nobody said has no field, as in documents of before it could be said."""
    parts: Document = {
        "learning_areas": list(facts.learning_areas),
        "learning_outcomes": list(facts.learning_outcomes),
        "preparation": facts.preparation,
        "reflection": facts.reflection,
        "match_id": facts.match_id,
    }
    return {name: value for name, value in parts.items() if value}


def _attendance_bytes(attendance: Attendance, own: Own | None) -> bytes:
    """Write attendance down, with what the activity says by itself: all pupils of a document are in here."""
    content = _attendance_content(attendance)
    if own is not None:
        content["own"] = _attendance_content(own.attendance)
    return orjson.dumps(content)


def _attendance_content(attendance: Attendance) -> Document:
    """`listed` is left out where it is everybody, as it is without groups."""
    content: Document = {
        "statuses": {str(year_group): by_status for year_group, by_status in attendance.statuses.items()}
    }
    if attendance.groups:
        content["listed"] = sorted(attendance.listed)
    return content


def _groups_document(groups: Groups) -> Document:
    return {"year_groups": list(groups.year_groups), "tutor_groups": list(groups.tutor_groups)}


def _read_own(document: Document, facts: Facts, content: Document) -> Own:
    own: Document = document["own_facts"]
    mine = replace(facts, **(own | {name: tuple(own[name]) for name in UNITED}))
    return Own(mine, _read_attendance(document["own_groups"], content["own"]))


def _read_attendance(groups: dict[str, Any], content: Document) -> Attendance:
    statuses = {
        int(year_group): {status: tuple(refs) for status, refs in by_status.items()}
        for year_group, by_status in content["statuses"].items()
    }
    everybody = (ref for by_status in statuses.values() for refs in by_status.values() for ref in refs)
    return Attendance(
        Groups(tuple(groups["year_groups"]), tuple(groups["tutor_groups"])),
        frozenset(content.get("listed", everybody)),
        statuses,
    )


def mark_document(mark: Mark) -> Document:
    """Write down who did something, and when."""
    return {"at": mark.at, "by": mark.by}


def read_mark(document: Document) -> Mark:
    """Read back who did something, and when."""
    return Mark(document["at"], document["by"])
