"""Chunks that invoke the function directly, past the queue, on the twin."""

from tests.support.task_by_task import FaultWorld
from tests.support.waiting import eventually
from tests.support.workers import no_work

NAMES = [f"direct.{number:02d}" for number in range(1, 7)]


def test_a_run_that_is_dispatched_by_lambda_ends_with_balanced_books(
    fault_world: FaultWorld,
) -> None:
    fault_world.insert(NAMES, covers=5)
    run = fault_world.run(dispatch_by="lambda")
    run.extract()
    assert len(run.chunk_ids) > 1
    with no_work(fault_world.twin):  # nothing would come over the queue
        assert run.dispatch()["sent"] == len(run.chunk_ids)
        run.wait()
    assert fault_world.depth() == 0
    run.reconcile()
    assert run.summary["rows"]["placed"] == 30
    assert {*fault_world.requests().values()} == {1}
    run.judge()
    for receipt in run.receipts():
        assert receipt.usage is not None
        assert receipt.usage.queue_requests == 0
    (summary,) = (each for each in fault_world.summaries() if each.run_id == run.run_id)
    assert summary.figures is not None
    assert summary.figures.cost is not None
    counted = summary.figures.cost.counted
    assert counted is not None
    assert (counted.chunks, counted.invocations) == (len(run.chunk_ids),) * 2
    assert summary.figures.cost.counted_usd == counted.usd > 0


def test_a_chunk_that_is_invoked_twice_at_once_is_done_once(fault_world: FaultWorld) -> None:
    fault_world.insert(NAMES[:2], covers=5)
    run = fault_world.run(dispatch_by="lambda")
    run.extract()
    assert run.dispatch() == run.dispatch()
    eventually(lambda: not run.run.unfinished())
    run.reconcile()
    assert run.summary["rows"]["placed"] == 10
    run.judge()
