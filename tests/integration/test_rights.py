"""Every right of `deploy/policies/` is needed: without it, our own code is refused and says why.

A new right without an errand that needs it fails here.
"""

from collections.abc import Iterator

import pytest

from local.folder import Folder
from tests.support import errands_of_airflow, errands_of_the_function, errands_of_who_forgets
from tests.support.errands import all_errands, errands_for, statements
from tests.support.rights import Right, all_rights
from tests.support.rights_account import Account, account_with_a_user
from tests.support.tried_rights import Errand, Outcome

__all__ = ["errands_of_airflow", "errands_of_the_function", "errands_of_who_forgets"]

RIGHTS = all_rights()
OF_LAMBDA = {
    "sqs:ReceiveMessage": "Lambda polls the queue as the function's role",
    "sqs:DeleteMessage": "Lambda deletes what the function has done as its role",
    "sqs:SendMessage": "Lambda sends events that it gives up as the function's role",
}
"""What Lambda itself does with the rights of the function (Lambda guide, "Using Lambda with Amazon
SQS" and "Capturing records of Lambda asynchronous invocations"). The embedded AWS does it without
asking, so nothing here would fail."""
SILENT = {
    ("function", "ArchiveCsvsInTheirParts", "s3:AbortMultipartUpload"): (
        "what has broken the copy is raised; its parts are removed by the lifecycle"
    ),
}
"""Rights of which nobody is told that they are missing, and why."""


def is_lambdas(right: Right) -> bool:
    """Whether Lambda uses it, and none of our code."""
    of_dead_letters = "dead_letter" in right.resource
    is_used_by_us = right.action == "sqs:SendMessage" and not of_dead_letters
    return right.document == "function" and right.action in OF_LAMBDA and not is_used_by_us


OURS = [right for right in RIGHTS if not is_lambdas(right)]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with account_with_a_user(Folder(tmp_path_factory.mktemp("aws"))) as account:
        yield account


def test_every_statement_has_an_errand_and_no_errand_names_another_one() -> None:
    assert statements() == {(right.document, right.sid) for right in OURS}


def test_only_lambda_takes_messages_off_the_chunk_queue() -> None:
    lambdas = {(right.action, right.resource) for right in RIGHTS if is_lambdas(right)}
    assert lambdas == {
        ("sqs:ReceiveMessage", "${queue_arn}"),
        ("sqs:DeleteMessage", "${queue_arn}"),
        ("sqs:SendMessage", "${dead_letter_queue_arn}"),
    }


@pytest.mark.parametrize(("document", "errand"), all_errands())
def test_an_errand_is_done_with_the_rights_of_its_document(
    account: Account, document: str, errand: Errand
) -> None:
    outcome = account.attempt(document, errand)
    assert (outcome.refused, outcome.error) == ([], None), outcome.said


@pytest.mark.parametrize("right", OURS, ids=str)
def test_without_a_right_our_own_code_is_refused_and_names_it(
    account: Account, right: Right
) -> None:
    is_silent = (right.document, right.sid, right.action) in SILENT
    refused: list[Outcome] = []
    for errand in errands_for(right):
        outcome = account.attempt(right.document, errand, right)
        if outcome.refused and (is_silent or names(outcome, right)):
            return
        refused += [outcome] if outcome.refused else []
    assert refused, f"nothing needs it: remove it from deploy/policies/{right.document}.json"
    pytest.fail(f"nobody is told of it: {[outcome.said for outcome in refused]}")


def names(outcome: Outcome, right: Right) -> bool:
    """Whether a line says that exactly this right is to be allowed."""
    return any("allow" in line and right.action in line for line in outcome.said)
