"""What one DAG run asks for: its names, its window, and how to make the collages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from collage_airflow.dag_run.conf import check_conf, declared_params
from collage_airflow.dag_run.identity import RunIdentity, data_interval
from collage_airflow.dag_run.window import choose_window
from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.config import CONFIG_BOUNDS, ProcessingConfig
from collage_core.contract.identifiers import clean_prefix
from collage_core.contract.window import Window
from collage_core.layout.schedule import Schedule
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a DAG run asks for, before anything has been read."""

    identity: RunIdentity
    window: Window
    config: ProcessingConfig
    output_prefix: str

    @classmethod
    def from_context(
        cls, context: "Context", settings: Settings, schedule: Schedule | None
    ) -> Self:
        """The request of the DAG run that a task belongs to."""
        declared = declared_params(context)
        return cls.of(context["dag_run"], context["params"], settings, schedule, declared)

    @classmethod
    def of(
        cls,
        dag_run: "DagRunProtocol",
        params: Mapping[str, Any],
        settings: Settings,
        schedule: Schedule | None,
        declared: Iterable[str] = (),
    ) -> Self:
        """The request of a DAG run; params that are None are taken from the settings.

        `declared` names the DAG's own params. Raises SettingError or MessageError naming a wrong
        or unknown param.
        """
        check_conf(dag_run, params, declared)
        return cls(
            identity=RunIdentity.of(dag_run, schedule),
            window=window_asked_for(dag_run, params, schedule),
            config=config_asked_for(params, settings),
            output_prefix=clean_prefix(params.get("output_prefix")),
        )


def window_asked_for(
    dag_run: "DagRunProtocol", params: Mapping[str, Any], schedule: Schedule | None
) -> Window:
    """The window of the run's covers. Raises SettingError when it is not valid."""
    return choose_window(
        given_start=params.get("window_start"),
        given_end=params.get("window_end"),
        interval=data_interval(dag_run),
        run_after=dag_run.run_after,
        schedule=schedule,
    )


def no_window_given(dag_run: "DagRunProtocol", params: Mapping[str, Any]) -> bool:
    """Whether neither the params nor the DAG run gives a window."""
    given = params.get("window_start") or params.get("window_end")
    return not given and data_interval(dag_run) is None


def config_asked_for(params: Mapping[str, Any], settings: Settings) -> ProcessingConfig:
    """How to work on chunks. Raises MessageError naming a wrong param, or for too large a grid."""
    given = {name: params[name] for name in CONFIG_BOUNDS if params.get(name) is not None}
    config = replace(settings.processing_config, **given)
    check_canvas(settings.cell_size, config)
    return config
