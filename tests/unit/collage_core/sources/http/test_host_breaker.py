from collage_core.sources.http.host_breaker import (
    OPENS_AFTER,
    OPENS_AFTER_SECONDS,
    PROBE_SECONDS,
    HostBreaker,
)
from tests.support.clock import Clock


def breaker_after(
    failures: int, *, within: float = OPENS_AFTER_SECONDS
) -> tuple[HostBreaker, Clock]:
    """Failures evenly spread over the seconds up to now."""
    clock = Clock()
    breaker = HostBreaker(clock=clock)
    for number in range(failures):
        clock.seconds = within * number / (failures - 1)
        breaker.failed("cdn.example")
    return breaker, clock


def test_the_breaker_opens_after_enough_failures_in_a_row() -> None:
    assert breaker_after(OPENS_AFTER - 1)[0].admits("cdn.example")
    assert not breaker_after(OPENS_AFTER)[0].admits("cdn.example")


def test_a_short_outage_does_not_open_the_breaker() -> None:
    breaker, clock = breaker_after(1000, within=OPENS_AFTER_SECONDS - 0.1)
    assert breaker.admits("cdn.example")
    clock.seconds = OPENS_AFTER_SECONDS
    breaker.failed("cdn.example")
    assert not breaker.admits("cdn.example")


def test_an_outage_begins_with_its_own_first_failure() -> None:
    breaker, clock = breaker_after(OPENS_AFTER)
    breaker.answered("cdn.example")
    clock.seconds += OPENS_AFTER_SECONDS
    for _ in range(OPENS_AFTER):
        breaker.failed("cdn.example")
    assert breaker.admits("cdn.example")


def test_the_breaker_of_another_host_stays_closed() -> None:
    assert breaker_after(OPENS_AFTER)[0].admits("other.example")


def test_an_answer_resets_the_count() -> None:
    breaker, _ = breaker_after(OPENS_AFTER - 1)
    breaker.answered("cdn.example")
    breaker.failed("cdn.example")
    assert breaker.admits("cdn.example")


def test_after_a_while_a_single_request_is_allowed_as_a_probe() -> None:
    breaker, clock = breaker_after(OPENS_AFTER)
    clock.seconds += PROBE_SECONDS
    assert breaker.admits("cdn.example")
    assert not breaker.admits("cdn.example")


def test_a_successful_probe_closes_the_breaker() -> None:
    breaker, clock = breaker_after(OPENS_AFTER)
    clock.seconds += PROBE_SECONDS
    breaker.answered("cdn.example")
    assert all(breaker.admits("cdn.example") for _ in range(3))


def test_a_failed_probe_keeps_the_breaker_open() -> None:
    breaker, clock = breaker_after(OPENS_AFTER)
    clock.seconds += PROBE_SECONDS
    breaker.failed("cdn.example")
    clock.seconds += PROBE_SECONDS - 1
    assert not breaker.admits("cdn.example")
    clock.seconds += 1
    assert breaker.admits("cdn.example")
