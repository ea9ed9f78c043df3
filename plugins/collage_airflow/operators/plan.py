"""The plan task: logs what the run will do and cost, before anything is sent.

It also decides where the workers look for kept covers, and where they keep those that they fetch.
"""

import logging
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, override

from collage_airflow.approval.planned import Planned
from collage_airflow.dag_run.dispatch_way import workers_at_once
from collage_airflow.operators.run_operator import RunOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.run.cover_shares import cover_shares
from collage_core.run.estimate import MB_PER_VCPU, Estimate, Rates, estimate
from collage_core.run.estimate_in_words import duration, formula
from collage_core.run.in_words import window_in_words
from collage_core.run.keeping_cost import keeping_cost
from collage_core.run.measured_rates import rates_of
from collage_core.run.plan_packs import plan_packs
from collage_core.run.planned_estimate import write_estimate
from collage_core.run.run import Run

if TYPE_CHECKING:
    from airflow.sdk import Context

_FRESH_URLS = (
    ". Nothing was paid for yet: stop the run here if their URLs can be had fresh. The DAG "
    "keep_covers keeps covers while their URLs live"
)


class PlanOperator(RunOperator):
    """Counts the run's rows, creators and chunks, and estimates its cost and duration.

    So many workers work at a time as FUNCTION_CONCURRENCY says, or all that there are chunks for if
    they are sent directly.

    Args:
        memory_mb: memory of the deployed function.
        renew_covers: whether kept covers that expire within the month are kept once more, as runs
            do that come every day.
    """

    def __init__(
        self,
        *,
        memory_mb: int = MB_PER_VCPU,
        renew_covers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.renew_covers = renew_covers
        self.memory_mb = memory_mb

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.open_run()
        manifest = run.manifest
        now = datetime.now(UTC)
        covers_per_creator = run.settings.covers_per_creator(manifest.config)
        kept = plan_packs(run, today=now.date(), renew=self.renew_covers)
        workers = workers_at_once(context.get("params") or {}, run.settings)
        rates = self._rates(run, now)
        to_do = run.unfinished()
        expected = self._estimate(run, manifest.chunks, rates, workers)
        left = self._estimate(run, to_do, rates, workers)
        self.log.info(
            "✓ Planned %s rows of %s creators in %s chunks: about %.4f USD and %s",
            manifest.rows,
            manifest.creators,
            len(manifest.chunks),
            expected.dollars,
            duration(expected.wall_seconds),
        )
        self.log.info("%s", formula(expected))
        keeping = keeping_cost(
            covers=(
                manifest.rows
                if manifest.keep_only
                else min(manifest.rows, manifest.creators * covers_per_creator)
            ),
            chunks=len(manifest.chunks),
            looked_into=kept.looked_into,
            days=run.settings.keep_covers_days,
            is_merged=manifest.keep_only,
        )
        if keeping.dollars:
            self.log.info(
                "Keeping covers for %s days costs at most %.4f USD more, for %.1f GB and requests",
                run.settings.keep_covers_days,
                keeping.dollars,
                keeping.gigabytes,
            )
        write_estimate(run, expected, keeping_dollars=keeping.dollars)
        window = manifest.window
        return Planned(
            run_id=manifest.run_id,
            about=_about(manifest),
            window_start=window.start.isoformat() if window else None,
            window_end=window.end.isoformat() if window else None,
            rows=manifest.rows,
            creators=manifest.creators,
            chunks=len(manifest.chunks),
            chunks_to_do=len(to_do),
            estimated_dollars=round(expected.dollars, 4),
            estimated_keeping_dollars=round(keeping.dollars, 4),
            estimated_seconds=math.ceil(expected.wall_seconds),
            dollars_to_do=round(left.dollars + keeping.dollars * _share(to_do, manifest), 4),
            seconds_to_do=math.ceil(left.wall_seconds),
            formula=formula(expected),
            packs=kept.packs,
            **self._shares(run),
        ).as_xcom()

    def _rates(self, run: Run[S3Store], now: datetime) -> Rates:
        manifest = run.manifest
        return rates_of(
            run.store,
            run.settings,
            dag_of(manifest.run_id),
            now=now,
            timestamp=manifest.run_timestamp,
            keep_only=manifest.keep_only,
        )

    def _estimate(
        self, run: Run[S3Store], chunks: Sequence[Chunk], rates: Rates, workers: int
    ) -> Estimate:
        """The estimate of a part of the run."""
        manifest = run.manifest
        return estimate(
            rows=sum(chunk.rows for chunk in chunks),
            creators=sum(chunk.creators for chunk in chunks),
            chunks=len(chunks),
            covers_per_creator=run.settings.covers_per_creator(manifest.config),
            downloads=manifest.config.max_workers,
            concurrency=workers,
            memory_mb=self.memory_mb,
            keep_only=manifest.keep_only,
            rates=rates,
        )

    def _shares(self, run: Run[S3Store]) -> dict[str, float]:
        """Say which covers are kept, alive or dead, and warn of those that will be missing."""
        shares = cover_shares(run, now=time.time())
        if shares is None:
            return {}
        is_bad = shares.dead * 100 > run.settings.warn_above_percent
        self.log.log(
            logging.WARNING if is_bad else logging.INFO,
            "%s%s",
            shares.in_words,
            _FRESH_URLS if is_bad else "",
        )
        return {
            "kept_percent": round(shares.kept * 100, 2),
            "alive_percent": round(shares.alive * 100, 2),
            "dead_percent": round(shares.dead * 100, 2),
            "dead_percent_error": round(shares.error * 100, 2),
        }


def _share(chunks: Sequence[Chunk], manifest: Manifest) -> float:
    """The part of the run's rows that these chunks have."""
    return sum(chunk.rows for chunk in chunks) / manifest.rows if manifest.rows else 0.0


def _about(manifest: Manifest) -> str:
    """The run in words, as its note begins."""
    window = manifest.window
    about = window_in_words(window) if window else PurePosixPath(manifest.source.key).name
    return f"Fill of {manifest.parent}" if manifest.parent else about


def dag_of(run_id: str) -> str:
    """The DAG in the id of one of its runs (RunIdentity)."""
    return run_id.rsplit("-", 2)[0]
