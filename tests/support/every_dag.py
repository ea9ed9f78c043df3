"""All DAGs at work at once, as on a busy morning, with a deadline and statistics after each run.

What takes minutes on a real scheduler is done once for all tests, which look at what it left.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.dag_run.window import last_interval
from collage_core.aws.s3_store import S3Store
from collage_core.contract.window import Window
from collage_core.layout import keys
from collage_core.run.summaries import write_summary
from collage_core.settings import Settings
from local.airflow_api import AirflowApi
from local.sample.mark import Mark
from local.sample.rows import sample_rows
from local.sample.urls import cover_path, signed
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.airflow_command import airflow
from tests.support.backfills import backfill, runs_between
from tests.support.deadlines import deadlines, let_all_pass, notified
from tests.support.mail_server import mail_server
from tests.support.manual_orders import SEPTEMBER, orders
from tests.support.monthly_run import DAG as MONTHLY_DAG
from tests.support.monthly_run import Run
from tests.support.runs import summary
from tests.support.waiting import eventually

DAILY_DAG: Final = "cover_collage_daily"
MANUAL_DAG: Final = "cover_collage_manual"
STATISTICS: Final = "cover_collage_statistics"
HOUSEKEEPING: Final = "cover_collage_housekeeping"

UPLOAD: Final = summary("upload", "20260214_083000")
"""A run that began outside of Airflow, and died before its statistics."""
REFUSED: Final = {"unknown creator", "nothing"}
"""Manual runs that `check` refuses."""

_SECONDS = 900
"""How long all of it may take on a busy machine."""
_DAYS = ("2026-10-01", "2026-10-03")


@dataclass(frozen=True, slots=True)
class EveryDag:
    """What is left of that morning. All runs have ended; the statistics are paused again."""

    scheduled: Mapping[str, Run]
    """The run of the latest interval of each DAG with a schedule."""
    months: list[Run]
    """August to October, backfilled at once, where they had no run yet."""
    days: list[Run]
    """1 to 3 October, backfilled at once and backwards, and then once more with reprocessing."""
    collages_before: Mapping[str, str]
    """The ETags of the days' collages, by key, before the second time."""
    manual: Mapping[str, Run]
    """By what they were asked for. The chunks of "september" were lost after it had ended."""
    by_command: Run
    """The one over September that `airflow dags trigger` has started."""
    deadlines: Mapping[str, timedelta]
    """The time that runs of the monthly DAG had, by `dag_run_id`, once all of them were made."""
    late: bytes
    """The mail about a deadline that has passed."""

    @property
    def published(self) -> list[Run]:
        """The runs that have counted covers."""
        manual = [self.manual[name] for name in self.manual.keys() - REFUSED - {"dry run"}]
        scheduled = [self.scheduled[dag] for dag in (DAILY_DAG, MONTHLY_DAG)]
        runs = [*self.months, *self.days, *manual, *scheduled, self.by_command]
        by_id = {(run.dag_id, run.dag_run_id): run for run in runs}
        return [run for run in by_id.values() if run.summary["rows"]["total"]]


def every_dag_at_work(twin: Twin, api: AirflowApi) -> EveryDag:
    """Switch on all DAGs, start everything, and wait for all of it."""
    write_summary(S3Store(twin.aws.s3()), Settings(), UPLOAD)
    with covers_of_late(twin), mail_server() as mail, notified(twin, api, mail):
        scheduled = {
            dag: _switched_on(twin, api, dag)
            for dag in (STATISTICS, HOUSEKEEPING, DAILY_DAG, MONTHLY_DAG)
        }
        months = backfill(api, MONTHLY_DAG, "2026-08-01", "2026-10-01", at_once=3)
        with_deadline = deadlines(twin)
        let_all_pass(twin)
        manual = _ordered(twin, api)
        days = _days_by_command(twin, api)
        by_command = _triggered_by_command(twin, api)
        ended, succeeded = partial(_ended, twin, api), partial(_succeeded, twin, api)
        for dag, run in scheduled.items():
            succeeded(dag, run.dag_run_id)
        months_ended = [succeeded(MONTHLY_DAG, run) for run in months]
        days_ended = [succeeded(DAILY_DAG, run) for run in days]
        manual_ended = {
            name: (ended if name in REFUSED else succeeded)(MANUAL_DAG, run)
            for name, run in manual.items()
        }
        command_ended = succeeded(MANUAL_DAG, by_command)
        collages_before = days_ended[0].listed(OUTPUT_BUCKET, "collages/2026/10/0")
        _lose_chunks(manual_ended["september"])
        for run_id in backfill(api, DAILY_DAG, *_DAYS, reprocess="completed", at_once=3):
            succeeded(DAILY_DAG, run_id)
        late = eventually(lambda: mail.received[:], seconds=_SECONDS)[0]
        done = EveryDag(
            scheduled,
            months_ended,
            days_ended,
            collages_before,
            manual_ended,
            command_ended,
            with_deadline,
            late,
        )
        eventually(partial(_are_counted, api, done), seconds=_SECONDS, pause=1)
        ended(MANUAL_DAG, manual["september"])
        api._request("PATCH", f"dags/{STATISTICS}", json={"is_paused": True})
    return done


