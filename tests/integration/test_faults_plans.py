"""A run that is planned again, or whose CSV changes, while workers are at it.

The tasks run in this process; database, S3, queue and function are the twin's.
"""

import pytest
from airflow.sdk.exceptions import AirflowFailException

from collage_core.errors import SourceChangedError
from local.provision import DLQ
from local.settings import INPUT_BUCKET
from tests.support.failures import Where, failure
from tests.support.task_by_task import FaultWorld, TaskByTask
from tests.support.waiting import eventually
from tests.support.workers import no_work

NAMES = [f"creator.{number:02d}" for number in range(1, 13)]
LATE, GONE = NAMES[0], NAMES[1]


def creators_of_requests(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Whose covers were asked for in between."""
    return {path.split("/")[1] for path, times in after.items() if times > before.get(path, 0)}


@pytest.fixture
def run(fault_world: FaultWorld) -> TaskByTask:
    """A run of twelve creators with two covers each, in three chunks."""
    fault_world.insert(NAMES, covers=2)
    return fault_world.run(timeout=60)


@pytest.mark.parametrize("is_closed", [False, True], ids=["before the books", "after them"])
@failure(
    Where.QUEUE,
    fault="Rows change, `extract` is cleared, and a worker of the old plan ends late",
    happens="Its message is dropped; it overwrites and adds no object",
    sees="nothing in the dead-letter queue; a document in `processing/{run_id}/dropped/`",
    fix="nothing",
)
def test_a_worker_of_the_old_plan_that_ends_late_changes_nothing(
    fault_world: FaultWorld, run: TaskByTask, *, is_closed: bool
) -> None:
    held = fault_world.hold(LATE, 2)
    run.extract()
    run.dispatch()
    held.wait()
    old = run.chunk_ids
    fault_world.sql("DELETE FROM covers WHERE cover_url = %s", fault_world.url(LATE, 2))
    fault_world.sql("DELETE FROM covers WHERE creator_name = %s", GONE)
    run.extract()
    assert old[0] not in run.chunk_ids
    run.dispatch()
    run.wait()
    if is_closed:
        run.reconcile()
    held.let_go()
    eventually(lambda: fault_world.depth() == 0)
    run.clear("reconcile")
    assert run.summary["rows"]["placed"] == 21
    assert not [key for key in run.objects() if GONE in key]
    assert fault_world.depth(DLQ) == 0
    run.judge()


@failure(
    Where.DATABASE,
    fault="A row changes after its run was extracted, and `extract` is cleared",
    happens="Only the chunk of that row is done again; all others keep their receipts",
    sees='`dispatch`: "Dispatched 1 chunks, … had their receipt already"',
    fix="nothing",
)
def test_one_changed_row_has_only_its_chunk_fetched_again(
    fault_world: FaultWorld, run: TaskByTask
) -> None:
    run.extract()
    run.dispatch()
    run.wait()
    before, asked = run.chunk_ids, fault_world.requests()
    assert {*asked.values()} == {1}
    assert run.extract()["chunks"] == len(before) == 3
    assert run.dispatch() == {"sent": 0, "done_before": 3}

    fault_world.sql("DELETE FROM covers WHERE cover_url = %s", fault_world.url(NAMES[6], 2))
    run.extract()
    (changed,) = {*run.chunk_ids} - {*before}
    assert run.dispatch() == {"sent": 1, "done_before": 2}
    run.wait()
    (receipt,) = [one for one in run.receipts() if one.chunk_id == changed]
    of_chunk = {result.creator for result in receipt.results}
    assert creators_of_requests(asked, fault_world.requests()) == of_chunk
    run.clear("reconcile")
    assert run.summary["rows"]["placed"] == 23
    assert fault_world.depth(DLQ) == 0
    run.judge()


@pytest.mark.parametrize("is_deleted", [False, True], ids=["replaced", "deleted"])
@failure(
    Where.CSV,
    fault="The CSV of a DAG run is replaced or deleted while its chunks are in the queue",
    happens="The messages fail for good, and `wait` fails at once",
    sees='`wait`: "their messages failed for good: … clear its DAG run from extract"',
    fix="clear the DAG run from `extract`",
)
def test_a_csv_that_is_replaced_or_deleted_in_mid_run_is_extracted_again(
    fault_world: FaultWorld, run: TaskByTask, *, is_deleted: bool
) -> None:
    s3 = fault_world.twin.aws.s3()
    with no_work(fault_world.twin):
        csv = run.extract()["csv_key"]
        run.dispatch()
        if is_deleted:
            s3.delete_object(Bucket=INPUT_BUCKET, Key=csv)
        else:
            s3.put_object(Bucket=INPUT_BUCKET, Key=csv, Body=b"other rows\n" * 99)
    with pytest.raises(AirflowFailException) as told:
        run.wait()
    assert "clear its DAG run from extract" in str(told.value)
    assert "redrive" not in str(told.value)
    assert fault_world.requests() == {}
    run.clear("extract")
    assert run.summary["rows"]["placed"] == 24
    run.judge()

    # What is in the dead-letter queue by now does no harm.
    eventually(lambda: fault_world.depth() == 0)
    fault_world.redrive()
    eventually(lambda: fault_world.depth() == 0)
    assert fault_world.depth(DLQ) == 0
    assert {*fault_world.requests().values()} == {1}
    run.judge()


@pytest.mark.parametrize("is_deleted", [False, True], ids=["replaced", "deleted"])
@failure(
    Where.CSV,
    fault="The CSV of a DAG run is replaced or deleted before `archive` moves it",
    happens="`archive` fails, and leaves what is there alone",
    sees='`archive`: the CSV, and "clear extract"',
    fix="move a file that is wanted away, then clear `extract`: chunks that are done stay done",
)
def test_a_csv_that_is_replaced_or_deleted_before_its_archive_is_written_again(
    fault_world: FaultWorld, run: TaskByTask, *, is_deleted: bool
) -> None:
    csv = run.extract()["csv_key"]
    for task in (run.dispatch, run.wait, run.reconcile):
        task()
    s3 = fault_world.twin.aws.s3()
    if is_deleted:
        s3.delete_object(Bucket=INPUT_BUCKET, Key=csv)
    else:
        s3.put_object(Bucket=INPUT_BUCKET, Key=csv, Body=b"other rows\n" * 99)
    with pytest.raises((SourceChangedError, AirflowFailException), match="clear extract"):
        run.archive()
    run.clear("extract")
    assert {*fault_world.requests().values()} == {1}
    run.judge()
