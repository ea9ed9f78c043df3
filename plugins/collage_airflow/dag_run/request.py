"""What one DAG run asks for: its names, its covers, and how to make the collages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from collage_airflow.dag_run.conf import check_conf, declared_params
from collage_airflow.dag_run.identity import RunIdentity, data_interval
from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.presets import preset_window
from collage_airflow.dag_run.schedules import BACKFILLS
from collage_airflow.dag_run.sources import (
    OPTIONS_OF_A_FILL,
    AskedCsv,
    backfill_asked_for,
    check_backfill,
    check_fill,
    check_one_source,
    choice_asked_for,
    csv_asked_for,
    parent_asked_for,
)
from collage_airflow.dag_run.window import LONGEST_WINDOW, choose_window, intervals_of
from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.identifiers import clean_prefix
from collage_core.contract.manifest import Manifest
from collage_core.contract.options import FLAGS, OPTIONS, Option
from collage_core.contract.window import Window
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.errors import SettingError
from collage_core.layout.schedule import Schedule
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a DAG run asks for, before anything has been read."""

    identity: RunIdentity
    window: Window | None
    """None for a run that takes in a CSV, and for a fill."""
    config: ProcessingConfig
    output_prefix: str
    csv: AskedCsv | None = None
    """None for a run over a window."""
    choice: CreatorChoice | None = None
    """Which creators it is limited to; None: all."""
    parent: str | None = None
    """The run that it fills, by its id or its timestamp; None: no fill."""
    backfill: str | None = None
    """The DAG whose backfill a dry run is to have approved; None for any other run."""
    given: frozenset[str] = frozenset()
    """The options that were asked for; all others of `config` are the settings'."""

    def like(self, parent: Manifest) -> Self:
        """The request of a fill as its parent was made: its options, except those of fetching."""
        own = {name: getattr(self.config, name) for name in self.given & OPTIONS_OF_A_FILL}
        return dataclass_replace(
            self,
            config=replace(parent.config, **own),
            output_prefix=self.output_prefix or parent.output_prefix,
        )

    @classmethod
    def from_context(
        cls, context: "Context", settings: Settings, schedule: Schedule | KeepSchedule | None
    ) -> Self:
        """The request of the DAG run that a task belongs to."""
        return cls.of(
            context["dag_run"],
            context["params"],
            settings,
            schedule,
            declared_params(context),
            done_until=done_until(context, schedule),
        )

    @classmethod
    def of(
        cls,
        dag_run: "DagRunProtocol",
        params: Mapping[str, Any],
        settings: Settings,
        schedule: Schedule | KeepSchedule | None,
        declared: Iterable[str] = (),
        *,
        done_until: datetime | None = None,
    ) -> Self:
        """The request of a DAG run; params that are None are taken from the settings.

        `declared` names the DAG's own params; `done_until` is as for `window_asked_for`. Raises
        SettingError or MessageError naming a wrong or unknown param.
        """
        check_conf(dag_run, params, declared)
        return cls(
            identity=RunIdentity.of(dag_run, schedule),
            window=window_asked_for(dag_run, params, schedule, done_until),
            config=config_asked_for(params, settings),
            output_prefix=clean_prefix(params.get("output_prefix")),
            csv=csv_asked_for(params),
            choice=choice_asked_for(params),
            parent=parent_asked_for(params),
            backfill=backfill_asked_for(params),
            given=frozenset(name for name in OPTIONS if params.get(name) is not None),
        )


def done_until(context: "Context", schedule: Schedule | KeepSchedule | None) -> datetime | None:
    """Until when runs before this one have kept covers; None if none has, or for other DAGs.

    It is the end of the data interval of the last run of the DAG that has succeeded, by the logical
    dates: a run that was triggered without one knows of no other run.
    """
    if not isinstance(schedule, KeepSchedule):
        return None
    # Airflow gives a stand-in that asks its API only when it is used, and may stand for None.
    found: Any = context.get("prev_data_interval_end_success")
    return datetime.fromisoformat(found.isoformat()) if found else None


def window_asked_for(
    dag_run: "DagRunProtocol",
    params: Mapping[str, Any],
    schedule: Schedule | KeepSchedule | None,
    done_until: datetime | None = None,
) -> Window | None:
    """The window of the run's covers; None for a run that takes in a CSV, and for a fill.

    That of a run that only keeps covers reaches back to `done_until`, unless its dates are given.

    Raises SettingError when it is not valid, when a CSV or a parent is given as well, and for a
    window in the conf of a backfill. A dry run may look at any number of months; one that asks for
    the approval of a backfill, at whole intervals of its DAG.
    """
    check_one_source(params)
    check_fill(params)
    check_backfill(params)
    if csv_asked_for(params) is not None or parent_asked_for(params) is not None:
        return None
    start, end = params.get("window_start"), params.get("window_end")
    if (start or end) and dag_run.run_type == "backfill":
        raise SettingError(
            f"window_start {start!r} and window_end {end!r} are in the conf of a backfill, and "
            "would give each of its runs the same covers: leave them out, because a backfill gives "
            "each run its own window"
        )
    backfill = backfill_asked_for(params)
    if preset := params.get("window"):
        return _whole(preset_window(preset, dag_run.run_after), backfill)
    window = choose_window(
        given_start=start,
        given_end=end,
        interval=data_interval(dag_run),
        run_after=dag_run.run_after,
        schedule=schedule,
        longest=None if params.get("dry_run") or backfill else LONGEST_WINDOW,
    )
    if isinstance(schedule, KeepSchedule) and not start:
        return schedule.widened(window, done_until)
    return _whole(window, backfill)


def _whole(window: Window, backfill: str | None) -> Window:
    """The window. Raises SettingError if it is not made of intervals of the DAG to backfill."""
    if backfill is not None:
        intervals_of(BACKFILLS[backfill], window)
    return window


def no_window_given(dag_run: "DagRunProtocol", params: Mapping[str, Any]) -> bool:
    """Whether neither the params nor the DAG run gives a window."""
    given = params.get("window_start") or params.get("window_end")
    return not given and data_interval(dag_run) is None


def config_asked_for(params: Mapping[str, Any], settings: Settings) -> ProcessingConfig:
    """How to work on chunks. Raises MessageError naming a wrong param, or for too large a grid."""
    given = {
        name: _value(params[name], option)
        for name, option in OPTIONS.items()
        if params.get(name) is not None
    }
    config = replace(settings.processing_config, **given)
    check_canvas(settings.cell_size, config)
    return config


def _value(given: Any, option: Option) -> Any:
    """The form has texts to choose from where a conf has true and false."""
    if option.kind is bool and isinstance(given, str):
        return FLAGS.get(given, given)
    return given
