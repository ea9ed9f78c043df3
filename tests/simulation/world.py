"""Everything of one schedule, and what came of it."""

import gc
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.dead_letters import DeadLetterQueue
from collage_core.aws.s3_store import S3Store
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage, parse_message
from collage_core.contract.reasons import Reason
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import CollageError, MessageError
from collage_core.housekeeping.ended_runs import finish_ended_runs
from collage_core.housekeeping.lost_uploads import submit_lost_uploads
from collage_core.layout import keys
from collage_core.run.delete_extras import delete_extras
from collage_core.run.opened_collage import picture_problems
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.redrive import Redrive
from collage_core.run.redrive_judge import Action
from collage_core.run.verify import verify
from collage_core.settings import Settings
from lambda_pkg.invocation import Invocation
from lambda_pkg.route import route
from lambda_pkg.services import Services
from tests.simulation.airflow import RUN_ID, STOP_IS_SEEN, DagRun
from tests.simulation.chances import Chances
from tests.simulation.covers import CoverServer, Fetch
from tests.simulation.judge import Bucket
from tests.simulation.network import Network, Trace
from tests.simulation.person import Person
from tests.simulation.products import PRODUCTS
from tests.simulation.s3 import SimulatedS3
from tests.simulation.scheduler import Process, Scheduler, SimulatedMachine
from tests.simulation.sqs import DEAD_URL, URL, SimulatedSqs
from tests.simulation.stand_ins import stand_ins
from tests.simulation.table import Table
from tests.simulation.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a schedule came to."""

    seed: int
    violations: list[str]
    seconds: float
    """On the clock of the schedule."""
    switches: int
    deliveries: int
    faults: int


@dataclass(frozen=True, slots=True)
class _Context:
    """The context that Lambda gives with an event."""

    ends_at: float
    scheduler: Scheduler
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        return round((self.ends_at - self.scheduler.now) * 1000)


class World:
    """One schedule."""

    def __init__(
        self,
        seed: int,
        *,
        product: str = "lists",
        trace: Trace | None = None,
        is_conditional: bool = True,
    ) -> None:
        self.product = PRODUCTS[product]()
        self.seed = seed
        random = Random(seed)  # noqa: S311  a schedule must be found again
        self.chances = Chances.draw(random)
        self.scheduler = Scheduler(random)
        self.network = Network(self.scheduler, self.chances, trace)
        self.settings = Settings(
            chunk_queue_url=URL,
            chunk_rows=random.choice((1, 2, 3, 4)),
            default_rows=1,
            default_cols=2,
            by_creator_copies=random.random() < 0.8,
        )
        self.s3 = SimulatedS3(
            self.network, is_kms=self.chances.is_kms, page=random.choice((2, 1000))
        )
        self.s3.is_conditional = is_conditional
        self.covers = CoverServer(self.product, self.network, on_fetch=self._on_fetch)
        self.table = Table(random, self.covers.behaviours)
        self.machine = SimulatedMachine(self.scheduler)
        self.sqs = SimulatedSqs(self.network, self._invoke)
        queue = ChunkQueue(self.sqs, url=URL, sleep=self.machine.sleep)  # type: ignore[arg-type]
        self.services = Services(
            self.settings,
            S3Store(self.s3),  # type: ignore[arg-type]
            queue,
            self.machine,
        )
        self.bucket = Bucket(self.s3, self.settings, self.product)
        self.dag = DagRun(
            self.settings,
            self.s3,
            queue,
            self.network,
            self.table,
            publishes=random.random() < 0.1,
            verifies=product == "collages" or random.random() < 0.2,
            look=picture_problems if product == "collages" else None,
            on_plan=self._on_plan,
            on_spoiled=self._forget_paid,
        )
        self.paid: dict[str, float] = {}
        self.uploads = Uploads(
            self.settings.input_bucket,
            self.s3,
            self.sqs,
            self.network,
            self.table,
            invoke=self._invoke,
        )
        self.drops = random.random() < 0.3
        self.inline_rows = random.choice((2, 1000))
        self.person = Person(
            self.dag,
            self.uploads,
            self.sqs,
            self.table,
            self.network,
            drops=self.drops,
            housekeeping=self._keep_house,
            redrive=self._redrive,
        )
        self.unexpected: list[str] = []
        self.scheduler.sources += [self.sqs, self.uploads]
        begin = random.uniform(0, 5)
        end = begin + random.choice((5.0, 600.0, 5000.0))
        self.denied_in = (begin, end) if self.chances.denied else (0.0, 0.0)
        self.network.denied = lambda operation, bucket: (
            bucket == self.settings.output_bucket
            and operation == "PutObject"
            and self._is_denied(self.scheduler.now)
        )

    def _is_denied(self, moment: float) -> bool:
        begin, end = self.denied_in
        return begin < moment < end and not self.network.is_calm

    def run(self) -> Outcome:
        """Let everything happen, and judge it."""
        violations: list[str] = []
        with stand_ins(
            self.scheduler,
            self.covers,
            self.product,
            inline_rows=self.inline_rows,
            now=lambda: RunTimestamp.of(self.s3.moment(self.scheduler.now)),
            on_unexpected=self._on_unexpected,
        ):
            try:
                self.person.begin()
                self.scheduler.run(lambda: False)
                self.network.is_calm = True
                # Messages that are dead because of a fault succeed now, or are of no plan any more.
                self.sqs.redrive()
                self.scheduler.run(lambda: False)
                if self.drops:
                    self._end_of_drops()
                    self.scheduler.run(lambda: False)
                if self.dag.is_done:
                    # What was written by those that were late is found by one more closing.
                    self.person.close_again()
                    self.scheduler.run(lambda: False)
                violations = list(self._violations())
            finally:
                self.scheduler.kill_all()
        return Outcome(
            self.seed,
            violations,
            self.scheduler.now,
            self.scheduler.switches,
            self.sqs.deliveries,
            self.network.faults,
        )

    def _violations(self) -> Iterator[str]:
        yield from self.person.complaints
        yield from self.unexpected
        for error in self.sqs.errors:
            yield f"the function raised {error!r}"
        for error in self.uploads.errors:
            if not isinstance(error, CollageError):
                yield f"the function raised {error!r}"
        if not self.drops and not self.dag.is_done:
            yield f"the run is not done: {self.dag.step}: {self.dag.error}"
            return
        yield from self.bucket.violations()
        yield from self._set_aside_in_vain()
        yield from self._dead_letters()

    def _end_of_drops(self) -> None:
        """Two more days, and what a late worker has left of a closed run is deleted."""

        def command() -> None:
            for _ in range(2):
                self.scheduler.sleep(24 * 3600.0)
                self._keep_house()
            self.scheduler.sleep(24 * 3600.0)
            for manifest in self.bucket.manifests():
                if self.bucket.summary(manifest) is not None:
                    second, run_id = manifest.run_timestamp, manifest.run_id
                    run = RecordedRun.open(self.services.store, self.settings, second, run_id)
                    delete_extras(run, verify(run, look=None, sample=0).extras)

        self.scheduler.spawn(Process("command", began=self.scheduler.now), command)

    def _keep_house(self) -> None:
        """What the DAG of housekeeping does every day."""
        store, queue, now = (
            self.services.store,
            self.services.queue,
            self.s3.moment(self.scheduler.now),
        )

        def task() -> None:
            try:
                for finding in finish_ended_runs(store, self.settings, queue, now=now):
                    self.network.say(f"housekeeping: {finding}")
                for finding in submit_lost_uploads(store, self.settings, queue, now=now):
                    self.network.say(f"housekeeping: {finding}")
            except CollageError as error:
                self.network.say(f"housekeeping failed: {error}")

        self.scheduler.spawn(Process("housekeeping", began=self.scheduler.now), task)

    def _redrive(self, run_id: str | None) -> int:
        """What the DAG of redrives does, and how many messages it has sent or dropped."""
        process = Process("redrive", began=self.scheduler.now)
        redrive = Redrive(
            self.services.store,
            self.settings,
            DeadLetterQueue(self.sqs, url=DEAD_URL),  # type: ignore[arg-type]
            self.services.queue,
            run_id,
            dry_run=False,
            clock=self.machine.monotonic,
        )

        def task() -> None:
            try:
                redrive.run()
            except CollageError as error:
                self.network.say(f"redrive failed: {error}")

        self.scheduler.spawn(process, task)
        while process.tasks and not process.is_dead:
            self.scheduler.sleep(5.0)
        actions = redrive.report.actions
        self.network.say(f"redrives {run_id or 'all'}: {dict(actions)}")
        return actions[Action.SEND] + actions[Action.DROP]

    def _forget_paid(self) -> None:
        self.paid.clear()

    def _on_fetch(self, fetch: Fetch) -> None:
        since = self.paid.get(fetch.url)
        if since is not None and fetch.process.began > since:
            self.unexpected.append(f"W7: {fetch.url} of a finished chunk was fetched again")
        stopped_at = self.dag.stopped_at
        if stopped_at is not None and fetch.process.began > stopped_at + STOP_IS_SEEN:
            self.unexpected.append(f"{fetch.url} of a stopped run was fetched")
        if self._is_denied(fetch.process.began) and self._is_denied(fetch.at):
            self.unexpected.append(f"{fetch.url} was fetched by a worker that may not write")

    def _set_aside_in_vain(self) -> Iterator[str]:
        """Creators that are set aside although none of their covers kills a worker."""
        chances = self.chances
        if chances.killed or chances.frozen or chances.function_seconds < 300:
            return  # three workers may have died at a creator for that
        for key, metadata in self.bucket.metadata():
            died = any(row.reason == Reason.WORKER_DIED for row in metadata.not_placed)
            urls = [row.cover.url for row in metadata.not_placed]
            if died and all(self.covers.behaviours.get(url) != "kills" for url in urls):
                yield f"{key} is set aside, and none of {urls} kills a worker"

    def _dead_letters(self) -> Iterator[str]:
        for message in self.sqs.dead:
            yield f"W7: {message.message_id} is dead again: {message.body[:200]}"

    def _on_plan(self) -> Callable[[Manifest], None]:
        before, finished = self.bucket.manifest(), set()
        for chunk, rows in self._rows_of(before):
            key = keys.receipt(RUN_ID, chunk)
            if self.s3.peek(self.settings.temp_bucket, key):
                finished.add(rows)

        def planned(after: Manifest) -> None:
            urls = [
                line.split(",")[1]
                for _, rows in self._rows_of(after)
                if rows in finished
                for line in rows.decode().splitlines()
            ]
            now = self.scheduler.now
            self.paid = {url: self.paid.get(url, now) for url in urls}

        return planned

    def _rows_of(self, manifest: Manifest | None) -> Iterator[tuple[str, bytes]]:
        """The bytes of each chunk as they were when it was planned."""
        if manifest is None:
            return
        csv = self._csvs.get(manifest.source.etag)
        if csv is None:
            return
        for chunk in manifest.chunks:
            first, last = chunk.byte_range
            yield chunk.chunk_id, csv[first : last + 1]

    @property
    def _csvs(self) -> dict[str, bytes]:
        return self.s3.csvs

    def _invoke(self, event: dict[str, Any], process: Process) -> dict[str, Any]:
        context = _Context(process.ends_at, self.scheduler, process.name)
        return route(event, Invocation.begin(context, self.services))

    def _on_unexpected(self) -> None:
        """The function caught an error that nobody has thought of."""
        error = sys.exception()
        where = traceback.format_exception(error)[-3:] if error else ""
        self.unexpected.append(f"unexpected: {error!r} {where}")


def _chunk_of(body: str) -> ChunkMessage | None:
    try:
        message = parse_message(body)
    except MessageError:
        return None
    return message if isinstance(message, ChunkMessage) else None


def simulate(
    seed: int, *, product: str = "lists", trace: Trace | None = None, is_conditional: bool = True
) -> Outcome:
    """Run one schedule. `product` is one of PRODUCTS."""
    return World(seed, product=product, trace=trace, is_conditional=is_conditional).run()


@contextmanager
def in_silence() -> Iterator[None]:
    """Without logs, and without collecting garbage all the time: for thousands of schedules."""
    logging.disable(logging.CRITICAL)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)
