"""What is refused whoever asks, and what the buckets must take from our own writers."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from collage_core.aws.multipart import MultipartUpload
from collage_core.aws.s3_move import move
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from local.ministack import REGION
from tests.terraform.conftest import PREFIX, Applied

each_bucket = pytest.mark.parametrize("bucket", ["input", "output", "temp"])
KEY = "try/object"
IMPOSSIBLE = '"0"'
ANOTHER_ACCOUNT = "111122223333"
REFUSED = {
    *{"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"},
    *{"AWS.SimpleQueueService.AccessDenied", "AuthorizationErrorException"},
}
"""The codes of a right that is missing, as S3, SQS, SNS, KMS and Lambda have them."""


def code(call: Callable[[], Any]) -> str:
    """The error code of a call, or nothing when it works."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


@contextmanager
def user(iam: Any, name: str, actions: list[str]) -> Iterator[dict[str, str]]:
    """The key of a new user who may do these on everything."""
    iam.create_user(UserName=name)
    rights = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="all")
    iam.delete_user(UserName=name)


@pytest.fixture(scope="module")
def somebody(applied: Applied) -> Iterator[Any]:
    """S3 as a user with every right to it and to keys: the account's root may do all."""
    with user(applied.client("iam"), "somebody", ["s3:*", "kms:*"]) as key:
        yield applied.client("s3", key)


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


def test_the_archive_takes_a_csv_of_one_piece_and_one_of_parts(
    applied: Applied, somebody: Any, names: dict[str, str]
) -> None:
    store, name = S3Store(somebody), names["input"]
    whole, in_parts = "csv-files/whole.txt", "csv-files/parts.txt"
    etags = {whole: store.put(name, whole, b"x", content_type="text/csv")}
    with MultipartUpload(
        somebody, bucket=name, key=in_parts, content_type="text/csv", metadata={}
    ) as upload:
        upload.write(b"x")
    etags[in_parts] = upload.etag
    for key, etag in etags.items():
        moved = key.replace("csv-files/", "archived/")
        assert move(store, CsvSource(name, key, etag), moved)
        assert store.head(name, key) is None
        head = applied.s3.head_object(Bucket=name, Key=moved)
        assert head["SSEKMSKeyId"] == applied.outputs["key_arn"]
        store.delete_keys(name, [moved])


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


def test_a_link_to_read_works(applied: Applied, somebody: Any, names: dict[str, str]) -> None:
    which: Any = {"Bucket": names["output"], "Key": KEY}
    applied.s3.put_object(**which, Body=b"x")
    url = somebody.generate_presigned_url("get_object", Params=which)
    certificate = applied.aws.certificate
    assert certificate is not None
    with urllib.request.urlopen(url, context=certificate.client_context()) as answer:  # noqa: S310
        assert answer.read() == b"x"
    applied.s3.delete_object(**which)


type Requests = dict[str, Callable[[], Any]]


@dataclass(frozen=True)
class Attacker:
    """Somebody's clients, and requests that ask for everything that there is."""

    applied: Applied
    key: dict[str, str]
    with_tls: bool = True

    def requests(self) -> Requests:
        """What each of these would read or write, by its name. None would change anything."""
        s3, sqs, sns = (self._client(name) for name in ("s3", "sqs", "sns"))
        buckets = [*self.applied.outputs["buckets"].values(), f"{PREFIX}tiktok-image-logs"]
        asked: Requests = {}
        for bucket in buckets:
            which: Any = {"Bucket": bucket, "Key": KEY}
            asked |= {
                f"list {bucket}": partial(s3.list_objects_v2, Bucket=bucket),
                f"read {bucket}": partial(s3.get_object, **which),
                f"write {bucket}": partial(s3.put_object, **which, IfMatch=IMPOSSIBLE),
                f"delete {bucket}": partial(s3.delete_object, **which, IfMatch=IMPOSSIBLE),
            }
        chunks = self.applied.outputs["chunk_queue_url"]
        for url in (chunks, f"{chunks}-dlq"):
            asked |= {
                f"look at {url}": partial(
                    sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["QueueArn"]
                ),
                f"send to {url}": partial(sqs.send_message_batch, QueueUrl=url, Entries=[]),
                f"take from {url}": partial(
                    sqs.receive_message, QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0
                ),
            }
        topic = self.applied.outputs["alarms_topic_arn"]
        asked["publish"] = partial(sns.publish, TopicArn=topic, Message="an attack")
        return asked

    def refused(self) -> dict[str, bool]:
        """Which of them are refused for want of a right."""
        return {name: code(call) in REFUSED for name, call in self.requests().items()}

    def _client(self, service: str) -> Any:
        client = self.applied.client(service, self.key)
        if not self.with_tls:
            client.meta.events.register("before-send", _say_that_it_came_without_tls)
        return client


