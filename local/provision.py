"""Creates the resources that the product expects: buckets, queues, IAM, the function.

Every step is idempotent, so a restart, an older state and a changed zip all end in the same
account. It is made for the twin's account only; policies and numbers come from `deploy/`.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from collage_core.settings import Settings
from deploy.limits import Bucket, Buckets, Function, Limits, QueueMapping, UploadEvents
from local import policies
from local.ministack import Aws
from local.settings import (
    INPUT_BUCKET,
    OUTPUT_BUCKET,
    TEMP_BUCKET,
    keeping_covers,
    product_settings,
    twin_limits,
)

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

QUEUE = "collage-chunks"
DLQ = "collage-chunks-dlq"
FUNCTION = "collage-worker"
_AIRFLOW_USER = "airflow"
_FUNCTION_ROLE = "collage-worker"
_POLICY = "least-privilege"
_FORGET_POLICY = "forget"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The key that Airflow signs its requests with."""

    key_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Account:
    """The parts of the account that Airflow needs."""

    queue_url: str
    airflow_key: AccessKey


def provision(
    aws: Aws,
    *,
    package: bytes,
    covers_host: str = "127.0.0.1",
    airflow_key: AccessKey | None = None,
) -> Account:
    """Create or update all resources of the account.

    Args:
        aws: where.
        package: the function's zip.
        covers_host: the host that the function may fetch covers from.
        airflow_key: the key that Airflow has already. It stays if IAM still knows it; otherwise
            Airflow gets a new one.
    """
    limits = twin_limits()
    queue_url, queue_arn, dlq_arn = _queues(aws.sqs(), limits)
    environment = product_settings(queue_url=queue_url, covers_host=covers_host)
    _buckets(aws.s3(), keeping_covers(limits.buckets, Settings.from_env(environment)))
    role_arn = _function_role(aws.iam(), queue_arn=queue_arn, dlq_arn=dlq_arn)
    function_arn = _function(
        aws.functions(),
        package,
        role_arn,
        limits=limits.function,
        environment=environment,
    )
    _allow_chains(aws.functions(), limits.function)
    _event_source(aws.functions(), queue_arn, limits.queue_mapping)
    _keep_failed_events(aws.functions(), dlq_arn, limits.upload_events)
    _bucket_events(aws, function_arn, limits.upload_events)
    policy = policies.airflow_policy(
        queue_arn=queue_arn, dead_letter_queue_arn=dlq_arn, function_arn=function_arn
    )
    key = _airflow_user(aws.iam(), policy, airflow_key)
    return Account(queue_url=queue_url, airflow_key=key)


def _buckets(s3: "S3Client", limits: Buckets) -> None:
    for bucket, kept in (
        (INPUT_BUCKET, limits.input),
        (OUTPUT_BUCKET, limits.output),
        (TEMP_BUCKET, limits.temp),
    ):
        s3.create_bucket(Bucket=bucket)
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": _lifecycle_rules(kept)}
        )


def _lifecycle_rules(kept: Bucket) -> list[Any]:
    return [
        {
            "ID": "abort-incomplete-uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {
                "DaysAfterInitiation": kept.abort_uploads_after_days
            },
        },
        *(
            {
                "ID": f"expire {prefix}".rstrip(),
                "Status": "Enabled",
                "Filter": {"Prefix": prefix},
                "Expiration": {"Days": days},
            }
            for prefix, days in kept.expire_after_days.items()
        ),
    ]


def _queues(sqs: "SQSClient", limits: Limits) -> tuple[str, str, str]:
    """Create both queues; URL and ARN of the chunk queue, and the ARN of its dead-letter queue."""
    retention = limits.dead_letter_queue.message_retention_seconds
    _, dlq_arn = _queue(sqs, DLQ, {"MessageRetentionPeriod": str(retention)})
    redrive = {
        "deadLetterTargetArn": dlq_arn,
        "maxReceiveCount": limits.chunk_queue.max_receive_count,
    }
    url, arn = _queue(
        sqs,
        QUEUE,
        {
            "VisibilityTimeout": str(limits.chunk_queue.visibility_timeout_seconds),
            "RedrivePolicy": json.dumps(redrive),
        },
    )
    return url, arn, dlq_arn


def _queue(sqs: "SQSClient", name: str, attributes: Mapping[Any, str]) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def _function_role(iam: Any, *, queue_arn: str, dlq_arn: str) -> str:
    trust = policies.function_trust()
    try:
        iam.create_role(RoleName=_FUNCTION_ROLE, AssumeRolePolicyDocument=trust)
    except ClientError as error:
        if not _is(error, "EntityAlreadyExists"):
            raise
        iam.update_assume_role_policy(RoleName=_FUNCTION_ROLE, PolicyDocument=trust)
    iam.put_role_policy(
        RoleName=_FUNCTION_ROLE,
        PolicyName=_POLICY,
        PolicyDocument=policies.function_policy(queue_arn=queue_arn, dead_letter_queue_arn=dlq_arn),
    )
    return str(iam.get_role(RoleName=_FUNCTION_ROLE)["Role"]["Arn"])


