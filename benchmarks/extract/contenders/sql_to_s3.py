"""The operator of Airflow's Amazon provider: all rows in memory, with pandas.

Run as `python -m benchmarks.extract.contenders.sql_to_s3 SQL_FILE`.
"""

import sys
from pathlib import Path

import pandas as pd  # noqa: F401  the operator imports it while it runs
from airflow.providers.amazon.aws.transfers.sql_to_s3 import SqlToS3Operator
from airflow.providers.mysql.hooks.mysql import MySqlHook  # noqa: F401  and this

from benchmarks.extract.contenders.script import CSV_KEY, WINDOW
from benchmarks.harness.measure import peak_mb, report_work
from local.settings import INPUT_BUCKET


def main(sql_file: str) -> None:
    """Execute the operator, and report the time and memory that it took."""
    operator = SqlToS3Operator(
        task_id="extract",
        query=Path(sql_file).read_text(),
        parameters=WINDOW,
        sql_conn_id="covers_mysql",
        s3_bucket=INPUT_BUCKET,
        s3_key=CSV_KEY,
        df_kwargs={"index": False},
    )
    report_work(lambda: operator.execute({}), idle_mb=peak_mb())


if __name__ == "__main__":
    main(*sys.argv[1:])
