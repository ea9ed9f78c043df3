"""The steps of a DAG run over the real code of the core, and Airflow's retries of them."""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.stop import Stop
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.errors import CollageError, PermanentError, TransientError, UnequalError
from collage_core.export.covers import CoversQuery, export_covers
from collage_core.layout import keys
from collage_core.run import progress
from collage_core.run.archive import archive, finished_run
from collage_core.run.claims import claim_second
from collage_core.run.close import close_run
from collage_core.run.delete_extras import delete_extras
from collage_core.run.dispatch import resume, send_again
from collage_core.run.heal import Scene, Sending, diagnose
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from collage_core.run.plan_again import planning_again
from collage_core.run.plan_packs import plan_packs
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.redo import note_again, note_unequal
from collage_core.run.run import Run
from collage_core.run.statistics import write_statistics
from collage_core.run.stop import keep_stopped, read_stop, stopped
from collage_core.run.stop_request import StopRequest, write_through
from collage_core.run.verify import VerifyReport, verify
from collage_core.run.verify_creator import Look
from collage_core.settings import Settings
from collage_core.storage.documents import read_document, to_document
from tests.simulation.network import Network
from tests.simulation.s3 import SimulatedS3
from tests.simulation.scheduler import Process
from tests.simulation.table import SimulatedCursor, Table

RUN_ID = "monthly-1"
TIMESTAMP = RunTimestamp.parse("20261001_000000")
CSV_KEY = "csv-files/2026/10/01/monthly_batch_20261001.csv"
WINDOW = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
CONFIG = ProcessingConfig(rows=1, cols=2, max_workers=2)
STEPS = ("extract", "plan", "dispatch", "wait", "reconcile", "verify", "archive", "publish")

type Step = Literal[
    "extract", "plan", "dispatch", "wait", "reconcile", "verify", "archive", "publish"
]

_RETRIES = 3
_RETRY_DELAY = 120.0
_POKE_SECONDS = 15.0
_LONGEST_WAIT = 12 * 3600.0

_STOPPED = "a person stops it"

_UNTIL_WAIT_BEGINS = (0.0, 5.0, 60.0)
"""Seconds that Airflow may take for it: workers are at their chunks before anybody waits."""

STOP_IS_SEEN = 15.0
"""Seconds until somebody has read the Variable that stops runs, and written it through."""


