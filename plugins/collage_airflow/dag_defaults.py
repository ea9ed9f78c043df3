"""What the DAGs share: retries, tags, and the fields of the trigger form."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from airflow.sdk import Param

from collage_airflow.dag_run.dispatch_way import DispatchBy
from collage_airflow.dag_run.keeping import KeepSchedule
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
    KEEPING = "keeping"


PICTURE: Final = "Picture"
"""The section of the trigger form that has the PictureOptions."""


DOWNLOADS: Final = "Downloads"
"""The section of the options that say how covers are fetched."""

WORKERS: Final = "Workers"
"""The section of the option that says how the work gets to the workers."""

_OF_DOWNLOADS = {"max_workers", "timeout", "max_retries"}


def run_params(schedule: Schedule) -> dict[str, Param]:
    """The fields of the trigger form of a DAG with a schedule; `manual_form` has that without one.

    The schedule and the settings decide what is left empty.
    """
    prefix = output_prefix_param("collages/YYYY/MM/DD/sqs-trigger/, or collages/manual/ by hand")
    return as_shown({**window_params(schedule), **config_params(), **prefix, **dispatch_param()})


def keep_params(schedule: KeepSchedule) -> dict[str, Param]:
    """The fields of the trigger form of a DAG that only keeps covers."""
    config = {name: field for name, field in config_params().items() if name in _OF_DOWNLOADS}
    return as_shown({**window_params(schedule), **config, **dispatch_param()})


def window_params(schedule: Schedule | KeepSchedule | None) -> dict[str, Param]:
    """`window_start` and `window_end`, as dates in UTC."""
    begins = "Only together with window_end."
    if isinstance(schedule, Schedule):
        begins = f"Empty: {_last_whole(schedule)}. In a backfill, leave it empty."
    if isinstance(schedule, KeepSchedule):
        begins = "Empty: all since the last run that has succeeded. Only together with window_end."
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
    """The fields of a ProcessingConfig, each within its bounds. The grid has no section yet."""
    shown = sorted(OPTIONS.values(), key=lambda option: _SECTIONS.index(_section(option)))
    return {option.name: _param(option) for option in shown}


_SECTIONS = (None, PICTURE, DOWNLOADS)


def _section(option: Option) -> str | None:
    if option.of_picture:
        return PICTURE
    return DOWNLOADS if option.name in _OF_DOWNLOADS else None


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


_YES_OR_NO: Final = {
    # A menu, because a switch cannot be empty: it would show "off" where the setting may be true.
    # Menus of Airflow 3.3 do not show which boolean is chosen, so this one has texts. A conf may
    # have booleans too: draft 7 only reads the `$ref`, and the form only what stands beside it.
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$ref": "#/definitions/accepted",
    "definitions": {"accepted": {"enum": [None, True, False, "true", "false"]}},
    "type": ["null", "string"],
    "enum": [None, "true", "false"],
    **_EMPTY,
}


def _values(option: Option) -> dict[str, Any]:
    """The JSON Schema of what a field accepts, empty or not, and its section of the form."""
    section = _section(option)
    found: dict[str, Any] = {"section": section} if section else {}
    if option.kind is bool:
        return found | _YES_OR_NO
    if option.kind is int:
        found |= {"minimum": option.least, "maximum": option.most}
        return found | {"type": ["null", "integer"]}
    if option.choices:
        return found | {"type": ["null", "string"], "enum": [None, *option.choices], **_EMPTY}
    text = {"pattern": option.meta.pattern, "maxLength": option.meta.max_length}
    return found | {"type": ["null", "string"], **{k: v for k, v in text.items() if v is not None}}


def output_prefix_param(parent: str) -> dict[str, Param]:
    """The folder of the collages, inside of `parent`."""
    return {
        "output_prefix": Param(
            None,
            type=["null", "string"],
            title="Folder for the collages",
            description=f"Below {parent}. Empty: none.",
        )
    }


def dispatch_param() -> dict[str, Param]:
    """How chunks are sent."""
    return {
        "dispatch_by": Param(
            None,
            type=["null", "string"],
            enum=[None, *map(str, DispatchBy)],
            title="How the work is sent",
            description="sqs: over the queue, which gives the function a few chunks at a time. "
            "lambda: each chunk invokes the function directly, all of them at once. That is ready "
            "sooner, and asks the hosts of the covers for as much at a time as Lambda allows.",
            values_display={
                "null": "as usual: over the queue",
                DispatchBy.SQS.value: "sqs: over the queue",
                DispatchBy.LAMBDA.value: "lambda: all at once",
            },
            section=WORKERS,
        )
    }


def _date(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
