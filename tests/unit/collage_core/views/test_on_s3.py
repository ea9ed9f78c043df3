"""The same on S3 itself: what is counted are the requests that its client sends."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from collage_core.aws.request_counts import RequestCounts
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.layout import keys
from collage_core.views.chunks import read_chunks
from collage_core.views.creator import read_creator
from collage_core.views.gallery import GalleryQuery, read_gallery
from collage_core.views.history import find_creators, read_history
from collage_core.views.run_state import RunState
from collage_core.views.run_view import read_run
from collage_core.views.throughput import throughput
from tests.support.recorded_runs import RUN_ID, TIMESTAMP, close_recorded_run
from tests.support.viewed_runs import OUTPUT, SETTINGS, TEMP

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HOSTILE = "a/../b<script>"


@pytest.fixture
def counts(s3: "S3Client") -> RequestCounts:
    """Of a closed run with documents about the packs of its chunks, from when it is closed on."""
    store = S3Store(s3)
    run = close_recorded_run(store, {"ana": 3, HOSTILE: 2, "zoë": 1}, missing={"zoë": 2})
    for chunk in run.manifest.chunks:
        for key in (keys.packs_of_chunk, keys.partial_receipt):
            store.put(TEMP, key(RUN_ID, chunk.chunk_id), b"{}", content_type="application/json")
    counted = RequestCounts()
    counted.watch(s3)
    return counted


def sent(counts: RequestCounts) -> int:
    requests = counts.requests
    assert requests.puts == 0
    return requests.lists + requests.gets


def test_a_closed_run_is_read_in_few_requests(s3: "S3Client", counts: RequestCounts) -> None:
    view = read_run(S3Store(s3), SETTINGS, RUN_ID, TIMESTAMP, now=datetime.now(UTC))
    assert view.state is RunState.PARTIAL
    assert (view.rows, view.creators, view.is_expired) == (8, 3, False)
    assert len(view.receipt_times) == view.chunks == 2
    assert sent(counts) == 4
    steps = throughput(view)
    assert steps is not None
    assert sum(step.rows for step in steps.steps) == 8
    found = read_chunks(S3Store(s3), SETTINGS, view)
    assert [row.books is not None for row in found.rows] == [True, True]
    assert sent(counts) == 4 + 2


def test_its_creators_are_read_in_few_requests(s3: "S3Client", counts: RequestCounts) -> None:
    store = S3Store(s3)
    found = read_gallery(store, SETTINGS, RUN_ID, TIMESTAMP, GalleryQuery(text="ZOE"))
    assert [one.creator for one in found.creators] == ["zoë"]
    assert sent(counts) == 1 + 2  # its record has two pages
    read_gallery(store, SETTINGS, RUN_ID, TIMESTAMP, GalleryQuery(missing_only=True))
    assert sent(counts) == 3 + 1
    one = read_creator(store, SETTINGS, RUN_ID, TIMESTAMP, HOSTILE)
    assert one is not None
    assert one.metadata.result.creator == HOSTILE
    assert sent(counts) == 4 + 2


def test_a_creators_history_is_found_by_the_name(s3: "S3Client", counts: RequestCounts) -> None:
    store = S3Store(s3)
    assert [*find_creators(store, SETTINGS, "a/").names] == [HOSTILE]
    found = read_history(store, SETTINGS, HOSTILE)
    assert [one.run_id for one in found.collages] == [RUN_ID]
    assert sent(counts) == 1 + 2
    picture = store.head(OUTPUT, found.collages[0].key)
    assert picture is not None
    assert picture.bytes == found.collages[0].bytes


def test_what_s3_refuses_is_raised_as_it_is(s3: "S3Client") -> None:
    s3.delete_bucket(Bucket=TEMP)
    with pytest.raises(S3Error, match="NoSuchBucket"):
        read_run(S3Store(s3), SETTINGS, RUN_ID, TIMESTAMP, now=datetime.now(UTC))
