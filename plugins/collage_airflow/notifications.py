"""Notifications in words: a run has succeeded, it asks, it is late, or a task has failed.

The environment says who gets them; without one of these variables, nobody does.

| variable | value |
|---|---|
| `NOTIFY_SNS_TOPIC` | the ARN of a topic, published to over the connection `aws_default` |
| `NOTIFY_SLACK_CONNECTION` | an Airflow connection to an incoming webhook of Slack |
| `NOTIFY_EMAIL` | addresses, with commas, written to over the connection `smtp_default` |

The notifiers are those of Airflow's providers. They are imported only when they are used, because
every parsing of a DAG reads this module. What a notifier raises is logged by Airflow, and changes
nothing about the run.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert

from collage_airflow.scheduled_runs import QueuedScheduledRun
from collage_airflow.settings import AWS_CONNECTION
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from airflow.sdk.bases.notifier import BaseNotifier

SUCCESS = "{{ ti.xcom_pull(task_ids='reconcile')['note'] }} ({{ run_id }} of {{ dag.dag_id }})"
FAILURE = (
    "{{ ti.task_id }} failed in {{ run_id }} of {{ dag.dag_id }}: "
    "{{ exception | default('the end of its log says why', true) | string | truncate(1500) }}\n"
    "Its log: {{ ti.log_url }}"
)
LATE = (
    "{{ dag_run.dag_run_id }} of {{ dag_run.dag_id }} is late: it has not ended by "
    "{{ deadline.deadline_time }}. See which of its tasks is not done: wait waits for workers, and "
    "approve for a person"
)
ASKED = (
    "{{ run_id }} of {{ dag.dag_id }} asks: {{ task.subject }}\n"
    "Why, and the two buttons: {{ ti.log_url.partition('?')[0] }}/required_actions"
)
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+")
_CONNECTION = re.compile(r"[A-Za-z0-9_.-]+")
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")

type _Arguments = Callable[[str, str, str], dict[str, Any]]
"""From a variable's value, a subject and a text to the arguments of a notifier."""


def _for_sns(value: str, subject: str, text: str) -> dict[str, Any]:
    _require("NOTIFY_SNS_TOPIC", value, _TOPIC, "the ARN of an SNS topic")
    return {
        "target_arn": value,
        "subject": subject,
        "message": text,
        "aws_conn_id": AWS_CONNECTION,
        "region_name": value.split(":")[3],
    }


def _for_slack(value: str, subject: str, text: str) -> dict[str, Any]:
    _require("NOTIFY_SLACK_CONNECTION", value, _CONNECTION, "the id of an Airflow connection")
    return {"slack_webhook_conn_id": value, "text": f"*{subject}*\n{text}"}


def _for_email(value: str, subject: str, text: str) -> dict[str, Any]:
    addresses = [address.strip() for address in value.split(",")]
    for address in addresses:
        _require("NOTIFY_EMAIL", address, _ADDRESS, "e-mail addresses with commas between them")
    # Escaped, because an error may repeat what came from outside.
    shown = f"<p>{{% filter e %}}{text}{{% endfilter %}}</p>"
    return {"to": addresses, "subject": subject, "html_content": shown}


_CHANNELS: Mapping[str, tuple[str, str, _Arguments]] = {
    "NOTIFY_SNS_TOPIC": ("airflow.providers.amazon.aws.notifications.sns", "SnsNotifier", _for_sns),
    "NOTIFY_SLACK_CONNECTION": (
        "airflow.providers.slack.notifications.slack_webhook",
        "SlackWebhookNotifier",
        _for_slack,
    ),
    "NOTIFY_EMAIL": ("airflow.providers.smtp.notifications.smtp", "SmtpNotifier", _for_email),
}


def after_success() -> list["BaseNotifier"]:
    """The `on_success_callback` of a run's last task. Raises SettingError for a wrong variable."""
    return [make(**told) for make, told in _notifiers("Cover collages", SUCCESS)]


def after_failure() -> list["BaseNotifier"]:
    """The `on_failure_callback` of every task: called when no retry is left.

    Raises SettingError for a wrong variable.
    """
    return [make(**told) for make, told in _notifiers("Cover collages: a task failed", FAILURE)]


def when_asked() -> list["BaseNotifier"]:
    """Called by a task that asks a person. Raises SettingError for a wrong variable."""
    return [make(**told) for make, told in _notifiers("Cover collages: a run asks", ASKED)]


def when_late(interval: timedelta) -> list[DeadlineAlert]:
    """The `deadline` of a DAG: a scheduled run must end this long after it was queued.

    Runs of a backfill have no deadline: all of them are queued at once, and those that wait for
    the others would be called late. Raises SettingError for a wrong variable.
    """
    return [
        DeadlineAlert(
            reference=QueuedScheduledRun(),
            interval=interval,
            callback=AsyncCallback(make, kwargs=told),
        )
        for make, told in _notifiers("Cover collages: a run is late", LATE)
    ]


def _notifiers(
    subject: str, text: str
) -> Iterator[tuple[Callable[..., "BaseNotifier"], dict[str, Any]]]:
    """The class of each notifier that is configured, and its arguments."""
    for variable, (module, name, arguments) in _CHANNELS.items():
        value = os.environ.get(variable, "").strip()
        if value:
            told = arguments(value, subject, text)
            yield _imported(variable, module, name), told


def _imported(variable: str, module: str, name: str) -> Callable[..., "BaseNotifier"]:
    try:
        made: Callable[..., BaseNotifier] = getattr(import_module(module), name)
    except ImportError as error:
        provider = module.split(".")[2]
        raise SettingError(
            f"{variable} is set, but Airflow cannot import {module} ({error}): add "
            f"apache-airflow-providers-{provider} to its requirements, or remove {variable}"
        ) from error
    return made


def _require(variable: str, value: str, form: re.Pattern[str], what: str) -> None:
    if not form.fullmatch(value):
        raise SettingError(f"{variable} is {value!r}: it must be {what}")
