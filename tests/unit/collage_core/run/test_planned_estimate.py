"""What a run was to cost stays as it was planned when the run is done and cleared again."""

from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.layout import keys
from collage_core.run.estimate import MB_PER_VCPU, Rates, estimate
from collage_core.run.planned_estimate import read_estimate, write_estimate
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from tests.support.memory_store import MemoryStore
from tests.support.runs import run as a_run

SETTINGS = Settings()


def planned(store: MemoryStore, manifest: Manifest, seconds_per_cover: float) -> float:
    """What is kept after `plan` has estimated with this rate."""
    expected = estimate(
        rows=4,
        creators=2,
        chunks=1,
        covers_per_creator=35,
        downloads=8,
        concurrency=10,
        memory_mb=MB_PER_VCPU,
        rates=Rates(seconds_per_cover=seconds_per_cover),
    )
    run = Run(SETTINGS, store, manifest)
    write_estimate(run, expected, keeping_dollars=0.0)
    kept = read_estimate(run)
    assert kept is not None
    return kept.seconds_per_cover


def finish(store: MemoryStore, receipts: list[Receipt]) -> None:
    for receipt in receipts:
        key = keys.receipt(receipt.run_id, receipt.chunk_id)
        store.put(SETTINGS.temp_bucket, key, to_document(receipt), content_type=JSON)


def test_a_run_that_is_not_done_is_estimated_anew() -> None:
    store, (manifest, _) = MemoryStore(), a_run([{"ana": 3, "ben": 1}])
    assert planned(store, manifest, 0.5) == 0.5
    assert planned(store, manifest, 0.7) == 0.7


def test_the_estimate_of_a_run_that_is_done_stays() -> None:
    store, (manifest, receipts) = MemoryStore(), a_run([{"ana": 3, "ben": 1}])
    planned(store, manifest, 0.5)
    finish(store, [*receipts])
    assert planned(store, manifest, 0.7) == 0.5


def test_a_run_of_an_older_release_that_is_done_is_estimated() -> None:
    store, (manifest, receipts) = MemoryStore(), a_run([{"ana": 3, "ben": 1}])
    finish(store, [*receipts])
    assert planned(store, manifest, 0.7) == 0.7
