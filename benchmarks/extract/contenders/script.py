"""What the plain scripts share: where to read rows and where to write CSVs."""

import os

import boto3
import MySQLdb  # type: ignore[import-untyped]

from benchmarks.extract.covers_table import END, START
from local.settings import INPUT_BUCKET

CSV_KEY = "covers.csv"
WINDOW = {"window_start": START, "window_end": END}
CLIENT_OPTIONS = "MYSQL_CLIENT_OPTIONS"
"""Environment variable with the path of an option file for MySQL's clients."""


def connect() -> MySQLdb.Connection:
    """A connection with the driver's defaults."""
    return MySQLdb.connect(read_default_file=os.environ[CLIENT_OPTIONS], charset="utf8mb4")


def upload(path: str) -> None:
    """Upload a file with boto3's defaults: in parts, on several threads."""
    boto3.client("s3").upload_file(path, INPUT_BUCKET, CSV_KEY)
