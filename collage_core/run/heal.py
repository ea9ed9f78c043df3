"""Which chunks of a run have to be sent again, because no worker will come to them by itself.

There are three signs. A worker was killed: its document is not renewed any more. A message has
failed as often as the queue delivers it. Or nothing is new for minutes, although the queue has
nothing left to deliver: then messages were lost. A chunk that merely waits in a long queue is left
alone. Sending one too often costs money, but changes nothing (`collage_core.worker.shared_writer`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

from collage_core.aws.queue_state import QueueState
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.manifest import Manifest
from collage_core.run.progress import Look, in_minutes

QUIET = timedelta(minutes=3)
"""Nothing new for so long is a reason to ask the queue, whose counts lag by up to a minute."""

_LONG_QUIET = timedelta(minutes=10)
"""If messages are in flight: workers may have received them and not yet begun."""

_AFTER_KILLS = timedelta(seconds=15)
_AFTER_FAILURES = timedelta(minutes=1)
"""Whatever made an attempt fail may need some minutes: a chunk has 26 of them in five rounds."""

_COMES_BACK = timedelta(minutes=35)
"""A message of which an attempt failed is back after half an hour at most, as workers have it."""

_KEPT_BY_LAMBDA = timedelta(minutes=35)
"""Lambda keeps an invocation for hours until it has a worker for it, and tells nobody. Without any
worker at the whole run for so long, one is missing that Lambda did not keep."""

_INVOCATIONS = 3
"""Lambda repeats an invocation that failed twice."""

_JUST_BEFORE = timedelta(minutes=1)
"""Workers may begin while `dispatch` still sends, and before `wait` begins."""

_MOST_RECEIVES = 5
"""If the queue does not say how often it delivers a message: as `check` has it set."""


@dataclass(frozen=True, slots=True)
class SentAgain:
    """How often a chunk was sent again, and when it was last."""

    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Sending:
    """When the chunks of a run were sent, and how often they may be."""

    began: datetime
    """When all of them were last sent."""
    rounds: int
    """How often one of them may be sent again."""
    again: Mapping[str, SentAgain] = field(default_factory=dict)

    def sent(self, chunk_id: str) -> datetime:
        """When a chunk was last sent, at the earliest."""
        known = self.again.get(chunk_id)
        return self.began - _JUST_BEFORE if known is None else known.last

    def times(self, chunk_id: str) -> int:
        """How often it was sent again."""
        known = self.again.get(chunk_id)
        return 0 if known is None else known.times

    def pause(self, chunk_id: str, base: timedelta) -> timedelta:
        """How long to wait before the next time: nothing, then longer and longer."""
        doubled: int = 2 ** self.times(chunk_id)
        return base * (doubled - 1)

    def may_again(self, chunk_id: str) -> bool:
        """Whether it has a round left."""
        return self.times(chunk_id) < self.rounds

    def with_again(self, chunk_ids: Iterable[str], at: datetime) -> Self:
        """The same after these chunks were sent again."""
        sent = {each: SentAgain(self.times(each) + 1, at) for each in chunk_ids}
        return type(self)(self.began, self.rounds, {**self.again, **sent})

    def to_json(self) -> list[Any]:
        """What was sent again, for `of_json`.

        Chunks that were sent together are in one list, because a database may have no more than
        64 KiB for a trigger, and a run 1000 chunks.
        """
        together: defaultdict[SentAgain, list[str]] = defaultdict(list)
        for chunk_id, sent in self.again.items():
            together[sent].append(chunk_id)
        return [[sent.times, sent.last.isoformat(), ids] for sent, ids in together.items()]

    @classmethod
    def of_json(cls, began: datetime, rounds: int, again: Iterable[Any]) -> Self:
        """The reverse of `to_json`."""
        known = {
            chunk_id: SentAgain(int(times), datetime.fromisoformat(last))
            for times, last, ids in again
            for chunk_id in ids
        }
        return cls(began, rounds, known)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is to be done about the chunks of a run that no worker is at."""

    again: Mapping[str, str]
    """Those that have to be sent again now, and why."""
    failed: Mapping[str, str]
    """Those whose messages failed for good, and why: a person has to change something first."""
    given_up: Mapping[str, str]
    """Those that were sent again as often as they may be, and failed again: how, and the fix."""
    hint: str | None = None
    """What the queue says, if nothing is new and nothing can be done but wait."""


@dataclass(frozen=True)
class Scene:
    """All that is known of a run at one moment."""

    manifest: Manifest
    look: Look
    failed: Mapping[str, FailedMessage]
    """The documents of `look.failed`, as far as they were read."""
    sending: Sending
    stale_seconds: float
    since: datetime
    """What failed for good before that has been sent again since."""
    queue: QueueState | None = None
    """None: it was not asked, or did not answer."""
    is_invoked: bool = False
    """Whether the chunks were sent as invocations of the function, which the queue does not count.
    Only the rest of a chunk that ran out of time is a message then."""

    @cached_property
    def idle(self) -> list[str]:
        """The chunks without a receipt that no worker is at."""
        at_work = self.look.at_work(self.stale_seconds)
        return [each for each in self.look.missing(self.manifest) if each not in at_work]

    @cached_property
    def last_new(self) -> datetime:
        """When anything last happened to this run."""
        sent = (each.last for each in self.sending.again.values())
        return max((self.look.newest() or self.sending.began, self.sending.began, *sent))

    @property
    def quiet(self) -> timedelta:
        """How long nothing has happened."""
        return self.look.at - self.last_new

    @property
    def asks_the_queue(self) -> bool:
        """Whether the diagnosis needs the attributes of the queue."""
        idle = self.idle
        return bool(idle) and (
            self.quiet >= QUIET
            or any(not self.sending.may_again(each) for each in idle)
            or any(each in self.failed and not self.failed[each].final for each in idle)
        )

    def killed(self, chunk_id: str) -> bool:
        """Whether the last worker at an idle chunk died, since the chunk was last sent."""
        worked = self.look.working.get(chunk_id)
        failed = self.look.failed.get(chunk_id)
        return (
            worked is not None
            and worked > self.sending.sent(chunk_id)
            and (failed is None or worked >= failed)
        )


