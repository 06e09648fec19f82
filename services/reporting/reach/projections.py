"""The read models `school_reach` and `partners`.

State of a `pupils` stream, by academic year: `roll` by year group; `reached` by benchmark and year group, for
everybody (`all`) and by group; of the activities that stand their number, by day and by employer; `work`
(participations and minutes) by year group and `access` (encounters and participations) by phase; `sectors`
wanted; `destinations` by year group; `roll_changed_on`.

State of an `employers` stream: `employers` by id (key `directory`), `relationships` with their states in the
order told (key `advisers`), `needs` and `matches` by id (key: a school's URN).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from contracts.employers import AdviserRelationshipChanged, EmployerListed, MatchChanged, NeedRaised
from contracts.pupils import (
    ActivityCorrected,
    ActivityFigures,
    ActivityRecorded,
    ActivityRetracted,
    CoverageCell,
    DestinationsCounted,
    RollChanged,
    SectorsWanted,
)
from contracts.topics import EMPLOYERS, PUPILS
from services.runtime.projection import Projection, State

EVERYBODY: Final = "all"
PARTS: Final = ("roll", "reached", "days", "employers", "work", "access", "sectors", "destinations")


def on_roll_changed(state: State, event: RollChanged) -> None:
    """The year's roll is what was told last, and so is the coverage that it moved."""
    year = _year(state, event.academic_year)
    year["roll"] = {
        str(group.year_group): {
            EVERYBODY: group.on_roll,
            "subsidiary": group.subsidiary,
            **group.by_group,
        }
        for group in event.year_groups
    }
    if event.changed_on is not None:
        year["roll_changed_on"] = event.changed_on.isoformat()
    _cover(year, event.coverage)


def on_activity_recorded(state: State, event: ActivityRecorded) -> None:
    """One more activity, with its figures."""
    year = _year(state, event.academic_year)
    _enter(year, event.activity, +1)
    _cover(year, event.coverage)


def on_activity_corrected(state: State, event: ActivityCorrected) -> None:
    """The figures before leave, those after enter."""
    year = _year(state, event.academic_year)
    _enter(year, event.before, -1)
    _enter(year, event.after, +1)
    _cover(year, event.coverage)


def on_activity_retracted(state: State, event: ActivityRetracted) -> None:
    """One activity less."""
    year = _year(state, event.academic_year)
    _enter(year, event.before, -1)
    _cover(year, event.coverage)


def on_sectors_wanted(state: State, event: SectorsWanted) -> None:
    """Keep the sectors as they were told last."""
    year = _year(state, event.academic_year)
    year["sectors"] = {sector.sic_section: sector.at_least for sector in event.sectors}


def on_destinations_counted(state: State, event: DestinationsCounted) -> None:
    """Keep a year group's destinations as they were counted last."""
    counted = event.model_dump(mode="json", include={"on_roll", "intended", "on", "actual", "sustained"})
    _year(state, event.academic_year)["destinations"][str(event.year_group)] = counted


def on_employer_listed(state: State, event: EmployerListed) -> None:
    """Keep what an employer is, as it was listed last."""
    state.setdefault("employers", {})[event.employer_id] = {
        "sic_section": event.sic_section,
        "size_band": event.size_band,
        "merged_into": event.merged_into,
    }


def on_relationship_changed(state: State, event: AdviserRelationshipChanged) -> None:
    """Keep every state that a relationship has entered: how it stood can be asked of any day."""
    relationships = state.setdefault("relationships", {})
    found = relationships.setdefault(event.relationship_id, {"urn": event.urn, "states": []})
    found["states"].append([event.state, event.since.isoformat(), event.ended_because])


def on_need_raised(state: State, event: NeedRaised) -> None:
    """Keep a need as it was told last."""
    needs = state.setdefault("needs", {})
    needs[event.need_id] = {"slots": event.slots, "state": event.state}


def on_match_changed(state: State, event: MatchChanged) -> None:
    """Keep how a match stands."""
    state.setdefault("matches", {})[event.match_id] = {
        "state": event.state,
        "need_id": event.need_id,
        "round_ends_on": event.round_ends_on.isoformat(),
    }


SCHOOL_REACH: Final = Projection(
    name="school_reach",
    version=1,
    topics=(PUPILS,),
    on={
        RollChanged: on_roll_changed,
        ActivityRecorded: on_activity_recorded,
        ActivityCorrected: on_activity_corrected,
        ActivityRetracted: on_activity_retracted,
        SectorsWanted: on_sectors_wanted,
        DestinationsCounted: on_destinations_counted,
    },
)
PARTNERS: Final = Projection(
    name="partners",
    version=1,
    topics=(EMPLOYERS,),
    on={
        EmployerListed: on_employer_listed,
        AdviserRelationshipChanged: on_relationship_changed,
        NeedRaised: on_need_raised,
        MatchChanged: on_match_changed,
    },
)


def _year(state: State, year: str) -> dict[str, Any]:
    years: dict[str, dict[str, Any]] = state.setdefault("years", {})
    if year not in years:
        years[year] = {"activities": 0}
        for part in PARTS:
            years[year][part] = {}
    return years[year]


def _cover(year: dict[str, Any], cells: Sequence[CoverageCell]) -> None:
    """Coverage is told as it is after the event, so the last word counts."""
    for cell in cells:
        of_groups = {str(group): reached for group, reached in cell.by_group.items()}
        told = {EVERYBODY: cell.reached, **of_groups}
        year["reached"].setdefault(cell.benchmark, {})[str(cell.year_group)] = told


def _enter(year: dict[str, Any], activity: ActivityFigures, sign: int) -> None:
    year["activities"] += sign
    _add(year["days"], activity.held_on.isoformat(), [sign])
    if activity.employer_id is not None:
        _add(year["employers"], activity.employer_id, [sign])
    phases: dict[int, int] = {}
    for figures in activity.year_groups:
        if figures.work_minutes:
            _add(
                year["work"], str(figures.year_group), [sign * figures.attended, sign * figures.work_minutes]
            )
        access = figures.provider_access
        if access is not None and access.counted:
            phases[access.phase] = phases.get(access.phase, 0) + access.counted
    for phase, counted in phases.items():
        _add(year["access"], str(phase), [sign, sign * counted])


def _add(counts: dict[str, list[int]], key: str, numbers: Sequence[int]) -> None:
    """Add to counters that stand together; one of which nothing is left goes."""
    before = counts.get(key, [0] * len(numbers))
    now = [old + new for old, new in zip(before, numbers, strict=True)]
    if any(now):
        counts[key] = now
    else:
        counts.pop(key, None)
