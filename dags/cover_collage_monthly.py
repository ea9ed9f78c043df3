r"""One collage per creator from all covers of a month.

MySQL → CSV on S3 → SQS → Lambda → collages, a summary whose books balance to the row, and
statistics. Runs at 00:00 UTC on the first of each month for the month before, or by hand.

### What the tasks do

1. `check` asks for everything a run needs and names all that is wrong or missing at once; only a
   wrong setting ends it before it has asked. It writes nothing.
2. `extract` streams the window's covers from MySQL to `csv-files/YYYY/MM/DD/` of the input bucket:
   `monthly_batch_*.csv` on schedule, `cover_urls_*.csv` by hand. Then it writes
   `processing/{run_id}/manifest.json` in the temp bucket, which says that the CSV is complete.
3. `plan` logs rows, creators, chunks, and the estimated cost and duration.
4. `dispatch` sends one message per chunk that has no receipt.
5. `wait` is deferred until every chunk has its receipt in `processing/{run_id}/receipts/`, for 12
   hours in all: a retry has what is left of them, a cleared task all of them. The workers meanwhile
   write `collages/`, `thumbnails/` and `metadata/` in the output bucket.
6. `reconcile` adds the receipts up, fails unless every row is accounted for, and writes the
   summary and `batch_results_*.csv` to `results/processing-summaries/YYYY/MM/`.
7. `archive` moves the CSV to `archived/YYYY/processed_files/` and verifies the copy first.
8. `publish` renews `results/statistics/` and `metadata/YYYY/MM/DD/processing_log_*.json`.

A scheduled or backfilled run is named by the first second of its month, a run by hand by the second
it was triggered in; 00:00:SS becomes 00:01:SS, as schedules keep the first minute of a day. That is
in every key, so `check` refuses a second that another run has: trigger a new run.

### By hand

**Trigger** in the UI with the first day and the day after the last, both optional. Without them it
is the last whole month. On a command line `airflow dags trigger cover_collage_monthly --conf "$C"`
with `C='{"window_start": "2026-10-01", "window_end": "2026-11-01"}'`. An unknown key is refused.

Leave the logical date empty. With one, the form takes the month before it; one in the future makes
this and all later runs wait for it. The first of a month is the place of that month's own run,
which Airflow then skips, as `check` warns: delete such a DAG run and trigger one without a date.
Airflow drops a data interval that comes without a logical date: give a window instead.

Never run `airflow tasks test` without a run's id, or `DAG.test()` without a date, on this DAG: both
delete a run by hand with its tasks, as it has no logical date either (apache/airflow#72656).

### Backfill

The months from January to June, by their first days. A date alone means 00:00 of that day. The
DAG's limit of one run at a time does not hold a backfill, which has its own, 10 by default. A month
that has a run is skipped without `--reprocess-behavior failed` or `completed`.

```
airflow backfill create --dag-id cover_collage_monthly --max-active-runs 1 \
    --from-date 2026-01-01 --to-date 2026-06-01
```

### Safe to run again

Everything, until `archive` has moved the CSV: a cleared task writes the same keys, and a chunk that
has its receipt is not worked on again while rows and settings stay the same. After that the run
stays as it is: `extract` reads nothing and the rest finds all of it done. To make collages again,
trigger a new run with the same window. Only a run of 0 covers, which `extract` warns of, is read.
All but `publish` need the temp bucket, which keeps a run for 7 days.

### At 3 a.m.

- `check` failed: its log has one line per problem, with the mend. Nothing was written or sent.
- `extract` is deferred: the window has just ended, or the database is a replica that lags behind
  its end. It asks again every minute, and after an hour fails with the lag.
- `extract` failed: nothing was sent, and no part of a CSV is visible, the whole of it only if what
  failed was writing the manifest; the next try writes both. Clear it.
- `plan` or `dispatch` failed: S3 or the queue did not answer. Clear it: a chunk that is sent twice
  is done once. If the manifest is gone, clear from `extract`.
- `wait` failed: its last line names the chunks without a receipt. Look for them in the dead-letter
  queue and in the function's log. Redrive the queue and clear `wait`, or clear from `dispatch`.
- `reconcile` failed: its last line says why. Batch results that cannot be read were saved by
  somebody in a spreadsheet: move them away and clear it. Chunks without a receipt: it has expired,
  or `wait` was marked as success; clear from `dispatch`. A file that changed 20 times: clear it.
  Only a receipt that does not fit its chunk is a bug: save `processing/{run_id}/` and report it.
- `archive` failed: its last line names the CSV. If it was written again meanwhile, put the new one
  elsewhere and clear from `extract`.
- `publish` failed: only the statistics may lack the run. Move away the summary that its last line
  calls unreadable, if it names one, and clear it.
- No triggerer ended a deferral of `extract` or `wait`: start one (`airflow triggerer`), clear it.
- Covers that could not be fetched fail no task. The summary counts them by reason.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, chain

from collage_airflow.assets import SUMMARIES
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.operators.archive import ArchiveOperator
from collage_airflow.operators.check import CheckOperator
from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.plan import PlanOperator
from collage_airflow.operators.publish import PublishOperator
from collage_airflow.operators.reconcile import ReconcileOperator
from collage_airflow.operators.wait import WaitOperator
from collage_airflow.params import run_params
from collage_airflow.retries import RETRY_POLICY

# Whose table, which columns, which of its rows (docs/tables.md), for example table="media.videos",
# updated_at="create_time", updated_at_holds="unix_seconds", only="deleted_at IS NULL"
COVERS = CoversTable()
COVERS_SQL = "sql/covers_in_window.sql"
FAIL_ON_EMPTY = False  # True: a run of the schedule that finds no covers fails

with DAG(
    dag_id="cover_collage_monthly",
    description="One collage per creator from the covers of a month",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable(MONTHLY.cron, timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["cover-collage", "monthly"],
    params=run_params(MONTHLY),
    default_args={
        "owner": "data-engineering",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": RETRY_POLICY,
    },
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
