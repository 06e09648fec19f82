"""Places, the queue for them, and the attendance that an invitation leads to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.pupils.model.attendance import Groups, Status
from services.pupils.model.invitation import PupilResponse, Response, expected, respond, standing
from services.pupils.model.plan import Invited, PlanId
from services.pupils.model.sheets import PupilRef
from tests.pupils.values import LEADER, ref

PLAN = PlanId("p" * 32)
YEAR_10 = Groups((10,))
told = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["accepted", "declined", "waiting"])), max_size=25
)


def answered(*answers: tuple[int, Response]) -> dict[PupilRef, PupilResponse]:
    known: dict[PupilRef, PupilResponse] = {}
    for number, response in answers:
        known |= {one.pupil: one for one in respond(PLAN, known, {ref(number): response}, LEADER)}
    return known


def stands(capacity: int | None, *answers: tuple[int, Response]) -> dict[int, Response]:
    return {int(pupil, 16): stand for pupil, stand in standing(answered(*answers).values(), capacity).items()}


def naive_standing(capacity: int, answers: list[tuple[int, Response]]) -> dict[int, Response]:
    """Keep the queue as a list of who answered what, and hand out places from its front."""
    queue: list[tuple[int, Response]] = []
    for number, response in answers:
        if (number, response) not in queue:
            queue = [entry for entry in queue if entry[0] != number]
            queue.append((number, response))
    with_place = [number for number, response in queue if response == "accepted"][:capacity]
    return {
        number: "declined" if response == "declined" else "accepted" if number in with_place else "waiting"
        for number, response in queue
    }


@given(told, st.integers(1, 7))
def test_places_are_those_of_a_recount_of_the_queue(
    answers: list[tuple[int, Response]], capacity: int
) -> None:
    found = stands(capacity, *answers)

    assert found == naive_standing(capacity, answers)
    assert list(found.values()).count("accepted") <= capacity


def test_who_accepts_when_it_is_full_waits_and_moves_up_in_turn() -> None:
    full: tuple[tuple[int, Response], ...] = (
        (1, "accepted"),
        (2, "accepted"),
        (3, "accepted"),
        (4, "accepted"),
    )

    assert stands(2, *full) == {1: "accepted", 2: "accepted", 3: "waiting", 4: "waiting"}
    assert stands(2, *full, (1, "declined")) == {2: "accepted", 3: "accepted", 4: "waiting", 1: "declined"}
    # Who comes back stands at the end, and takes no place from anybody.
    assert stands(2, *full, (1, "declined"), (1, "accepted")) == {
        2: "accepted",
        3: "accepted",
        4: "waiting",
        1: "waiting",
    }


def test_the_same_answer_again_keeps_the_turn_and_every_answer_is_kept() -> None:
    known = answered((1, "accepted"), (2, "accepted"), (1, "accepted"), (1, "declined"))

    assert [answer.response for answer in known[ref(1)].answers] == ["accepted", "declined"]
    assert stands(1, (1, "accepted"), (2, "accepted"), (1, "accepted")) == {1: "accepted", 2: "waiting"}


def attendance(
    capacity: int | None, listed: list[int], in_groups: list[int], *answers: tuple[int, Response]
) -> tuple[Groups, dict[int, Status]]:
    invited = Invited(YEAR_10 if in_groups else Groups(), tuple(map(ref, listed)))
    groups, found = expected(invited, set(map(ref, in_groups)), answered(*answers).values(), capacity)
    return groups, {int(pupil, 16): status for pupil, status in found.items()}


def test_everybody_invited_attended_unless_they_declined_or_wait() -> None:
    answers: list[tuple[int, Response]] = [(1, "declined"), (2, "accepted"), (3, "waiting"), (9, "declined")]

    assert attendance(None, [8, 9], [1, 2, 3], *answers) == (
        YEAR_10,
        {8: "attended", 9: "excused", 1: "excused", 3: "excused"},
    )
    # As many places as are invited bind nobody.
    assert attendance(5, [8, 9], [1, 2, 3], *answers) == attendance(None, [8, 9], [1, 2, 3], *answers)


def test_where_places_are_fewer_than_invited_only_those_with_a_place_attended() -> None:
    answers: list[tuple[int, Response]] = [(1, "accepted"), (2, "declined"), (3, "accepted"), (4, "accepted")]

    assert attendance(2, [], [1, 2, 3, 4, 5], *answers) == (
        Groups(),
        {1: "attended", 2: "excused", 3: "attended"},
    )
    assert attendance(2, [], [1, 2, 3, 4, 5]) == (Groups(), {})


def test_the_answer_of_somebody_no_longer_invited_counts_for_nothing() -> None:
    assert attendance(1, [], [2, 3], (1, "accepted"), (2, "accepted")) == (Groups(), {2: "attended"})
