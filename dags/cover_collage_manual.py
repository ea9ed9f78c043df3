r"""One collage per creator from the covers that a person asks for.

It has no schedule. Results are below `collages/manual/{output_prefix}/` of the output bucket, with
a summary, batch results and statistics like those of any run.

What to do when a task has failed is under "At 3 a.m." below. The tasks, and what is safe to run
again, are below too. The source of that part is `plugins/collage_airflow/runbook/`.

### By hand

**Trigger** it in the UI. The form asks for one source of covers:

- a window: a preset (`window`), or the two dates `window_start` and `window_end`;
- a CSV in `manual-uploads/` or `csv-files/` of the input bucket (`csv_key`). A CSV in
  `manual-uploads/` waits there until a run or a message names it. It may be as spreadsheets export
  it, with its rows in any order (docs/contracts.md). After a run over all of it, it is in
  `archived/YYYY/processed_files/`, with a `.done.json` beside it;
- a CSV pasted into the form (`csv_text`);
- a closed run of any DAG (`parent`), to fetch again what failed in it (below).

`creators` limits the run to some of them, `limit` to the first so many, for a trial. Rows of other
creators are not part of the run; its summary says how many they were. The database sends all covers
of the window all the same. A name that is not there is refused by `check`, and named.

What is left empty is taken from the settings, whose values the form shows. Leave the logical date
as it is filled in: it decides nothing here. A preset counts from the moment of the trigger.

While the DAG is paused, its runs wait. Unpausing it starts nothing else.

On the command line: `airflow dags trigger cover_collage_manual --conf "$C"` with
`C='{"window": "yesterday", "creators": ["ana", "ben"], "rows": 3, "cols": 3}'`, or
`C='{"csv_key": "manual-uploads/mine.csv", "output_prefix": "mine"}'`, or
`C='{"parent": "20261001_000000", "timeout": 60}'`. An unknown key is refused.

### Fetch again what failed

With `parent`, the `run_id` or the timestamp of a closed run, it is a fill: creators of whom covers
failed for a reason that may pass (`timeout`, `host_unavailable`, `http_503`, ...) get new
collages, like those of that run. Kept covers are not fetched again. Statistics count each creator
once, with the newest run; the collages of the older run stay. It can be repeated with the same
`parent` until `check` says that there is nothing to fill.

### What it would cost

With `dry_run`, `estimate` logs one table, and the run ends without having written or sent anything:
rows, creators, USD, hours, and the share of URLs that have expired. It prices each month of a
longer window, and each day of one of up to 31 days, as backfills of `cover_collage_monthly` and
`cover_collage_daily` would run them; then all of them together, and the window as one run.

With `backfill`, a dry run prices the window as runs of that DAG, and `estimate` asks once. If it is
approved, runs of that backfill ask nobody for seven days, within that price (docs/backfill.md).

### Several at a time

Up to four of its runs work at once, and each has a second of its own. Two that are triggered within
the same second are not both possible: `check` refuses one of them, trigger it again.
"""

from airflow.sdk import DAG

from collage_airflow.collage_tasks import ANSWER_WITHIN, LONGEST_RUN, collage_tasks
from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag
from collage_airflow.manual_form import manual_params
from collage_airflow.runbook import runbook
from covers_table import COVERS, COVERS_SQL

with DAG(
    dag_id="cover_collage_manual",
    description="One collage per creator from covers that a person asks for",
    doc_md=runbook(__doc__, more_tasks=["estimate"]),
    schedule=None,
    catchup=False,
    max_active_runs=4,
    dagrun_timeout=LONGEST_RUN + ANSWER_WITHIN,
    tags=[Tag.COVER_COLLAGE, Tag.MANUAL],
    params=manual_params(),
    default_args=DEFAULT_ARGS,
):
    collage_tasks(sql=COVERS_SQL, covers=COVERS, schedule=None)
