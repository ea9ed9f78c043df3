"""A run of Airflow up to its plan, by the code of the core, in any S3."""

from collections.abc import Sequence
from datetime import UTC, datetime

from collage_core.aws.s3_store import S3Store
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.export.covers import CoversQuery, export_covers
from collage_core.run.claims import claim_second
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from collage_core.run.plan_again import planning_again
from collage_core.run.run import Run
from collage_core.settings import Settings
from tests.simulation.table import SimulatedCursor

RUN_ID = "monthly-1"
SECOND = RunTimestamp.parse("20261001_000000")
CSV = "csv-files/2026/10/01/monthly_batch_20261001.csv"
SPEC = RunSpec(
    RUN_ID,
    SECOND,
    Trigger.SQS,
    ProcessingConfig(rows=2, cols=2),
    "",
    Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)),
)


def extract(
    store: S3Store, settings: Settings, covers_url: str, creators: Sequence[str] = ("ana",)
) -> Run[S3Store]:
    """What the task `extract` does with two rows of each creator; it may be repeated."""
    claim_second(store, settings, SECOND, run_id=RUN_ID)
    rows = [
        (creator.encode(), f"{covers_url}/ok/{creator}/{number}.jpg".encode(), b"2026-09-01")
        for creator in creators
        for number in range(2)
    ]
    with planning_again(store, settings, RUN_ID) as cuts:
        exported = export_covers(
            SimulatedCursor(rows),
            CoversQuery("", {}, expected=len(rows)),
            store.client,
            bucket=settings.input_bucket,
            key=CSV,
            chunk_rows=settings.planned_chunk_rows,
            cuts=cuts,
        )
        csv = RunCsv(exported.source, exported.spans)
        return plan_run(store, settings, SPEC, csv, keep=replace_manifest)
