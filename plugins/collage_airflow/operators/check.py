"""The check task: finds everything that would make a run fail, before it does anything."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, override

from collage_airflow.dag_run.conf import declared_params
from collage_airflow.dag_run.dispatch_way import DispatchBy
from collage_airflow.dag_run.identity import RunIdentity, interval_left_out
from collage_airflow.dag_run.request import done_until, no_window_given, window_asked_for
from collage_airflow.dag_run.sources import choice_asked_for, csv_asked_for, parent_asked_for
from collage_airflow.dag_run.window import stand_in_window
from collage_airflow.operators.covers_operator import CoversOperator
from collage_airflow.preflight.aws import aws_connection_problems
from collage_airflow.preflight.buckets import bucket_problems, run_buckets
from collage_airflow.preflight.covers import covers_problems
from collage_airflow.preflight.database import database_problems
from collage_airflow.preflight.function import ask_function, function_problems, reach_problems
from collage_airflow.preflight.keeping import keeping_problems
from collage_airflow.preflight.kept_covers import kept_covers_problems
from collage_airflow.preflight.manual import (
    creator_problems,
    csv_problems,
    fill_problems,
    is_finished,
)
from collage_airflow.preflight.params import param_problems
from collage_airflow.preflight.problem import Problem
from collage_airflow.preflight.queue import queue_problems
from collage_airflow.preflight.refusal import refuse
from collage_airflow.preflight.run import run_problems
from collage_airflow.preflight.stopped import stop_problems
from collage_airflow.settings import read_settings
from collage_core.contract.answers import SelfCheck
from collage_core.contract.window import Window
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol

    from collage_airflow.dag_run.keeping import KeepSchedule
    from collage_core.layout.schedule import Schedule
    from collage_core.settings import Settings


class CheckOperator(CoversOperator):
    """Checks params, database, buckets, queue, function and second, and names all that is wrong.

    Is retried only if the sole problem is a server that did not answer. A wrong setting raises
    SettingError immediately, because the settings name the buckets and the queue to ask.
    """

    @override
    def execute(self, context: "Context") -> None:
        settings = read_settings()
        dag_run, params = context["dag_run"], context["params"]
        run = RunIdentity.of(dag_run, self.schedule)
        window = _window(context, self.schedule)
        if self.schedule is not None:
            self._warn(dag_run, params, window, self.schedule)
        # Any window will do to find out whether the database understands the SQL.
        asked = window or stand_in_window(self.schedule, dag_run.run_after)
        refuse(
            [
                *param_problems(dag_run, params, settings, self.schedule, declared_params(context)),
                *keeping_problems(settings, run),
                *stop_problems(run.run_id, dag_run.run_id),
                *self._source_problems(run, params, settings, window, asked),
                *self._aws_problems(settings, run, params),
            ],
            self.log,
        )
        self.log.info(
            "✓ Checked %s, %s buckets and 1 queue for run %s over %s",
            "1 database" if window else "1 CSV",
            len(run_buckets(settings, run)),
            run.run_id,
            window or params.get("csv_key") or parent_asked_for(params) or "csv_text",
        )

    def _warn(
        self,
        dag_run: "DagRunProtocol",
        params: Mapping[str, Any],
        window: Window | None,
        schedule: "Schedule | KeepSchedule",
    ) -> None:
        """Warn about what is allowed but rarely meant."""
        if (left_out := interval_left_out(dag_run, window, schedule)) is not None:
            self.log.warning(
                "Airflow will skip the scheduled run of %s: this DAG run has its logical date. "
                "Delete this DAG run and trigger one without a logical date",
                f"{left_out:{schedule.label}}",
            )
        if window is not None and no_window_given(dag_run, params):
            self.log.warning(
                "This DAG run names no window and has no data interval: it takes the last whole "
                "%s, %s. Airflow drops a data interval that comes without a logical date: give "
                "window_start and window_end for another window",
                schedule.interval,
                window,
            )

    def _source_problems(
        self,
        run: RunIdentity,
        params: Mapping[str, Any],
        settings: "Settings",
        window: Window | None,
        asked: Window,
    ) -> Iterator[Problem]:
        """What is wrong with the CSV of a run, the run that it fills, or the database of covers."""
        csv, choice = csv_asked_for(params), choice_asked_for(params)
        parent = parent_asked_for(params)
        asks = csv or choice or parent
        finished = asks is not None and is_finished(self.aws_conn_id, settings, run)
        if parent is not None:
            if not finished:
                yield from fill_problems(self.aws_conn_id, settings, parent, run)
        elif csv is None:
            problems = self._database_problems(asked)
            yield from problems
            if window is not None and choice is not None and not problems and not finished:
                yield from creator_problems(self.mysql_conn_id, self.sql, window, choice)
        elif not finished:
            yield from csv_problems(self.aws_conn_id, settings, csv, choice)

    def _database_problems(self, window: Window) -> list[Problem]:
        """The values of the columns are checked only if the database understands the SQL."""
        return [*database_problems(self.mysql_conn_id, self.sql, window)] or [
            *covers_problems(self.mysql_conn_id, self.sql, window, self.run_covers)
        ]

    def _aws_problems(
        self, settings: "Settings", run: RunIdentity, params: Mapping[str, Any]
    ) -> Iterator[Problem]:
        yield from aws_connection_problems(self.aws_conn_id)
        csv = csv_asked_for(params)
        buckets = [
            problem
            for bucket in run_buckets(settings, run, csv.key if csv else None)
            for problem in bucket_problems(self.aws_conn_id, *bucket)
        ]
        answer = ask_function(self.aws_conn_id, settings.function_name)
        timeout = answer.timeout_seconds if isinstance(answer, SelfCheck) else None
        queue = [
            *queue_problems(self.aws_conn_id, settings.chunk_queue_url, function_timeout=timeout)
        ]
        yield from buckets
        yield from run_problems(self.aws_conn_id, settings, run)
        # A connection that cannot be used is named already.
        if not buckets:
            yield from kept_covers_problems(self.aws_conn_id, settings)
        yield from queue
        if isinstance(answer, Problem):
            # Over the queue another function may do the work. Directly, this one has to.
            is_invoked = params.get("dispatch_by") == DispatchBy.LAMBDA
            yield dataclasses.replace(answer, blocks=answer.blocks or is_invoked)
            return
        yield from function_problems(answer, settings)
        # Otherwise the same bucket or queue would be named twice.
        if not buckets and not queue:
            yield from reach_problems(answer, settings)


def _window(context: "Context", schedule: "Schedule | KeepSchedule | None") -> Window | None:
    """The window of the run; None when its params are wrong."""
    dag_run, params = context["dag_run"], context["params"]
    try:
        return window_asked_for(dag_run, params, schedule, done_until(context, schedule))
    except SettingError:
        return None
