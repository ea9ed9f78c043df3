"""The extract task: the covers of a run into one canonical CSV in the input bucket.

They come from MySQL, or in a manual run also from a CSV that a person names or pastes, or from the
CSV of a run that is filled. The CSV of a run that only keeps covers is in the temp bucket: nobody
needs it when the run has ended.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, override

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk.exceptions import AirflowSkipException

from collage_airflow.dag_run.intake import take_in
from collage_airflow.dag_run.request import RunRequest
from collage_airflow.database.completeness import IncompleteError
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.query import streaming_cursor
from collage_airflow.operators.covers_operator import CoversOperator
from collage_airflow.operators.deferrable_operator import NO_TRIGGERER, DeferrableOperator, now
from collage_airflow.operators.empty_window import tell_of_empty_window
from collage_airflow.settings import read_settings
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import CONTENT_TYPE, DISPATCHED_BY_A_DAG
from collage_core.database.query import count_covers, covers_query
from collage_core.export.covers import export_covers
from collage_core.run.archive import finished_run
from collage_core.run.chunk_size import chunk_size
from collage_core.run.claims import claim_second
from collage_core.run.fill import Fill, choose_fill
from collage_core.run.fill_csv import export_fill
from collage_core.run.fill_sources import sources_of
from collage_core.run.in_words import window_in_words
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from collage_core.run.plan_again import planning_again
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from collage_airflow.dag_run.identity import RunIdentity
    from collage_core.aws.s3_store import S3Store
    from collage_core.run.run import Run

ASK_AGAIN_AFTER = timedelta(minutes=1)
"""How long the task is deferred before it asks the database again."""


class ExtractOperator(DeferrableOperator, CoversOperator):
    """Writes the run's CSV, then its manifest. The manifest says that the CSV is complete.

    If the database may not have all rows of the window yet, above all if it is a replica that lags,
    the task waits up to `patience`. It is deferred meanwhile and takes no worker slot. A finished
    run is left as it is, and the next steps find it done. A run without covers reads the database
    again each time it is repeated. Any other run keeps what was done for chunks whose rows are as
    they were.

    A run that only keeps covers claims no second and is never finished. It is skipped if there are
    no covers in its window.

    Raises RunConflictError when another run has the second of this run's keys, and
    EmptyWindowError when a scheduled run finds no covers and `fail_on_empty` is set.
    """

    _is_running = False

    def __init__(
        self,
        *,
        patience: timedelta = timedelta(hours=1),
        fail_on_empty: bool = False,
        **kwargs: Any,
    ) -> None:
        # The next steps take run_id from what this one returns.
        super().__init__(multiple_outputs=True, **kwargs)
        self.patience = patience
        self.fail_on_empty = fail_on_empty

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        return self._extract_or_wait(context, patience_ends=now() + self.patience)

    def execute_complete(
        self, context: "Context", event: object = None, *, patience_ends: str
    ) -> dict[str, Any]:
        """Ask again after a deferral; `patience_ends` is an ISO 8601 moment."""
        del event
        return self._extract_or_wait(context, patience_ends=datetime.fromisoformat(patience_ends))

    @override
    def execute_without_triggerer(self, context: "Context") -> dict[str, Any]:
        try:
            # The patience has ended before the deferral did.
            return self._extract_or_wait(context, patience_ends=now())
        except IncompleteError as error:
            raise IncompleteError(f"{error}. And {NO_TRIGGERER}") from error

    @override
    def on_kill(self) -> None:
        """End a task that gets SIGTERM, and abort its upload.

        Airflow's task runner calls this in its signal handler (`_on_term`), and lets the task
        continue after it. It also calls it when a time limit has ended the task already. While the
        server sorts, no Python code runs: Airflow then kills the process.
        """
        if self._is_running:
            raise SystemExit("the task got SIGTERM")

    def _extract_or_wait(self, context: "Context", *, patience_ends: datetime) -> dict[str, Any]:
        self._is_running = True
        try:
            return self._extract(context)
        except IncompleteError as error:
            if now() >= patience_ends:
                raise
            self.log.warning("%s: asking again in %s", error, ASK_AGAIN_AFTER)
            self.defer_to(
                TimeDeltaTrigger(ASK_AGAIN_AFTER),
                at_most=patience_ends - now(),
                patience_ends=patience_ends.isoformat(),
            )
        finally:
            self._is_running = False

    def _extract(self, context: "Context") -> dict[str, Any]:
        settings = read_settings()
        request = RunRequest.from_context(context, settings, self.schedule)
        names, store = request.identity, self.store
        run_id, timestamp = names.run_id, names.timestamp
        if not names.keep_only:
            # First, because all that follows is about the run of this second.
            claim_second(store, settings, timestamp, run_id=run_id)
        if (run := self._finished(names, settings)) is not None:
            return _result(run.manifest)
        fill = None
        if request.parent is not None:
            fill = choose_fill(store, settings, request.parent, run_id=run_id, timestamp=timestamp)
            request = request.like(fill.parent)
        spec = RunSpec(
            run_id,
            timestamp,
            Trigger.MANUAL if self.schedule is None else Trigger.SQS,
            request.config,
            request.output_prefix,
            fill.parent.window if fill else request.window,
            parent=fill.parent if fill else None,
            keep_only=names.keep_only,
        )
        settings = self._with_chunk_rows(context, settings, names)
        with planning_again(store, settings, run_id) as cuts:
            if fill is not None:
                csv = self._fill(request, settings, fill, cuts)
            else:
                write_csv = self._take_in if request.csv else self._export
                csv = write_csv(request, settings, cuts)
            run = plan_run(store, settings, spec, csv, keep=replace_manifest)
        self.log.info(
            "✓ Extracted %s covers of %s creators in %s to s3://%s/%s (%s chunks)",
            run.manifest.rows,
            run.manifest.creators,
            request.window or (request.csv and request.csv.key) or request.parent or "csv_text",
            csv.source.bucket,
            csv.source.key,
            len(run.manifest.chunks),
        )
        return _result(run.manifest)

    def _with_chunk_rows(
        self, context: "Context", settings: Settings, names: "RunIdentity"
    ) -> Settings:
        """The settings with the size of this run's chunks, which the log explains."""
        size = chunk_size(
            self.store,
            settings,
            context["dag_run"].dag_id,
            run_id=names.run_id,
            timestamp=names.timestamp,
            now=now(),
            keep_only=names.keep_only,
        )
        self.log.info("Chunks of %s rows: %s", size.rows, size.why)
        return replace(settings, chunk_rows=size.rows)

    def _fill(
        self, request: RunRequest, settings: Settings, fill: Fill, cuts: Iterable[str]
    ) -> RunCsv:
        """Write the rows of the creators that are filled to the run's CSV."""
        self.log.info(
            "Filling run %s: %s creators, of whom %s covers failed for a reason that may pass",
            fill.parent.run_id,
            len(fill.creators),
            fill.covers,
        )
        if fill.forgotten:
            self.log.warning(
                "%s creators are left out: they were forgotten since", len(fill.forgotten)
            )
        return export_fill(
            self.store,
            fill,
            sources_of(self.store, settings, fill),
            bucket=settings.input_bucket,
            key=request.identity.csv_key,
            chunk_rows=settings.planned_chunk_rows,
            cuts=cuts,
        )

    def _finished(self, names: "RunIdentity", settings: Settings) -> "Run[S3Store] | None":
        """The run if nothing of it may be made again. One that only keeps covers is never that."""
        if names.keep_only:
            return None
        run = finished_run(
            self.store, settings, names.run_id, timestamp=names.timestamp, csv_key=names.csv_key
        )
        if run is not None:
            self.log.info(
                "Run %s is finished, its CSV is archived: nothing was read. Trigger a new run "
                "over the same window to make its collages again",
                names.run_id,
            )
        return run

    def _take_in(self, request: RunRequest, settings: Settings, cuts: Iterable[str]) -> RunCsv:
        """Write the rows of a CSV from outside, put in order, to the run's CSV."""
        if request.csv is None:
            raise ValueError(f"run {request.identity.run_id} has no CSV to take in")
        intake = take_in(self.store, settings, request.csv, request.choice, cuts=cuts)
        bucket, key = settings.input_bucket, request.identity.csv_key
        etag = self.store.put(
            bucket,
            key,
            intake.csv.ordered,
            content_type=CONTENT_TYPE,
            metadata=DISPATCHED_BY_A_DAG,
        )
        return RunCsv(
            CsvSource(bucket, key, etag),
            intake.csv.spans,
            rejected=intake.csv.rejected,
            dates=intake.csv.dates,
            origin=intake.origin,
            selection=intake.csv.selection,
        )

    def _export(self, request: RunRequest, settings: Settings, cuts: Iterable[str]) -> RunCsv:
        """Write the rows of the window from the database to the run's CSV."""
        window = request.window
        if window is None:
            raise ValueError(f"run {request.identity.run_id} has no window")
        bucket = settings.temp_bucket if request.identity.keep_only else settings.input_bucket
        with covers_connection(self.mysql_conn_id, complete_until=window.end) as connection:
            # Count first: a connection answers nothing else while it sends the rows.
            expected = count_covers(connection, self.sql, window)
            if not expected and request.identity.keep_only:
                # Not more than one query in an hour without new covers. Airflow logs no reason.
                self.log.info("0 covers in %s: there is nothing to keep", window)
                raise AirflowSkipException("there is nothing to keep")
            if not expected:
                tell_of_empty_window(
                    connection,
                    self.sql,
                    self.run_covers,
                    request.identity,
                    window,
                    may_be_empty=not self.fail_on_empty,
                )
            csv = export_covers(
                streaming_cursor(connection),
                covers_query(self.sql, window, expected=expected, choice=request.choice),
                self.store.client,
                bucket=bucket,
                key=request.identity.csv_key,
                chunk_rows=settings.planned_chunk_rows,
                cuts=cuts,
            )
        return RunCsv(csv.source, csv.spans, selection=csv.selection)


def _result(manifest: Manifest) -> dict[str, Any]:
    """What the task returns for the next steps."""
    return {
        "run_id": manifest.run_id,
        "window": window_in_words(manifest.window) if manifest.window else None,
        "csv_key": manifest.source.key,
        "rows": manifest.rows,
        "creators": manifest.creators,
        "chunks": len(manifest.chunks),
    }
