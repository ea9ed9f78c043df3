"""The fields of the trigger form, the same in every DAG that makes collages.

All are optional: what is left empty is decided by the schedule or by the settings.
"""

from airflow.sdk import Param

from collage_core.contract.config import CONFIG_BOUNDS
from collage_core.layout.schedule import Schedule

_TITLES = {
    "rows": "Rows of the grid",
    "cols": "Columns of the grid",
    "quality": "JPEG quality",
    "max_workers": "Downloads at a time",
    "timeout": "Seconds per try of a download",
    "max_retries": "Tries after the first one",
}


PARAM_NAMES = frozenset({"window_start", "window_end", *CONFIG_BOUNDS, "output_prefix"})
"""What every run may be asked for."""


def run_params(schedule: Schedule) -> dict[str, Param]:
    """The fields of PARAM_NAMES, for a DAG of this schedule."""
    return {**window_params(schedule), **config_params(), **output_prefix_param()}


def window_params(schedule: Schedule) -> dict[str, Param]:
    """`window_start` and `window_end`, as dates in UTC."""
    return {
        "window_start": _date("First day (UTC)", f"Empty: the last whole {schedule.interval}."),
        "window_end": _date("Day after the last (UTC)", "The window ends before this day begins."),
    }


def config_params() -> dict[str, Param]:
    """The fields of a ProcessingConfig, each within its bounds."""
    return {
        name: Param(
            None,
            type=["null", "integer"],
            minimum=least,
            maximum=most,
            title=_TITLES[name],
            description=f"{least} to {most}. Empty: the setting DEFAULT_{name.upper()}.",
        )
        for name, (least, most) in CONFIG_BOUNDS.items()
    }


def output_prefix_param() -> dict[str, Param]:
    """The folder below the day's folder of collages."""
    return {
        "output_prefix": Param(
            None,
            type=["null", "string"],
            title="Folder for the collages",
            description="Below collages/YYYY/MM/DD/sqs-trigger/. Empty: none.",
        )
    }


def _date(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
