"""The plan task: logs what the run will do and cost, before anything is sent.

It also decides where the workers look for kept covers, and where they keep those that they fetch.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, override

from collage_airflow.operators.run_operator import RunOperator
from collage_core.run.estimate import MB_PER_VCPU, estimate
from collage_core.run.plan_packs import plan_packs

if TYPE_CHECKING:
    from airflow.sdk import Context


class PlanOperator(RunOperator):
    """Counts the run's rows, creators and chunks, and estimates its cost and duration.

    Args:
        concurrency: the most workers at a time, as set in the event source mapping.
        memory_mb: memory of the deployed function.
        renew_covers: whether kept covers that expire within the month are kept once more, as runs
            do that come every day.
    """

    def __init__(
        self,
        *,
        concurrency: int = 10,
        memory_mb: int = MB_PER_VCPU,
        renew_covers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.renew_covers = renew_covers
        self.concurrency = concurrency
        self.memory_mb = memory_mb

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.open_run()
        manifest = run.manifest
        kept = plan_packs(run, today=datetime.now(UTC).date(), renew=self.renew_covers)
        expected = estimate(
            rows=manifest.rows,
            creators=manifest.creators,
            chunks=len(manifest.chunks),
            covers_per_creator=run.settings.covers_per_creator(manifest.config),
            downloads=manifest.config.max_workers,
            concurrency=self.concurrency,
            memory_mb=self.memory_mb,
            keep_only=manifest.keep_only,
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
            "packs": kept.packs,
        }
