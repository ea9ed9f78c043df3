"""What the DAGs share: retries, tags, and the fields of the trigger form."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from airflow.sdk import Param

from collage_airflow.dag_run.window import last_interval
from collage_airflow.form_fields import as_shown
from collage_airflow.notifications import after_failure
from collage_airflow.retries import RETRY_POLICY
from collage_core.contract.options import OPTIONS, Option
from collage_core.layout.schedule import Schedule

DEFAULT_ARGS: Final[dict[str, Any]] = {
    "owner": "data-engineering",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": RETRY_POLICY,
    "on_failure_callback": after_failure(),
}
"""The `default_args` of every DAG: the owner of the tasks, how they are retried, and who is told
when one has failed."""


class Tag(StrEnum):
    """The tags of DAGs in Airflow's list. Every DAG has the first one."""

    COVER_COLLAGE = "cover-collage"
    MONTHLY = "monthly"
    STATISTICS = "statistics"
    DAILY = "daily"
    MANUAL = "manual"


PICTURE: Final = "Picture"
"""The section of the trigger form that has the PictureOptions."""


def run_params(schedule: Schedule) -> dict[str, Param]:
    """The fields of the trigger form of a DAG with a schedule; `manual_form` has that without one.

    The schedule and the settings decide what is left empty.
    """
    return as_shown({**window_params(schedule), **config_params(), **output_prefix_param()})


def window_params(schedule: Schedule | None) -> dict[str, Param]:
    """`window_start` and `window_end`, as dates in UTC."""
    begins = f"Empty: {_last_whole(schedule)}." if schedule else "Only together with window_end."
    ends = "The window ends before this day begins."
    return {
        "window_start": _date("First day (UTC)", begins),
        "window_end": _date("Day after the last (UTC)", ends),
    }


def _last_whole(schedule: Schedule) -> str:
    """The last interval of a schedule in words, with its dates if they stay for some weeks.

    With dates that change each day, Airflow would keep another version of the DAG for each day.
    """
    words = f"the last whole {schedule.interval}"
    last = last_interval(schedule, datetime.now(UTC))
    if last.end - last.start < timedelta(days=28):
        return words
    return f"{last.start:%Y-%m-%d} to {last.end:%Y-%m-%d}, {words}"


def config_params() -> dict[str, Param]:
    """The fields of a ProcessingConfig, each within its bounds."""
    return {option.name: _param(option) for option in OPTIONS.values()}


def _param(option: Option) -> Param:
    allowed = option.rule.removeprefix("it must be ").removeprefix("a whole number from ")
    return Param(
        None,
        title=option.title,
        description=f"{allowed[0].upper()}{allowed[1:]}. Empty: the setting {option.setting}.",
        **_values(option),
    )


_EMPTY: Final = {"values_display": {"null": "as the setting says"}}
"""What Airflow's form shows for the choice of none."""


def _values(option: Option) -> dict[str, Any]:
    """The JSON Schema of what a field accepts, empty or not, and its section of the form."""
    found: dict[str, Any] = {"section": PICTURE} if option.of_picture else {}
    if option.kind is bool:
        # Not a switch: it cannot be empty, and would show "off" where the setting may be true.
        found |= {"type": ["null", "string", "boolean"], "pattern": "^(true|false)$"}
        return found | {"examples": ["true", "false"]}
    if option.kind is int:
        found |= {"minimum": option.least, "maximum": option.most}
        return found | {"type": ["null", "integer"]}
    if option.choices:
        return found | {"type": ["null", "string"], "enum": [None, *option.choices], **_EMPTY}
    text = {"pattern": option.meta.pattern, "maxLength": option.meta.max_length}
    return found | {"type": ["null", "string"], **{k: v for k, v in text.items() if v is not None}}


def output_prefix_param() -> dict[str, Param]:
    """The folder of the collages below the day's folder."""
    return {
        "output_prefix": Param(
            None,
            type=["null", "string"],
            title="Folder for the collages",
            description="Below collages/YYYY/MM/DD/sqs-trigger/, or collages/manual/ in a manual "
            "run. Empty: none.",
        )
    }


def _date(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