def diagnose(scene: Scene) -> Diagnosis:
    """What is to be done now. Pure: the same scene gives the same answer."""
    again: dict[str, str] = {}
    failed: dict[str, str] = {}
    given_up: dict[str, str] = {}
    for chunk_id in scene.idle:
        sign = _sign(scene, chunk_id)
        if sign is None:
            continue
        if sign.is_final:
            failed[chunk_id] = sign.why
        elif scene.sending.may_again(chunk_id):
            if scene.look.at >= sign.since + scene.sending.pause(chunk_id, sign.pause):
                again[chunk_id] = sign.why
        elif scene.look.at >= sign.no_delivery_after:
            rounds = scene.sending.rounds
            tried = f" although it was sent again {rounds} times (HEAL_ROUNDS)" if rounds else ""
            given_up[chunk_id] = f"{sign.why}{tried}; {sign.fix}"
    return Diagnosis(again, failed, given_up, None if again else _hint(scene))


@dataclass(frozen=True, slots=True)
class _Sign:
    """Why an idle chunk needs help."""

    why: str
    """What happened to it."""
    fix: str
    """What a person can do about it."""
    since: datetime
    """From when on."""
    pause: timedelta
    """The base of the pauses before it is sent again."""
    no_delivery_after: datetime
    """From then on, the queue has no message of it that it could still deliver."""
    is_final: bool = False


def _sign(scene: Scene, chunk_id: str) -> _Sign | None:
    look, sent = scene.look, scene.sending.sent(chunk_id)
    if scene.killed(chunk_id):
        died = look.working[chunk_id] + timedelta(seconds=scene.stale_seconds)
        fix = "give the function more memory, and look for the chunk in its log"
        ends = _after_visibility(scene, died)
        return _Sign("its worker was killed", fix, died, _AFTER_KILLS, ends)
    failed, message = look.failed.get(chunk_id), scene.failed.get(chunk_id)
    if failed is not None and message is not None:
        if message.final and failed >= scene.since:
            fix = "do as that says"
            return _Sign(message.reason, fix, failed, _AFTER_FAILURES, failed, is_final=True)
        attempt = message.attempt or 1
        if not message.final and failed > sent and attempt >= _most_receives(scene):
            why = f"its message failed {attempt} times, last with {message.error}: {message.reason}"
            fix = "do as that says, and look for the chunk in the function's log"
            return _Sign(why, fix, failed, _AFTER_FAILURES, failed)
        if not message.final and failed > sent:
            return _lost(scene, _COMES_BACK)
    return _lost(scene, _LONG_QUIET)


def _lost(scene: Scene, if_in_flight: timedelta) -> _Sign | None:
    """The sign that messages are lost: nothing is new, and the queue has nothing to deliver.

    If messages are in flight, its own may be one of them: then it takes longer.
    """
    depth = None if scene.queue is None else scene.queue.depth
    if depth is None or (depth.waiting and not scene.is_invoked):
        return None
    limit = if_in_flight if depth.in_flight else QUIET
    if scene.is_invoked:
        limit = max(limit, _KEPT_BY_LAMBDA)
    if scene.quiet < limit:
        return None
    since = f"nothing is new for {in_minutes(scene.quiet)}"
    why = f"{since}, and the queue has no message to deliver: its own is lost"
    if scene.is_invoked:
        why = f"{since}, longer than Lambda takes: its invocation is lost"
    why += " or in the dead-letter queue"
    began = scene.last_new + limit
    ends = _after_visibility(scene, began) if depth.in_flight else began
    fix = "see that the queue calls the function, and that the function can start"
    return _Sign(why, fix, began, _AFTER_FAILURES, ends)


def _after_visibility(scene: Scene, died: datetime) -> datetime:
    """When a message would have come back that was received before that."""
    if scene.queue is None or scene.queue.depth.waiting:
        return datetime.max.replace(tzinfo=died.tzinfo)
    return died + timedelta(seconds=scene.queue.visibility_timeout)


def _most_receives(scene: Scene) -> int:
    if scene.is_invoked:
        return _INVOCATIONS
    policy = None if scene.queue is None else scene.queue.redrive_policy
    return _MOST_RECEIVES if policy is None else policy.most_receives


def _hint(scene: Scene) -> str | None:
    return next(_hints(scene), None)


def _hints(scene: Scene) -> Iterator[str]:
    if scene.queue is None or not scene.idle or scene.quiet < QUIET:
        return
    depth = scene.queue.depth
    since = f"nothing is new for {in_minutes(scene.quiet)}"
    if depth.waiting and not depth.in_flight:
        yield (
            f"{since}: {depth.waiting} messages wait in the queue, and nobody takes them. See that "
            "the function's event source mapping is enabled, and that its concurrency is not 0; "
            "this wait goes on by itself then"
        )
    elif depth.waiting:
        yield (
            f"{since}: {depth.waiting} messages wait in the queue, {depth.in_flight} are being "
            "worked on, none of them of this run: it waits for its turn"
        )
    elif scene.is_invoked:
        yield (
            f"{since}, and Lambda keeps invocations until it has workers for them: see that the "
            "function's concurrency is not 0, and that no other run or function takes all of it; "
            "this wait goes on by itself then"
        )
