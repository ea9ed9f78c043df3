"""The extract task: the covers of a window from MySQL into one CSV in the input bucket."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, override

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk.exceptions import TaskDeferralTimeout, TaskDeferred

from collage_airflow.aws import s3_client
from collage_airflow.dag_run.request import RunRequest
from collage_airflow.database.completeness import IncompleteError
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.query import count_covers, covers_query, streaming_cursor
from collage_airflow.operators.covers_operator import CoversOperator
from collage_airflow.operators.deferral import NO_TRIGGERER, TRIGGERER_SLACK
from collage_airflow.operators.empty_window import tell_of_empty_window
from collage_airflow.settings import read_settings
from collage_core.aws.s3_store import S3Store
from collage_core.contract.manifest import Manifest
from collage_core.contract.trigger import Trigger
from collage_core.export.covers import ExportedCsv, export_covers
from collage_core.run.archive import finished_run
from collage_core.run.claims import claim_second
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context

ASK_AGAIN_AFTER = timedelta(minutes=1)
"""How long the task is deferred before it asks the database again."""


class ExtractOperator(CoversOperator):
    """Writes the run's CSV, then its manifest, which is what says that the CSV is complete.

    A database that may not hold all rows of the window yet, a replica that lags above all, is
    waited for up to `patience`; the task is deferred meanwhile and takes no worker slot. A run that
    is finished is left as it is, and the steps after it find all of it done. One without covers
    is read again, however often it is repeated.

    Raises SettingError when another run has the second that this run's keys would hold, and
    EmptyMonthError when a run of the schedule finds no covers and `fail_on_empty_month` is set.
    """

    _is_running = False

    def __init__(
        self,
        *,
        patience: timedelta = timedelta(hours=1),
        fail_on_empty_month: bool = False,
        **kwargs: Any,
    ) -> None:
        # The steps after this one take run_id out of what it returns.
        super().__init__(multiple_outputs=True, **kwargs)
        self.patience = patience
        self.fail_on_empty_month = fail_on_empty_month

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        return self._extract_or_wait(context, patience_ends=_now() + self.patience)

    def ask_again(
        self, context: "Context", event: object = None, *, patience_ends: str
    ) -> dict[str, Any]:
        """Go on after a deferral; `patience_ends` is an ISO 8601 moment."""
        del event
        return self._extract_or_wait(context, patience_ends=datetime.fromisoformat(patience_ends))

    @override
    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: "Context"
    ) -> dict[str, Any]:
        """Called by Airflow after a deferral; `next_method` says how that ended."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            self.log.warning("%s", NO_TRIGGERER)
        try:
            # All patience has ended before the deferral did.
            return self._extract_or_wait(context, patience_ends=_now())
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
            if _now() >= patience_ends:
                raise
            self.log.warning("%s: asking again in %s", error, ASK_AGAIN_AFTER)
            raise TaskDeferred(
                trigger=TimeDeltaTrigger(ASK_AGAIN_AFTER),
                method_name=self.ask_again.__name__,
                kwargs={"patience_ends": patience_ends.isoformat()},
                timeout=patience_ends - _now() + TRIGGERER_SLACK,
            ) from None
        finally:
            self._is_running = False

    def _extract(self, context: "Context") -> dict[str, Any]:
        settings = read_settings()
        request = RunRequest.from_context(context, settings, self.schedule)
        names, store = request.identity, S3Store(s3_client(self.aws_conn_id))
        run_id, timestamp = names.run_id, names.timestamp
        # First, as all that is asked after it is about a run of this second.
        claim_second(store, settings, timestamp, run_id=run_id)
        run = finished_run(store, settings, run_id, timestamp=timestamp, csv_key=names.csv_key)
        if run is not None:
            self.log.info(
                "Run %s is finished, its CSV is archived: nothing was read. Trigger a new run "
                "over the same window to make its collages anew",
                run_id,
            )
            return _told(run.manifest)
        csv = self._export(request, settings, store)
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

    def _export(self, request: RunRequest, settings: Settings, store: S3Store) -> ExportedCsv:
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
                    may_be_empty=not self.fail_on_empty_month,
                )
            return export_covers(
                streaming_cursor(connection),
                covers_query(self.sql, request.window, expected=expected),
                store.client,
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


def _now() -> datetime:
    return datetime.now(UTC)
