"""Assets updated by these DAGs."""

from airflow.sdk import Asset

SUMMARIES = Asset("cover_collage_summaries")
"""Gets an event for every run that a DAG has published; its extra has run_id and run_timestamp.

Runs of CSVs from outside make no events: the workers finish them, without Airflow."""
