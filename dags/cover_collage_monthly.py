r"""One collage per creator from all covers of a month.

MySQL → CSV on S3 → SQS → Lambda → collages, a summary whose books balance to the row, and
statistics. Runs at 00:00 UTC on the first of each month for the month before, or manually.

The CSV of a scheduled run is `monthly_batch_*.csv`, that of a manual run `cover_urls_*.csv`.

What to do when a task has failed is under "At 3 a.m." below. The tasks, and what is safe to run
again, are below too. The source of that part is `plugins/collage_airflow/runbook.md`.

A run is named by a second. For a scheduled or backfilled run that is the first second of its month.
For a manual run it is the second when it was triggered; 00:00:SS becomes 00:01:SS, because the
first minute of a day is reserved for schedules. The second is in every key, so `check` refuses a
second that another run has: trigger a new run.

### By hand

**Trigger** in the UI with the first day and the day after the last, both optional. Without them the
run takes the last whole month. On the command line:
`airflow dags trigger cover_collage_monthly --conf "$C"` with
`C='{"window_start": "2026-10-01", "window_end": "2026-11-01"}'`. An unknown key is refused.

Leave the logical date empty. With a logical date, the form takes the month before it. A date in the
future makes this and all later runs wait for it. The first of a month takes the place of that
month's scheduled run, which Airflow then skips, as `check` warns: delete such a DAG run and trigger
one without a date.

### Backfill

This command runs the months from January to June. Name each end by the first day of a month; a date
alone means 00:00 of that day. A backfill ignores the DAG's limit of one run at a time and has its
own limit, 10 by default. A month that has a run is skipped without `--reprocess-behavior failed` or
`completed`.

```
airflow backfill create --dag-id cover_collage_monthly --max-active-runs 1 \
    --from-date 2026-01-01 --to-date 2026-06-01
```
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, chain

from collage_airflow.assets import SUMMARIES
from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag, run_params, runbook
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.notifications import when_late
from collage_airflow.operators.archive import ArchiveOperator
from collage_airflow.operators.check import CheckOperator
from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.plan import PlanOperator
from collage_airflow.operators.publish import PublishOperator
from collage_airflow.operators.reconcile import ReconcileOperator
from collage_airflow.operators.wait import WaitOperator

# The table, its columns and which of its rows (docs/tables.md), for example table="media.videos",
# updated_at="create_time", updated_at_holds="unix_seconds", only="deleted_at IS NULL"
COVERS = CoversTable()
COVERS_SQL = "sql/covers_in_window.sql"
LATE_AFTER = timedelta(hours=14)  # 12 of them are `wait`'s
FAIL_ON_EMPTY = False  # True: a scheduled run that finds no covers fails

with DAG(
    dag_id="cover_collage_monthly",
    description="One collage per creator from the covers of a month",
    doc_md=runbook(__doc__),
    schedule=CronDataIntervalTimetable(MONTHLY.cron, timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    deadline=when_late(LATE_AFTER),
    tags=[Tag.COVER_COLLAGE, Tag.MONTHLY],
    params=run_params(MONTHLY),
    default_args=DEFAULT_ARGS,
):
    check = CheckOperator(task_id="check", sql=COVERS_SQL, covers=COVERS, schedule=MONTHLY)
    extract = ExtractOperator(
        task_id="extract",
        sql=COVERS_SQL,
        covers=COVERS,
        schedule=MONTHLY,
        fail_on_empty=FAIL_ON_EMPTY,
    )
    run_id = extract.output["run_id"]
    plan = PlanOperator(task_id="plan", run_id=run_id)
    dispatch = DispatchOperator(task_id="dispatch", run_id=run_id)
    wait = WaitOperator(task_id="wait", run_id=run_id, timeout=timedelta(hours=12))
    reconcile = ReconcileOperator(task_id="reconcile", run_id=run_id)
    archive = ArchiveOperator(task_id="archive", run_id=run_id)
    publish = PublishOperator(task_id="publish", schedule=MONTHLY, outlets=[SUMMARIES])

    chain(check, extract, plan, dispatch, wait, reconcile, archive, publish)
