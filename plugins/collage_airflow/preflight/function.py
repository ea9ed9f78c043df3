"""Whether the function agrees with Airflow: it is asked for its settings, before any row is read.

The function and Airflow are deployed separately. What they must agree on stops a run; a difference
that a run can live with, and a function that cannot be asked, is a warning: the queue may be read
by a function that Airflow may not invoke.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from collage_airflow.aws import lambda_hook
from collage_airflow.preflight.problem import Problem, one_line, unusable
from collage_core import __version__
from collage_core.contract.answers import SelfCheck
from collage_core.contract.document import SCHEMA_VERSION, to_json
from collage_core.contract.reading import read
from collage_core.errors import MessageError
from collage_core.settings import Settings

_MUST_AGREE = ("input_bucket", "output_bucket", "temp_bucket", "chunk_queue_url")
_OF_ONE_SIDE = {
    "approve_above_dead_percent",
    "approve_above_usd",
    "browser_s3_endpoint",
    "enable_debug_logging",
    "function_name",
    "metrics_environment",
    "metrics_namespace",
    "request_headers",
}
"""Settings that only one side reads, and that are often set there alone."""

_CONNECT_TIMEOUT, _READ_TIMEOUT, _TRIES = 5, 60, 2
"""Seconds, and how often it is asked: a cold start takes some seconds. The defaults of boto take
five minutes where the network has no way to Lambda, before each run."""

_REACHABLE = "reachable"
_UNASKED = "whether it has the settings of Airflow is not known"


def ask_function(aws_conn_id: str, name: str) -> SelfCheck | Problem:
    """What the function answers to `{}`, or the one problem of asking it."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    thing = f"function {name} (FUNCTION_NAME)"
    try:
        hook = lambda_hook(aws_conn_id)
        limits = Config(
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            retries={"total_max_attempts": _TRIES},
        )
        client: Any = hook.get_client_type(config=hook.config.merge(limits))
        answer = client.invoke(FunctionName=name, Payload=b"{}")
        payload = answer["Payload"].read()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no code")
        fixes = {
            "ResourceNotFoundException": "set FUNCTION_NAME to the function that reads the queue",
            "AccessDeniedException": "allow lambda:InvokeFunction on it",
            "TooManyRequestsException": "it has as many invocations at once as it may",
        }
        fix = fixes.get(code, "see the status of the service")
        return _warning(f"{thing} answers {code}: {fix}. Until then, {_UNASKED}")
    except BotoCoreError as error:
        return _warning(f"{thing} cannot be asked ({one_line(str(error))}): {_UNASKED}")
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        return replace(unusable(thing, error, aws_conn_id), blocks=False)
    if "FunctionError" in answer:
        return _failed(thing, payload)
    return _read(thing, payload)


def function_problems(answer: SelfCheck, settings: Settings) -> Iterator[Problem]:
    """One line for each difference between the function and Airflow."""
    name = settings.function_name
    if answer.version != __version__:
        yield _warning(
            f"function {name} is release {answer.version}, Airflow's side is {__version__}: deploy "
            "both from the same commit"
        )
    theirs = answer.settings
    for field, own in _as_answered(settings).items():
        if field in _OF_ONE_SIDE or field not in theirs or theirs[field] == own:
            continue
        yield Problem(
            f"{field.upper()} is {_shown(field, theirs[field])} for function {name}, and "
            f"{_shown(field, own)} for Airflow: give both the same value",
            may_pass=False,
            blocks=field in _MUST_AGREE and not _is_same_queue(theirs[field], own),
        )


def reach_problems(answer: SelfCheck, settings: Settings) -> Iterator[Problem]:
    """What the function itself cannot reach: a bucket, or the queue."""
    states = {f"bucket {name}": state for name, state in answer.buckets.items()}
    for thing, state in {**states, "its queue": answer.queue}.items():
        if state != _REACHABLE:
            yield Problem(
                f"function {settings.function_name} does not reach {thing}: {one_line(state)}",
                may_pass=True,
            )


def _failed(thing: str, payload: bytes) -> Problem:
    """The function raised an error, which it would raise for every chunk."""
    try:
        told = json.loads(payload)
        kind, line = str(told["errorType"]), str(told["errorMessage"])
    except (ValueError, LookupError, TypeError):
        kind, line = "error", payload[:200].decode(errors="replace")
    return Problem(f"{thing} fails with {kind}: {one_line(line)}", may_pass=kind != "SettingError")


def _read(thing: str, payload: bytes) -> SelfCheck | Problem:
    try:
        told: Any = json.loads(payload)
    except ValueError:
        told = None
    ours = isinstance(told, dict) and isinstance(told.get("settings"), dict)
    if ours and told.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        return Problem(
            f"{thing} reads and writes documents of schema_version {told['schema_version']}, "
            f"Airflow's side {SCHEMA_VERSION}: deploy both from the same commit",
            may_pass=False,
        )
    with suppress(MessageError):
        if ours:
            return read(payload, SelfCheck)
    return _warning(
        f"{thing} does not answer as ours does: set FUNCTION_NAME to the function that reads "
        f"the queue. Until then, {_UNASKED}"
    )


def _as_answered(settings: Settings) -> dict[str, Any]:
    """The settings as they are after their way through JSON."""
    answer = SelfCheck(ok=True, version="", settings=settings, buckets={}, queue="")
    told: dict[str, Any] = json.loads(json.dumps(to_json(answer)["settings"]))
    return told


def _is_same_queue(theirs: object, own: object) -> bool:
    """Whether two URLs may be one queue: SQS has several host names for each region."""
    paths = [urlsplit(str(url)).path.strip("/") for url in (theirs, own)]
    return "/" in paths[0] and paths[0] == paths[1]


def _shown(name: str, value: Any) -> str:
    """A value as it is written in a variable."""
    if name == "host_limits" and value:
        return str(value)
    if isinstance(value, list):
        value = ("x" if name == "cell_size" else ",").join(map(str, value))
    return "not set" if value in (None, "") else json.dumps(value)


def _warning(line: str) -> Problem:
    return Problem(line, may_pass=True, blocks=False)
