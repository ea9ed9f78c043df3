"""Tidies up what runs have left behind, and reports what only a person can fix.

Runs once a day, at 05:00 UTC. It makes no collages itself, and it leaves the runs of other DAGs to
their own tasks. Each thing that it finds is one line in a task's log, with its fix; each task
returns how many it found of each kind. Findings are warnings and fail no task, unless `FAIL_ON`
names their kind.

### What the tasks do

1. `finish` looks for CSVs from outside (dropped, or sent inside a message) whose chunks all have a
   receipt and whose run no worker has finished, because the last one died or S3 refused it. It
   writes the summary, counts the run in the statistics, moves the CSV to `archived/` and writes
   `.done.json` beside it. Then it looks for packs of covers that no index names, because their run
   was never closed, and indexes them six hours after the last one was written (`indexed`).
2. `submit` first does what the Variable `cover_collage_stop` says: it stops the runs that it names,
   and sends the chunks of dropped CSVs again that it names no more. Then it looks for CSVs in
   `csv-files/` that have waited for more than seven hours. One without a
   run lost its event: it becomes a run now, and its chunks go to the queue. A run that stands still
   gets its chunks sent again, if the queue is empty. A CSV that cannot be used moves to
   `archived/failed/`, with the reason beside it. CSVs in `manual-uploads/` are left alone.
3. `abort` removes the parts of uploads that were begun more than two days ago and never completed,
   below our own folders of the three buckets.
4. `merge` merges the packs of covers that the runs of a day have kept, once the day is over: after
   weeks of hourly runs, a run would have to look into a thousand for each chunk. It reads and
   writes all covers of a day, up to 64 GB. Packs that were merged are removed after eight days.
5. `report` warns of messages in the dead-letter queue, of runs that have made no progress for
   several hours, and of buckets whose lifecycle rules differ from those of the deployment.

No task waits for another, so what fails stops nothing else.

Reads: `processing/` and `downloads/` in the temp bucket, `csv-files/` in the input bucket, the
attributes of both queues, the lifecycles of the three buckets. Writes: what is named above.

### By hand

**Trigger** it at any time; it has no form.

### Run it again

Always, every task, also beside the workers and the other DAGs: a CSV that is found twice is one
run, a chunk that is sent twice is done once, and a run that is finished twice gives the same
objects.

### At 3 a.m.

Nothing here is urgent: the next day does what was left.

- `finish` or `submit` says `failed`: the line names the run or the CSV, and the fix. The others
  were dealt with.
- `submit` says `submitted` every day: S3 does not tell the function about uploads. See that the
  input bucket notifies it (`s3api get-bucket-notification-configuration`), and why it failed in the
  function's log.
- `submit` says `abandoned`: a DAG wrote that CSV, and its run has expired. Clear the DAG run from
  `extract`, or delete the CSV.
- `report` says `dead_letters`: look at `processing/{run_id}/failed/` of the temp bucket or at the
  function's log, fix what is said there, and trigger `cover_collage_redrive`, which sends again
  what can be of use; the command in the line sends everything.
- `report` says `stuck`: the line says which task of which run to clear.
- `submit` or `report` says `stopped`: a person has stopped a run, or all of them. The line says how
  to go on.
- `report` says `lifecycle`: paste the command of the line, or give `ReportOperator` other
  `lifecycles` if your buckets are meant to be like that. Covers are to be kept for
  `KEEP_COVERS_DAYS`; a shorter rule for the whole bucket would remove them, and the command
  replaces it.
- `merge` says `failed`: the line says why the packs of a day stay as they are. Runs find their
  covers as before, in more requests.
- `abort` says `failed`, or any task failed: S3 or SQS did not answer, or a right is missing, which
  the line names. Clear the task.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag
from collage_airflow.operators.housekeeping.abort import AbortOperator
from collage_airflow.operators.housekeeping.finish import FinishOperator
from collage_airflow.operators.housekeeping.merge import MergeOperator
from collage_airflow.operators.housekeeping.report import ReportOperator
from collage_airflow.operators.housekeeping.submit import SubmitOperator
from collage_airflow.runbook import named

ABORT_UPLOADS_AFTER = timedelta(days=2)
LONGEST_MERGE = timedelta(hours=4)
STUCK_AFTER = timedelta(hours=6)
FAIL_ON = ()  # for example ("dead_letters", "stuck"): then `report` fails, and its alert is sent

with DAG(
    dag_id="cover_collage_housekeeping",
    description="Finishes, quarantines and reports what runs have left behind",
    doc_md=__doc__,
    schedule="0 5 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    tags=[Tag.COVER_COLLAGE],
    default_args=DEFAULT_ARGS | {"execution_timeout": timedelta(hours=1)},
):
    FinishOperator(**named("finish"))
    SubmitOperator(**named("submit"))
    AbortOperator(**named("abort"), older_than=ABORT_UPLOADS_AFTER)
    MergeOperator(**named("merge"), execution_timeout=LONGEST_MERGE)
    ReportOperator(**named("report"), stuck_after=STUCK_AFTER, fail_on=FAIL_ON)
