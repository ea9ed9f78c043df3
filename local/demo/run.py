"""Triggers the manual DAG for the sample month, follows the run, and checks its books.

As a person would: the run takes no schedule's place, so the month can be backfilled afterwards.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from collage_core.layout import keys
from local.airflow_api import AirflowApi
from local.demo.progress import Progress, show
from local.demo.report import print_report
from local.demo.results import count_rows, fetch_results
from local.errors import TwinError
from local.ministack import Aws
from local.mysql import MySql
from local.sample.rows import MAIN_MONTH
from local.settings import TEMP_BUCKET

DAG = "cover_collage_manual"

_POLL_SECONDS = 1.0
_LIMIT_SECONDS = 900
_LOG_LINES = 15


def run_month(console: Console, *, api: AirflowApi, aws: Aws, mysql: MySql, into: Path) -> int:
    """Run the sample month, show its results, and copy them to `into`.

    Returns 0 only when the run succeeded and its books account for every row that the
    database has for the month.
    """
    start, end = (moment.date().isoformat() for moment in MAIN_MONTH)
    api.wait_for_dag(DAG)
    run = DemoRun(api, aws, api.trigger(DAG, {"window_start": start, "window_end": end}))
    console.print(f"Triggered {DAG} for the covers of {start} to {end}")
    try:
        show(console, run.progress())
        run.require_success()
    finally:
        api.pause(DAG)  # as it was in a new twin
    results = fetch_results(aws, run.summary_key(), into=into)
    return print_report(console, results, rows_in_database=count_rows(mysql))


@dataclass(frozen=True, slots=True)
class DemoRun:
    """One run of the DAG, watched through Airflow's API and S3."""

    api: AirflowApi
    aws: Aws
    run_id: str
    """Airflow's id of the run."""

    def progress(self) -> Iterator[Progress]:
        """The state of the run, about once a second until it has ended."""
        start = time.monotonic()
        while True:
            state = self.api.run(DAG, self.run_id)["state"]
            tasks = {task["task_id"]: task["state"] for task in self.api.tasks(DAG, self.run_id)}
            receipts, chunks = self._receipts() if tasks.get("extract") == "success" else (0, 0)
            seconds = time.monotonic() - start
            yield Progress(tasks, receipts=receipts, chunks=chunks, seconds=seconds)
            if state in {"success", "failed"}:
                return
            if seconds > _LIMIT_SECONDS:
                raise TwinError(f"the run {self.run_id} did not end in {_LIMIT_SECONDS} s")
            time.sleep(_POLL_SECONDS)

    def require_success(self) -> None:
        """Raises TwinError with the end of the failed tasks' logs when the run failed."""
        if self.api.run(DAG, self.run_id)["state"] == "success":
            return
        message = [f"the run {self.run_id} of {DAG} failed"]
        for task in self.api.tasks(DAG, self.run_id):
            if task["state"] == "failed":
                log = self.api.log(DAG, self.run_id, task["task_id"], attempt=task["try_number"])
                message += [f"The end of the log of {task['task_id']}:"]
                message += log.splitlines()[-_LOG_LINES:]
        raise TwinError("\n".join(message))

    def summary_key(self) -> str:
        """Key of the run's summary in the output bucket."""
        return str(self.api.xcom(DAG, self.run_id, "reconcile")["summary_key"])

    def _receipts(self) -> tuple[int, int]:
        """The number of finished chunks, and of all chunks."""
        extracted = self.api.xcom(DAG, self.run_id, "extract")
        found = self.aws.s3().list_objects_v2(
            Bucket=TEMP_BUCKET, Prefix=keys.receipts(extracted["run_id"])
        )
        return found["KeyCount"], extracted["chunks"]
