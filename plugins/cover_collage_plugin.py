"""What Airflow itself loads of this product: the notes of runs, and from when a deadline counts.

Every task's process imports this file, so it imports next to nothing.
"""

from airflow.plugins_manager import AirflowPlugin

from collage_airflow import run_notes
from collage_airflow.scheduled_runs import QueuedScheduledRun


class CoverCollagePlugin(AirflowPlugin):
    """Registers the listener, and the reference without which no run with a deadline is made."""

    name = "cover_collage"
    listeners = [run_notes]  # noqa: RUF012 - as Airflow declares it
    deadline_references = [QueuedScheduledRun]  # noqa: RUF012 - as Airflow declares it
