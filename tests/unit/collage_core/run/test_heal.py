"""Which chunks are sent again, and which are left to those who are on their way to them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from collage_core.aws.queue_state import Depth, QueueState, RedrivePolicy
from collage_core.contract.failed_message import FailedMessage
from collage_core.run.heal import Diagnosis, Scene, Sending, SentAgain, diagnose
from collage_core.run.progress import Look
from tests.support.runs import plan

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
MANIFEST = plan([{"ana": 3}, {"ben": 2}, {"cem": 1}])
A, B, C = (chunk.chunk_id for chunk in MANIFEST.chunks)
STALE = 75.0
VISIBILITY = 5400


def before(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def queue(waiting: int = 0, in_flight: int = 0, *, receives: int = 5) -> QueueState:
    return QueueState(
        "url", "arn", VISIBILITY, Depth(waiting, in_flight), RedrivePolicy("", receives)
    )


def message(attempt: int | None, *, final: bool = False) -> FailedMessage:
    return FailedMessage(
        message_id="m",
        sent=MANIFEST.run_timestamp,
        body_bytes=2,
        body_sha256="0" * 64,
        run_id=MANIFEST.run_id,
        chunk_id=A,
        error="S3Error",
        reason="S3 is busy",
        attempt=attempt,
        final=final,
    )


def found(
    *,
    done: Mapping[str, float] | None = None,
    working: Mapping[str, float] | None = None,
    failed: Mapping[str, tuple[float, FailedMessage]] | None = None,
    again: Mapping[str, tuple[int, float]] | None = None,
    asked: QueueState | None = None,
    rounds: int = 5,
    began: float = 3600,
    since: float = 3600,
    is_invoked: bool = False,
) -> Diagnosis:
    """What is found of the run of three chunks; all times are seconds ago."""

    def times(seconds: Mapping[str, float] | None) -> dict[str, datetime]:
        return {each: before(ago) for each, ago in (seconds or {}).items()}

    failed = failed or {}
    failed_at = {each: ago for each, (ago, _) in failed.items()}
    sent = {each: SentAgain(number, before(ago)) for each, (number, ago) in (again or {}).items()}
    look = Look(NOW, times(done), times(failed_at), times(working))
    sending = Sending(before(began), rounds, sent)
    said = {each: text for each, (_, text) in failed.items()}
    scene = Scene(MANIFEST, look, said, sending, STALE, before(since), asked, is_invoked)
    return diagnose(scene)


def nothing(diagnosis: Diagnosis) -> bool:
    return diagnosis == Diagnosis({}, {}, {})


BUSY = {B: 1.0, C: 1.0}
"""Workers that are at the other chunks."""


def test_a_chunk_whose_worker_was_killed_is_sent_again_at_once() -> None:
    assert found(working={A: 76, **BUSY}).again == {A: "its worker was killed"}


def test_a_worker_that_is_alive_is_left_alone() -> None:
    assert nothing(found(working={A: 74, **BUSY}))


def test_a_chunk_that_has_its_receipt_is_left_alone_whatever_its_worker_left() -> None:
    assert nothing(found(done={A: 1}, working={A: 900, **BUSY}))


def test_a_death_before_the_chunk_was_last_sent_counts_no_more() -> None:
    assert nothing(found(working={A: 200, **BUSY}, again={A: (1, 100)}))
    assert nothing(found(working={A: 200, **BUSY}, began=100))


@pytest.mark.parametrize(("died", "is_sent"), [(76, False), (89, False), (91, True)])
def test_the_second_time_it_waits_for_a_while(died: float, *, is_sent: bool) -> None:
    seen = found(working={A: died, **BUSY}, again={A: (1, 300)})
    assert (A in seen.again) is is_sent


def test_the_pauses_grow() -> None:
    sending = Sending(NOW, 5)
    pauses = []
    for _ in range(5):
        pauses.append(sending.pause(A, timedelta(minutes=1)) / timedelta(minutes=1))
        sending = sending.with_again([A], NOW)
    assert pauses == [0, 1, 3, 7, 15]
    assert not sending.may_again(A)


def test_a_message_that_comes_back_is_waited_for() -> None:
    assert nothing(found(failed={A: (300, message(4))}, working=BUSY, asked=queue(0, 1)))


def test_a_message_that_was_delivered_as_often_as_it_may_be_is_sent_again() -> None:
    assert A in found(failed={A: (5, message(5))}, working=BUSY, asked=queue(9, 3)).again
    assert A in found(failed={A: (5, message(3))}, working=BUSY, asked=queue(receives=3)).again


def test_a_failure_before_the_chunk_was_last_sent_counts_no_more() -> None:
    assert nothing(found(failed={A: (200, message(5))}, again={A: (1, 100)}, working=BUSY))


def test_a_message_that_failed_for_good_is_never_sent_again() -> None:
    seen = found(failed={A: (200, message(1, final=True))}, working=BUSY, asked=queue())
    assert seen == Diagnosis({}, {A: "S3 is busy"}, {})


def test_a_message_that_failed_for_good_before_the_run_was_cleared_is_waited_for() -> None:
    failed = {A: (200, message(None, final=True))}
    assert nothing(found(failed=failed, working=BUSY, since=100))


def test_a_chunk_of_a_failed_message_that_a_worker_is_at_again_is_waited_for() -> None:
    failed = {A: (200, message(1, final=True))}
    assert nothing(found(failed=failed, working={A: 1, **BUSY}))


def test_messages_are_lost_if_nothing_is_new_and_the_queue_is_empty() -> None:
    seen = found(done={A: 181}, asked=queue())
    assert list(seen.again) == [B, C]
    assert "nothing is new for 3 min, and the queue has no message to deliver" in seen.again[B]


def test_nothing_is_lost_as_long_as_anything_is_new() -> None:
    assert nothing(found(done={A: 170}, asked=queue()))
    assert nothing(found(working={A: 10}, asked=queue()))


def test_nothing_is_known_to_be_lost_without_the_queue() -> None:
    assert nothing(found())


def test_messages_in_flight_may_be_its_own_for_ten_minutes() -> None:
    assert nothing(found(done={A: 590}, asked=queue(in_flight=1)))
    assert list(found(done={A: 601}, asked=queue(in_flight=1)).again) == [B, C]


def test_a_message_that_failed_may_be_in_flight_for_as_long_as_its_pause() -> None:
    failed = {A: (1800, message(4))}
    assert A not in found(failed=failed, asked=queue(in_flight=1)).again
    failed = {A: (2101, message(4))}
    assert A in found(failed=failed, asked=queue(in_flight=1)).again


def test_what_waits_in_a_long_queue_is_never_sent_again() -> None:
    seen = found(asked=queue(waiting=400, in_flight=8))
    assert not seen.again
    assert seen.hint is not None
    assert "400 messages wait in the queue, 8 are being worked on" in seen.hint


def test_a_queue_that_nobody_takes_from_needs_a_person() -> None:
    seen = found(asked=queue(waiting=3))
    assert not seen.again
    assert seen.hint is not None
    assert "3 messages wait in the queue, and nobody takes them" in seen.hint
    assert "event source mapping is enabled" in seen.hint


def test_an_invocation_that_lambda_keeps_is_waited_for_and_the_hint_says_so() -> None:
    seen = found(done={A: 600}, asked=queue(), is_invoked=True)
    assert not seen.again
    assert seen.hint is not None
    assert "nothing is new for 10 min, and Lambda keeps invocations until it has" in seen.hint
    seen = found(done={A: 2101}, asked=queue(), is_invoked=True)
    assert list(seen.again) == [B, C]
    assert "its invocation is lost or in the dead-letter queue" in seen.again[B]
    seen = found(done={A: 2101}, asked=queue(waiting=9), is_invoked=True)
    assert list(seen.again) == [B, C], "messages of other runs say nothing"


def test_an_invocation_that_lambda_does_not_repeat_any_more_is_sent_again() -> None:
    failed = {A: (5.0, message(3))}
    assert A in found(failed=failed, working=BUSY, asked=queue(), is_invoked=True).again
    failed = {A: (5.0, message(2))}
    assert nothing(found(failed=failed, working=BUSY, asked=queue(), is_invoked=True))


def test_a_chunk_that_used_up_its_rounds_is_given_up_with_a_fix() -> None:
    seen = found(failed={A: (5, message(5))}, again={A: (5, 600)}, working=BUSY, asked=queue())
    assert not seen.again
    assert seen.given_up[A] == (
        "its message failed 5 times, last with S3Error: S3 is busy although it was sent again 5 "
        "times (HEAL_ROUNDS); do as that says, and look for the chunk in the function's log"
    )


def test_a_killed_worker_without_rounds_may_still_get_its_message_back() -> None:
    killed = {A: VISIBILITY + STALE - 1, **BUSY}
    assert nothing(found(working=killed, rounds=0, began=9000, asked=queue()))
    killed = {A: VISIBILITY + STALE + 1, **BUSY}
    seen = found(working=killed, rounds=0, began=9000, asked=queue())
    assert "give the function more memory" in seen.given_up[A]
    assert nothing(found(working=killed, rounds=0, began=9000, asked=queue(waiting=1)))


def test_with_no_rounds_lost_messages_are_given_up_once_none_can_come_back() -> None:
    seen = found(rounds=0, asked=queue(in_flight=1))
    assert nothing(seen)
    assert set(found(rounds=0, asked=queue()).given_up) == {A, B, C}


def test_what_was_sent_is_remembered_as_json() -> None:
    sending = Sending(NOW, 5).with_again([A, B], NOW).with_again([A], NOW)
    again = Sending.of_json(NOW, 5, sending.to_json())
    assert again == sending
    assert (again.times(A), again.times(B), again.times(C)) == (2, 1, 0)


def test_the_queue_is_asked_only_when_it_can_change_the_answer() -> None:
    def asks(look: Look, *, rounds: int = 5) -> bool:
        sending = Sending(before(3600), rounds)
        return Scene(MANIFEST, look, {}, sending, STALE, before(3600)).asks_the_queue

    at_work = Look(NOW, {}, {}, {A: NOW, B: NOW, C: NOW})
    assert not asks(at_work)
    assert not asks(Look(NOW, {}, {}, {A: NOW}))
    assert asks(Look(NOW, {A: before(181)}, {}, {}))
    assert asks(Look(NOW, {}, {}, {A: NOW}), rounds=0)
