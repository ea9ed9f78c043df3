"""Commands for the `aws` command line, followed literally: the same calls through boto3."""

import json
import shlex
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import boto3
from botocore import xform_name

_SERVICES = {"s3api": "s3"}
"""Names that the command line has of its own."""


def follow(line: str, **connection: Any) -> list[Any]:
    """Do what the commands in this line do, one after the other, as a shell would.

    Returns the answer to each.

    `connection` is for boto3's client: an endpoint and a key. A value of an option is JSON if it
    begins with a brace, a list of NAME=value for a mapping, and otherwise text, as the command line
    takes it.
    """
    answers = []
    for command in _commands(line):
        program, service, operation, *options = command
        assert program == "aws"
        values = dict(zip(options[::2], options[1::2], strict=True))
        given = dict(connection)
        if "--region" in values:
            given["region_name"] = values.pop("--region")
        client: Any = boto3.client(_SERVICES.get(service, service), **given)  # type: ignore[call-overload]
        method = xform_name(operation.replace("-", "_"))
        shape = client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[method]
        ).input_shape
        assert shape is not None
        names = {xform_name(name, "-"): name for name in shape.members}
        arguments = {}
        for option, text in values.items():
            name = names[option.removeprefix("--")]
            arguments[name] = _value(text, shape.members[name].type_name)
        answers.append(getattr(client, method)(**arguments))
    return answers


def _commands(line: str) -> Iterator[list[str]]:
    for is_separator, words in groupby(shlex.split(line), lambda word: word == "&&"):
        if not is_separator:
            yield [*words]


def _value(text: str, type_name: str) -> Any:
    if text.startswith("{"):
        return json.loads(text)
    if type_name == "map":
        name, _, value = text.partition("=")
        return {name: value}
    return text
