"""What DAG runs cost a real Airflow: with the product's two tasks, and with mapped tasks."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from benchmarks.harness.errors import BenchmarkError
from benchmarks.orchestration.growth import at_size
from benchmarks.orchestration.metadata import Metadata, open_metadata
from benchmarks.orchestration.planned_run import plan_run
from benchmarks.orchestration.processes import cpu_seconds
from benchmarks.orchestration.servers import RunningAirflow, Servers, start_airflow
from benchmarks.orchestration.stand_in_workers import stand_in_workers

_OURS = "dispatch_and_wait"
_MAPPED = "mapped_tasks"
_IDLE_SECONDS = 15
_SETTLE_SECONDS = 3
"""After its end, processes of a run still have to end."""
_POLL_SECONDS = 0.2
_LONGEST_SECONDS = 3600
_LOG_LINES = 15


@dataclass(frozen=True, slots=True)
class Cost:
    """What a DAG run took."""

    task_instances: float
    rows: float
    """Rows that were added to Airflow's database, in all tables."""
    seconds: float
    """From its queue to its end."""
    cpu_seconds: float
    """Of Airflow's processes and of its database, above what they take while nothing runs."""


@dataclass(frozen=True, slots=True)
class DagRuns:
    """The costs of all runs, each the lowest of its rounds."""

    ours: Cost
    mapped: Mapping[int, Cost]
    """By their number of mapped tasks."""
    idle: float
    """CPU seconds a second while nothing runs; the lowest of all rounds."""

    @property
    def computed_from(self) -> tuple[int, int]:
        """The two smallest numbers of mapped tasks that were measured."""
        small, large, *_ = sorted(self.mapped)
        return small, large

    def mapped_at(self, tasks: int) -> Cost:
        """The cost of another number of mapped tasks, on the line through `computed_from`."""
        measured = {number: self.mapped[number] for number in self.computed_from}
        return Cost(
            *(
                at_size({n: getattr(cost, each.name) for n, cost in measured.items()}, tasks)
                for each in fields(Cost)
            )
        )


def measure_dag_runs(
    servers: Servers, *, chunks: int, rows: int, mapped: Sequence[int], rounds: int
) -> DagRuns:
    """Start Airflow and let it run both DAGs in turns.

    Raises BenchmarkError when a run fails, and TwinError when Airflow does not start.
    """
    airflow = start_airflow(servers)
    for dag_id in (_OURS, _MAPPED):
        airflow.api.wait_for_dag(dag_id)
    ours: list[Cost] = []
    of_mapped: dict[int, list[Cost]] = {number: [] for number in mapped}
    idle = []
    with open_metadata(airflow.postgres) as metadata:
        meter = _Meter(airflow, metadata)
        meter.run(_MAPPED, {"tasks": 1})  # the first run of an Airflow takes longer
        for number in range(rounds):
            idle.append(meter.measure_idle())
            run_id = f"waited-for-20261101_{number:06d}"
            plan_run(servers.store, run_id, chunks=chunks, rows=rows)
            with stand_in_workers(servers, may_begin=metadata.has_deferred_task):
                ours.append(meter.run(_OURS, {"run_id": run_id}))
            for tasks, costs in of_mapped.items():
                costs.append(meter.run(_MAPPED, {"tasks": tasks}))
    return DagRuns(
        _lowest(ours), {tasks: _lowest(costs) for tasks, costs in of_mapped.items()}, min(idle)
    )


def _lowest(costs: Sequence[Cost]) -> Cost:
    """Other work of the machine only ever adds to any of them."""
    return Cost(*(min(getattr(cost, each.name) for cost in costs) for each in fields(Cost)))


@dataclass(slots=True)
class _Meter:
    """Measures runs in one Airflow."""

    airflow: RunningAirflow
    metadata: Metadata
    idle: float = 0
    """CPU seconds a second while nothing runs, as of the last time that it was measured."""

    def measure_idle(self) -> float:
        """Look at an Airflow that has nothing to do."""
        time.sleep(_SETTLE_SECONDS)
        began, before = time.monotonic(), cpu_seconds(self.airflow.programs)
        time.sleep(_IDLE_SECONDS)
        spent = cpu_seconds(self.airflow.programs) - before
        self.idle = spent / (time.monotonic() - began)
        return self.idle

    def run(self, dag_id: str, params: dict[str, Any]) -> Cost:
        """Run a DAG once."""
        rows = self.metadata.rows()
        began, before = time.monotonic(), cpu_seconds(self.airflow.programs)
        run_id = self.airflow.api.trigger(dag_id, params)
        while (ended := self.metadata.ended(run_id)) is None:
            if time.monotonic() > began + _LONGEST_SECONDS:
                raise BenchmarkError(f"{dag_id} did not end in {_LONGEST_SECONDS} s")
            time.sleep(_POLL_SECONDS)
        time.sleep(_SETTLE_SECONDS)
        spent = cpu_seconds(self.airflow.programs) - before
        seconds = time.monotonic() - began
        state, took = ended
        if state != "success":
            raise BenchmarkError("\n".join(self._why_failed(dag_id, run_id)))
        added = sum(self.metadata.rows().values()) - sum(rows.values())
        tasks = self.metadata.tasks(run_id)
        return Cost(tasks, added, took, spent - self.idle * seconds)

    def _why_failed(self, dag_id: str, run_id: str) -> Iterator[str]:
        yield f"a run of {dag_id} has failed"
        for task in self.airflow.api.tasks(dag_id, run_id):
            yield f"{task['task_id']} {task['map_index']}: {task['state']}"
        folder = self.airflow.task_logs / f"dag_id={dag_id}" / f"run_id={run_id}"
        for log in sorted(folder.rglob("*.log")):
            yield f"The end of {log}:"
            yield from log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
