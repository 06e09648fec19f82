"""The token bucket: a burst, then so many a second, each key by itself. Times are given, nobody waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.rates import BUCKETS_KEPT, BURST, RateLimit


def test_a_burst_is_let_through_and_then_one_has_to_wait() -> None:
    limit = RateLimit(per_second=5)
    waits = [limit.take("a", 100.0) for _ in range(11)]
    assert waits[:10] == [0.0] * 10
    assert waits[10] == 0.2


def test_whoever_waits_as_long_as_told_gets_in() -> None:
    limit = RateLimit(per_second=3)
    while not (wait_s := limit.take("a", 0.0)):
        pass
    assert limit.take("a", wait_s * 0.9) > 0
    assert limit.take("a", wait_s + 1e-9) == 0


def test_being_turned_away_costs_nothing() -> None:
    limit = RateLimit(per_second=1)
    for _ in range(2):
        limit.take("a", 0.0)
    for _ in range(100):
        assert limit.take("a", 0.5) > 0
    assert limit.take("a", 1.0) == 0


def test_a_key_does_not_notice_another_keys_flood() -> None:
    limit = RateLimit(per_second=1)
    for _ in range(100):
        limit.take("a", 0.0)
    assert limit.take("b", 0.0) == 0


def test_a_long_pause_saves_up_no_more_than_a_burst() -> None:
    limit = RateLimit(per_second=10)
    limit.take("a", 0.0)
    assert sum(limit.take("a", 1e6) == 0 for _ in range(100)) == 10 * BURST


@given(
    times=st.lists(st.floats(min_value=0, max_value=60), max_size=200),
    per_second=st.sampled_from([0.5, 1, 7]),
)
def test_no_window_ever_lets_more_through_than_the_rate_and_a_burst(
    times: list[float], per_second: float
) -> None:
    limit = RateLimit(per_second)
    passed = [now_s for now_s in sorted(times) if limit.take("a", now_s) == 0]
    for first, start_s in enumerate(passed):
        for last, end_s in enumerate(passed[first:], start=1):
            assert last <= per_second * (BURST + end_s - start_s) + 1e-6


def test_addresses_that_have_come_and_gone_are_forgotten() -> None:
    limit = RateLimit(per_second=1)
    for number in range(BUCKETS_KEPT):
        limit.take(f"address {number}", 0.0)
    limit.take("busy", 1.0)
    limit.take("busy", 1.0)

    limit.take("one more", BURST)

    assert len(limit._buckets) == 2
    assert limit.take("busy", BURST) == 0.0
    assert limit.take("busy", BURST) > 0, "whoever is not full again is remembered"
