"""Receipts, objects and results of a run that are deleted, spoiled or replaced before it is closed.

Each fix is followed as its message says. What is fetched again is counted.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from local.settings import OUTPUT_BUCKET, TEMP_BUCKET
from tests.support.failures import Where, failure
from tests.support.task_by_task import FaultWorld, TaskByTask, verify_run

NAMES = [f"creator.{number:02d}" for number in range(1, 13)]


@pytest.fixture
def run(fault_world: FaultWorld) -> TaskByTask:
    """A run of twelve creators with two covers each, whose three chunks are done."""
    fault_world.insert(NAMES, covers=2)
    run = fault_world.run()
    run.extract()
    run.dispatch()
    run.wait()
    return run


def put(run: TaskByTask, key: str, body: bytes, bucket: str = TEMP_BUCKET) -> None:
    run.world.twin.aws.s3().put_object(Bucket=bucket, Key=key, Body=body)


def body_of(run: TaskByTask, key: str, bucket: str = TEMP_BUCKET) -> bytes:
    found = run.world.store.get(bucket, key)
    assert found is not None, key
    return found.body


def delete(run: TaskByTask, key: str, bucket: str = TEMP_BUCKET) -> None:
    run.world.twin.aws.s3().delete_object(Bucket=bucket, Key=key)


def receipt_key(run: TaskByTask, number: int) -> str:
    return keys.receipt(run.run_id, run.chunk_ids[number])


def changed(run: TaskByTask, **fields: Any) -> None:
    """The first receipt with other values."""
    document = json.loads(body_of(run, receipt_key(run, 0)))
    put(run, receipt_key(run, 0), json.dumps(document | fields).encode())


SPOILED: dict[str, Callable[[TaskByTask], None]] = {
    "deleted": lambda run: delete(run, receipt_key(run, 0)),
    "unreadable": lambda run: put(run, receipt_key(run, 0), b'{"schema_version": 1, "run'),
    "of another schema": lambda run: changed(run, schema_version=2),
    "of another chunk": lambda run: put(
        run, receipt_key(run, 0), body_of(run, receipt_key(run, 1))
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
@failure(
    Where.DOCUMENTS,
    fault="A receipt is deleted, unreadable, of another schema or of another chunk",
    happens="The run is not closed. `dispatch` sets the receipt aside, and its chunk is done again",
    sees='`reconcile`: the chunk, what is wrong with its receipt, and "clear dispatch"',
    fix="clear `dispatch`",
)
def test_a_receipt_that_cannot_be_used_is_replaced_when_dispatch_is_cleared(
    run: TaskByTask, spoil: Callable[[TaskByTask], None]
) -> None:
    chunk_id, before = run.chunk_ids[0], run.world.requests()
    spoil(run)
    with pytest.raises((BooksError, MessageError)) as told:
        run.reconcile()
    assert chunk_id in str(told.value)
    assert "clear dispatch" in str(told.value).lower()
    run.clear("dispatch")
    assert run.summary["rows"]["placed"] == 24
    again = {path for path, times in run.world.requests().items() if times > before[path]}
    of_chunk = {result.creator for result in run.receipts()[0].results}
    assert {path.split("/")[1] for path in again} <= of_chunk
    run.judge()


OBJECTS = {
    "collage": lambda run: run.receipts()[1].results[0].collage_key,
    "thumbnail": lambda run: keys.thumbnail(_creator(run), run.run.manifest.run_timestamp),
    "copy": lambda run: keys.collage_by_creator(_creator(run), run.run.manifest.run_timestamp),
    "record": lambda run: keys.metadata(_creator(run), run.run.manifest.run_timestamp),
}


def _creator(run: TaskByTask) -> str:
    return run.receipts()[1].results[0].creator


@pytest.mark.parametrize("is_replaced", [False, True], ids=["deleted", "replaced"])
@pytest.mark.parametrize("kind", ["collage", "record"])
@failure(
    Where.DOCUMENTS,
    fault="A collage or its metadata is deleted or replaced before the run is closed",
    happens="The run is not closed. `dispatch` has the chunk of that creator done again",
    sees='`reconcile`: the object, and "clear dispatch"',
    fix="clear `dispatch`",
)
def test_an_object_that_is_not_the_one_of_the_receipt_is_made_again(
    run: TaskByTask, kind: str, *, is_replaced: bool
) -> None:
    key = OBJECTS[kind](run)
    if is_replaced:
        put(run, key, b"something else", OUTPUT_BUCKET)
    else:
        delete(run, key, OUTPUT_BUCKET)
    with pytest.raises(BooksError) as told:
        run.reconcile()
    assert key in str(told.value)
    assert "clear dispatch" in str(told.value).lower()
    run.clear("dispatch")
    assert run.summary["rows"]["placed"] == 24
    run.judge()
    assert body_of(run, key, OUTPUT_BUCKET) != b"something else"


@failure(
    Where.S3,
    fault="Objects with the run's second lie beside its collages, which no receipt names",
    happens="They are removed when the run is closed",
    sees="`reconcile` names each of them in its log",
    fix="nothing",
)
def test_objects_of_the_runs_second_that_no_receipt_names_are_removed(run: TaskByTask) -> None:
    second = run.run.manifest.run_timestamp
    collage = run.receipts()[0].results[0].collage_key
    assert collage is not None
    left = [
        collage.replace(NAMES[0], "nobody"),
        keys.thumbnail("nobody", second),
        keys.metadata("nobody", second),
    ]
    for key in left:
        put(run, key, b"left by a worker of an old plan", OUTPUT_BUCKET)
    run.clear("reconcile")
    assert {*left}.isdisjoint(run.objects())
    run.judge()


@failure(
    Where.DOCUMENTS,
    fault="A spreadsheet program has saved the day's batch results",
    happens="They are made again of what is recorded of the day's runs; no line is lost",
    sees="a warning of `reconcile` that names the file",
    fix="nothing",
)
def test_batch_results_that_excel_has_saved_lose_no_line(run: TaskByTask) -> None:
    runs = [run, run.world.run(), run.world.run()]
    run.reconcile()
    runs[1].finish()
    key = run.summary["results_key"]
    earlier = body_of(run, key, OUTPUT_BUCKET).decode("utf-8-sig")
    put(run, key, earlier.replace(",", ";").encode("utf-16"), OUTPUT_BUCKET)

    runs[2].finish()
    lines = body_of(run, key, OUTPUT_BUCKET).decode("utf-8-sig").splitlines()
    for one in runs:
        assert sum(line.startswith(one.run_id) for line in lines) == len(NAMES)
        one.judge()
    assert {line for line in earlier.splitlines() if line.startswith(run.run_id)} < {*lines}


@pytest.mark.parametrize("task", ["dispatch", "reconcile"])
@failure(
    Where.DOCUMENTS,
    fault="The manifest of a run is deleted before the run is closed",
    happens="Nothing is written. `extract` plans it again, and chunks that are done stay done",
    sees='"… is not in bucket …: … start the run again from its first step"',
    fix="clear the DAG run from its first task",
)
def test_a_run_without_its_manifest_is_started_again_from_its_first_step(
    run: TaskByTask, task: str
) -> None:
    chunks = run.chunk_ids
    delete(run, keys.manifest(run.run_id))
    with pytest.raises(MessageError, match="start the run again from its first step"):
        getattr(run, task)()
    run.clear("extract")
    assert run.chunk_ids == chunks
    assert {*run.world.requests().values()} == {1}
    run.judge()


@failure(
    Where.DOCUMENTS,
    fault="The record of a closed run is deleted while the temp bucket still has the run",
    happens="`cover-collage verify` cannot tell anything of the run; `reconcile` writes it again",
    sees='`verify`: "… while the temp bucket has the run, clear `reconcile` in Airflow"',
    fix="clear `reconcile`",
)
def test_a_record_that_was_deleted_is_written_again_by_reconcile(run: TaskByTask) -> None:
    run.clear("reconcile")
    second = run.run.manifest.run_timestamp
    for key in (
        keys.recorded_creators(second, run.run_id, 1),
        keys.recorded_manifest(second, run.run_id),
    ):
        delete(run, key, OUTPUT_BUCKET)
        with pytest.raises(MessageError, match="clear `reconcile` in Airflow"):
            verify_run(run.world.store, second, run.run_id)
        run.clear("reconcile")
        run.judge()


@failure(
    Where.DOCUMENTS,
    fault="A finished run is cleared after the temp bucket has forgotten it",
    happens="Nothing is read or written",
    sees='`extract`: "its manifest has expired: trigger a new run with the same window"',
    fix="trigger a new run with that window",
)
def test_a_finished_run_that_has_expired_is_made_again_by_a_new_run(run: TaskByTask) -> None:
    run.clear("reconcile")
    before = run.objects()
    delete(run, keys.manifest(run.run_id))
    with pytest.raises(MessageError, match="trigger a new run with the same window"):
        run.extract()
    again = run.world.run()
    again.finish()
    again.judge()
    assert {*before}.isdisjoint(again.objects())
