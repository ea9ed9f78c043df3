"""The extract task: the covers of a window from MySQL into one CSV in the input bucket."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, override

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

from collage_airflow.dag_run.request import RunRequest
from collage_airflow.database.completeness import IncompleteError
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.query import streaming_cursor
from collage_airflow.operators.covers_operator import CoversOperator
from collage_airflow.operators.deferrable_operator import NO_TRIGGERER, DeferrableOperator, now
from collage_airflow.operators.empty_window import tell_of_empty_window
from collage_airflow.settings import read_settings
from collage_core.contract.manifest import Manifest
from collage_core.contract.trigger import Trigger
from collage_core.database.query import count_covers, covers_query
from collage_core.export.covers import ExportedCsv, export_covers
from collage_core.run.archive import finished_run
from collage_core.run.claims import claim_second
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context

ASK_AGAIN_AFTER = timedelta(minutes=1)
"""How long the task is deferred before it asks the database again."""


class ExtractOperator(DeferrableOperator, CoversOperator):
    """Writes the run's CSV, then its manifest, which is what says that the CSV is complete.

    A database that may not hold all rows of the window yet, a replica that lags above all, is
    waited for up to `patience`; the task is deferred meanwhile and takes no worker slot. A run that
    is finished is left as it is, and the steps after it find all of it done. One without covers
    is read again, however often it is repeated.

    Raises RunConflictError when another run has the second that this run's keys would hold, and
    EmptyWindowError when a run of the schedule finds no covers and `fail_on_empty` is set.
    """

    _is_running = False

    def __init__(
        self,
        *,
        patience: timedelta = timedelta(hours=1),
        fail_on_empty: bool = False,
        **kwargs: Any,
    ) -> None:
        # The steps after this one take run_id out of what it returns.
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
            # All patience has ended before the deferral did.
            return self._extract_or_wait(context, patience_ends=now())
        except IncompleteError as error:
            raise IncompleteError(f"{error}. And {NO_TRIGGERER}") from error

    @override
    def on_kill(self) -> None:
        """End a task that gets SIGTERM, with its upload aborted.

        Airflow's task runner calls this in its handler of the signal (`_on_term`) and lets the
        task go on after it. It also calls it when a time limit has ended the task already.
        While the server sorts, nothing of Python runs: Airflow then kills the process.
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
        # First, as all that is asked after it is about a run of this second.
        claim_second(store, settings, timestamp, run_id=run_id)
        run = finished_run(store, settings, run_id, timestamp=timestamp, csv_key=names.csv_key)
        if run is not None:
            self.log.info(
                "Run %s is finished, its CSV is archived: nothing was read. Trigger a new run "
                "over the same window to make its collages again",
                run_id,
            )
            return _told(run.manifest)
        csv = self._export(request, settings)
        spec = RunSpec(run_id, timestamp, Trigger.SQS, request.config, request.output_prefix)
        run = plan_run(store, settings, spec, RunCsv(csv.source, csv.spans), keep=replace_manifest)
        self.log.info(
            "✓ Extracted %s covers of %s creators in %s to s3://%s/%s (%s chunks)",
            run.manifest.rows,
            run.manifest.creators,
            request.window,
            csv.source.bucket,
            csv.source.key,
            len(run.manifest.chunks),
        )
        return _told(run.manifest)

    def _export(self, request: RunRequest, settings: Settings) -> ExportedCsv:
        """The rows of the window, from the database to the run's CSV."""
        with covers_connection(self.mysql_conn_id, complete_until=request.window.end) as connection:
            # Counted first: a connection answers nothing else while it sends the rows.
            expected = count_covers(connection, self.sql, request.window)
            if not expected:
                tell_of_empty_window(
                    connection,
                    self.sql,
                    self.run_covers,
                    request,
                    may_be_empty=not self.fail_on_empty,
                )
            return export_covers(
                streaming_cursor(connection),
                covers_query(self.sql, request.window, expected=expected),
                self.store.client,
                bucket=settings.input_bucket,
                key=request.identity.csv_key,
                chunk_rows=settings.chunk_rows,
            )


def _told(manifest: Manifest) -> dict[str, Any]:
    """What the steps after this one are told."""
    return {
        "run_id": manifest.run_id,
        "csv_key": manifest.source.key,
        "rows": manifest.rows,
        "creators": manifest.creators,
        "chunks": len(manifest.chunks),
    }
