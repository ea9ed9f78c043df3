"""The check task: every reason why a run could not succeed, before it has done anything."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, override

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from collage_airflow.dag_run.conf import check_conf, declared_params
from collage_airflow.dag_run.identity import RunIdentity, interval_left_out
from collage_airflow.dag_run.request import config_asked_for, no_window_given, window_asked_for
from collage_airflow.dag_run.window import Window, last_interval
from collage_airflow.operators.covers_operator import CoversOperator
from collage_airflow.preflight.bucket_access import Use
from collage_airflow.preflight.covers import covers_problems
from collage_airflow.preflight.problem import Problem, aws_connection_problems
from collage_airflow.preflight.services import (
    bucket_problems,
    database_problems,
    queue_problems,
    run_problems,
)
from collage_airflow.settings import read_settings
from collage_core.contract.identifiers import output_prefix
from collage_core.errors import CollageError, SettingError
from collage_core.layout import keys

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol

    from collage_core.layout.schedule import Schedule
    from collage_core.settings import Settings


class CheckOperator(CoversOperator):
    """Checks params, database, buckets, queue and the run's second, and names all that is wrong.

    Tries again only when nothing is wrong but that somebody did not answer. Raises SettingError
    for a wrong setting before anything is asked: settings say which buckets and which queue.
    """

    @override
    def execute(self, context: "Context") -> None:
        settings = read_settings()
        dag_run, params = context["dag_run"], context["params"]
        schedule = self.schedule
        run, window = RunIdentity.of(dag_run, schedule), _window(dag_run, params, schedule)
        if (left_out := interval_left_out(dag_run, window, schedule)) is not None:
            self.log.warning(
                "Airflow will skip the scheduled run of %s: this DAG run has its logical date. "
                "Delete this DAG run and trigger one without a logical date",
                f"{left_out:{schedule.label}}",
            )
        if window is not None and no_window_given(dag_run, params):
            self.log.warning(
                "This DAG run names no window and has no data interval: it is about the last "
                "whole %s, %s. Airflow drops a data interval that comes without a logical "
                "date: give window_start and window_end for another one",
                schedule.interval,
                window,
            )
        buckets = _buckets(run, settings)
        # For any window the database says whether it understands the SQL.
        asked = window or last_interval(schedule, dag_run.run_after)
        problems = [
            *_param_problems(dag_run, params, settings, schedule, declared_params(context)),
            *(
                [*database_problems(self.mysql_conn_id, self.sql, asked)]
                or covers_problems(self.mysql_conn_id, self.sql, asked, self.run_covers)
            ),
            *aws_connection_problems(self.aws_conn_id),
            *(
                problem
                for bucket in buckets
                for problem in bucket_problems(self.aws_conn_id, *bucket)
            ),
            *run_problems(self.aws_conn_id, settings, run),
            *queue_problems(self.aws_conn_id, settings.chunk_queue_url),
        ]
        for problem in problems:
            self.log.error("✗ %s", problem.line)
        if problems:
            may_pass = all(problem.may_pass for problem in problems)
            raise (AirflowException if may_pass else AirflowFailException)(
                "nothing was written or sent: " + "; ".join(problem.line for problem in problems)
            )
        self.log.info(
            "✓ Checked 1 database, %s buckets and 1 queue for run %s over %s",
            len(buckets),
            run.run_id,
            window,
        )


def _window(
    dag_run: "DagRunProtocol", params: Mapping[str, Any], schedule: "Schedule"
) -> Window | None:
    """What the run is about; None when its params do not say it."""
    try:
        return window_asked_for(dag_run, params, schedule)
    except SettingError:
        return None


def _param_problems(
    dag_run: "DagRunProtocol",
    params: Mapping[str, Any],
    settings: "Settings",
    schedule: "Schedule",
    declared: set[str],
) -> Iterator[Problem]:
    """What is wrong with names, window, configuration and folder: a problem for each."""
    for ask in (
        partial(check_conf, dag_run, params, declared),
        partial(window_asked_for, dag_run, params, schedule),
        partial(config_asked_for, params, settings),
        partial(output_prefix, params),
    ):
        try:
            ask()
        except CollageError as error:
            yield Problem(str(error), may_pass=False)


def _buckets(run: RunIdentity, settings: "Settings") -> list[tuple[str, str, list[Use]]]:
    """Setting and name of each bucket, and a key of every prefix that the run's tasks use there."""
    csvs = [Use(run.csv_key, deletes=True), Use(keys.archived_csv(run.csv_key, run.timestamp))]
    # Claims of earlier versions are looked for in the temp bucket. The run's own lies in the output
    # bucket, in the folder of the log.
    kept = [Use(keys.manifest(run.run_id), deletes=True), Use(keys.claimed_second(run.timestamp))]
    reports = [keys.processing_summary, keys.daily_stats, keys.processing_log]
    return [
        ("INPUT_BUCKET", settings.input_bucket, csvs),
        ("TEMP_BUCKET", settings.temp_bucket, kept),
        (
            "OUTPUT_BUCKET",
            settings.output_bucket,
            [Use(key_of(run.timestamp)) for key_of in reports],
        ),
    ]
