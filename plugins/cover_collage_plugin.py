"""What Airflow itself loads of this product: the listener that writes the notes of runs.

Every task's process imports this file, so it imports next to nothing.
"""

from airflow.plugins_manager import AirflowPlugin

from collage_airflow import run_notes


class CoverCollagePlugin(AirflowPlugin):
    """Registers the listener."""

    name = "cover_collage"
    listeners = [run_notes]  # noqa: RUF012 - as Airflow declares it
