"""What the plain scripts among the contenders have in common: where rows are and CSVs go."""

import os

import boto3
import MySQLdb  # type: ignore[import-untyped]

from benchmarks.extract.covers import END, START
from local.settings import INPUT_BUCKET

CSV_KEY = "covers.csv"
WINDOW = {"window_start": START, "window_end": END}
CLIENT_OPTIONS = "MYSQL_CLIENT_OPTIONS"
"""Environment variable with the path of an option file of MySQL's clients."""


def connect() -> MySQLdb.Connection:
    """A connection as one makes it without a second thought."""
    return MySQLdb.connect(read_default_file=os.environ[CLIENT_OPTIONS], charset="utf8mb4")


def upload(path: str) -> None:
    """Upload a file in parts and threads, as boto3 does it by itself."""
    boto3.client("s3").upload_file(path, INPUT_BUCKET, CSV_KEY)
