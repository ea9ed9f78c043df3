"""What may happen to one request."""

from collections.abc import Callable
from contextlib import suppress

from botocore.exceptions import ClientError

from tests.simulation.chances import Chances
from tests.simulation.scheduler import Process, Scheduler

type Trace = Callable[[str], None]

_LONG = (40.0, 400.0, 3000.0, 20_000.0)
"""Seconds for which a process may be frozen."""


def error(code: str, operation: str) -> ClientError:
    """An error as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class Network:
    """Lets every request of every process happen, or not, or twice."""

    def __init__(self, scheduler: Scheduler, chances: Chances, trace: Trace | None) -> None:
        self.scheduler = scheduler
        self.chances = chances
        self.trace = trace
        self.faults = 0
        self.is_calm = False
        """No more faults."""
        self.denied: Callable[[str, str], bool] = lambda _operation, _bucket: False

    def say(self, text: str) -> None:
        """Add a line to the trace."""
        if self.trace is not None:
            scheduler = self.scheduler
            who = scheduler.process.name if scheduler.is_in_task else "-"
            self.trace(f"{scheduler.now:9.2f} {who:<14} {text}")

    def request[Answer](
        self,
        operation: str,
        bucket: str,
        key: str,
        effect: Callable[[], Answer],
        *,
        writes: bool = False,
        is_conditional: bool = False,
    ) -> Answer:
        """The answer to a request, whatever happens to it on the way."""
        scheduler, chances = self.scheduler, self.chances
        what = f"{operation} {bucket}/{key}"
        self.visit(what, effect)
        if self.denied(operation, bucket):
            self.say(f"{what}: AccessDenied")
            raise error("AccessDenied", operation)
        if self._happens(chances.refused):
            is_race = is_conditional and scheduler.random.random() < 0.5
            code = "ConditionalRequestConflict" if is_race else "SlowDown"
            self.say(f"{what}: {code}")
            raise error(code, operation)
        if writes and self._happens(chances.lost):
            effect()
            self.say(f"{what}: done, but answered InternalError")
            raise error("InternalError", operation)
        try:
            if writes and self._happens(chances.tried_twice):
                effect()
                self.say(f"{what}: done, and sent again")
            answer = effect()
        except ClientError as refusal:
            self.say(f"{what}: {refusal.response['Error']['Code']}")
            raise
        self.say(what)
        return answer

    def visit(self, what: str, effect: Callable[[], object]) -> None:
        """The process begins to do something outside: others go first, and it may not live on."""
        scheduler, chances = self.scheduler, self.chances
        scheduler.pause()
        process = scheduler.process
        self._end_in_time(process)
        if self._happens(chances.frozen):
            seconds = scheduler.random.choice(_LONG)
            process.outlives_its_end = scheduler.random.random() < 0.7
            self.say(f"freezes for {seconds:.0f} s at {what}")
            scheduler.sleep(seconds)
            self._end_in_time(process)
        if self._happens(chances.killed):
            if scheduler.random.random() < 0.5:
                with suppress(ClientError):
                    effect()
                self.say(f"is killed after {what}")
            else:
                self.say(f"is killed before {what}")
            scheduler.kill(process)

    def _end_in_time(self, process: Process) -> None:
        if self.scheduler.now > process.ends_at and not process.outlives_its_end:
            self.say("is killed: its time is up")
            self.scheduler.kill(process)

    def _happens(self, share: float) -> bool:
        if not share or self.is_calm or self.faults >= self.chances.most_faults:
            return False
        if self.scheduler.random.random() >= share:
            return False
        self.faults += 1
        return True
