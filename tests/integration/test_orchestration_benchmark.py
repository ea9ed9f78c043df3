"""The benchmark of sending and waiting, on so few chunks that its times mean nothing."""

from collections.abc import Iterator

import pytest

from benchmarks.harness.errors import BenchmarkError
from benchmarks.orchestration.counted_race import contender, counted_race
from benchmarks.orchestration.dag_runs import measure_dag_runs
from benchmarks.orchestration.planned_run import plan_run
from benchmarks.orchestration.polls import measure_polls
from benchmarks.orchestration.sending import measure_sending
from benchmarks.orchestration.servers import Servers, servers
from local.folder import REPO, Folder

SIZE = {"chunks": 20, "rows": 2000, "rounds": 1}


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    with servers(Folder(REPO / ".twin" / "test-orchestration")) as started:
        yield started


def test_a_look_asks_the_same_however_many_chunks_are_left(running: Servers) -> None:
    polls = measure_polls(running, **SIZE)

    asked = [(poll.done, [result.all_requests for result in poll.results]) for poll in polls]
    assert asked == [(0, [5, 20, 20, 1]), (10, [5, 10, 10, 11]), (20, [3, 1, 1, 20])]
    assert polls[0].results[0].requests == {"ListObjectsV2": 3, "GetObject": 2}


def test_chunks_are_sent_ten_at_a_time(running: Servers) -> None:
    ours, one_by_one, batches = measure_sending(running, **SIZE)

    assert ours.requests["SendMessageBatch"] == 2
    assert one_by_one.requests == {"GetObject": 1, "SendMessage": 20}
    assert batches.requests == {"GetObject": 1, "SendMessageBatch": 2}


def test_a_contender_with_a_wrong_answer_is_not_measured(running: Servers) -> None:
    plan_run(running.store, "wrong", chunks=2, rows=200)
    heads = contender("heads", "heads", 0)
    with pytest.raises(BenchmarkError, match="heads: it says False"):
        counted_race(
            running,
            "wrong",
            [heads],
            rounds=1,
            check=lambda answer: None if answer else f"it says {answer}",
        )


@pytest.mark.long
def test_a_real_airflow_runs_two_tasks_for_all_chunks_or_one_for_each(running: Servers) -> None:
    runs = measure_dag_runs(running, **SIZE, mapped=(2, 4))

    assert runs.ours.task_instances == 2
    assert [cost.task_instances for cost in runs.mapped.values()] == [3, 5]
    assert runs.mapped_at(20).task_instances == 21
    assert runs.mapped[4].rows > runs.mapped[2].rows > 0
    assert all(cost.cpu_seconds > 0 for cost in (runs.ours, *runs.mapped.values()))
