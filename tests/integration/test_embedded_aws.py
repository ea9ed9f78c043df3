"""What the product needs of S3's conditional writes, asked of the embedded AWS itself.

Whoever changes its version learns here what became different, before a worker does.
"""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from collage_core.aws.s3_store import S3Error, S3Store
from local.ministack import REGION
from local.settings import OUTPUT_BUCKET
from local.twin import Twin

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IMPOSSIBLE = '"0"'
FOLDER = f"embedded-aws/{uuid4().hex}/"


def status(call: Callable[[], Any]) -> int | str:
    """What S3 says: its status, or its error code."""
    try:
        return int(call()["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return error.response["Error"]["Code"]


@dataclass(frozen=True)
class Objects:
    """Writes objects in a folder of this test alone."""

    s3: "S3Client"

    def put(self, name: str, body: bytes = b"", **options: Any) -> Any:
        return self.s3.put_object(Bucket=OUTPUT_BUCKET, Key=f"{FOLDER}{name}", Body=body, **options)

    def etag(self, name: str) -> str:
        return self.s3.head_object(Bucket=OUTPUT_BUCKET, Key=f"{FOLDER}{name}")["ETag"]


@pytest.fixture(scope="module")
def objects(twin: Twin) -> Objects:
    return Objects(twin.aws.s3())


@pytest.fixture
def user(twin: Twin) -> Iterator[tuple[Objects, Callable[..., Any]]]:
    """A user of no rights at first, and what gives it a statement for this folder."""
    iam, name = twin.aws.iam(), f"user-{uuid4().hex}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    client = boto3.client(
        "s3",
        endpoint_url=twin.aws.endpoint_url,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

    def give(effect: str, action: str) -> None:
        statement = {
            "Effect": effect,
            "Action": action,
            "Resource": f"arn:aws:s3:::{OUTPUT_BUCKET}/{FOLDER}*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName=effect, PolicyDocument=document)

    yield Objects(client), give
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


def test_the_first_of_two_writes_of_a_new_object_wins(objects: Objects) -> None:
    first = objects.put("new", b"1", IfNoneMatch="*")["ETag"]
    assert status(partial(objects.put, "new", b"2", IfNoneMatch="*")) == "PreconditionFailed"
    assert objects.etag("new") == first


def test_an_object_is_overwritten_only_as_the_one_that_was_seen(objects: Objects) -> None:
    seen = objects.put("seen", b"1")["ETag"]
    assert status(partial(objects.put, "seen", b"2", IfMatch=IMPOSSIBLE)) == "PreconditionFailed"
    assert status(partial(objects.put, "seen", b"2", IfMatch=seen)) == 200
    assert status(partial(objects.put, "seen", b"3", IfMatch=seen)) == "PreconditionFailed"
    assert status(partial(objects.put, "missing", b"3", IfMatch=seen)) == "NoSuchKey"


@pytest.mark.parametrize("condition", ["IfMatch", "IfNoneMatch"])
def test_one_of_many_writers_at_once_wins(objects: Objects, condition: str) -> None:
    def write(value: str, each: int) -> int | str:
        body = str(each).encode() * 9999
        return status(lambda: objects.put("race", body, **{condition: value}))

    won, races = Counter[int | str](), 20
    with ThreadPoolExecutor(4) as pool:
        for _ in range(races):
            objects.s3.delete_object(Bucket=OUTPUT_BUCKET, Key=f"{FOLDER}race")
            value = "*" if condition == "IfNoneMatch" else objects.put("race")["ETag"]
            won.update(pool.map(partial(write, value), range(4)))
    assert won == {200: races, "PreconditionFailed": 3 * races}


def test_a_right_is_asked_for_before_a_condition_so_that_an_impossible_write_proves_it(
    objects: Objects, user: tuple[Objects, Callable[..., Any]]
) -> None:
    objects.put("there")
    mine, give = user

    def answers() -> list[int | str]:
        return [status(partial(mine.put, name, IfMatch=IMPOSSIBLE)) for name in ("there", "none")]

    assert answers() == ["AccessDenied"] * 2
    give("Allow", "s3:PutObject")
    assert answers() == ["PreconditionFailed", "NoSuchKey"]
    give("Deny", "s3:PutObject")
    assert answers() == ["AccessDenied"] * 2


def test_what_is_written_of_an_object_comes_with_its_head(objects: Objects) -> None:
    mark = {"chunk": "0123456789abcdef01234567", "covers": "12,http_404,3"}
    objects.put("marked", Metadata=mark)
    head = objects.s3.head_object(Bucket=OUTPUT_BUCKET, Key=f"{FOLDER}marked")
    assert head["Metadata"] == mark


def test_a_body_with_another_checksum_than_the_caller_knows_is_refused(objects: Objects) -> None:
    store, key = S3Store(objects.s3), f"{FOLDER}summed"
    crc = zlib.crc32(b"body")
    store.put(OUTPUT_BUCKET, key, b"body", content_type="text/plain", crc32=crc)
    with pytest.raises(S3Error, match="S3 says BadDigest"):
        store.put(OUTPUT_BUCKET, key, b"bodi", content_type="text/plain", crc32=crc)
    assert store.get(OUTPUT_BUCKET, key).body == b"body"  # type: ignore[union-attr]


def test_a_listing_is_in_the_order_of_the_bytes_and_begins_after_any_key(objects: Objects) -> None:
    names = ["Z", "a b", "a%20", "a+b", "~", "é", "ü", "～", "😀"]  # noqa: RUF001 - outside ASCII
    for name in names:
        objects.put(f"list/{name}")
    prefix = f"{FOLDER}list/"

    def after(key: str) -> list[str]:
        pages = objects.s3.get_paginator("list_objects_v2").paginate(
            Bucket=OUTPUT_BUCKET, Prefix=prefix, StartAfter=key, PaginationConfig={"PageSize": 2}
        )
        found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [key.removeprefix(prefix) for key in found]

    assert after("") == names == sorted(names, key=str.encode)
    assert after(f"{prefix}a b") == names[2:]
    assert after(f"{prefix}b") == names[4:]
    assert after(f"{prefix}😀") == []


def test_an_object_is_deleted_only_as_the_one_that_was_seen(objects: Objects) -> None:
    etag = objects.put("deleted")["ETag"]
    delete = partial(objects.s3.delete_object, Bucket=OUTPUT_BUCKET, Key=f"{FOLDER}deleted")
    assert status(partial(delete, IfMatch=IMPOSSIBLE)) == "PreconditionFailed"
    assert status(partial(delete, IfMatch=etag)) == 204


@pytest.fixture(scope="module", autouse=True)
def _nothing_left(twin: Twin) -> Iterator[None]:
    yield
    s3 = twin.aws.s3()
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=OUTPUT_BUCKET, Prefix=FOLDER)
    left = [{"Key": item["Key"]} for page in pages for item in page.get("Contents", [])]
    for some in batched(left, 1000):
        s3.delete_objects(Bucket=OUTPUT_BUCKET, Delete={"Objects": list(some)})  # type: ignore[typeddict-item]
