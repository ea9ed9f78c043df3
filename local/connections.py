"""Airflow's connections: the account in the embedded AWS, and the database of covers."""

from collections.abc import Mapping
from typing import Any

from local.covers_table import DATABASE, READER
from local.ministack import REGION, Aws
from local.mysql import MySql
from local.provision import AccessKey


def airflow_connections(key: AccessKey, *, aws: Aws, mysql: MySql) -> dict[str, Mapping[str, Any]]:
    """Both connections by their ids, as Airflow reads them from JSON."""
    return {
        "aws_default": {
            "conn_type": "aws",
            "login": key.key_id,
            "password": key.secret,
            "extra": {"region_name": REGION, "endpoint_url": aws.endpoint_url},
        },
        "covers_mysql": {
            "conn_type": "mysql",
            "host": mysql.host,
            "port": mysql.port,
            "login": READER,
            "password": mysql.reader_password,
            "schema": DATABASE,
            "extra": {"charset": "utf8mb4"},
        },
    }
