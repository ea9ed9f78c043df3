"""The twin's workers: held back, set otherwise, without a right, killed."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from local.provision import FUNCTION
from local.twin import Twin

_ROLE = FUNCTION
_DENIED = "denied-by-a-test"


@contextmanager
def no_work(twin: Twin) -> Iterator[None]:
    """Messages wait in the queue during the block."""
    functions = twin.aws.functions()
    (mapping,) = functions.list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def function_with(twin: Twin, **changes: str) -> Iterator[None]:
    """The function has other variables during the block; its workers start again."""
    functions = twin.aws.functions()
    before = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]

    def configure(variables: dict[str, str]) -> None:
        functions.update_function_configuration(
            FunctionName=FUNCTION, Environment={"Variables": variables}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)

    configure({**before, **changes})
    try:
        yield
    finally:
        configure(before)


@contextmanager
def function_denied(twin: Twin, action: str, resource: str) -> Iterator[None]:
    """The function's role may not do this during the block."""
    statement = {"Effect": "Deny", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = twin.aws.iam()
    iam.put_role_policy(RoleName=_ROLE, PolicyName=_DENIED, PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=_ROLE, PolicyName=_DENIED)


def kill_workers(twin: Twin) -> int:
    """Kill the environments of the function, as Lambda may at any moment; how many there were."""
    temporary = str(twin.folder.of("tmp"))
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if temporary in command and "lambda" in command:
                os.kill(int(process.name), signal.SIGKILL)
                found += 1
    return found


def invoke(twin: Twin, event: Any) -> Any:
    """The function's answer to a direct invocation, or the error that it ended with."""
    answer = twin.aws.functions().invoke(FunctionName=FUNCTION, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())
