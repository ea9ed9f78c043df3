"""The asset events of a DAG run."""

from urllib.parse import quote

from tests.support.monthly_run import Run


def asset_events(run: Run) -> int:
    """How many there are of a run."""
    of_run = f"source_dag_id={run.dag_id}&source_run_id={quote(run.dag_run_id)}"
    found = run.api._request("GET", f"assets/events?{of_run}")
    return int(found["total_entries"])
