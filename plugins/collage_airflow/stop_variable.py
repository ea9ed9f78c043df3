"""Airflow's Variable that stops runs, and how it becomes the documents that workers read.

A person writes `all`, or the ids of runs or of DAG runs, into it, and takes them out again. Whoever
reads it writes it through: `wait` for its own run, `dispatch` and housekeeping for all.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import Variable

from collage_core.errors import SettingError, TransientError
from collage_core.layout import keys
from collage_core.run.stop import read_stop
from collage_core.run.stop_request import ALL, StopRequest, unknown_names, write_through
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore

if TYPE_CHECKING:
    from airflow.sdk import Context

STOP_VARIABLE: Final = "cover_collage_stop"

BY_VARIABLE: Final = f"Airflow's Variable {STOP_VARIABLE} has "
"""How the reason of every stop begins that the Variable has made."""

MARKED_AS_FAILED: Final = (
    "its task wait was marked as failed in Airflow; to go on, clear dispatch with all tasks after "
    "it"
)
"""The reason of a run that was stopped in Airflow's UI."""

_DAGS: Final = (
    "cover_collage_monthly",
    "cover_collage_daily",
    "cover_collage_manual",
    "keep_covers",
)
"""The DAGs whose runs may be named."""


def read_stop_variable() -> StopRequest:
    """Whom the Variable stops now; nobody if it is not there."""
    return StopRequest.parse(str(Variable.get(STOP_VARIABLE, default="")))


def read_for_sure() -> StopRequest:
    """The same, for whoever undoes what it no longer says.

    To Airflow, a Variable that its server cannot read just now is one that is not there.
    """
    value = Variable.get(STOP_VARIABLE, default=None)
    if value is None and STOP_VARIABLE in Variable.keys(prefix=STOP_VARIABLE):
        raise TransientError(
            f"Airflow's Variable {STOP_VARIABLE} is there, and cannot be read: nothing to fix, "
            "this is tried again"
        )
    return StopRequest.parse(str(value or ""))


def why_stopped(name: str) -> str:
    """The reason of a stop by a name in the Variable: one line, with how to go on."""
    return (
        f"{BY_VARIABLE}{name}; to go on, remove {name} from it and clear dispatch with all tasks "
        f"after it{' of each run' if name == ALL else ''}, or trigger cover_collage_housekeeping "
        "for a CSV that was dropped"
    )


def refuse_if_stopped(
    request: StopRequest, names: Iterable[str], store: ObjectStore, settings: Settings
) -> None:
    """Raise SettingError if the Variable stops the run that has these names, or all are stopped."""
    if (name := request.name_for(names)) is not None:
        raise SettingError(
            f"{BY_VARIABLE}{name}, which stops this run, so nothing was sent: remove {name} from "
            "it, then clear this task"
        )
    if (found := read_stop(store, settings, None)) is not None:
        raise SettingError(
            f"all runs are stopped, so nothing was sent: {found.reason}; it is {keys.stop(None)} "
            f"of bucket {settings.temp_bucket}: delete that when they may go on, then clear this "
            "task"
        )


def apply_stop_variable(
    context: "Context", store: ObjectStore, settings: Settings, log: Any
) -> StopRequest:
    """Read the Variable and write it through. Names that are no run's are logged.

    Raises TransientError when the Variable cannot be read, and RaceError as `write_through` does.
    """
    request, is_lifted = write_through(
        store, settings, read_for_sure, why_stopped, made_by=BY_VARIABLE
    )
    if is_lifted:
        log.info("%s no longer has %s: workers may work again", STOP_VARIABLE, ALL)

    def is_dag_run(name: str) -> bool:
        return any(context["ti"].get_dr_count(dag_id=dag, run_ids=[name]) for dag in _DAGS)

    for name in unknown_names(store, settings, request, is_dag_run):
        log.warning(
            "%s%s, which stops nothing: it is neither the id of a run with a folder below %s in "
            "bucket %s, nor that of a DAG run",
            BY_VARIABLE,
            name,
            "processing/",
            settings.temp_bucket,
        )
    return request
