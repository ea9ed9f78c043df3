"""The function's role has the rights that its work needs, and none besides."""

import json
from fnmatch import fnmatchcase

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from local.policies import function_policy
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET

DEBUG = keys.failed_download("monthly-1", "00000-a", 5000, "not_an_image")
ERROR_LOG = keys.error_log("monthly-1", "00000-a", 1)
DEBUG_BODY = keys.failed_download_body("monthly-1", "00000-a", 5000, "not_an_image")
SECOND = RunTimestamp.parse("20261001_000000")
QUEUE = "arn:aws:sqs:us-east-1:1:q"
POLICY = function_policy(queue_arn=QUEUE, dead_letter_queue_arn=f"{QUEUE}-dlq")
STATEMENTS = json.loads(POLICY)["Statement"]


def allows(action: str, bucket: str, key: str) -> bool:
    resource = f"arn:aws:s3:::{bucket}/{key}"
    return any(
        statement["Effect"] == "Allow"
        and action in statement["Action"]
        and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        for statement in STATEMENTS
    )


@pytest.mark.parametrize("key", [DEBUG, DEBUG_BODY, ERROR_LOG])
def test_what_is_kept_for_debugging_may_be_written_and_nothing_else(key: str) -> None:
    assert allows("s3:PutObject", TEMP_BUCKET, key)
    for action in ("s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:*"):
        assert not allows(action, TEMP_BUCKET, key)
    for bucket in (INPUT_BUCKET, OUTPUT_BUCKET):
        assert not allows("s3:PutObject", bucket, key)


def test_a_run_may_claim_its_second_for_good_and_give_none_back() -> None:
    for key in (keys.claim(SECOND), keys.processing_summary(SECOND)):
        assert allows("s3:GetObject", OUTPUT_BUCKET, key)
    assert allows("s3:GetObject", TEMP_BUCKET, keys.claimed_second(SECOND))
    assert allows("s3:PutObject", OUTPUT_BUCKET, keys.claim(SECOND))
    assert not allows("s3:DeleteObject", OUTPUT_BUCKET, keys.claim(SECOND))


def test_a_right_names_its_actions_one_by_one() -> None:
    actions = [action for statement in STATEMENTS for action in statement["Action"]]
    assert [action for action in actions if "*" in action] == []


def test_what_is_kept_of_a_run_may_be_read_by_the_next_worker() -> None:
    for key in (keys.receipt("r", "c"), keys.partial_receipt("r", "c"), keys.manifest("r")):
        assert allows("s3:GetObject", TEMP_BUCKET, key)
        assert allows("s3:PutObject", TEMP_BUCKET, key)
    assert allows("s3:DeleteObject", TEMP_BUCKET, keys.partial_receipt("r", "c"))
    assert not allows("s3:DeleteObject", TEMP_BUCKET, keys.manifest("r"))
