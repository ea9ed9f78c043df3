"""The tasks of every DAG that makes collages or keeps covers, and their order."""

from datetime import timedelta
from typing import Any, Final

from airflow.sdk import chain

from collage_airflow.assets import SUMMARIES
from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.operators.approve import ApproveOperator
from collage_airflow.operators.archive import ArchiveOperator
from collage_airflow.operators.check import CheckOperator
from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.operators.estimate import EstimateOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.plan import PlanOperator
from collage_airflow.operators.publish import PublishOperator
from collage_airflow.operators.reconcile import ReconcileOperator
from collage_airflow.operators.verify import VerifyOperator
from collage_airflow.operators.wait import WaitOperator
from collage_airflow.runbook import named
from collage_core.layout.schedule import Schedule

LONGEST_WAIT: Final = timedelta(hours=12)
"""How long a run waits for its workers."""

LONGEST_RUN: Final = timedelta(hours=24)
"""How long a run works: the wait and its retries, and hours for all other tasks. Together with the
time for an answer it is the `dagrun_timeout` of every DAG but the daily one, whose next run waits:
there it is all. Then Airflow fails the run, so that one that stands still does not keep the next
one waiting for ever."""

ANSWER_WITHIN: Final = timedelta(days=3)
"""How long a run waits for a person who approves it: the first of a month may be a Saturday."""

ANSWER_WITHIN_A_DAY: Final = timedelta(hours=8)
"""The same for a run of every day: the next one waits for it, and URLs of its covers die."""

LONGEST_KEEPING: Final = timedelta(hours=8)
"""The same for a DAG that only keeps covers: until then, the next run waits."""

_LONGEST_STEP: Final = timedelta(hours=1)
"""For tasks that only talk to AWS. `extract` and `wait` have limits of their own: a deferral may be
longer than any time that the task itself works."""


def collage_tasks(
    *,
    sql: str,
    covers: CoversTable,
    schedule: Schedule | None,
    fail_on_empty: bool = False,
    renew_covers: bool = False,
    answer_within: timedelta = ANSWER_WITHIN,
) -> None:
    """Add the tasks to the DAG whose block this is called in.

    Without a schedule (None) the DAG also has the task `estimate`, for `dry_run`. `renew_covers` is
    for DAGs that run every day, as in PlanOperator. `answer_within` is how long `approve` waits for
    an answer, if it asks.

    At most one extract of a DAG reads the database at a time, however many runs a backfill has at
    once: each of them sorts millions of rows there. Airflow counts an extract that is deferred, too
    (ACTIVE_STATES in airflow.ti_deps.dependencies_states), so one that waits for a replica keeps
    the others of its DAG waiting, for its patience of an hour at most. A pool would also limit
    several DAGs together, but every deployment would have to create it, and tasks of a pool that is
    missing never start. The other tasks wait for AWS, or are deferred and take no slot.
    """
    step: dict[str, Any] = {"execution_timeout": _LONGEST_STEP}
    check = CheckOperator(**named("check"), sql=sql, covers=covers, schedule=schedule, **step)
    extract = ExtractOperator(
        **named("extract"),
        sql=sql,
        covers=covers,
        schedule=schedule,
        fail_on_empty=fail_on_empty,
        max_active_tis_per_dag=1,
    )
    first = [check, extract]
    if schedule is None:
        estimate = EstimateOperator(
            **named("estimate"), sql=sql, covers=covers, response_timeout=answer_within, **step
        )
        first = [check, estimate, extract]
    extracted: Any = extract.output
    run_id = extracted["run_id"]
    plan = PlanOperator(**named("plan"), run_id=run_id, renew_covers=renew_covers, **step)
    planned: Any = plan.output
    approve = ApproveOperator(
        **named("approve"), plan=planned, longest=LONGEST_WAIT, response_timeout=answer_within
    )
    dispatch = DispatchOperator(**named("dispatch"), run_id=run_id, **step)
    wait = WaitOperator(**named("wait"), run_id=run_id, timeout=LONGEST_WAIT)
    reconcile = ReconcileOperator(**named("reconcile"), run_id=run_id, **step)
    verify = VerifyOperator(**named("verify"), run_id=run_id, **step)
    archive = ArchiveOperator(**named("archive"), run_id=run_id, **step)
    publish = PublishOperator(**named("publish"), schedule=schedule, outlets=[SUMMARIES], **step)
    chain(*first, plan, approve, dispatch, wait, reconcile, verify, archive, publish)


def keeping_tasks(*, sql: str, covers: CoversTable, schedule: KeepSchedule) -> None:
    """Add the tasks of a run that only keeps covers to the DAG whose block this is called in.

    It asks nobody: while it waits for an answer, URLs die, and no run of it is dear. There is
    nothing to verify, to archive or to publish: it writes packs, which its workers have proved, and
    statistics count collages.
    """
    step: dict[str, Any] = {"execution_timeout": _LONGEST_STEP}
    read: dict[str, Any] = {"sql": sql, "covers": covers, "schedule": schedule}
    check = CheckOperator(**named("check"), **read, **step)
    extract = ExtractOperator(
        **named("extract", page="keep_extract"), **read, max_active_tis_per_dag=1
    )
    extracted: Any = extract.output
    run_id = extracted["run_id"]
    plan = PlanOperator(**named("plan"), run_id=run_id, renew_covers=True, **step)
    dispatch = DispatchOperator(**named("dispatch"), run_id=run_id, **step)
    wait = WaitOperator(
        **named("wait", page="keep_wait"), run_id=run_id, timeout=LONGEST_KEEPING * 3 / 4
    )
    reconcile = ReconcileOperator(
        **named("reconcile", page="keep_reconcile"), run_id=run_id, **step
    )
    chain(check, extract, plan, dispatch, wait, reconcile)
