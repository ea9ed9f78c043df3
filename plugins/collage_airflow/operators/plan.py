"""The plan task: logs what the run will do and cost, before anything is sent."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any, override

from collage_airflow.operators.run_operator import RunOperator
from collage_core.run.estimate import MB_PER_VCPU, estimate

if TYPE_CHECKING:
    from airflow.sdk import Context


class PlanOperator(RunOperator):
    """Counts the run's rows, creators and chunks, and estimates its cost and duration.

    Args:
        concurrency: the most workers at a time, as set in the event source mapping.
        memory_mb: memory of the deployed function.
    """

    def __init__(
        self, *, concurrency: int = 10, memory_mb: int = MB_PER_VCPU, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.concurrency = concurrency
        self.memory_mb = memory_mb

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.open_run()
        manifest = run.manifest
        expected = estimate(
            rows=manifest.rows,
            creators=manifest.creators,
            chunks=len(manifest.chunks),
            covers_per_creator=run.settings.covers_per_creator(manifest.config),
            downloads=manifest.config.max_workers,
            concurrency=self.concurrency,
            memory_mb=self.memory_mb,
        )
        seconds = math.ceil(expected.wall_seconds)
        self.log.info(
            "✓ Planned %s rows of %s creators in %s chunks: about %.4f USD and %s (h:mm:ss)",
            manifest.rows,
            manifest.creators,
            len(manifest.chunks),
            expected.dollars,
            timedelta(seconds=seconds),
        )
        return {
            "rows": manifest.rows,
            "creators": manifest.creators,
            "chunks": len(manifest.chunks),
            "estimated_dollars": round(expected.dollars, 4),
            "estimated_seconds": seconds,
        }
