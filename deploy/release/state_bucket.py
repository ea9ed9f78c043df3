"""The bucket of Terraform's state, which must be there before Terraform is.

It is private, versioned, encrypted and reached by TLS alone: a state has the settings of the
function in it, and every old version of it is a way back.
"""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from deploy.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_REGION_WITHOUT_NAME = "us-east-1"
"""S3 refuses this one as a LocationConstraint."""
_NOT_SET = {
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
}


def ensure_state_bucket(
    name: str,
    region: str,
    say: Callable[[str], None],
    *,
    account: str,
    plan_only: bool = False,
) -> None:
    """Make the bucket if `account` lacks it, and set what it lacks. What is set already stays.

    Raises DeployError when the bucket belongs to somebody else or is elsewhere, and ClientError.
    """
    s3 = boto3.client("s3", region_name=region)
    is_there = _is_there(s3, name, region, account)
    if plan_only:
        say(f"bucket {name} is there" if is_there else f"would make the bucket {name} in {region}")
        return
    if not is_there:
        if region == _REGION_WITHOUT_NAME:
            s3.create_bucket(Bucket=name)
        else:
            place = {"LocationConstraint": region}
            s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)  # type: ignore[arg-type]
    done = [*_set_what_is_missing(s3, name)]
    if not is_there:
        say(f"made the bucket {name} in {region}: {', '.join(done)}")
    else:
        say(f"bucket {name} is there{': now ' + ', '.join(done) if done else ''}")


def _is_there(s3: "S3Client", name: str, region: str, account: str) -> bool:
    try:
        # Somebody may have taken the name and let everybody in, to read the state.
        found = s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)["BucketRegion"]
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            return False
        if status == 403:
            raise DeployError(
                f"the bucket {name} is in another account, or you may not use it: name another one "
                "in the .tfbackend file of the environment"
            ) from error
        raise
    if found != region:
        raise DeployError(
            f'the bucket {name} is in {found}: write region = "{found}" in the .tfbackend file of '
            "the environment"
        )
    return True


def _set_what_is_missing(s3: "S3Client", name: str) -> Iterator[str]:
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        yield "versioned"
    if not _is_set(lambda: s3.get_public_access_block(Bucket=name)):
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        yield "private"
    if not _is_set(lambda: s3.get_bucket_encryption(Bucket=name)):
        s3.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )
        yield "encrypted"
    if not _is_set(lambda: s3.get_bucket_policy(Bucket=name)):
        s3.put_bucket_policy(Bucket=name, Policy=_tls_only(name))
        yield "by TLS alone"


def _is_set(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_SET:
            return False
        raise
    return True


def _tls_only(name: str) -> str:
    statement = {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
