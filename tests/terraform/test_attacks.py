"""What the buckets refuse whoever asks, and what they must take from our own writers."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.terraform.conftest import Applied

each_bucket = pytest.mark.parametrize("bucket", ["input", "output", "temp"])
KEY = "try/object"


def code(call: Callable[[], Any]) -> str:
    """The error code of a call, or nothing when it works."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


@pytest.fixture(scope="module")
def somebody(applied: Applied) -> Iterator[Any]:
    """S3 as a user with every right to it and to keys: the account's root may do all."""
    iam = applied.client("iam")
    iam.create_user(UserName="somebody")
    rights = {"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
    iam.put_user_policy(UserName="somebody", PolicyName="all", PolicyDocument=document)
    key = iam.create_access_key(UserName="somebody")["AccessKey"]
    yield applied.client(
        "s3",
        {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        },
    )
    iam.delete_access_key(UserName="somebody", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="somebody", PolicyName="all")
    iam.delete_user(UserName="somebody")


@pytest.fixture(scope="module")
def names(applied: Applied) -> dict[str, str]:
    return applied.outputs["buckets"]


@each_bucket
def test_another_encryption_is_refused(
    applied: Applied, somebody: Any, names: dict[str, str], bucket: str
) -> None:
    other = applied.client("kms").create_key()["KeyMetadata"]["Arn"]
    for asked in (
        {"ServerSideEncryption": "AES256"},
        {"ServerSideEncryption": "aws:kms"},
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": other},
    ):
        put: dict[str, Any] = {"Bucket": names[bucket], "Key": KEY, **asked}
        assert code(partial(somebody.put_object, **put)) == "AccessDenied"


@each_bucket
def test_our_own_writers_pass_and_their_objects_have_our_key(
    applied: Applied, somebody: Any, names: dict[str, str], bucket: str
) -> None:
    s3, name = somebody, names[bucket]
    s3.put_object(Bucket=name, Key=KEY, Body=b"x")
    s3.copy_object(Bucket=name, Key=f"{KEY}-copy", CopySource={"Bucket": name, "Key": KEY})
    upload = s3.create_multipart_upload(Bucket=name, Key=f"{KEY}-parts")["UploadId"]
    which: Any = {"Bucket": name, "Key": f"{KEY}-parts", "UploadId": upload}
    part = s3.upload_part(**which, PartNumber=1, Body=b"x")
    parts: Any = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**which, MultipartUpload=parts)
    for key in (KEY, f"{KEY}-copy", f"{KEY}-parts"):
        assert s3.head_object(Bucket=name, Key=key)["SSEKMSKeyId"] == applied.outputs["key_arn"]
        s3.delete_object(Bucket=name, Key=key)


@each_bucket
def test_nothing_can_be_made_public(somebody: Any, names: dict[str, str], bucket: str) -> None:
    s3, name = somebody, names[bucket]
    put: Any = {"Bucket": name, "Key": KEY, "ACL": "public-read"}
    assert code(lambda: s3.put_object(**put)) == "AccessControlListNotSupported"
    blocked = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}


def test_a_link_to_upload_works_without_a_header(
    applied: Applied, somebody: Any, names: dict[str, str]
) -> None:
    which: Any = {"Bucket": names["input"], "Key": KEY}
    url = somebody.generate_presigned_url("put_object", Params=which)
    request = urllib.request.Request(url, data=b"x", method="PUT")  # noqa: S310 - https, ours
    request.add_header("Content-Type", "")
    certificate = applied.aws.certificate
    assert certificate is not None
    with urllib.request.urlopen(request, context=certificate.client_context()) as answer:  # noqa: S310
        assert answer.status == 200
    assert applied.s3.head_object(**which)["SSEKMSKeyId"] == applied.outputs["key_arn"]
    applied.s3.delete_object(**which)
