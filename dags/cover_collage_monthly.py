r"""One collage per creator from all covers of a month.

MySQL → CSV on S3 → SQS → Lambda → collages, a summary whose books balance to the row, and
statistics. Runs at 00:00 UTC on the first of each month for the month before, or manually.

The CSV of a scheduled run is `monthly_batch_*.csv`, that of a manual run `cover_urls_*.csv`.

What to do when a task has failed is under "At 3 a.m." below. The tasks, and what is safe to run
again, are below too. The source of that part is `plugins/collage_airflow/runbook/`.

Most signed URLs of a month have died when this runs. It places them all the same if another DAG has
fetched them while they lived: see "Covers whose URLs have died" below.

A run is named by a second. For a scheduled or backfilled run that is the first second of its month.
For a manual run it is the second when it was triggered; 00:00:SS becomes 00:01:SS, because the
first minute of a day is reserved for schedules. The second is in every key, so `check` refuses a
second that another run has: trigger a new run.

### By hand

For a few creators, other days or a CSV, trigger `cover_collage_manual` instead.

**Trigger** in the UI with the first day and the day after the last, both optional. Without them the
run takes the last whole month. On the command line:
`airflow dags trigger cover_collage_monthly --conf "$C"` with
`C='{"window_start": "2026-10-01", "window_end": "2026-11-01"}'`. An unknown key is refused.

Leave the logical date as the form fills it in, with the present moment: it changes nothing. With
another one, the run takes the month before that date. A date in the future makes this and all later
runs wait for it. The first of a month takes the place of that month's scheduled run, which Airflow
then skips, as `check` warns: delete such a DAG run and trigger one without a date.

### Backfill

This command runs the months from January to June; the UI's **Trigger → Backfill** does the same.
Name each end by the first day of a month; a date alone means 00:00 of that day. docs/backfill.md
has the price beforehand, parallel and backward backfills, and months that have a run already.

```
airflow backfill create --dag-id cover_collage_monthly --max-active-runs 1 \
    --from-date 2026-01-01 --to-date 2026-06-01
```
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from collage_airflow.collage_tasks import ANSWER_WITHIN, LONGEST_RUN, collage_tasks
from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag, run_params
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.notifications import when_late
from collage_airflow.runbook import runbook
from covers_table import COVERS, COVERS_SQL

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
    dagrun_timeout=LONGEST_RUN + ANSWER_WITHIN,
    tags=[Tag.COVER_COLLAGE, Tag.MONTHLY],
    params=run_params(MONTHLY),
    default_args=DEFAULT_ARGS,
):
    collage_tasks(sql=COVERS_SQL, covers=COVERS, schedule=MONTHLY, fail_on_empty=FAIL_ON_EMPTY)
