"""Whether the params of a run are valid: names, window, configuration and folder."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from collage_airflow.dag_run.conf import check_conf
from collage_airflow.dag_run.dispatch_way import DispatchBy, dispatch_by
from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.request import config_asked_for, window_asked_for
from collage_airflow.preflight.problem import Problem
from collage_core.contract.identifiers import clean_prefix
from collage_core.errors import CollageError
from collage_core.layout.schedule import Schedule
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol


def param_problems(
    dag_run: "DagRunProtocol",
    params: Mapping[str, Any],
    settings: Settings,
    schedule: Schedule | KeepSchedule | None,
    declared: set[str],
) -> Iterator[Problem]:
    """A problem for each mistake in names, window, configuration, folder and dispatch."""
    for ask in (
        partial(check_conf, dag_run, params, declared),
        partial(window_asked_for, dag_run, params, schedule),
        partial(config_asked_for, params, settings),
        partial(clean_prefix, params.get("output_prefix")),
        partial(dispatch_by, params),
    ):
        try:
            ask()
        except CollageError as error:
            yield Problem(str(error), may_pass=False)
    if params.get("dispatch_by") == DispatchBy.LAMBDA and settings.host_limits:
        yield Problem(
            "HOST_LIMITS are shared out among all chunks with dispatch_by lambda, as all of them "
            "may begin at once: of many chunks, covers may end as out_of_time. Use sqs for them",
            may_pass=False,
            blocks=False,
        )
