"""The rights of `deploy/policies/` one by one, and each document without one of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from deploy.iam import POLICIES, policy
from local.policies import _ministack_actions

DOCUMENTS = ("function", "airflow", "forget")
"""Those that give rights."""


@dataclass(frozen=True, slots=True)
class Right:
    """One action on one resource, as a statement of a document gives it."""

    document: str
    sid: str
    action: str
    resource: str
    """With its placeholders."""

    def __str__(self) -> str:
        resource = self.resource.removeprefix("arn:aws:s3:::").replace("${", "").replace("}", "")
        return f"{self.document}-{self.sid}-{self.action}-{resource}"


def rights_of(document: str) -> Iterator[Right]:
    """All rights of a document, in its order."""
    template = json.loads((POLICIES / f"{document}.json").read_text())
    for statement in template["Statement"]:
        for action in statement["Action"]:
            for resource in statement["Resource"]:
                yield Right(document, statement["Sid"], action, resource)


def all_rights() -> list[Right]:
    """Those of all documents."""
    return [right for document in DOCUMENTS for right in rights_of(document)]


def document_without(document: str, right: Right | None, values: Mapping[str, str]) -> str:
    """A document with these names filled in and without that right, as the embedded AWS reads it.

    None: the whole document.
    """
    filled = json.loads(policy(document, values))
    statements = [
        each
        for statement in filled["Statement"]
        for each in (
            [statement]
            if right is None or statement["Sid"] != right.sid
            else _without(statement, right.action, Template(right.resource).substitute(values))
        )
    ]
    for statement in statements:
        actions = [one for action in statement["Action"] for one in _ministack_actions(action)]
        statement["Action"] = actions
    return json.dumps({**filled, "Statement": statements})


def _without(statement: dict[str, Any], action: str, resource: str) -> list[dict[str, Any]]:
    """The same rights in up to two statements, but for one."""
    others = [each for each in statement["Action"] if each != action]
    elsewhere = [each for each in statement["Resource"] if each != resource]
    beside = {**statement, "Sid": f"{statement['Sid']}Elsewhere"}
    return [
        *([{**statement, "Action": others}] if others else []),
        *([{**beside, "Action": [action], "Resource": elsewhere}] if elsewhere else []),
    ]
