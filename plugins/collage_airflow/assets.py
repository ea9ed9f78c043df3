"""Assets updated by these DAGs, and what their events say."""

from typing import Any

from airflow.sdk import Asset

from collage_core.contract.document import SCHEMA_VERSION, to_json
from collage_core.contract.summary import RunBooks
from collage_core.settings import Settings

SUMMARIES = Asset("cover_collage_summaries")
"""Gets an event for every run that a DAG has published; `run_event` is its extra.

Runs of CSVs from outside make no events: the workers finish them, without Airflow."""


def run_event(
    summary: RunBooks,
    settings: Settings,
    *,
    summary_key: str,
    results_key: str,
    csv_key: str | None,
) -> dict[str, Any]:
    """Which run was published, where its documents are, and its books, as plain JSON.

    `csv_key` is that of the archived CSV, None for one that was sent inside a message.
    """
    run = to_json(summary)
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": summary.run_id,
        "run_timestamp": str(summary.run_timestamp),
        "window": run.get("window"),
        "selection": run.get("selection"),
        "parent": summary.parent,
        "status": summary.status,
        "rows": run["rows"],
        "creators": run["creators"],
        "output_bucket": settings.output_bucket,
        "summary_key": summary_key,
        "results_key": results_key,
        "collages_prefix": summary.collages_prefix,
        "input_bucket": settings.input_bucket,
        "csv_key": csv_key,
    }
