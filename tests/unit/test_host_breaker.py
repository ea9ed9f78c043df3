from collage_core.host_breaker import OPENS_AFTER, PROBE_SECONDS, HostBreaker


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def breaker_after(failures: int) -> tuple[HostBreaker, Clock]:
    clock = Clock()
    breaker = HostBreaker(clock=clock)
    for _ in range(failures):
        breaker.failed("cdn.example")
    return breaker, clock


def test_a_host_is_left_alone_after_so_many_failures_in_a_row() -> None:
    assert breaker_after(OPENS_AFTER - 1)[0].admits("cdn.example")
    assert not breaker_after(OPENS_AFTER)[0].admits("cdn.example")


def test_other_hosts_do_not_suffer_from_it() -> None:
    assert breaker_after(OPENS_AFTER)[0].admits("other.example")


def test_an_answer_in_between_starts_the_count_again() -> None:
    breaker, _ = breaker_after(OPENS_AFTER - 1)
    breaker.answered("cdn.example")
    breaker.failed("cdn.example")
    assert breaker.admits("cdn.example")


def test_after_a_while_a_single_request_is_let_through_as_a_probe() -> None:
    breaker, clock = breaker_after(OPENS_AFTER)
    clock.seconds = PROBE_SECONDS
    assert breaker.admits("cdn.example")
    assert not breaker.admits("cdn.example")


def test_a_probe_that_is_answered_opens_the_host_again() -> None:
    breaker, clock = breaker_after(OPENS_AFTER)
    clock.seconds = PROBE_SECONDS
    breaker.answered("cdn.example")
    assert all(breaker.admits("cdn.example") for _ in range(3))


def test_a_probe_that_fails_closes_the_host_for_as_long_again() -> None:
    breaker, clock = breaker_after(OPENS_AFTER)
    clock.seconds = PROBE_SECONDS
    breaker.failed("cdn.example")
    clock.seconds += PROBE_SECONDS - 1
    assert not breaker.admits("cdn.example")
    clock.seconds += 1
    assert breaker.admits("cdn.example")