def _airflow_user(iam: Any, policy: str, known: AccessKey | None) -> AccessKey:
    """Create the user with that policy and the one to forget creators, and give it the only key.

    Unless `known` is that key: then it stays.
    """
    try:
        iam.create_user(UserName=_AIRFLOW_USER)
    except ClientError as error:
        if not _is(error, "EntityAlreadyExists"):
            raise
    iam.put_user_policy(UserName=_AIRFLOW_USER, PolicyName=_POLICY, PolicyDocument=policy)
    iam.put_user_policy(
        UserName=_AIRFLOW_USER,
        PolicyName=_FORGET_POLICY,
        PolicyDocument=policies.forget_policy(),
    )
    keys = iam.list_access_keys(UserName=_AIRFLOW_USER)["AccessKeyMetadata"]
    if known and [key["AccessKeyId"] for key in keys] == [known.key_id]:
        return known
    for old in keys:
        iam.delete_access_key(UserName=_AIRFLOW_USER, AccessKeyId=old["AccessKeyId"])
    key = iam.create_access_key(UserName=_AIRFLOW_USER)["AccessKey"]
    return AccessKey(key_id=key["AccessKeyId"], secret=key["SecretAccessKey"])


def _function(
    functions: "LambdaClient",
    package: bytes,
    role_arn: str,
    *,
    limits: Function,
    environment: Mapping[str, str],
) -> str:
    settings: dict[str, Any] = {
        "FunctionName": FUNCTION,
        "Runtime": limits.runtime,
        "Handler": limits.handler,
        "Role": role_arn,
        "Timeout": limits.timeout_seconds,
        "MemorySize": limits.memory_mb,
        "Environment": {"Variables": dict(environment)},
    }
    try:
        found = functions.get_function_configuration(FunctionName=FUNCTION)
    except ClientError as error:
        if not _is(error, "ResourceNotFoundException"):
            raise
        found = functions.create_function(**settings, Code={"ZipFile": package})
        functions.get_waiter("function_active_v2").wait(FunctionName=FUNCTION)
        return found["FunctionArn"]
    if found["CodeSha256"] != b64encode(hashlib.sha256(package).digest()).decode():
        functions.update_function_code(FunctionName=FUNCTION, ZipFile=package)
        functions.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    functions.update_function_configuration(**settings)
    functions.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    return found["FunctionArn"]


def _allow_chains(functions: "LambdaClient", limits: Function) -> None:
    """Let a chunk continue in further messages as often as needed.

    Without this, Lambda stops a function that sends to its own queue after about 16 rounds,
    and the message ends in the dead-letter queue (docs/adr/0003).
    """
    functions.put_function_recursion_config(
        FunctionName=FUNCTION, RecursiveLoop=limits.recursive_loop
    )


def _event_source(functions: "LambdaClient", queue_arn: str, limits: QueueMapping) -> None:
    """Let SQS call the function, which reports the messages that failed."""
    settings: Any = {
        "BatchSize": limits.batch_size,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": limits.maximum_concurrency},
        "Enabled": True,
    }
    mappings = functions.list_event_source_mappings(
        FunctionName=FUNCTION, EventSourceArn=queue_arn
    )["EventSourceMappings"]
    if mappings:
        functions.update_event_source_mapping(UUID=mappings[0]["UUID"], **settings)
    else:
        functions.create_event_source_mapping(
            FunctionName=FUNCTION, EventSourceArn=queue_arn, **settings
        )


def _keep_failed_events(functions: "LambdaClient", dlq_arn: str, events: UploadEvents) -> None:
    """Let Lambda send an event that it gives up to the dead-letter queue.

    From there, a redrive brings it to the chunk queue (docs/adr/0031).
    """
    functions.put_function_event_invoke_config(
        FunctionName=FUNCTION,
        MaximumRetryAttempts=events.maximum_retry_attempts,
        MaximumEventAgeInSeconds=events.maximum_event_age_seconds,
        DestinationConfig={"OnFailure": {"Destination": dlq_arn}},
    )


def _bucket_events(aws: Aws, function_arn: str, events: UploadEvents) -> None:
    """Let every object below the prefixes of uploads call the function."""
    try:
        aws.functions().add_permission(
            FunctionName=FUNCTION,
            StatementId="input-bucket",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{INPUT_BUCKET}",
        )
    except ClientError as error:
        if not _is(error, "ResourceConflictException"):
            raise
    aws.s3().put_bucket_notification_configuration(
        Bucket=INPUT_BUCKET,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "Id": prefix.rstrip("/"),
                    "LambdaFunctionArn": function_arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
                }
                for prefix in events.prefixes
            ]
        },
    )


def _is(error: ClientError, code: str) -> bool:
    return error.response["Error"]["Code"] == code
