"""An upload appears whole or not at all."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from collage_core.aws import multipart
from collage_core.aws.multipart import MultipartUpload
from tests.support.airflow_aws import SETTINGS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET, KEY = SETTINGS.input_bucket, "csv-files/2026/10/01/monthly_batch_20261001.csv"
PART = 5 * 1024 * 1024
"""The smallest part that S3 takes before the last one."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "PART_BYTES", PART)


def upload(client: "S3Client") -> MultipartUpload:
    return MultipartUpload(
        client, bucket=BUCKET, key=KEY, content_type="text/csv", metadata={"dispatch": "sqs"}
    )


def nothing_is_left(client: "S3Client") -> bool:
    """Whether neither an object nor an upload is there that could become one."""
    objects = client.list_objects_v2(Bucket=BUCKET)["KeyCount"]
    return objects == 0 and "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART + 7])
def test_an_object_is_what_was_written(s3: "S3Client", size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    with upload(s3) as target:
        for start in range(0, size, 3_000_000):
            target.write(data[start : min(start + 3_000_000, size)])
    found = s3.get_object(Bucket=BUCKET, Key=KEY)
    assert found["Body"].read() == data[:size]
    assert found["ETag"] == f'"{target.etag}"'
    assert found["Metadata"] == {"dispatch": "sqs"}
    assert target.size == size


def test_every_part_but_the_last_has_the_same_size(s3: "S3Client") -> None:
    sizes: list[int] = []
    s3.meta.events.register(
        "before-parameter-build.s3.UploadPart",
        lambda params, **_: sizes.append(len(params["Body"])),
    )
    with upload(s3) as target:
        target.write(b"x" * (2 * PART + 7))
    assert sizes == [PART, PART, 7]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("size", [0, 10, PART + 10])
def test_an_exception_in_the_block_leaves_nothing(
    s3: "S3Client", error: type[BaseException], size: int
) -> None:
    def break_off() -> None:
        with upload(s3) as target:
            target.write(b"x" * size)
            raise error

    with pytest.raises(error):
        break_off()
    assert nothing_is_left(s3)


@pytest.mark.parametrize(
    ("operation", "nth"),
    [
        ("UploadPart", 1),
        ("UploadPart", 2),
        ("UploadPart", 3),  # the last one, sent on the way out of the block
        ("CompleteMultipartUpload", 1),
    ],
)
def test_a_request_that_breaks_leaves_nothing(s3: "S3Client", operation: str, nth: int) -> None:
    s3.meta.events.register(f"before-send.s3.{operation}", _break(nth))
    with pytest.raises(ConnectionResetError), upload(s3) as target:
        target.write(b"x" * (2 * PART + 7))
    assert nothing_is_left(s3)


def test_s3_hears_nothing_of_an_upload_before_its_first_part_is_full(s3: "S3Client") -> None:
    asked: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    with upload(s3) as target:
        target.write(b"x" * (PART - 1))
        assert asked == []
        target.write(b"x")
        assert asked[0] == "CreateMultipartUpload"


def test_a_block_that_is_left_before_its_first_part_is_full_asks_s3_for_nothing(
    s3: "S3Client",
) -> None:
    asked: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))

    def break_off() -> None:
        with upload(s3) as target:
            target.write(b"x" * (PART - 1))
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - our own
        break_off()
    assert asked == []


def test_the_next_part_is_filled_while_one_is_under_way(s3: "S3Client") -> None:
    filled = threading.Event()
    s3.meta.events.register("before-send.s3.UploadPart", lambda **_: _wait_for(filled))
    with upload(s3) as target:
        target.write(b"x" * PART)
        target.write(b"x" * (PART - 1))
        filled.set()
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == 2 * PART - 1


def test_only_one_part_is_under_way_at_a_time(s3: "S3Client") -> None:
    events: list[str] = []
    s3.meta.events.register("before-call.s3.UploadPart", lambda **_: events.append("sent"))
    s3.meta.events.register("after-call.s3.UploadPart", lambda **_: events.append("arrived"))
    with upload(s3) as target:
        for _ in range(4):
            target.write(b"x" * PART)
    assert events == ["sent", "arrived"] * 4


def test_an_abort_waits_for_the_part_under_way(s3: "S3Client") -> None:
    events: list[str] = []
    broken = threading.Event()
    s3.meta.events.register("before-send.s3.UploadPart", lambda **_: _wait_for(broken))
    s3.meta.events.register("after-call.s3.UploadPart", lambda **_: events.append("arrived"))
    s3.meta.events.register(
        "before-call.s3.AbortMultipartUpload", lambda **_: events.append("aborted")
    )

    def break_off() -> None:
        with upload(s3) as target:
            target.write(b"x" * PART)
            threading.Timer(0.2, broken.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert events == ["arrived", "aborted"]
    assert nothing_is_left(s3)


def test_each_part_and_the_object_keep_a_checksum(s3: "S3Client") -> None:
    with upload(s3) as target:
        target.write(b"x" * (PART + 1))
    assert "ChecksumSHA256" in s3.head_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")


def test_an_abort_that_fails_does_not_hide_what_went_wrong(
    s3: "S3Client", caplog: pytest.LogCaptureFixture
) -> None:
    s3.meta.events.register("before-send.s3.AbortMultipartUpload", _break(1))

    def break_off() -> None:
        with upload(s3) as target:
            target.write(b"x" * (PART + 1))
            raise ValueError("the real fault")

    with pytest.raises(ValueError, match="the real fault"):
        break_off()
    assert "could not be aborted" in caplog.text
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_a_completion_whose_answer_is_lost_is_not_called_invisible(
    s3: "S3Client", caplog: pytest.LogCaptureFixture
) -> None:
    s3.meta.events.register("after-call.s3.CompleteMultipartUpload", _break(1))
    with pytest.raises(ConnectionResetError), upload(s3) as target:
        target.write(b"x" * 10)
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == 10
    assert "the object may be visible, and is whole if it is" in caplog.text
    assert "invisible" not in caplog.text


def _wait_for(event: threading.Event) -> None:
    assert event.wait(30)


def _break(nth: int) -> Callable[..., None]:
    """A handler that breaks the nth request of its kind."""
    seen = 0

    def handler(**_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == nth:
            raise ConnectionResetError

    return handler
