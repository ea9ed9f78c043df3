"""What one DAG run asks for: its identity, its window, its CSV and how to make the collages.

A pure function of the DAG run, never of the clock: a task that runs again, alone or with all
the others, finds the same names and writes the same keys.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from collage_airflow.run_window import Window, choose_window
from collage_core import contract, keys
from collage_core.contract import CONFIG_BOUNDS, ProcessingConfig
from collage_core.run_timestamp import RunTimestamp
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol

_ON_SCHEDULE = ("scheduled", "backfill")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run as its DAG run describes it, before anything has been read."""

    run_id: str
    timestamp: RunTimestamp
    window: Window
    csv_key: str
    """Key in the input bucket."""
    config: ProcessingConfig
    output_prefix: str

    @classmethod
    def from_context(cls, context: "Context", settings: Settings) -> Self:
        """The request of the DAG run that a task belongs to."""
        return cls.of(context["dag_run"], context["params"], settings)

    @classmethod
    def of(cls, dag_run: "DagRunProtocol", params: Mapping[str, Any], settings: Settings) -> Self:
        """The request of a DAG run; params that are None leave it to the settings.

        A scheduled or backfilled run is named by the start of its data interval, any other by
        the moment it was due. Raises SettingError or MessageError naming a wrong param.
        """
        interval = _interval(dag_run)
        if interval is not None and dag_run.run_type in _ON_SCHEDULE:
            timestamp = RunTimestamp.of(interval.start)
            csv_key = keys.monthly_batch_csv(timestamp)
        else:
            timestamp = RunTimestamp.of(dag_run.run_after)
            csv_key = keys.cover_urls_csv(timestamp)
        config = ProcessingConfig.from_json(
            {name: params[name] for name in CONFIG_BOUNDS if params.get(name) is not None},
            defaults=settings.processing_config,
        )
        settings.cell_size.check_grid(config.rows, config.cols)
        digest = hashlib.sha256(dag_run.run_id.encode()).hexdigest()[:8]
        return cls(
            run_id=f"{dag_run.dag_id}-{timestamp}-{digest}",
            timestamp=timestamp,
            window=choose_window(
                given_start=params.get("window_start"),
                given_end=params.get("window_end"),
                interval=interval,
                run_after=dag_run.run_after,
            ),
            csv_key=csv_key,
            config=config,
            output_prefix=contract.output_prefix(params),
        )


def _interval(dag_run: "DagRunProtocol") -> Window | None:
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    # A plain cron string gives intervals of zero length, which would be a window of no covers.
    return Window(start, end) if start and end and start != end else None
