r"""Keeps the covers of new rows while their URLs live. It makes no collages.

MySQL → CSV in the temp bucket → SQS → Lambda → packs in `downloads/` of the temp bucket. A signed
URL lives for hours or a few days, and collages are made of a month: `cover_collage_monthly`, and
every other run, takes what is kept from the packs and asks no host for it. Without this DAG or
`cover_collage_daily`, most covers of a month end as `expired_url` or `http_403`.

Runs every hour, for the rows since the last run that has succeeded. Covers that are kept already
are not fetched again. An hour without new rows is one query; the tasks after `extract` are skipped.

### How often

Before the shortest-lived URLs die: every hour for URLs that live for six, every six hours for a day
or two (`KEEPING` in `plugins/collage_airflow/dag_run/schedules.py`). Each run adds packs, and a run
of the month looks into all of them, so switch on `cover_collage_housekeeping`, which merges those
of a day. `cover_collage_daily` keeps covers, too, and is enough where URLs live for more than a
day.

A row must be in the table an hour after its `updated_at`, or no run sees it. If rows come later
than that, raise `look_back` there: to look at a row again costs next to nothing.

### What it writes

- `processing/{run_id}/`: CSV, manifest, receipts and `summary.json`, for 7 days;
- `downloads/YYYY/MM/DD/{run_id}/`: packs and their index, for `KEEP_COVERS_DAYS`. Packs that
  housekeeping has merged are removed eight days later.

All of it is in the temp bucket. Nothing is written to the others, and statistics do not count it.
The note of a run says how many covers are kept.

### By hand

**Trigger** it in the UI; leave the form and the logical date as they are. It takes the rows since
the last run that has succeeded, up to the last whole hour. The first run takes two days. For other
days, give the first day and the day after the last, both in UTC:
`airflow dags trigger keep_covers --conf "$C"` with
`C='{"window_start": "2026-10-13", "window_end": "2026-10-15"}'`.

A backfill is no use: the URLs of past days are dead. What was missed while Airflow stood still is
in the window of the next run, for two days.

### Run it again

Any task, any number of times, also beside other runs. A cover that two runs keep at once is kept
twice, and costs its storage twice. Chunks that have a receipt are not done again.

### Stop it

Pause it. URLs die meanwhile: after two days, covers are missing for good. To stop a run, mark it as
failed; messages that are in the queue are still worked on.

### At 3 a.m.

1. Open the failed task and read the end of its log: it names what is wrong and how to fix it.
2. Do what it says there, or under the task's name below.
3. **Clear** the task, or leave it to the next run, which looks at the same rows. If a run still
   works after eight hours, Airflow fails it: a run of collages is before it in the queue.

It can wait for the morning if URLs live for more than a few hours.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

from collage_airflow.collage_tasks import LONGEST_KEEPING, keeping_tasks
from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag, keep_params
from collage_airflow.dag_run.schedules import KEEPING
from collage_airflow.runbook import keeping_runbook
from covers_table import COVERS, COVERS_SQL

with DAG(
    dag_id="keep_covers",
    description="Keeps the covers of new rows while their URLs live",
    doc_md=keeping_runbook(__doc__),
    schedule=CronDataIntervalTimetable(KEEPING.cron, timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=LONGEST_KEEPING,
    tags=[Tag.COVER_COLLAGE, Tag.KEEPING],
    params=keep_params(KEEPING),
    default_args=DEFAULT_ARGS,
):
    keeping_tasks(sql=COVERS_SQL, covers=COVERS, schedule=KEEPING)