@contextmanager
def covers_of_late(twin: Twin) -> Iterator[None]:
    """Yesterday and the last month have covers, too, whatever the date is."""
    now = datetime.now(UTC)
    today = datetime.combine(now, time(), tzinfo=UTC)
    windows = (Window(today - timedelta(days=1), today), last_interval(MONTHLY, now))
    moments = [row.updated_at for row in sample_rows(twin.covers.url)]
    with closing(twin.mysql.connect()) as connection, connection.cursor() as cursor:
        for window in windows:
            if not any(window.start <= moment < window.end for moment in moments):
                rows = [
                    (twin.covers.url + signed(cover_path(Mark(1, number))), window.start)
                    for number in (1, 2)
                ]
                cursor.executemany(
                    "INSERT INTO covers (creator_name, cover_url, updated_at) "
                    "VALUES ('of.late', %s, %s)",
                    [(url, moment.replace(tzinfo=None)) for url, moment in rows],
                )
        connection.commit()
        yield
        cursor.execute("DELETE FROM covers WHERE creator_name = 'of.late'")
        connection.commit()


def consumed_events(api: AirflowApi) -> list[dict[str, Any]]:
    """The asset events of all runs of the statistics that they have started."""
    return [
        event
        for run in api._request("GET", f"dags/{STATISTICS}/dagRuns?limit=100")["dag_runs"]
        for event in api._request(
            "GET", f"dags/{STATISTICS}/dagRuns/{run['dag_run_id']}/upstreamAssetEvents"
        )["asset_events"]
    ]


def _switched_on(twin: Twin, api: AirflowApi, dag: str) -> Run:
    """The run of the latest interval, which Airflow begins at once."""
    api._request("PATCH", f"dags/{dag}", json={"is_paused": False})
    path = f"dags/{dag}/dagRuns?run_type=scheduled"
    (run,) = eventually(lambda: api._request("GET", path)["dag_runs"], seconds=_SECONDS)
    return Run(twin, api, run["dag_run_id"], dag)


def _ordered(twin: Twin, api: AirflowApi) -> dict[str, str]:
    """The manual runs, every second one with a logical date, as the form fills it in."""
    api._request("PATCH", f"dags/{MANUAL_DAG}", json={"is_paused": False})
    now, made = datetime.now(UTC).replace(microsecond=0), {}
    for number, (name, conf) in enumerate(orders(twin).items()):
        # Seconds of yesterday, when no other test had a run.
        due = (now - timedelta(days=1, seconds=-number)).isoformat()
        body = {"run_after": due, "conf": conf, "logical_date": due if number % 2 else None}
        made[name] = api._request("POST", f"dags/{MANUAL_DAG}/dagRuns", json=body)["dag_run_id"]
    return made


def _days_by_command(twin: Twin, api: AirflowApi) -> list[str]:
    first, last = _DAYS
    order = ["--dag-id", DAILY_DAG, "--from-date", first, "--to-date", last]
    airflow(twin, "backfill", "create", *order, "--max-active-runs", "3", "--run-backwards")
    return runs_between(api, DAILY_DAG, first, last)


def _triggered_by_command(twin: Twin, api: AirflowApi) -> str:
    airflow(twin, "dags", "trigger", MANUAL_DAG, "--conf", json.dumps(SEPTEMBER))
    found = api._request("GET", f"dags/{MANUAL_DAG}/dagRuns?order_by=-run_after")["dag_runs"]
    return str(next(run["dag_run_id"] for run in found if run["triggered_by"] == "cli"))


def _ended(twin: Twin, api: AirflowApi, dag: str, run_id: str) -> Run:
    api.wait_for_run(dag, run_id, seconds=_SECONDS)
    return Run(twin, api, run_id, dag)


def _succeeded(twin: Twin, api: AirflowApi, dag: str, run_id: str) -> Run:
    run = _ended(twin, api, dag, run_id)
    assert api.run(dag, run_id)["state"] == "success", run.logs()
    return run


def _lose_chunks(run: Run) -> None:
    """Send the chunks of an ended run again: its receipts and its archived CSV are gone."""
    assert run.summary["rows"]["total"]
    s3 = run.twin.aws.s3()
    receipts = run.listed(TEMP_BUCKET, keys.receipts(run.xcom("extract")["run_id"]))
    for key in receipts:
        s3.delete_object(Bucket=TEMP_BUCKET, Key=key)
    s3.delete_object(Bucket=INPUT_BUCKET, Key=run.xcom("archive"))
    tasks = {"task_ids": ["dispatch"], "include_downstream": True, "only_failed": False}
    order = {"dag_run_id": run.dag_run_id, "dry_run": False, **tasks}
    run.api._request("POST", f"dags/{run.dag_id}/clearTaskInstances", json=order)


def _are_counted(api: AirflowApi, done: EveryDag) -> bool:
    """Whether the statistics know of all runs that were published, and have nothing to do."""
    runs = api._request("GET", f"dags/{STATISTICS}/dagRuns?limit=100")["dag_runs"]
    told = {(event["source_dag_id"], event["source_run_id"]) for event in consumed_events(api)}
    expected = {(run.dag_id, run.dag_run_id) for run in done.published}
    return told >= expected and {run["state"] for run in runs} <= {"success", "failed"}
