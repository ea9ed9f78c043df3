r"""One collage per creator from the covers that were updated on a day.

MySQL → CSV on S3 → SQS → Lambda → collages, a summary whose books balance to the row, and
statistics. Runs at 00:00 UTC for the day before, or manually. It runs beside the monthly DAG: each
of the two makes collages of its own, of the covers of a day and of a month.

The CSV of a scheduled run is `csv-files/YYYY/MM/DD/update_batch_001.csv`, that of a manual run
`cover_urls_*.csv`. The collages are in `collages/YYYY/MM/DD/sqs-trigger/`, below the day that they
are about.

What to do when a task has failed is under "At 3 a.m." below. The tasks, and what is safe to run
again, are below too. The source of that part is `plugins/collage_airflow/runbook/`.

It keeps the covers that it fetches for the monthly run, too. That is enough if their URLs live for
two days; for those that live for less, keep them more often: see "Covers whose URLs have died".

A run is named by a second. For a scheduled or backfilled run that is 00:00:01 of its day; 00:00:00
belongs to the monthly DAG. For a manual run it is the second when it was triggered; 00:00:SS
becomes 00:01:SS, because the first minute of a day is reserved for schedules. The second is in
every key, so `check` refuses a second that another run has: trigger a new run.

### By hand

For a few creators, several days in one collage or a CSV, trigger `cover_collage_manual` instead.

**Trigger** in the UI with the first day and the day after the last, both optional. Without them the
run takes yesterday, in UTC. On the command line:
`airflow dags trigger cover_collage_daily --conf "$C"` with
`C='{"window_start": "2026-10-14", "window_end": "2026-10-15"}'`. An unknown key is refused.

Leave the logical date as the form fills it in, with the present moment: it changes nothing. With
another one, the run takes the day before that date. A date in the future makes this and all later
runs wait for it. Midnight of a day takes the place of that day's scheduled run, which Airflow then
skips, as `check` warns: delete such a DAG run and trigger one without a date.

### Backfill

This command runs the days from 1 to 7 October; the UI's **Trigger → Backfill** does the same. A
date alone means 00:00 of that day, and the last day is included. docs/backfill.md has the price
beforehand, parallel and backward backfills, and days that have a run already.

```
airflow backfill create --dag-id cover_collage_daily --max-active-runs 1 \
    --from-date 2026-10-01 --to-date 2026-10-07
```
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

from collage_airflow.collage_tasks import ANSWER_WITHIN_A_DAY, LONGEST_RUN, collage_tasks
from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag, run_params
from collage_airflow.dag_run.schedules import DAILY
from collage_airflow.runbook import runbook
from covers_table import COVERS, COVERS_SQL

FAIL_ON_EMPTY = False  # True: a scheduled run that finds no covers fails

with DAG(
    dag_id="cover_collage_daily",
    description="One collage per creator from the covers of a day",
    doc_md=runbook(__doc__),
    schedule=CronDataIntervalTimetable(DAILY.cron, timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=LONGEST_RUN,
    tags=[Tag.COVER_COLLAGE, Tag.DAILY],
    params=run_params(DAILY),
    default_args=DEFAULT_ARGS,
):
    collage_tasks(
        sql=COVERS_SQL,
        covers=COVERS,
        schedule=DAILY,
        fail_on_empty=FAIL_ON_EMPTY,
        renew_covers=True,
        answer_within=ANSWER_WITHIN_A_DAY,
    )
