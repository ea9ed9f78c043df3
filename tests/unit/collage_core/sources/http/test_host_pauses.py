"""A host that asks for a pause gets it; one that goes on refusing is given up."""

import logging

import pytest

from collage_core.sources.http.host_breaker import PROBE_SECONDS
from collage_core.sources.http.host_pauses import (
    FOLLOW_SECONDS,
    GIVEN_UP_AFTER_SECONDS,
    LONGEST_PAUSE_SECONDS,
    HostPauses,
    Paused,
)
from collage_core.sources.result import Failed
from tests.support.clock import Clock

HOST = "https://cdn.example"
BUSY = Failed("http_429")


class Pausing:
    """A host, its pauses, and a clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pauses = HostPauses(clock=self.clock)

    def is_refused(self, seconds: float, *, asked_at: float | None = None) -> None:
        """A request that is made now, or was made before, is refused a moment later."""
        asked = self.clock.seconds if asked_at is None else asked_at
        self.clock.seconds += 0.001
        self.pauses.refused(HOST, BUSY, seconds=seconds, asked_at=asked)

    def is_answered(self, *, asked_at: float | None = None) -> None:
        asked = self.clock.seconds if asked_at is None else asked_at
        self.clock.seconds += 0.001
        self.pauses.ended(HOST, asked_at=asked)

    def refuses_until_given_up(self, seconds: float) -> int:
        """How many requests it takes, each made as soon as one is let through."""
        for asked in range(1, 1000):
            self.is_refused(seconds)
            left = self.pauses.left(HOST)
            assert left is not None
            if left.is_given_up:
                return asked
            self.clock.seconds += left.seconds + 1e-6
            assert self.pauses.admit(HOST) is None
        raise AssertionError("it is never given up")


@pytest.fixture
def host() -> Pausing:
    return Pausing()


def test_a_host_that_has_asked_for_nothing_is_asked_at_once(host: Pausing) -> None:
    assert host.pauses.left(HOST) is None
    host.is_answered()
    assert host.pauses.admit(HOST) is None


def test_nobody_asks_before_the_pause_has_ended(host: Pausing) -> None:
    host.is_refused(7)
    assert host.pauses.left(HOST) == Paused(7, BUSY, is_given_up=False)
    host.clock.seconds += 6.5
    left = host.pauses.admit(HOST)
    assert left is not None
    assert left.seconds == pytest.approx(0.5)
    assert host.pauses.left("https://other.example") is None


def test_after_a_pause_one_request_goes_first(host: Pausing) -> None:
    host.is_refused(7)
    host.clock.seconds += 7
    assert host.pauses.admit(HOST) is None
    for _ in range(9):
        left = host.pauses.admit(HOST)
        assert left is not None
        assert left.seconds <= 0.1, "they look often whether it is answered"
        host.clock.seconds += FOLLOW_SECONDS / 10
    host.is_answered()
    assert [host.pauses.admit(HOST) for _ in range(9)] == [None] * 9


def test_if_the_first_is_slow_another_follows(host: Pausing) -> None:
    host.is_refused(7)
    host.clock.seconds += 7
    assert host.pauses.admit(HOST) is None
    host.clock.seconds += FOLLOW_SECONDS
    assert host.pauses.admit(HOST) is None
    assert host.pauses.admit(HOST) is not None


def test_answers_to_what_was_asked_before_do_not_end_a_pause(host: Pausing) -> None:
    """Eight requests are under way; the host refuses one of them and answers the others."""
    host.is_refused(7, asked_at=0.0)
    host.is_answered(asked_at=0.0)
    assert host.pauses.left(HOST) is not None


def test_a_later_refusal_does_not_shorten_a_pause(host: Pausing) -> None:
    host.is_refused(7, asked_at=0.0)
    host.is_refused(1, asked_at=0.0)
    left = host.pauses.left(HOST)
    assert left is not None
    assert left.seconds == pytest.approx(7, abs=0.01)


def test_a_long_pause_is_cut(host: Pausing) -> None:
    host.is_refused(86400)
    left = host.pauses.left(HOST)
    assert left == Paused(LONGEST_PAUSE_SECONDS, BUSY, is_given_up=False)


@pytest.mark.parametrize("seconds", [1, 5, 20, 86400, float("inf")])
def test_a_host_that_goes_on_refusing_is_given_up(
    host: Pausing, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="collage_core")
    asked = host.refuses_until_given_up(seconds)
    assert asked >= 3
    assert GIVEN_UP_AFTER_SECONDS <= host.clock.seconds < GIVEN_UP_AFTER_SECONDS + 20
    pause = min(seconds, LONGEST_PAUSE_SECONDS)
    assert caplog.messages == [
        f"{HOST} answers http_429: no request for {pause:.1f} s",
        f"{HOST} answers http_429: given up",
    ]


def test_many_refusals_at_once_are_one(host: Pausing) -> None:
    """All that were under way when the host began to refuse, however slow it was to say so."""
    for seconds in range(100):
        host.clock.seconds = float(seconds)
        host.is_refused(1, asked_at=0.0)
    left = host.pauses.left(HOST)
    assert left is not None
    assert not left.is_given_up


def test_an_answer_in_between_begins_the_count_again(host: Pausing) -> None:
    for _ in range(10):
        host.is_refused(20)
        host.clock.seconds += 20
        assert host.pauses.admit(HOST) is None
        host.is_answered()
    assert host.pauses.left(HOST) is None


def test_a_host_that_is_given_up_is_tried_now_and_then(host: Pausing) -> None:
    host.refuses_until_given_up(20)
    for _ in range(3):
        host.clock.seconds += PROBE_SECONDS - 1
        left = host.pauses.admit(HOST)
        assert left is not None
        assert left.is_given_up
        host.clock.seconds += 1
        assert host.pauses.admit(HOST) is None
        assert host.pauses.admit(HOST) is not None, "one, and not all covers"
        host.is_refused(1)
    host.clock.seconds += PROBE_SECONDS
    assert host.pauses.admit(HOST) is None
    host.is_answered()
    assert host.pauses.admit(HOST) is None
