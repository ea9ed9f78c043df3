"""Sends messages of the dead-letter queue to the workers again, those that can be of use.

It has no schedule. SQS moves a message to the dead-letter queue when it has failed for good, or as
often as the queue allows. When the cause is fixed, this brings it back. It looks at each message:

- the message of a chunk without a receipt, a CSV in a message, the name of a CSV, the event of a
  dropped CSV: is **sent again**, then deleted here. Before that, what
  `processing/{run_id}/failed/` says of it is removed, so that a task `wait` which is waiting does
  not take it for the end of the new message;
- the message of a chunk that has its receipt, or that is in no plan of its run any more, or whose
  run is finished or has expired: is **dropped**, because a worker would find nothing to do;
- a message of a run that is stopped or is being planned again, and one that asks for nothing known:
  is **left**, unchanged.

### By hand

**Trigger** it. As the form opens, it is a dry run: `redrive` logs a table with a line for each run,
kind and reason, with the number of messages, the age of the oldest and how often one was received.
Nothing is sent, deleted or changed. Fix what made them fail: `processing/{run_id}/failed/` of the
temp bucket and the function's log say it. Then trigger it again with `dry_run` switched off, for
the `run_id` of a line in the table, or for all.

On the command line: `airflow dags trigger cover_collage_redrive --conf "$C"` with
`C='{"dry_run": false}'`, or `C='{"run_id": "…", "dry_run": false}'`.

### What follows

A task `wait` that is still waiting goes on; if it has failed, clear it. Runs of CSVs from outside
end by themselves. A message that fails again is in the dead-letter queue again.

### Good to know

- A message that is looked at is hidden from other readers until the task ends; if the task is
  killed, for at most 15 minutes.
- One try looks at messages for ten minutes, about 100,000 of them. If that was not all, its note
  says so: trigger it again, and it goes on with what is left.
- Each message that is looked at counts as received. If the dead-letter queue has a redrive policy
  itself, SQS may move messages on to that queue; `check` warns of it.
- The body of a message may hold signed URLs, and is in no log.

### Run it again

Always. What was sent is no longer there; a chunk that is sent twice is done once.

### At 3 a.m.

Nothing is lost: a message is deleted only after it was sent. SQS keeps it for 14 days from the time
when it was first sent.

- `check` says which right is missing: attach `deploy/policies/airflow.json`, and clear it.
- `redrive` says that messages are hidden: a try was killed. Trigger it again after 15 minutes.
- `redrive` says `unknown`: look at the messages with these ids in the console of SQS. They ask for
  nothing that this release knows: delete them there, or deploy the release that sent them.
- The same messages are back minutes after a redrive: their cause is not fixed. Read
  `processing/{run_id}/failed/`.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param

from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag
from collage_airflow.form_fields import as_shown
from collage_airflow.operators.check_redrive import CheckRedriveOperator
from collage_airflow.operators.redrive import RedriveOperator
from collage_airflow.runbook import named

with DAG(
    dag_id="cover_collage_redrive",
    description="Sends messages of the dead-letter queue to the workers again",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    tags=[Tag.COVER_COLLAGE, Tag.MANUAL],
    params=as_shown(
        {
            "run_id": Param(
                None,
                type=["null", "string"],
                maxLength=200,
                title="Run",
                description="Only messages of this run, named as in the table of a dry run. "
                "Empty: all messages.",
            ),
            "dry_run": Param(
                default=True,
                type="boolean",
                title="Only say what would be sent again",
                description="The log of redrive has the table; nothing is sent or deleted.",
            ),
        }
    ),
    default_args=DEFAULT_ARGS | {"execution_timeout": timedelta(hours=1)},
):
    check = CheckRedriveOperator(**named("check", page="check_redrive"))
    check >> RedriveOperator(**named("redrive"))