class DagRun:
    """One DAG run: its steps one after the other, in a process that may be killed."""

    def __init__(
        self,
        settings: Settings,
        s3: SimulatedS3,
        queue: ChunkQueue,
        network: Network,
        table: Table,
        *,
        publishes: bool,
        verifies: bool,
        look: Look | None,
        on_plan: Callable[[], Callable[[Manifest], None]],
        on_spoiled: Callable[[], None],
    ) -> None:
        """`on_plan` is called before a run is planned; what it returns gets the new manifest."""
        self.settings = settings
        self.s3 = s3
        self.store = S3Store(s3)  # type: ignore[arg-type]
        self.step: Step = "extract"
        self.error: CollageError | None = None
        """What the step said when it failed for the last time."""
        self.is_done = False
        self.publishes = publishes
        self.verifies = verifies
        self._look = look
        self._network = network
        self._queue = queue
        self._table = table
        self._on_plan = on_plan
        self._on_spoiled = on_spoiled
        self._process: Process | None = None
        self._tries = 0
        self._number = 0
        self._cleared_at = 0.0
        self.stopped_at: float | None = None
        """Since when the run is stopped, or all are; None if it is not."""

    @property
    def is_dead(self) -> bool:
        """Whether the process of the task was killed; Airflow tries the task again."""
        return self._process is not None and self._process.is_dead

    def clear(self, step: Step) -> None:
        """Begin at this step again, as a person who clears it and all after it."""
        self._network.say(f"clear {step}")
        self._tries = 0
        self._cleared_at = self._network.scheduler.now
        self.begin(step)

    def begin(self, step: Step, *, last: Step = "publish") -> None:
        """Go on from this step up to the last; a process that is at it is killed."""
        if self._process is not None:
            self._network.scheduler.kill(self._process)
        self.step, self.error, self.is_done = step, None, False
        self._number += 1
        process = self._process = Process(
            f"airflow.{self._number}", began=self._network.scheduler.now
        )
        self._network.scheduler.spawn(process, lambda: self._go_on(last))

    def _go_on(self, last: Step) -> None:
        for step in STEPS[STEPS.index(self.step) : STEPS.index(last) + 1]:
            self.step = step  # type: ignore[assignment]
            while True:
                try:
                    self._network.say(f"begin {step}")
                    getattr(self, step)()
                    self._tries = 0
                    break
                except CollageError as error:
                    self._network.say(f"{step} failed: {type(error).__name__}: {error}")
                    self._tries += 1
                    if isinstance(error, PermanentError) or self._tries > _RETRIES:
                        self.error = error
                        return
                    self._network.scheduler.sleep(_RETRY_DELAY)
        self.is_done = True

    def extract(self) -> None:
        """What `ExtractOperator` does."""
        store, settings = self.store, self.settings
        claim_second(store, settings, TIMESTAMP, run_id=RUN_ID)
        if finished_run(store, settings, RUN_ID, timestamp=TIMESTAMP, csv_key=CSV_KEY):
            return
        spec = RunSpec(RUN_ID, TIMESTAMP, Trigger.SQS, CONFIG, "", WINDOW)
        planned = self._on_plan()
        with planning_again(store, settings, RUN_ID) as cuts:
            csv = self._export(cuts)
            run = plan_run(store, settings, spec, csv, keep=replace_manifest)
        planned(run.manifest)

    def _export(self, cuts: Sequence[str]) -> RunCsv:
        settings, rows = self.settings, self._table.ordered()
        try:
            csv = export_covers(
                SimulatedCursor(rows),
                CoversQuery("", {}, expected=len(rows)),
                self.s3,  # type: ignore[arg-type]
                bucket=settings.input_bucket,
                key=CSV_KEY,
                chunk_rows=settings.planned_chunk_rows,
                cuts=cuts,
            )
        except self.s3.exceptions.ClientError as error:
            raise TransientError(f"{error}: try again") from error
        return RunCsv(csv.source, csv.spans)

    def plan(self) -> None:
        """What `PlanOperator` does."""
        plan_packs(self.open(), today=datetime.now(UTC).date())

    def dispatch(self) -> None:
        """What `DispatchOperator` does."""

        def require_may_go_on() -> None:
            request, _ = write_through(
                self.store, self.settings, self._variable, lambda _: _STOPPED, made_by=_STOPPED
            )
            if request.names or read_stop(self.store, self.settings, None) is not None:
                raise PermanentError(f"run {RUN_ID} is stopped: clear dispatch when it may go on")

        run = self.open()
        if self.s3.peek(self.settings.temp_bucket, keys.again(RUN_ID)):
            self._on_spoiled()  # chunks are to be done again
        resume(run, self._queue, require_may_go_on)

    def wait(self) -> None:
        """What `WaitOperator` and its trigger do."""
        scheduler = self._network.scheduler
        scheduler.sleep(scheduler.random.choice(_UNTIL_WAIT_BEGINS))
        run = self.open()
        deadline, pause = scheduler.now + _LONGEST_WAIT, _POKE_SECONDS
        sending = Sending(self.s3.moment(scheduler.now), self.settings.heal_rounds)
        while True:
            scene = self._scene(run, sending)
            missing = scene.look.missing(run.manifest)
            if not missing:
                return
            if self._variable().names:
                keep_stopped(self.store, self.settings, RUN_ID, _STOPPED)
            if (found := stopped(self.store, self.settings, RUN_ID)) is not None:
                raise PermanentError(f"run {RUN_ID} is stopped: {found.reason}")
            diagnosis = diagnose(scene)
            if diagnosis.again:
                again = send_again(run, self._queue, diagnosis.again)
                self._network.say(f"sends again: {again}")
                sending = sending.with_again(again, self.s3.moment(scheduler.now))
                pause = _POKE_SECONDS
            hopeless = diagnosis.failed | diagnosis.given_up
            if not diagnosis.again and hopeless.keys() >= {*missing}:
                raise PermanentError(
                    f"{len(missing)} chunks can get no receipt, because their messages failed for "
                    f"good: {'; '.join(hopeless.values())}. Do as that says. If it names no task "
                    "to clear, clear dispatch, which sends these chunks again"
                )
            if scheduler.now > deadline:
                raise PermanentError(
                    f"no receipt of {', '.join(missing)}: see that the queue calls the function. "
                    "Then clear dispatch, which sends these chunks again"
                )
            scheduler.sleep(pause)
            pause = min(2 * pause, 7200.0)

    def _scene(self, run: Run[S3Store], sending: Sending) -> Scene:
        """What is known of the run, from a listing, the documents of failures, and the queue."""
        bucket = self.settings.temp_bucket
        listed = self.store.list_objects(bucket, keys.run_folder(RUN_ID))
        modified = {item.key: item.modified for item in listed}
        now = self.s3.moment(self._network.scheduler.now)
        look = progress.Look.of(run.manifest, modified, now)
        failed = {
            chunk_id: message
            for chunk_id in look.failed
            if (
                message := read_document(
                    self.store, bucket, keys.failed_message(RUN_ID, chunk_id), FailedMessage
                )
            )
        }
        scene = Scene(
            run.manifest,
            look,
            failed,
            sending,
            self.settings.stale_seconds,
            self.s3.moment(self._cleared_at),
        )
        if not scene.asks_the_queue:
            return scene
        return dataclasses.replace(scene, queue=self._queue.state())

    def reconcile(self) -> None:
        """What `ReconcileOperator` does."""
        run = self.open()
        try:
            closed = close_run(run)
        except UnequalError as error:
            raise note_unequal(run, error) from error
        note_again(run, closed.too_many_failed.chunks if closed.too_many_failed else {})
        closed.require_tolerable(
            "If so many may fail, raise FAIL_ABOVE_PERCENT and clear reconcile. If not, remove the "
            "cause and clear dispatch: the chunks that are above it are done again"
        )

    def verify(self) -> None:
        """What `VerifyOperator` does; it reads much, so most schedules do without."""
        if not self.verifies:
            return
        report = self._verified()[1]
        if report.everything:
            said = "; ".join(f"{each.what}; fix: {each.fix}" for each in report.everything)
            raise PermanentError(said)

    def delete_extras(self) -> None:
        """What `cover-collage verify RUN --delete-extras` does."""

        def command() -> None:
            with suppress(CollageError):
                recorded, report = self._verified()
                delete_extras(recorded, report.extras)

        self._network.scheduler.spawn(
            Process("command", began=self._network.scheduler.now), command
        )

    def _verified(self) -> tuple[RecordedRun, VerifyReport]:
        recorded = RecordedRun.open(self.store, self.settings, TIMESTAMP, RUN_ID)
        return recorded, verify(recorded, look=self._look, sample=None)

    def archive(self) -> None:
        """What `ArchiveOperator` does."""
        if archive(self.open()) is None:
            raise PermanentError(
                f"{CSV_KEY} is gone, and no copy of it is in the archive: run extract again"
            )

    def publish(self) -> None:
        """What `PublishOperator` does; it reads and writes much, and seldom matters."""
        if not self.publishes:
            return
        write_statistics(self.store, self.settings, TIMESTAMP)

    def stop(self, run_id: str | None) -> None:
        """Stop the run, or all (None), by Airflow's Variable.

        Besides `wait`, a `dispatch` of another run reads it, or housekeeping; none of them fails.
        """
        scheduler = self._network.scheduler
        self._network.say(f"{run_id or 'everything'} is stopped")
        since = self.stopped_at = scheduler.now
        seen_after = scheduler.random.uniform(0, STOP_IS_SEEN)

        def look() -> None:
            scheduler.sleep(seen_after)
            if self.stopped_at != since:
                return
            key, moment = keys.stop(run_id), RunTimestamp.of(self.s3.moment(scheduler.now))
            document = to_document(Stop(run_id=run_id, since=moment, reason=_STOPPED))
            self.s3.store(self.settings.temp_bucket, key, document)
            self._network.say(f"{key} is written")

        scheduler.spawn(Process("airflow.look", began=since), look)

    def _variable(self) -> StopRequest:
        """What Airflow's Variable says now."""
        return StopRequest(() if self.stopped_at is None else (RUN_ID,))

    def go_on(self, run_id: str | None) -> None:
        """Let what is stopped go on, as a person does: what is missing is sent again."""
        self._network.say(f"{run_id or 'everything'} goes on")
        self.stopped_at = None
        if run_id is None:
            self.s3.remove(self.settings.temp_bucket, keys.stop(None))
        else:
            self.clear("dispatch")

    def tolerate_all(self) -> None:
        """Raise FAIL_ABOVE_PERCENT, as a person does."""
        self.settings = replace(self.settings, fail_above_percent=100)

    def spoil(self, *, removes: bool) -> None:
        """Remove a receipt of the run, or make it useless."""
        random, temp = self._network.scheduler.random, self.settings.temp_bucket
        listed = sorted(
            key for key in self.s3.buckets.get(temp, {}) if key.startswith(keys.receipts(RUN_ID))
        )
        if not listed:
            return
        key = random.choice(listed)
        self._network.say(f"{'removes' if removes else 'spoils'} {key}")
        if removes:
            self.s3.remove(temp, key)
            self.s3.remove(temp, key.replace("/receipts/", "/partial/"))
        else:
            body = self.s3.buckets[temp][random.choice(listed)].body
            spoiled = random.choice((b"{", b"", body[:-5], body.replace(b": 1", b": 2", 1), body))
            self.s3.store(temp, key, spoiled)
        self._on_spoiled()

    def open(self) -> Run[S3Store]:
        return Run.open(self.store, self.settings, RUN_ID)
