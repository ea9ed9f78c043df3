"""The schedules of all DAGs beside each other."""

from collage_airflow.dag_run.schedules import DAILY, MONTHLY

__all__ = ["DAILY", "MONTHLY", "SCHEDULES"]

SCHEDULES = (MONTHLY, DAILY)
