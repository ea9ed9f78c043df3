"""In encrypted buckets a repeated `extract` plans the same chunks, and nothing is done again."""

from collections.abc import Iterator

import pytest

from collage_core.aws import multipart
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.layout import keys
from collage_core.run.dispatch import dispatch
from collage_core.settings import Settings
from tests.support.extracted_run import CSV, RUN_ID, extract
from tests.support.lambda_world import CoverServer, serve_covers
from tests.support.waiting import eventually
from tests.terraform.conftest import Applied


@pytest.fixture(scope="module")
def covers() -> Iterator[CoverServer]:
    with serve_covers() as covers:
        yield covers


def test_the_same_rows_are_the_same_plan_and_no_chunk_is_sent_again(
    applied: Applied,
    airflow: dict[str, str],
    covers: CoverServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the rights of Airflow, and the function that Terraform made as the worker."""
    settings = Settings.from_env({**applied.outputs["airflow_settings"], "CHUNK_ROWS": "2"})
    store = S3Store(applied.client("s3", airflow))
    queue = ChunkQueue(applied.client("sqs", airflow), url=settings.chunk_queue_url)
    first = extract(store, settings, covers.url, ("ana", "bo"))
    assert dispatch(first, queue) == len(first.manifest.chunks) == 2
    eventually(lambda: not first.unfinished(), seconds=240)
    made, asked = store_state(applied), covers.requests.total()
    # AWS gives an object that KMS encrypts another ETag each time; the embedded one, only if its
    # parts are others.
    monkeypatch.setattr(multipart, "PART_BYTES", 100)
    again = extract(store, settings, covers.url, ("ana", "bo"))
    assert again.manifest.source.etag != first.manifest.source.etag
    assert again.manifest.chunks == first.manifest.chunks
    assert dispatch(again, queue) == 0
    assert (store_state(applied), covers.requests.total()) == (made, asked)
    head = applied.s3.head_object(Bucket=settings.input_bucket, Key=CSV)
    assert head["SSEKMSKeyId"] == applied.outputs["key_arn"]


def store_state(applied: Applied) -> dict[str, str]:
    """The ETags of all collages and receipts."""
    store, names = S3Store(applied.s3), applied.outputs["buckets"]
    return {
        **dict(store.list_etags(names["output"], keys.COLLAGES)),
        **dict(store.list_etags(names["temp"], keys.receipts(RUN_ID))),
    }
