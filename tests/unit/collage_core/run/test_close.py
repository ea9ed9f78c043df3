"""A run is closed in one order: its books first, and its summary last."""

from pathlib import Path
from typing import Any, override

import pytest

from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.run.close import close_run
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import to_document
from tests.support.runs import run

SETTINGS = Settings()
MANIFEST, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}])
PAGE, RECORD, RESULTS, SUMMARY = (
    keys.recorded_creators(MANIFEST.run_timestamp, MANIFEST.run_id, 1),
    keys.recorded_manifest(MANIFEST.run_timestamp, MANIFEST.run_id),
    keys.batch_results(MANIFEST.run_timestamp),
    keys.processing_summary(MANIFEST.run_timestamp),
)


class Noting(DirectoryStore):
    """A store that notes what is written into the output bucket, in its order."""

    written: list[str]

    @override
    def put(self, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if bucket == SETTINGS.output_bucket:
            self.written.append(key)
        return super().put(bucket, key, body, **options)


@pytest.fixture
def store(tmp_path: Path) -> Noting:
    store = Noting(
        {SETTINGS.output_bucket: tmp_path / "output", SETTINGS.temp_bucket: tmp_path / "temp"}
    )
    store.written = []
    for receipt in RECEIPTS:
        key = keys.receipt(MANIFEST.run_id, receipt.chunk_id)
        body = to_document(receipt)
        store.put(SETTINGS.temp_bucket, key, body, content_type="application/json")
    return store


def test_the_record_is_written_first_and_the_summary_last(store: Noting) -> None:
    closed = close_run(Run(SETTINGS, store, MANIFEST))
    assert (closed.results_key, closed.summary_key) == (RESULTS, SUMMARY)
    assert closed.summary.books.rows.placed == 9
    assert store.written == [PAGE, RECORD, RESULTS, SUMMARY]


def test_nothing_is_written_of_a_run_whose_books_do_not_balance(store: Noting) -> None:
    larger, _ = run([{"ana": 3, "bo": 2}, {"cy": 4}, {"dee": 1}])
    with pytest.raises(BooksError, match="no receipt of 1 of its 3 chunks"):
        close_run(Run(SETTINGS, store, larger))
    assert store.written == []


def test_results_that_another_program_has_saved_do_not_stop_a_run(store: Noting) -> None:
    store.put(SETTINGS.output_bucket, RESULTS, b"saved;again\n", content_type="text/csv")
    close_run(Run(SETTINGS, store, MANIFEST))
    assert store.written[-1] == SUMMARY
    found = store.get(SETTINGS.output_bucket, RESULTS)
    assert found is not None
    assert found.body.count(b"\n") == 1 + 3
