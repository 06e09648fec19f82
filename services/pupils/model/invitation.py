"""Who is invited to a plan, what they answered, who has a place, and what attendance that leads to.

Places go in the order of the answers: the first so many who accepted have one, whoever accepted later waits
and moves up when somebody declines. Whoever says `waiting` takes no place until they accept. An answer that
differs from the last puts a pupil at the end of the queue, so nobody loses a place to somebody who came back.

What is expected at the recording: everybody invited attended, and is excused who declined or waits. If more
are invited than there are places, only those with a place attended; being invited is then no attendance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from services.pupils.model.activity import Mark
from services.pupils.model.attendance import Groups, Status
from services.pupils.model.plan import Invited, PlanId
from services.pupils.model.sheets import PupilRef, Sheet
from services.runtime.errors import FieldProblem

Response = Literal["accepted", "declined", "waiting"]
RESPONSES: Final[tuple[Response, ...]] = get_args(Response)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pupil answered, and when and by whom that was written down."""

    response: Response
    mark: Mark


@dataclass(frozen=True, slots=True)
class PupilResponse:
    """All that one pupil has answered to one plan, the last last, and the pupil's turn in the queue."""

    plan: PlanId
    pupil: PupilRef
    turn: int
    answers: tuple[Answer, ...]

    @property
    def id(self) -> str:
        """One document for a pupil and a plan."""
        return f"{self.plan}:{self.pupil}"

    @property
    def response(self) -> Response:
        """What the pupil answered last."""
        return self.answers[-1].response


def members(groups: Groups, sheets: Iterable[Sheet]) -> set[PupilRef]:
    """Name the pupils on roll who are in one of the groups."""
    return {
        ref
        for sheet in sheets
        for ref, tutor_group in sheet.pupils.items()
        if sheet.year_group in groups.year_groups or tutor_group in groups.tutor_groups
    }


def group_problems(groups: Groups, sheets: Collection[Sheet]) -> tuple[FieldProblem, ...]:
    """List the groups with nobody on roll; `sheets` are all of the plan's academic year."""
    year_groups = {sheet.year_group for sheet in sheets if sheet.pupils}
    tutor_groups = {name for sheet in sheets for name in sheet.tutor_groups}
    problems = [
        FieldProblem(f"invited.year_groups[{place}]", "nobody of this year group is on the roll")
        for place, year_group in enumerate(groups.year_groups)
        if year_group not in year_groups
    ]
    problems += [
        FieldProblem(f"invited.tutor_groups[{place}]", "nobody on the roll is in this tutor group")
        for place, tutor_group in enumerate(groups.tutor_groups)
        if tutor_group not in tutor_groups
    ]
    return tuple(problems)


def respond(
    plan: PlanId, known: Mapping[PupilRef, PupilResponse], told: Mapping[PupilRef, Response], mark: Mark
) -> list[PupilResponse]:
    """Take answers in their order; returns those that differ from what was answered before."""
    turn = max((response.turn for response in known.values()), default=0)
    changed = []
    for ref, response in told.items():
        before = known.get(ref)
        if before is not None and before.response == response:
            continue
        turn += 1
        answer = Answer(response, mark)
        if before is None:
            changed.append(PupilResponse(plan, ref, turn, (answer,)))
        else:
            changed.append(replace(before, turn=turn, answers=(*before.answers, answer)))
    return changed


def standing(responses: Iterable[PupilResponse], capacity: int | None) -> dict[PupilRef, Response]:
    """Say who has a place (`accepted`), who waits and who declined, in the order of the queue."""
    stands: dict[PupilRef, Response] = {}
    places = capacity
    for response in sorted(responses, key=lambda one: one.turn):
        stand = response.response
        if stand == "accepted" and places is not None:
            stand = "accepted" if places else "waiting"
            places = max(0, places - 1)
        stands[response.pupil] = stand
    return stands


def expected(
    invited: Invited,
    in_groups: Collection[PupilRef],
    responses: Iterable[PupilResponse],
    capacity: int | None,
) -> tuple[Groups, dict[PupilRef, Status]]:
    """Say what attendance an invitation leads to: groups that attended, and pupils one by one.

    `in_groups` are the members of the invited groups, and `invited.listed` those by name who can attend.
    """
    everybody = {*in_groups, *invited.listed}
    asked = [response for response in responses if response.pupil in everybody]
    stands = standing(asked, capacity)
    if capacity is not None and len(everybody) > capacity:
        found: dict[PupilRef, Status] = {
            ref: "attended" if stand == "accepted" else "excused"
            for ref, stand in stands.items()
            if stand != "waiting"
        }
        return Groups(), found
    found = dict.fromkeys(invited.listed, "attended")
    found |= {ref: "excused" for ref, stand in stands.items() if stand != "accepted"}
    return invited.groups, found
