"""The assets by which one DAG tells others that there is something new."""

from airflow.sdk import Asset

SUMMARIES = Asset("cover_collage_summaries")
"""Has an event for every run that a DAG has published; its extra has run_id and run_timestamp.

Runs of CSVs from outside are finished by the workers, which know nothing of assets."""
