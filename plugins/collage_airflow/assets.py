"""The assets by which one DAG tells others that there is something new."""

from airflow.sdk import Asset

SUMMARIES = Asset("cover_collage_summaries")
"""Has an event for every run whose books are closed; its extra names the run and its timestamp."""