def _say_that_it_came_without_tls(request: Any, **_: Any) -> None:
    """What a proxy says that has taken a request over http. The embedded AWS goes by it; over its
    own port it speaks TLS alone."""
    request.headers["X-Forwarded-Proto"] = "http"


@pytest.fixture(scope="module")
def mighty(applied: Applied) -> Iterator[dict[str, str]]:
    """The key of a user of this account with every right."""
    with user(applied.client("iam"), "mighty", ["*"]) as key:
        yield key


@pytest.fixture(scope="module")
def foreigner(applied: Applied) -> Iterator[dict[str, str]]:
    """The key of a user of another account, with every right that that account can give."""
    iam = applied.client("iam", {"aws_access_key_id": ANOTHER_ACCOUNT})
    with user(iam, "foreigner", ["*"]) as key:
        yield key


@pytest.fixture(scope="module")
def other_role(applied: Applied) -> Iterator[dict[str, str]]:
    """The key of a role of this account which was given no right."""
    iam, trust = applied.client("iam"), {"AWS": "arn:aws:iam::000000000000:root"}
    statement = {"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName="other", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    session = applied.client("sts").assume_role(RoleArn=role, RoleSessionName="an-attack")
    yield {
        "aws_access_key_id": session["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": session["Credentials"]["SecretAccessKey"],
        "aws_session_token": session["Credentials"]["SessionToken"],
    }
    iam.delete_role(RoleName="other")


def test_somebody_with_every_right_is_let_in_over_tls(
    applied: Applied, mighty: dict[str, str]
) -> None:
    """Or the next tests would show nothing."""
    assert not any(Attacker(applied, mighty).refused().values())


def test_without_tls_everything_refuses_also_somebody_with_every_right(
    applied: Applied, mighty: dict[str, str]
) -> None:
    refused = Attacker(applied, mighty, with_tls=False).refused()
    assert refused == dict.fromkeys(refused, True)


def test_another_account_is_refused_whatever_it_allows_its_users(
    applied: Applied, foreigner: dict[str, str]
) -> None:
    refused = Attacker(applied, foreigner).refused()
    assert refused == dict.fromkeys(refused, True)


def test_a_role_of_this_account_without_our_policies_is_refused(
    applied: Applied, other_role: dict[str, str], mighty: dict[str, str]
) -> None:
    refused = Attacker(applied, other_role).refused()
    assert refused == dict.fromkeys(refused, True)
    function, key = applied.outputs["function"], applied.outputs["key_arn"]
    live = f"{function['name']}:live"
    for who, is_refused in ((other_role, True), (mighty, False)):
        functions, kms = applied.client("lambda", who), applied.client("kms", who)
        calls = [
            partial(functions.invoke, FunctionName=live, Payload=b"{}"),
            partial(functions.get_function, FunctionName=live),
            partial(kms.generate_data_key, KeyId=key, KeySpec="AES_256"),
            partial(kms.encrypt, KeyId=key, Plaintext=b"x"),
        ]
        assert [code(call) in REFUSED for call in calls] == [is_refused] * len(calls)


def test_nobody_but_lambda_becomes_the_function(applied: Applied, mighty: dict[str, str]) -> None:
    role = applied.client("iam").get_role(RoleName=f"{PREFIX}collage-worker")["Role"]["Arn"]
    sts = applied.client("sts", mighty)
    assert code(partial(sts.assume_role, RoleArn=role, RoleSessionName="an-attack")) in REFUSED


def test_the_function_lets_in_our_bucket_alone_and_the_key_nobody_of_another_account(
    applied: Applied,
) -> None:
    """By their text: in the embedded AWS other accounts do not even find a function or a key."""
    functions, kms = applied.client("lambda"), applied.client("kms")
    found = functions.get_policy(FunctionName=applied.outputs["function"]["name"], Qualifier="live")
    (statement,) = json.loads(found["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    bucket = f"arn:aws:s3:::{applied.outputs['buckets']['input']}"
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": bucket},
        "StringEquals": {"AWS:SourceAccount": "000000000000"},
    }
    policy = kms.get_key_policy(KeyId=applied.outputs["key_arn"], PolicyName="default")["Policy"]
    principals = [each["Principal"] for each in json.loads(policy)["Statement"]]
    assert principals == [
        {"AWS": "arn:aws:iam::000000000000:root"},
        {"Service": f"logs.{REGION}.amazonaws.com"},
        {"Service": "cloudwatch.amazonaws.com"},
    ]
