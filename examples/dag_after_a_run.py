"""An example of a DAG of another team: it starts when a run of collages was published.

Copy it into your DAGs folder and replace what `announce` does. It needs nothing of this project,
only the name of the asset. What an event says is in docs/contracts.md, "The asset event".

Several runs may end before this DAG starts, a backfill of a year for example: they are the events
of one DAG run. Runs of CSVs that were uploaded or sent make no event.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, task

PUBLISHED = Asset("cover_collage_summaries")

with DAG(
    dag_id="example_after_a_run_of_collages",
    description="Starts when a run of collages was published",
    doc_md=__doc__,
    schedule=[PUBLISHED],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["example"],
):

    @task
    def announce(triggering_asset_events: Any = None) -> list[str]:
        """One line for each run that was published since the last time."""
        runs = [event.extra for event in triggering_asset_events[PUBLISHED]]
        lines = [_line(run) for run in sorted(runs, key=lambda run: run["run_timestamp"])]
        print("\n".join(lines))
        return lines

    announce()


def _line(run: dict[str, Any]) -> str:
    window, creators = run["window"], run["creators"]
    about = f"{window['start'][:10]} to {window['end'][:10]}" if window else run["run_id"]
    return (
        f"{about}: {creators['total'] - creators['failed']} of {creators['total']} collages, "
        f"{run['rows']['failed']} covers failed; "
        f"s3://{run['output_bucket']}/{run['collages_prefix']}, "
        f"s3://{run['output_bucket']}/{run['summary_key']}"
    )
