"""Deletes everything that is kept of one creator, over all dates.

It has no schedule. It reads and writes:

- the output bucket: collages with their copies below `collages/by-creator/`, thumbnails and
  metadata of the creator are deleted, and the reports of the runs that made them are written again
  without the creator;
- `downloads/` of the temp bucket: packs are written again without the creator's covers, and the
  indexes of packs say so. Packs without other covers are deleted;
- `results/forgotten/` of the output bucket: a receipt, which counts what was deleted and says what
  was not changed. It does not say who it was: keep its id with the request.

CSVs, receipts, records, results and statistics have many creators beside each other, and are not
changed. The log and the receipt name each such place, and when it expires or what to do.

### Before it

- Delete the creator's rows in the database and in CSVs that are still to be worked on: the next run
  over them makes new collages.
- Wait until no run is under way: what it writes afterwards stays, and chunks that are sent again
  make their collages again.
- Attach `deploy/policies/forget.json` to Airflow's role. It has rights that no other task needs;
  take it away afterwards, if you like.

### The task

`forget` does all of it. A dry run logs what there is: how many objects of each kind, their size,
and the first keys.

### By hand

**Trigger** it with the name of the creator, byte for byte as it is in the CSV. As the form opens,
it is a dry run. Read the log of `forget`, then trigger it again with `dry_run` switched off.

On the command line: `airflow dags trigger cover_collage_forget --conf "$C"` with
`C='{"creator": "ana", "dry_run": false}'`, or without Airflow `cover-collage forget ana --yes`.

Airflow keeps the form's values and the log: delete the DAG run when the receipt is filed.

### Run it again

Always. What was interrupted goes on with what is left; its receipt has no `ended`.

### At 3 a.m.

Nothing waits for this DAG, and nothing is half done that cannot be found again.

- `forget` says `nothing is kept`: the name is another one, or it is forgotten already. Names that
  differ by case, accents or blanks alone are in the line.
- `forget` says which right is missing: attach the policy above, and clear it.
- `forget` says that a pack or an index cannot be read: follow the command in the line, and clear
  it. Everything else is deleted.
- `forget` says that packs are written all the time: clear it when no run is under way.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param

from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag
from collage_airflow.form_fields import as_shown
from collage_airflow.operators.forget import ForgetOperator
from collage_airflow.runbook import named

with DAG(
    dag_id="cover_collage_forget",
    description="Deletes everything that is kept of one creator",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    tags=[Tag.COVER_COLLAGE, Tag.MANUAL],
    params=as_shown(
        {
            "creator": Param(
                None,
                type="string",
                minLength=1,
                title="Name of the creator",
                description="One name, byte for byte as it is in the CSV. Airflow keeps it with "
                "the run.",
            ),
            "dry_run": Param(
                default=True,
                type="boolean",
                title="Only say what would be deleted",
                description="The log of forget says what there is; nothing is deleted.",
            ),
        }
    ),
    default_args=DEFAULT_ARGS,
):
    ForgetOperator(**named("forget"), execution_timeout=timedelta(hours=6))
