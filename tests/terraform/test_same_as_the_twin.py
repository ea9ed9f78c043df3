"""What Terraform makes of `deploy/` is what the twin makes of it (local/provision.py)."""

import json
from typing import Any

import pytest

from local.policies import airflow_policy, forget_policy
from local.provision import DLQ, FUNCTION, QUEUE, provision
from local.settings import twin_limits
from tests.terraform.conftest import PREFIX, Applied

LIVE = ":live"


@pytest.fixture(scope="module")
def both(applied: Applied) -> Applied:
    """The account with what the twin makes beside what Terraform made; only the names differ."""
    provision(applied.aws, package=applied.package)
    return applied


def as_of_the_twin(value: Any) -> Any:
    """The same with the names that the twin has: without a prefix, and without the alias."""
    return json.loads(json.dumps(value).replace(PREFIX, "").replace(LIVE, ""))


def each(names: list[str]) -> Any:
    return pytest.mark.parametrize("name", names)


@each(["tiktok-image-input", "tiktok-image-output", "tiktok-image-temp"])
def test_buckets_remove_the_same_objects_and_are_as_private(both: Applied, name: str) -> None:
    def removed(bucket: str) -> dict[str, Any]:
        rules = both.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        return {
            f"{rule.get('Filter', {}).get('Prefix', '')} {kind}": rule[kind]  # type: ignore[literal-required]
            for rule in rules
            for kind in ("Expiration", "AbortIncompleteMultipartUpload")
            if kind in rule and "ExpiredObjectDeleteMarker" not in rule[kind]  # type: ignore[literal-required]
        }

    def private(bucket: str) -> Any:
        return both.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]

    assert removed(PREFIX + name) == removed(name)
    assert private(PREFIX + name) == private(name)


@each([QUEUE, DLQ])
def test_queues_keep_and_show_messages_as_long(both: Applied, name: str) -> None:
    sqs = both.client("sqs")

    def attributes(queue: str) -> dict[str, Any]:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        found["RedrivePolicy"] = json.loads(found.get("RedrivePolicy", "{}"))
        shared = ("VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds", "RedrivePolicy")
        return {attribute: found.get(attribute) for attribute in shared}

    assert as_of_the_twin(attributes(PREFIX + name)) == attributes(name)


def test_the_function_is_the_same(both: Applied) -> None:
    functions = both.client("lambda")

    def described(name: str) -> dict[str, Any]:
        found = functions.get_function_configuration(FunctionName=name)
        shared = ("Runtime", "Handler", "Timeout", "MemorySize", "CodeSha256", "Role")
        looped = functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"]
        return {**{attribute: found[attribute] for attribute in shared}, "loop": looped}

    assert as_of_the_twin(described(PREFIX + FUNCTION)) == described(FUNCTION)


def test_both_give_the_function_its_buckets_and_queue(both: Applied) -> None:
    functions = both.client("lambda")

    def settings(name: str) -> dict[str, str]:
        found = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        return {name: found[name] for name in found if name.endswith(("_BUCKET", "_QUEUE_URL"))}

    assert len(settings(FUNCTION)) == 4
    assert as_of_the_twin(settings(PREFIX + FUNCTION)) == settings(FUNCTION)


def test_sqs_calls_the_function_alike(both: Applied) -> None:
    functions = both.client("lambda")

    def mapping(name: str) -> Any:
        (found,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        shared = ("BatchSize", "FunctionResponseTypes", "EventSourceArn", "FunctionArn")
        return {attribute: found[attribute] for attribute in shared}, found["ScalingConfig"]

    own, workers = mapping(PREFIX + FUNCTION + LIVE)
    twins, fewer = mapping(FUNCTION)
    assert as_of_the_twin(own) == twins
    assert fewer == {"MaximumConcurrency": twin_limits().queue_mapping.maximum_concurrency}
    assert workers == {"MaximumConcurrency": 10}


def test_uploads_call_the_function_alike_and_events_that_fail_come_back(both: Applied) -> None:
    functions = both.client("lambda")

    def events(bucket: str) -> Any:
        found = both.s3.get_bucket_notification_configuration(Bucket=bucket)
        return found["LambdaFunctionConfigurations"]

    def kept(name: str) -> dict[str, Any]:
        found = functions.get_function_event_invoke_config(FunctionName=name)
        shared = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
        return {attribute: found[attribute] for attribute in shared}

    assert as_of_the_twin(kept(PREFIX + FUNCTION + LIVE)) == kept(FUNCTION)
    own, twins = events(f"{PREFIX}tiktok-image-input"), events("tiktok-image-input")
    assert as_of_the_twin(own) == twins


def test_the_function_has_the_same_rights(both: Applied) -> None:
    iam = both.client("iam")

    def rights(role: str) -> Any:
        found = iam.get_role_policy(RoleName=role, PolicyName="least-privilege")
        return found["PolicyDocument"]

    assert as_of_the_twin(rights(PREFIX + FUNCTION)) == rights(FUNCTION)
    trust = [
        iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        for role in (PREFIX + FUNCTION, FUNCTION)
    ]
    assert trust[0] == trust[1]


def test_airflow_has_the_same_rights(both: Applied) -> None:
    iam, functions = both.client("iam"), both.client("lambda")
    arn = functions.get_function_configuration(FunctionName=FUNCTION)["FunctionArn"]
    queue = arn.replace(":lambda:", ":sqs:").replace(f":function:{FUNCTION}", f":{QUEUE}")
    of_twin = {
        "airflow": airflow_policy(
            queue_arn=queue, dead_letter_queue_arn=f"{queue}-dlq", function_arn=arn
        ),
        "forget": forget_policy(),
    }
    for name, text in of_twin.items():
        made = both.outputs["airflow_policy_arns"][name]
        version = iam.get_policy(PolicyArn=made)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=made, VersionId=version)["PolicyVersion"]
        document = found["Document"]
        document = json.loads(document) if isinstance(document, str) else document
        assert as_of_the_twin(document) == json.loads(text)
