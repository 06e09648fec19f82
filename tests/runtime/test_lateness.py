"""How late a reader is: since when the oldest event that it lacks has been announced."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.arrivals import Stream
from services.runtime.lateness import MOMENTS_KEPT, Lateness

SCHOOL = Stream("pupils", "136500")
OTHER = Stream("pupils", "147467")


def test_a_reader_that_has_everything_is_not_late() -> None:
    lateness = Lateness()

    assert lateness.seconds([], 0.0) == 0.0
    assert lateness.seconds([(SCHOOL, 5, 5)], 1.0) == 0.0


def test_lateness_counts_from_the_announcement_of_the_oldest_event_that_is_missing() -> None:
    lateness = Lateness()
    lateness.seconds([(SCHOOL, 5, 0)], 10.0)
    lateness.seconds([(SCHOOL, 9, 0)], 30.0)

    assert lateness.seconds([(SCHOOL, 9, 4)], 40.0) == 30.0
    assert lateness.seconds([(SCHOOL, 9, 5)], 41.0) == 11.0
    assert lateness.seconds([(SCHOOL, 9, 9)], 42.0) == 0.0


def test_the_latest_stream_decides() -> None:
    lateness = Lateness()
    lateness.seconds([(SCHOOL, 1, 0), (OTHER, 1, 0)], 0.0)

    assert lateness.seconds([(SCHOOL, 1, 1), (OTHER, 1, 0)], 7.0) == 7.0


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[float, int, int]]:
    """Give moments at which a stream's head and the applied sequence were looked at; neither goes back."""
    history: list[tuple[float, int, int]] = []
    now_s, head, applied = 0.0, 0, 0
    for _ in range(draw(st.integers(1, 60))):
        now_s += draw(st.integers(1, 20))
        head += draw(st.integers(0, 4))
        applied = min(head, applied + draw(st.integers(0, 5)))
        history.append((now_s, head, applied))
    return history


@given(histories())
def test_lateness_is_what_a_list_of_all_announcements_says(history: list[tuple[float, int, int]]) -> None:
    lateness = Lateness()
    announced: dict[int, float] = {}
    for now_s, head, applied in history:
        for sequence in range(1, head + 1):
            announced.setdefault(sequence, now_s)
        missing = [announced[sequence] for sequence in range(applied + 1, head + 1)]

        assert lateness.seconds([(SCHOOL, head, applied)], now_s) == now_s - min(missing, default=now_s)


def test_hours_without_progress_costs_no_memory_and_hardly_any_precision() -> None:
    lateness = Lateness()
    day = 2 * 60 * 60 * 2
    for tick in range(1, day + 1):
        late_s = lateness.seconds([(SCHOOL, tick, 0)], tick / 2)

    assert len(lateness._stories[SCHOOL].moments) <= MOMENTS_KEPT
    assert late_s == day / 2 - 0.5
    half = lateness.seconds([(SCHOOL, day, day // 2)], day / 2)
    assert 0.98 * day / 4 < half < 1.02 * day / 4
    assert lateness.seconds([(SCHOOL, day, day)], day) == 0.0
