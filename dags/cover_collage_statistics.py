"""Statistics of all runs, by the months of the runs and by the months of their covers.

Runs whenever a DAG has published a run, and daily at 02:30 UTC for runs that began outside of
Airflow: CSVs that were uploaded or sent. The DAGs and the function already write log, books and
month of their own run when it ends. This DAG finds what is missing or has changed since, in any
month, and writes what only a look at several months can say.

It reads `results/processing-summaries/` in the output bucket and writes there:

- `metadata/YYYY/MM/DD/processing_log_YYYYMMDD.json`: the runs of a day, one by one;
- `results/statistics/daily_stats_YYYYMMDD.json` and `monthly_report_YYYYMM.json`: books, success
  rates, failing hosts, durations, planned and counted cost of all runs of a day or a month;
- `results/statistics/creators_report_YYYYMM.json`: creators that are new, gone, worse or better
  than in the month before;
- `results/statistics/covers_report_YYYYMM.json`: the same by the month of the *covers*. Two runs of
  October that were made in November count once, in October. It names the runs that count, those
  that do not, and the days that no run was about;
- `results/statistics/rebuilt_YYYYMM.json`: what a month was last rebuilt from.

### The task

`rebuild` lists all summaries and batch results with their ETags. A month that has other ones than
in its `rebuilt_*.json` is computed again from all of its summaries, and so are the reports of the
covers that its runs were about. The same summaries give the same bytes, and what has the same bytes
is not written.

### By hand

**Trigger** it as the form opens. A statistics document that was deleted or edited comes back when
its month changes, or at once with "Every month".

### Run it again

Always, also while runs end: a document that another run writes at the same moment is read again.

### At 3 a.m.

Nothing waits for this DAG: collages and summaries are complete without it.

- `rebuild` failed, and its last lines name a document that cannot be read: another program has
  saved it. Put back what was there before, or move it away, and clear `rebuild`. All other months
  are up to date.
- `rebuild` failed because a file changed 20 times or S3 did not answer: clear it, or wait for the
  next run.
- `rebuild` was stopped after an hour: what it wrote until then is right. Clear it. If it always
  takes longer, raise its `execution_timeout`.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param

from collage_airflow.assets import SUMMARIES
from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag
from collage_airflow.operators.rebuild import RebuildOperator
from collage_airflow.runbook import named

with DAG(
    dag_id="cover_collage_statistics",
    description="Statistics of all runs, by the months of runs and of covers",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 2 * * *", timezone="UTC"), assets=[SUMMARIES]
    ),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    tags=[Tag.COVER_COLLAGE, Tag.STATISTICS],
    params={
        "every_month": Param(
            None,
            type=["null", "boolean"],
            title="Every month",
            description="Also the months that have not changed. Empty: only those that have.",
        )
    },
    default_args=DEFAULT_ARGS,
):
    RebuildOperator(**named("rebuild"), execution_timeout=timedelta(hours=1))
